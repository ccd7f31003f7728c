"""Which kinds of channel there are, ours and those of installed packages."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from connectors import registry
from connectors.demo import Demo
from connectors.webhook import Webhook
from moderation.errors import WrongSetting
from tests.connectors.channels import Channel


def test_ours() -> None:
    assert isinstance(registry.build(Channel()), Webhook)
    assert isinstance(registry.build(Channel(kind="demo", options={})), Demo)
    for kind, make in registry.BUILT_IN.items():
        assert make.kind == kind  # type: ignore[attr-defined]


def test_an_installed_package_brings_a_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = EntryPoints(
        [EntryPoint(name="letters", value="connectors.webhook:Webhook", group=registry.GROUP)]
    )
    monkeypatch.setattr(registry, "entry_points", lambda **wanted: theirs.select(**wanted))
    assert registry.kinds() == tuple(sorted({*registry.BUILT_IN, "letters"}))
    assert isinstance(registry.build(Channel(kind="letters")), Webhook)


def test_an_unknown_kind_stops_the_start() -> None:
    with pytest.raises(WrongSetting) as refused:
        registry.build(Channel(kind="fax"))
    assert refused.value.params == {
        "name": "channel.avis.kind",
        "expected": f"one of {', '.join(registry.kinds())}",
    }


def test_the_write_page_keeps_its_name() -> None:
    with pytest.raises(WrongSetting):
        registry.build(Channel(slug="write"))

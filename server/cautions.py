"""What runs, but not as people would expect.

Owns the list of cautions and when each is given. Terminal, `doctor` and admin all say it, each in its language, so
the sentences are in the locales (``caution.<code>``). Must not know where one is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from displays.i18n import t
from server import expected
from server.settings import Settings

LEAST_SECRET: Final = 16  # bytes; the contract names no minimum, so a shorter one is warned of, not refused
MILD: Final = frozenset(
    {"this_machine", "no_controller", "no_contact"}
)  # to be known, but nothing fails by it


@dataclass(frozen=True, slots=True)
class Caution:
    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def says(self, language: str) -> str:
        return t(language, f"caution.{self.code}", **self.params)


def of_settings(settings: Settings) -> Iterator[Caution]:
    server, organisation = settings.server, settings.organisation
    if server.host in ("0.0.0.0", "::") and not server.public_url:  # noqa: S104 - compared, not bound
        yield Caution("no_address")
    if server.loopback:
        yield Caution("this_machine", {"address": server.base_url})
    elif not server.secure:
        yield Caution("insecure_address")
    for channel in settings.channels:
        given = expected.secrets(channel.options.get("secret"))
        if channel.kind == "webhook" and any(len(each.encode()) < LEAST_SECRET for each in given):
            yield Caution("weak_secret", {"channel": channel.slug, "least": LEAST_SECRET})
    if not organisation.controller:
        yield Caution("no_controller")
    if not organisation.contact:
        yield Caution("no_contact")


def unreachable(settings: Settings) -> bool:
    """No television and no telephone could open the address that is given out."""
    return any(each.code in ("no_address", "this_machine") for each in of_settings(settings))


def of_places(settings: Settings, known: Iterable[str]) -> Iterator[Caution]:
    """Channels that name a place which is not among the ``known``: nobody would see what comes."""
    places = set(known)
    for channel in settings.channels:
        for slug in channel.places:
            if slug not in places:
                yield Caution("place_unknown", {"channel": channel.slug, "place": slug})

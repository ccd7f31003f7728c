"""The one table of settings: what may be set, what it means, and what is expected of it.

Owns the keys, their defaults and help texts, and what the settings together mean. Must not know where the
values come from (`settings_file`), the engine, HTTP, or what the keys of a channel kind mean: a connector
checks its own `options`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from moderation.domain import Place
from server import expected


def _key(default: object, check: expected.Check, what: str) -> Any:
    return field(default=default, metadata={"check": check, "help": what})


def _needed(check: expected.Check, what: str) -> Any:
    return field(metadata={"check": check, "help": what})


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    slug: str = _key(
        "complicite", expected.slug, "Names the organisation in the engine; never change it afterwards."
    )
    name: str = _key("Complicité", expected.named, "As people read it.")
    languages: tuple[str, ...] = _key(
        expected.LANGUAGES, expected.languages, "Of the pages; the first one is the default."
    )
    controller: str = _key(
        "", expected.text, "Who answers for the data; the write page and the receipt name them."
    )
    contact: str = _key("", expected.text, "How people reach the controller.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    host: str = _key("127.0.0.1", expected.address, "Address to listen on.")
    port: int = _key(8000, partial(expected.whole, 0, 65535), "Port to listen on; 0 takes a free one.")
    public_url: str = _key(
        "",
        expected.public_url,
        "How browsers reach the server: QR codes, receipt links, allowed origins. Empty: from host and port.",
    )
    tls_cert: str = _key(
        "", expected.existing_file, "PEM file with the certificate chain; goes with `tls_key`."
    )
    tls_key: str = _key("", expected.existing_file, "PEM file with the private key; goes with `tls_cert`.")
    trusted_proxies: tuple[str, ...] = _key(
        (),
        partial(expected.several, expected.network),
        "Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.",
    )

    @property
    def base_url(self) -> str:
        """The only address that is given out, and the only allowed origin."""
        return self.public_url or self.here

    @property
    def here(self) -> str:
        """Where it listens, whatever stands before it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls_cert else 'http'}://{host}:{self.port}"

    @property
    def origins(self) -> frozenset[str]:
        """What browsers send as Origin: base_url without a default port."""
        parts = urlsplit(self.base_url)
        default = {"http": ":80", "https": ":443"}[parts.scheme]
        return frozenset({f"{parts.scheme}://{parts.netloc.lower().removesuffix(default)}"})

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https:")

    @property
    def loopback(self) -> bool:
        return expected.is_loopback(urlsplit(self.base_url).hostname or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    url: str = _key(
        "", expected.engine_url, "Empty: the embedded engine; else redis://, rediss:// or unix://."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    pending: int = _key(90, partial(expected.whole, 1, 3650), "Days that an undecided message is kept.")
    refused: int = _key(
        183, partial(expected.whole, 1, 3650), "Days that a refused message is kept, for the appeal."
    )
    shown: int = _key(365, partial(expected.whole, 1, 3650), "Days that a message that was shown is kept.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredPlace:
    """A `[[place]]`: the part of a place that the file may declare."""

    slug: str = _needed(expected.slug, "Names the place in addresses.")
    name: str = _needed(expected.named, "As people read it.")
    timezone: str = _key("Europe/Paris", expected.timezone, "Of the dates on its screens.")
    lease_seconds: int = _key(
        300, partial(expected.whole, 30, 900), "How long an unreachable screen may go on showing what it has."
    )
    wall_days: int = _key(
        30, partial(expected.whole, 1, 3650), "Days that a message hangs after its approval."
    )
    wall_max: int = _key(200, partial(expected.whole, 1, 1000), "How many hang at most, oldest out first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A `[[channel]]`. `options` are its kind's own keys, with secrets: never printed."""

    slug: str = _needed(expected.slug, "Names the channel in addresses.")
    kind: str = _needed(
        expected.slug,
        "`webhook`, `chatwoot`, `feed`, `reddit`, or what a package brings; their keys: connectors/README.md.",
    )
    places: tuple[str, ...] = _needed(expected.places, "Where its messages go.")
    name: str = _key("", expected.text, "As people read it, on walls and desks. Empty: its slug.")
    options: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    organisation: Organisation = field(default_factory=Organisation)
    server: Server = field(default_factory=Server)
    engine: EngineSettings = field(default_factory=EngineSettings, repr=False)  # its url may hold a password
    retention: Retention = field(default_factory=Retention)
    places: tuple[Place, ...] = ()
    channels: tuple[Channel, ...] = ()

    def label(self, channel: str) -> str:
        """A channel's name for people, by its slug."""
        return next((each.name for each in self.channels if each.slug == channel and each.name), channel)


SECTIONS: Final[Mapping[str, type[Any]]] = {
    "organisation": Organisation,
    "server": Server,
    "engine": EngineSettings,
    "retention": Retention,
}
TABLES: Final[Mapping[str, type[Any]]] = {"place": DeclaredPlace, "channel": Channel}


def reference() -> str:
    """The settings as a Markdown table, for the README."""
    from connectors import registry  # not before they are asked for: connectors load much

    lines = ["| key | default | what |", "|---|---|---|"]
    for name, kind in (*SECTIONS.items(), *TABLES.items()):
        for each in fields(kind):
            if "help" in each.metadata:
                default = "needed" if each.default is MISSING else f"`{_toml(each.default)}`"
                lines.append(f"| `{name}.{each.name}` | {default} | {each.metadata['help']} |")
    for channel in registry.kinds():
        for name, key in (registry.keys_of(channel) or {}).items():
            lines.append(f"| `channel.{name}` | {key.default} | `{channel}`: {key.what} |")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """JSON writes texts, numbers and lists as TOML reads them."""
    return json.dumps(value, ensure_ascii=False)

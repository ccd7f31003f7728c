"""Reads the settings: `wall.toml`, the `WALL_SECTION__KEY` variables and `env:NAME` values.

Owns the way from text to the frozen `Settings`, which happens once. An error names the key and what was
expected, never the value: it may be a secret. Must not know what the settings are for.
"""

from __future__ import annotations

import re
import ssl
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from moderation.domain import Place
from moderation.errors import WrongSetting
from server.expected import SLUG, Expected, FromEnvironment, is_loopback, secrets
from server.settings import SECTIONS, TABLES, Channel, DeclaredPlace, Server, Settings

VARIABLE: Final = re.compile(r"WALL_([A-Z]+)__([A-Z_]+)")


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of a file (None: there is none) and an environment. Raises WrongSetting."""
    document = _read(path)
    for name in document:
        if name not in SECTIONS and name not in TABLES:
            raise WrongSetting(name=name, expected=f"one of {', '.join((*SECTIONS, *TABLES))}")
    sections = {
        name: _section(name, kind, _table(name, document.get(name, {})), environ)
        for name, kind in SECTIONS.items()
    }
    _no_stray_variable(environ)
    settings = Settings(
        **sections,
        places=tuple(_places(document.get("place", []), environ)),
        channels=tuple(_channels(document.get("channel", []), environ)),
    )
    _check_pair(settings.server)
    _check_together(settings)
    return settings


def _read(path: Path | None) -> dict[str, object]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise WrongSetting(name=str(path), expected="a readable UTF-8 file") from None
    except tomllib.TOMLDecodeError as error:
        raise WrongSetting(name=str(path), expected=f"valid TOML ({error})") from None


def _table(name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise WrongSetting(name=name, expected=f"a table: [{name}]")
    return value


def _tables(name: str, value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise WrongSetting(name=name, expected=f"tables: [[{name}]]")
    return value


def _resolve(name: str, value: object, environ: Mapping[str, str]) -> object:
    """`env:NAME` becomes what the environment holds; so do the members of a list."""
    if isinstance(value, list):
        return [_resolve(name, each, environ) for each in value]
    if not isinstance(value, str) or not value.startswith("env:"):
        return value
    variable = value.removeprefix("env:")
    if not environ.get(variable):
        raise WrongSetting(name=name, expected=f"the environment variable {variable} to be set")
    return FromEnvironment(environ[variable])


def _section(name: str, kind: type[Any], table: Mapping[str, object], environ: Mapping[str, str]) -> Any:
    given = {key: _resolve(f"{name}.{key}", value, environ) for key, value in table.items()}
    for each in fields(kind):
        variable = f"WALL_{name}__{each.name}".upper()
        if variable in environ:
            given[each.name] = FromEnvironment(environ[variable])
    return _build(name, kind, given)


def _build(name: str, kind: type[Any], given: Mapping[str, object]) -> Any:
    known = {each.name: each for each in fields(kind) if "check" in each.metadata}
    for key in given:
        if key not in known:
            raise WrongSetting(name=f"{name}.{key}", expected=f"one of {', '.join(known)}")
    for key, each in known.items():
        if each.default is MISSING and key not in given:
            raise WrongSetting(name=f"{name}.{key}", expected="a value: it has no default")
    return kind(**{key: _checked(f"{name}.{key}", known[key], value) for key, value in given.items()})


def _checked(name: str, setting: Field[Any], value: object) -> object:
    try:
        return setting.metadata["check"](value)
    except Expected as error:
        raise WrongSetting(name=name, expected=str(error)) from None


def _no_stray_variable(environ: Mapping[str, str]) -> None:
    """A misspelt variable would otherwise be a setting that silently does nothing."""
    for variable in sorted(environ):
        if found := VARIABLE.fullmatch(variable):
            section, key = found[1].lower(), found[2].lower()
            kind = SECTIONS.get(section)
            if kind is None or key not in {each.name for each in fields(kind)}:
                raise WrongSetting(name=variable, expected="WALL_SECTION__KEY of a key that exists")


def _places(value: object, environ: Mapping[str, str]) -> Iterator[Place]:
    for number, table in enumerate(_tables("place", value), 1):
        name = _entry("place", number, table)
        yield declared_place(
            {key: _resolve(f"{name}.{key}", each, environ) for key, each in table.items()}, name
        )


def declared_place(given: Mapping[str, object], name: str = "place") -> Place:
    """A place with the defaults and checks of `[[place]]`. Raises WrongSetting."""
    kept: DeclaredPlace = _build(name, DeclaredPlace, given)
    return Place(**{each.name: getattr(kept, each.name) for each in fields(kept)}, declared=True)


def _channels(value: object, environ: Mapping[str, str]) -> Iterator[Channel]:
    own = {each.name for each in fields(Channel)} - {"options"}
    for number, table in enumerate(_tables("channel", value), 1):
        name = _entry("channel", number, table)
        given = {key: _resolve(f"{name}.{key}", each, environ) for key, each in table.items()}
        channel: Channel = _build(name, Channel, {key: each for key, each in given.items() if key in own})
        options = {key: each for key, each in given.items() if key not in own}
        _check_keys(name, channel.kind, options)
        for key, each in options.items():
            _check_option(f"{name}.{key}", key, each)
        if channel.kind == "webhook" and "secret" not in options:
            raise WrongSetting(name=f"{name}.secret", expected="a secret, best as env:NAME")
        yield replace(channel, options=MappingProxyType(options))


def _entry(table: str, number: int, given: Mapping[str, object]) -> str:
    """How an error calls an entry: by its slug, or by its rank while it has no good one."""
    called = given.get("slug")
    return f"{table}.{called if isinstance(called, str) and SLUG.fullmatch(called) else number}"


def _check_keys(name: str, kind: str, options: Mapping[str, object]) -> None:
    """A key that the kind does not know would otherwise be a setting that silently does nothing."""
    from connectors import registry  # only for who has channels: connectors load much

    known = registry.keys_of(kind)
    for key in options:
        if known is not None and key not in known:
            own = (each.name for each in fields(Channel) if each.name != "options")
            raise WrongSetting(name=f"{name}.{key}", expected=f"one of {', '.join((*own, *known))}")


def _check_option(name: str, key: str, value: object) -> None:
    """What holds for every kind: secrets are one or two texts, nothing travels in the clear."""
    if key == "secret" and not 1 <= len(set(secrets(value))) == len(secrets(value)) <= 2:
        raise WrongSetting(name=name, expected="a text that is not empty, or a list of two different ones")
    if key.endswith("_url") and value != "":
        parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
        local = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if not parts.hostname or not (parts.scheme == "https" or local) or parts.username is not None:
            raise WrongSetting(name=name, expected="an https:// address, or http:// on loopback")


def _check_together(settings: Settings) -> None:
    """What no key can be asked alone."""
    for table, entries in (("place", settings.places), ("channel", settings.channels)):
        slugs = [each.slug for each in entries]
        for each in slugs:
            if slugs.count(each) > 1:
                raise WrongSetting(name=f"{table}.{each}.slug", expected="another slug: this one is taken")
    owners: dict[str, str] = {}
    for channel in settings.channels:
        for secret in secrets(channel.options.get("secret", "")):
            if owners.setdefault(secret, channel.slug) != channel.slug:
                raise WrongSetting(
                    name=f"channel.{channel.slug}.secret",
                    expected=f"a secret of its own, not that of channel {owners[secret]}",
                )


def _check_pair(server: Server) -> None:
    if bool(server.tls_cert) != bool(server.tls_key):
        missing = "tls_key" if server.tls_cert else "tls_cert"
        raise WrongSetting(name=f"server.{missing}", expected="a file: tls_cert and tls_key go together")
    if server.tls_cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_verify_locations(server.tls_cert)  # reads no key, so it says which file it is
        except (OSError, ssl.SSLError):
            raise WrongSetting(name="server.tls_cert", expected="a certificate in PEM") from None
        try:
            context.load_cert_chain(server.tls_cert, server.tls_key)
        except (OSError, ssl.SSLError):
            raise WrongSetting(
                name="server.tls_key", expected="the unencrypted PEM key of the certificate in tls_cert"
            ) from None

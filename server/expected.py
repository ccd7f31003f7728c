"""What a setting's value may be: each check takes a raw value and gives back the one to keep.

Owns the words of every expectation. Must not know keys, files or the environment.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

LANGUAGES: Final = ("fr", "en")
SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
ORIGIN: Final = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?", re.IGNORECASE)

Check = Callable[[object], object]


class Expected(Exception):
    """What a check wanted instead; who asked adds the key's name."""


class FromEnvironment(str):
    """A text that stands for any type: a number, or a list with commas. One from the file does not."""

    __slots__ = ()


def text(value: object) -> str:
    if not isinstance(value, str):
        raise Expected("a text")
    return value.strip()


def named(value: object) -> str:
    if not (kept := text(value)):
        raise Expected("a text that is not empty")
    return kept


def slug(value: object) -> str:
    if not isinstance(value, str) or not SLUG.fullmatch(value):
        raise Expected("small letters, digits and dashes, 1 to 40, beginning with a letter or digit")
    return value


def whole(least: int, most: int, value: object) -> int:
    if isinstance(value, FromEnvironment) and re.fullmatch(r"-?[0-9]{1,9}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Expected(f"a whole number from {least} to {most}")
    return value


def several(check: Check, value: object) -> tuple[object, ...]:
    if isinstance(value, FromEnvironment):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise Expected("a list")
    return tuple(check(each) for each in value)


def languages(value: object) -> tuple[object, ...]:
    kept = several(text, value)
    if not kept or len(set(kept)) < len(kept) or not set(kept) <= set(LANGUAGES):
        raise Expected(f"a list of one or more of {', '.join(LANGUAGES)}, each once")
    return kept


def places(value: object) -> tuple[object, ...]:
    kept = several(slug, value)
    if not kept or len(set(kept)) < len(kept):
        raise Expected("a list of one or more places' slugs, each once")
    return kept


def timezone(value: object) -> str:
    try:
        return ZoneInfo(text(value)).key
    except (OSError, ValueError, LookupError):
        raise Expected("the name of a time zone, such as Europe/Paris") from None


def address(value: object) -> str:
    """An address to listen on. Never empty: that would be every interface, unsaid."""
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", kept := text(value)):
        raise Expected("a host name or an IP address")
    return kept


def network(value: object) -> str:
    try:
        return str(ipaddress.ip_network(text(value), strict=False))
    except ValueError:
        raise Expected("a list of IP addresses or networks") from None


def public_url(value: object) -> str:
    kept = text(value).rstrip("/")
    if kept and not ORIGIN.fullmatch(kept):
        raise Expected("http:// or https://, a host and no path, such as https://mur.example.org")
    return kept.lower()


def engine_url(value: object) -> str:
    kept = text(value)
    try:
        parts = urlsplit(kept)
        reachable = bool(parts.path if parts.scheme == "unix" else parts.hostname)
    except ValueError:
        reachable = False
    if kept and not (reachable and parts.scheme in ("redis", "rediss", "unix")):
        raise Expected("nothing, or an address that begins with redis://, rediss:// or unix://")
    return kept


def existing_file(value: object) -> str:
    kept = text(value)
    if kept and not Path(kept).is_file():
        raise Expected("a file that exists")
    return kept


def secrets(value: object) -> tuple[str, ...]:
    """The secrets of a channel's `secret`: one, or two while they are rotated. Empty: a wrong value."""
    given = value if isinstance(value, list | tuple) else [value]
    return tuple(each for each in given if isinstance(each, str) and each) if all(given) else ()


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

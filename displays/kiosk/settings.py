"""What a person says of this player, in one small file. Owns its reading and what is wrong with it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints
from urllib.parse import urlsplit

PANELS: Final = ("on", "off", "cec")


class Wrong(Exception):
    """A sentence for the person who wrote the settings."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``url``: the server's address. ``panel``: what becomes of the panel while the place is closed and black.
    ``memory_mb``: beyond it the browser starts anew at closing time; 0 is half of the machine's. ``browser``: where
    Chromium is, if not on PATH. ``flags``: more of its flags."""

    url: str
    panel: str = "on"
    memory_mb: int = 0
    browser: str = ""
    flags: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def wall(self) -> str:
        return f"{self.origin}/screen"


def read(path: Path) -> Settings:
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Wrong(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise Wrong(f"{path} is no TOML: {error}") from error
    try:
        return settled(said)
    except Wrong as error:
        raise Wrong(f"{path}: {error}") from error


def settled(said: dict[str, Any]) -> Settings:
    known = {field.name for field in fields(Settings)}
    if unknown := sorted(said.keys() - known):
        raise Wrong(f"nothing is called {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in said.items()
    }
    for name, hint in get_type_hints(Settings).items():
        kind = tuple if get_args(hint) else hint
        if name in given and type(given[name]) is not kind:
            raise Wrong(f"{name} is to be {'a list' if kind is tuple else kind.__name__}, not {said[name]!r}")
    address = urlsplit(str(given.get("url", "")))
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise Wrong(
            f"url is to be the wall's address, like https://mur.example.org, not {given.get('url')!r}"
        )
    settings = Settings(**given)
    if settings.panel not in PANELS:
        raise Wrong(f"panel is to be one of {', '.join(PANELS)}, not {settings.panel!r}")
    return settings

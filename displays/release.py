"""Which edition of our pages and files this is, as a short name that changes with any of them.

Owns the addresses of static files: each holds the release, so that a page of one release never runs a file of
another, whatever a browser, a worker or a proxy kept. Must not know HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

STATIC: Final = "/static"
HEADER: Final = "X-Complicity-Release"
# What the screen's page needs, and nothing else: its service worker keeps these.
_SCREEN: Final = ("js/screen", "js/shared", "fonts")
_SHEETS: Final = ("tokens", "fonts", "base", "wall", "screen", "testcard")


@cache
def release() -> str:
    seen = sha256()
    for folder in ("locales", "static", "templates"):
        for name, file in _walk(files("displays") / folder):
            seen.update(f"{folder}/{name}\0".encode())
            seen.update(sha256(file.read_bytes()).digest())
    return seen.hexdigest()[:12]


def address(path: str) -> str:
    """Where a static file of this release is fetched."""
    return f"{STATIC}/{prefix()}{path}"


def prefix() -> str:
    return f"-{release()}/"


@cache
def screen_files() -> tuple[str, ...]:
    """The addresses of all files of the screen."""
    static = files("displays") / "static"
    modules = [
        f"{folder}/{name}"
        for folder in _SCREEN
        for name, _ in _walk(static.joinpath(folder))
        if name.endswith((".js", ".woff2")) and name != "worker.js"
    ]
    return tuple(address(path) for path in (*modules, *(f"css/{name}.css" for name in _SHEETS), "icon.svg"))


def worker() -> str:
    """The screen's service worker, told which release it is."""
    told = json.dumps({"RELEASE": release(), "FILES": screen_files()})
    script = files("displays").joinpath("static/js/screen/worker.js").read_text("utf-8")
    return f"Object.assign(self, {told});\n{script}"


def _walk(folder: Traversable, at: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from _walk(entry, f"{at}{entry.name}/")
        else:
            yield f"{at}{entry.name}", entry

"""The JSON of ``report``: what a screen says of its own health, on the wire and in the roster.

Owns what such a report may say and how much of it. Must not know who keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from displays.protocol import Leaf, Light, Orientation, Over, Report, State
from displays.reader import Malformed, Reader

LONGEST_ERROR: Final = 200
ERRORS: Final = 8
LONGEST_SIDE: Final = 100_000
T = TypeVar("T", int, float)

_STATES: Final[Mapping[str, State]] = {
    "pairing": "pairing", "live": "live", "stale": "stale", "house": "house", "dark": "dark",
}  # fmt: skip
_ORIENTATIONS: Final[Mapping[str, Orientation]] = {"landscape": "landscape", "portrait": "portrait"}
_OVERS: Final[Mapping[str, Over]] = {"test": "test", "blank": "blank"}
_LIGHTS: Final[Mapping[str, Light]] = {"day": "day", "night": "night"}


def report_out(report: Report) -> dict[str, Any]:
    leaf = report.painted
    return {
        "app": report.app, "width": report.width, "height": report.height, "ratio": report.ratio,
        "orientation": report.orientation, "state": report.state, "theme": report.theme,
        "painted": leaf and {"id": leaf.id, "version": leaf.version, "page": leaf.page, "pages": leaf.pages},
        "errors": list(report.errors), "uptime": report.uptime, "over": report.over,
    }  # fmt: skip


def report_in(frame: Reader) -> Report:
    return Report(
        app=frame.text("app", longest=64),
        width=_within("width", frame.whole("width"), 1, LONGEST_SIDE),
        height=_within("height", frame.whole("height"), 1, LONGEST_SIDE),
        ratio=_within("ratio", frame.number("ratio"), 0.01, 100.0),
        orientation=frame.one_of("orientation", _ORIENTATIONS),
        state=frame.one_of("state", _STATES),
        theme=frame.one_of("theme", _LIGHTS),
        painted=_leaf(frame.sub("painted")) if frame.has("painted") else None,
        errors=frame.several("errors", _error, most=ERRORS),
        uptime=_within("uptime", frame.number("uptime"), 0.0, 1e10),
        over=frame.one_of("over", _OVERS) if frame.has("over") else None,
    )


def _leaf(leaf: Reader) -> Leaf:
    pages = _within("pages", leaf.whole("pages"), 1, 10_000)
    page = _within("page", leaf.whole("page"), 1, pages)
    return Leaf(leaf.text("id", longest=64), leaf.whole("version"), page, pages)


def _error(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_ERROR:
        raise Malformed(f"report.errors: texts of at most {LONGEST_ERROR} expected")
    return value


def _within(name: str, value: T, least: T, most: T) -> T:
    if not least <= value <= most:
        raise Malformed(f"report.{name}: {least} to {most} expected")
    return value

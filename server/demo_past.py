"""What happened in the demo's two shops before it was opened, read from `demo.toml`.

Owns the shapes. Must not know how any of it is brought about (`server.demo`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

from connectors.demo_script import Said

# returned: approved, edited by its author, read again. taken_back: its author deleted it. withdrawn: approved, then
# taken down by a person. overturned: refused, undone, approved.
Fate = Literal["shown", "returned", "refused", "withdrawn", "taken_back", "overturned", "waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the place replied, `after` so many hours. `due` in days from the demo's start."""

    text: str
    by: str
    stance: str | None = None
    due: int | None = None
    owner: str | None = None
    because: str | None = None
    after: float = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One thing said, so many `days` ago, and what became of it. `passage` and `mask` are words of its text."""

    days: float
    said: Said
    place: str = "grenoble"
    channel: str = "avis"
    fate: Fate = "shown"
    decided_by: str = "Malik Saadi"
    after: float = 2.5  # hours until it is decided
    code: str = ""
    passage: str = ""
    subject: str | None = None
    mask: str = ""
    edited: str = ""
    answers: tuple[Answer, ...] = ()


def _past(row: dict[str, Any]) -> Past:
    words = {each.name for each in fields(Said)}
    return Past(
        said=Said(**{key: value for key, value in row.items() if key in words}),
        answers=tuple(Answer(**answer) for answer in row.get("answers", ())),
        **{key: value for key, value in row.items() if key not in words and key != "answers"},
    )


PAST: Final[tuple[Past, ...]] = tuple(
    _past(row) for row in tomllib.loads(Path(__file__).with_name("demo.toml").read_text("utf-8"))["past"]
)

"""What a person has told the wall of a place to do: its pace, one card kept in sight, or nothing to be seen.

Owns these types, their bounds and what is in force at a moment; pure. Must not know the engine, roles or screens.
Whatever ends by itself says until when, so that a screen ends it on time without being told again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final, Literal
from zoneinfo import ZoneInfo

from moderation.errors import Invalid
from moderation.reading import instant

Pace = Literal["calm", "normal", "lively"]
Order = Literal["next", "test", "reload"]

PACES: Final[tuple[Pace, ...]] = ("calm", "normal", "lively")
ORDERS: Final[tuple[Order, ...]] = ("next", "test", "reload")
LONGEST_MINUTES: Final = (
    10  # a pin or a hold: what it takes from the other cards has to be paid back the same day
)
BLANK_MINUTES: Final = 30  # unless a person confirms it
MOST_HOURS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceHours:
    """Every day from ``start`` to ``end`` of the place's own time; past midnight when it ends before it starts."""

    start: time
    end: time
    pace: Pace

    def holds(self, at: time) -> bool:
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One card stays: the one with this ``id`` on every screen, or (None) what hangs on each: ``cards``."""

    id: str | None
    until: datetime
    by: str
    cards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """Nothing is to be seen. ``until`` is None once it is confirmed: then a person ends it."""

    since: datetime
    until: datetime | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """``version`` grows with each change."""

    pace: Pace = "normal"
    hours: tuple[PaceHours, ...] = ()
    kept: Kept | None = None
    blank: Blank | None = None
    version: int = 0

    def pace_at(self, moment: datetime, timezone: str) -> Pace:
        """The first window that holds, else the usual pace."""
        at = moment.astimezone(ZoneInfo(timezone)).time()
        return next((window.pace for window in self.hours if window.holds(at)), self.pace)


def hours_of(rows: Sequence[tuple[str, str, str]]) -> tuple[PaceHours, ...]:
    """Raises Invalid ``hours_unknown``: each is two times of the day, not the same, and a pace."""
    if len(rows) > MOST_HOURS:
        raise Invalid("hours_unknown", most=MOST_HOURS)
    found = []
    for start, end, pace in rows:
        try:
            window = PaceHours(start=_time(start), end=_time(end), pace=pace_of(pace))
        except ValueError as wrong:
            raise Invalid("hours_unknown", most=MOST_HOURS) from wrong
        if window.start == window.end:
            raise Invalid("hours_unknown", most=MOST_HOURS)
        found.append(window)
    return tuple(found)


def pace_of(word: str) -> Pace:
    for pace in PACES:
        if pace == word:
            return pace
    raise ValueError(word)


def clock_time(at: time) -> str:
    return at.strftime("%H:%M")


def hours_json(hours: Sequence[PaceHours]) -> str:
    return json.dumps([[clock_time(w.start), clock_time(w.end), w.pace] for w in hours])


def conduct(f: Mapping[str, str], now: datetime) -> Conduct:
    """What is in force at ``now``, from the engine's hash."""
    kept, ends = instant(f.get("kept_until")), instant(f.get("blank_until"))
    since = instant(f.get("blank_since"))
    return Conduct(
        pace=pace_of(f.get("pace", "normal")),
        hours=hours_of(json.loads(f.get("hours", "[]"))),
        kept=Kept(
            id=f.get("kept_id") or None,
            until=kept,
            by=f["kept_by"],
            cards=tuple(json.loads(f.get("kept_cards", "[]"))),
        )
        if kept and kept > now
        else None,
        blank=Blank(since=since, until=ends, by=f["blank_by"])
        if since and (ends is None or ends > now)
        else None,
        version=int(f.get("version", "0")),
    )


def _time(text: str) -> time:
    """Whole minutes, written as ``HH:MM``."""
    if len(text) != len("HH:MM"):
        raise ValueError(text)
    return time.fromisoformat(text)

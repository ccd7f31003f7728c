"""When a place is open: a table of one week, read against the place's own clock.

Owns what such a table may say and whether it is open at a moment. Must not know who asks, nor what hangs when it is
closed. ``displays/static/js/screen/hours.js`` is the same rule in the browser, and a test holds the two together.

An overnight window belongs to the day on which it begins: « vendredi, 20 h – 2 h » ends on Saturday. A window lies
between two moments, not between two hours of the clock, so the night in which an hour comes twice opens and closes
once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from moderation.errors import Invalid

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = 24 * 60
Window = tuple[int, int]  # minutes after midnight; an end beyond DAY is on the next day
Week = tuple[tuple[Window, ...], ...]  # seven days, Monday first

_TIME: Final = r"(\d{1,2})\s*(?:[h:.]\s*(\d{2})?)?\s*([ap]m)?"
# « 9 h – 12 h 30, 14:00-19:00 », "9am to 5:30pm": what people type. Any dash, « à », "to" or a slash between the two.
_WINDOW: Final = re.compile(
    rf"\s*(?:de|from)?\s*{_TIME}\s*(?:[-\u2010-\u2015/]|à|to)\s*{_TIME}\s*", re.IGNORECASE
)
_CLOSED: Final = re.compile(r"\s*(?:fermée?|closed)?\s*", re.IGNORECASE)


def read_day(text: str, field: str) -> tuple[Window, ...]:
    """The windows of one day as a person typed them; empty or « fermé »: none. Raises Invalid ``hours_unreadable``."""
    windows: list[Window] = []
    if _CLOSED.fullmatch(text):
        return ()
    for part in _parts(text):
        found = _WINDOW.fullmatch(part)
        if found is None:
            raise Invalid("hours_unreadable", field=field, text=part)
        start, end = (_minutes(found[i], found[i + 1], found[i + 2], part, field) for i in (1, 4))
        if found[6] and not found[3]:  # "1-5pm" begins in the afternoon too, "9-5pm" does not
            start = _half(start, end, found[6], part, field)
        if found[3] and not found[6] and 60 <= end < 13 * 60:  # "9am-5" ends at the first five that comes
            end = start + ((end - start) % (12 * 60) or 12 * 60)
        if start >= DAY:
            raise Invalid("hours_unreadable", field=field, text=part)
        windows.append((start, end if end > start else end + DAY))
    return tuple(sorted(windows))


def _parts(text: str) -> Iterator[str]:
    """A slash stands inside a span, « 9:00/19:00 », or between two of them: « 9-12 / 14-19 »."""
    # One blank for many: the expressions above take the cube of their number.
    for piece in re.split(r"[,;+\n]| et | and ", re.sub(r"[^\S\n]+", " ", text)):
        for part in [piece] if _WINDOW.fullmatch(piece) else piece.split("/"):
            if part.strip():
                yield part.strip()


def _minutes(hours: str, minutes: str | None, half: str | None, said: str, field: str) -> int:
    hour = int(hours)
    if half is not None:
        if not 1 <= hour <= 12:
            raise Invalid("hours_unreadable", field=field, text=said)
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    total = hour * 60 + int(minutes or 0)
    if int(minutes or 0) > 59 or total > DAY:
        raise Invalid("hours_unreadable", field=field, text=said)
    return total


def _half(start: int, end: int, half: str, said: str, field: str) -> int:
    """A beginning that leaves its half of the day to the end's: the same one, where it then comes first."""
    same = start % (12 * 60) + (12 * 60 if half.lower() == "pm" else 0)
    if start < 13 * 60 and same < end:
        return same
    if start >= end:  # "10-2am": of which half nobody said
        raise Invalid("hours_unreadable", field=field, text=said)
    return start


def read_week(days: Sequence[str]) -> Week:
    """Seven lines, Monday first. Raises Invalid ``hours_unreadable``, ``hours_overlap``."""
    week = tuple(read_day(text, f"hours_{DAYS[i]}") for i, text in enumerate(days))
    for i, windows in enumerate(week):
        tomorrow = [(start + DAY, end + DAY) for start, end in week[(i + 1) % 7]]
        ordered = [*windows, *tomorrow]
        for (_, end), (start, _) in pairwise(ordered):
            if start < end:
                raise Invalid("hours_overlap", field=f"hours_{DAYS[i]}")
    return week


def write_day(windows: Sequence[Window], language: str) -> str:
    """As ``read_day`` reads it, and as people write it there: « 9 h – 12 h 30, 14 h – 19 h », "09:00 – 12:30"."""
    if not windows:
        return "closed" if language == "en" else "fermé"
    return ", ".join(f"{clock(start, language)} – {clock(end, language)}" for start, end in windows)


def clock(minutes: int, language: str) -> str:
    hour, minute = divmod(minutes if minutes <= DAY else minutes - DAY, 60)
    if language == "en":
        return f"{hour:02}:{minute:02}"
    return f"{hour}\u00a0h\u00a0{minute:02}" if minute else f"{hour}\u00a0h"


def is_open(week: Week | None, timezone: str, now: datetime) -> bool:
    """Whether the place is open at ``now``. Hours that nobody gave are always open."""
    if week is None:
        return True
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    return any(
        moment(day, start, zone) <= now < moment(day, end, zone)
        for day in (today - timedelta(days=1), today)
        for start, end in week[day.weekday()]
    )


def opens_at(week: Week | None, timezone: str, now: datetime) -> datetime | None:
    """When a place that is closed opens next; None: it is open, or no day has hours."""
    if week is None or is_open(week, timezone, now):
        return None
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=n) for n in range(8)]
    starts = [moment(day, start, zone) for day in days for start, _ in week[day.weekday()]]
    return min((start for start in starts if start > now), default=None)


def moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The first moment at which the clocks there show it; an hour that is left out counts as if it were not."""
    days, rest = divmod(minutes, DAY)
    at = day + timedelta(days=days)
    return datetime(at.year, at.month, at.day, rest // 60, rest % 60, tzinfo=zone).astimezone(UTC)

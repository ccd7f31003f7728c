"""What a person tells the wall of a place to do, as its screens are told it.

Owns the `conduct` frame of each place, which is kept for those who join, and which entries of the desk feed
mean one. Must not know who listens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from displays.coding import encode
from displays.protocol import Blanked, Do, Led, Pinned
from moderation.conduct import ORDERS, Conduct, clock_time
from moderation.conducting import Conducting
from moderation.domain import FeedEntry
from moderation.roster import Roster
from moderation.store import Store

# A place's clock says which pace is in force.
CHANGED: Final = frozenset({"place.conducted", "place.changed"})
LATE: Final = timedelta(seconds=10)  # after an engine was away: nobody wants a "next" of then


@dataclass(frozen=True, slots=True)
class Told:
    conduct: Conduct
    timezone: str


class Leading:
    def __init__(self, store: Store, roster: Roster) -> None:
        self._conducting = Conducting(store, roster)
        self._roster = roster
        self._told: dict[str, Told] = {}

    async def look(self, place: str) -> None:
        """From now on ``frame`` knows of this place. What is heard while this is read is newer, and stays."""
        if place not in self._told:
            self._told.setdefault(place, await self._read(place))

    def frame(self, place: str) -> bytes:
        """As it is now: which pace is in force depends on the time of day."""
        return encode(led(self._told[place].conduct, self._told[place].timezone))

    def forget(self, place: str) -> None:
        self._told.pop(place, None)

    async def anew(self, place: str) -> bytes:
        self._told[place] = await self._read(place)
        return self.frame(place)

    async def heard(self, place: str, entries: Sequence[FeedEntry]) -> list[bytes]:
        """What these entries of the desk feed mean to every screen of the place."""
        told = [await self.anew(place)] if any(entry.what in CHANGED for entry in entries) else []
        now = datetime.now(UTC)
        orders = {f"place.{order}": order for order in ORDERS}
        timely = [entry for entry in entries if entry.what in orders and now - entry.at < LATE]
        return [*told, *(encode(Do(entry.version, orders[entry.what])) for entry in timely)]

    async def _read(self, slug: str) -> Told:
        conduct = await self._conducting.now(slug)
        place = await self._roster.place(slug)
        return Told(conduct, place.timezone if place else "UTC")


def led(conduct: Conduct, timezone: str) -> Led:
    kept, blank = conduct.kept, conduct.blank
    return Led(
        conduct.pace_at(datetime.now(UTC), timezone),
        conduct.pace,
        tuple((clock_time(w.start), clock_time(w.end), w.pace) for w in conduct.hours),
        pin=Pinned(kept.id, kept.until.timestamp()) if kept and kept.id else None,
        hold=kept.until.timestamp() if kept and not kept.id else None,
        blank=Blanked(blank.until.timestamp() if blank.until else None) if blank else None,
    )

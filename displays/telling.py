"""What screens are told besides cards: how each of them hangs.

Owns which entry of a place's desk feed concerns which screen, and what is true of it now. Such frames take no
offset of the wall's feed, so they may come twice; each says the whole truth. Must not know sockets or the wall.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from displays.coding import encode
from displays.protocol import Hung
from moderation.domain import FeedEntry, Place
from moderation.errors import Unavailable
from moderation.roster import Roster, Screen


@dataclass(frozen=True, slots=True)
class Telling:
    roster: Roster

    async def start(self, screen: Screen) -> tuple[int, list[bytes]] | None:
        """For a welcome and what follows it: the lease, and all of this as it is now. None: it is no screen of ours
        any more."""
        known, place = await self.roster.hanging(screen.id, screen.place)
        if known is None:
            return None
        if place is None:
            raise Unavailable(why="place")
        return place.lease_seconds, [encode(hung(known, place))]

    async def heard(self, slug: str, entries: Sequence[FeedEntry]) -> Mapping[str, list[bytes]]:
        """What these entries of the desk feed mean, by the id of each screen that is concerned."""
        concerned = {entry.id for entry in entries if entry.what == "screen.changed"}
        everyone = any(entry.what == "place.changed" for entry in entries)
        if not concerned and not everyone:
            return {}
        return {
            ident: frames
            for ident, frames in (await self.everything(slug)).items()
            if everyone or ident in concerned
        }

    async def everything(self, slug: str) -> Mapping[str, list[bytes]]:
        """For each screen of a place: after a feed that was lost, or one change for all."""
        place = await self.roster.place(slug)
        if place is None:
            return {}
        return {screen.id: [encode(hung(screen, place))] for screen in await self.roster.screens_in(slug)}


def hung(screen: Screen, place: Place) -> Hung:
    return Hung(screen.name, screen.mounting, place.hours, place.closed, place.timezone)

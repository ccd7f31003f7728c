"""A wall lets go of what has hung for its days, and of the oldest beyond what it may hold, whenever one is approved.

Owns whose turn it is: of many who approve at once on a full wall, each would take off what all the others do. So one
run at a time serves all who asked before it began, and tells them in one turn of the event loop: who goes on together
asks the engine together. Must not know how a thread leaves a wall (``leaving``).
"""

from __future__ import annotations

import asyncio

from moderation.roster import Roster
from moderation.store import Store


class Ageing:
    def __init__(self, store: Store, roster: Roster) -> None:
        self._store = store
        self._roster = roster
        self._coming: dict[str, asyncio.Task[None]] = {}  # by place: the run that has not begun …
        self._going: dict[str, asyncio.Task[None]] = {}  # … and the one before it

    async def age(self, slug: str) -> None:
        """Returns when this place's wall holds no more than it may, as of now or later. Raises Unavailable."""
        coming = self._coming.get(slug)
        if coming is None:
            coming = self._coming[slug] = asyncio.create_task(self._run(slug, self._going.get(slug)))
        await asyncio.shield(coming)  # whoever goes away leaves the others their run

    async def _run(self, slug: str, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        self._going[slug] = self._coming.pop(slug)
        place = await self._roster.place(slug)
        if place is not None:
            await self._store.age_out(place)

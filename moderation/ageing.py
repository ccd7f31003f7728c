"""A wall lets go of what has hung for its days, and of the oldest beyond what it may hold, when one is approved.

Owns whose turn it is: of many who approve at once on a full wall, each would take off what all the others do, so one
run at a time serves all who asked before it began. Nobody waits for it: an approval stands without it, and what a run
could not do is done by the next one or by the server's sweep. Must not know how a thread leaves a wall (``leaving``).
"""

from __future__ import annotations

import asyncio
import logging

from moderation.connection import end
from moderation.errors import Unavailable
from moderation.roster import Roster
from moderation.store import Store

log = logging.getLogger("complicity.ageing")


class Ageing:
    def __init__(self, store: Store, roster: Roster) -> None:
        self._store = store
        self._roster = roster
        self._asked: set[str] = set()  # places that have something new since their run began
        self._runs: dict[str, asyncio.Task[None]] = {}

    def soon(self, slug: str) -> None:
        """This place's wall holds no more than it may, soon after."""
        self._asked.add(slug)
        if slug not in self._runs:
            self._runs[slug] = asyncio.create_task(self._run(slug), name=f"ageing {slug}")

    async def _run(self, slug: str) -> None:
        try:
            while slug in self._asked:
                self._asked.discard(slug)
                place = await self._roster.place(slug)
                if place is not None:
                    await self._store.age_out(place)
        except Unavailable:
            log.debug("the wall of %s is aged later", slug)
        finally:
            del self._runs[slug]

    async def close(self) -> None:
        await end(self._runs.values())

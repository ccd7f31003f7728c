"""What screens say that they painted, on its way to the store; and what each is told of it.

Owns the order: one batch of a device at a time, and a device that is back is told where it stands only after
what it said before. A batch that could not be stored is forgotten here: the screen says it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from displays.coding import encode
from displays.protocol import Airtime, Stored
from moderation.airtime import Aired, Report
from moderation.roster import Screen
from moderation.store import Store

AT_ONCE: Final = 16  # calls of the engine: ten thousand screens may report in one second


class Airing:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._turns: dict[str, asyncio.Lock] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def aired(self, screen: Screen) -> Aired:
        async with self._turn(screen), self._room:
            return await self._store.aired(screen.id)

    async def store(self, screen: Screen, reports: Sequence[Airtime]) -> bytes:
        """The frame that says what is stored. Raises Unavailable."""
        told = [Report(one.n, one.id, one.seconds) for one in reports]
        async with self._turn(screen), self._room:
            aired = await self._store.air(screen.id, screen.place, told)
        return encode(Stored(aired.n))

    def forget(self, screen: str) -> None:
        self._turns.pop(screen, None)

    def _turn(self, screen: Screen) -> asyncio.Lock:
        return self._turns.setdefault(screen.id, asyncio.Lock())

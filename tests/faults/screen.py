"""A screen that is left alone: it connects, and whatever cuts it off, it connects again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from websockets.exceptions import WebSocketException

from displays.protocol import Welcome
from displays.replica import Replica
from tests.support.walls import TestScreen, eventually


@dataclass
class LoneScreen:
    url: str
    token: str
    replica: Replica = field(default_factory=Replica)
    welcomes: int = 0

    @classmethod
    @asynccontextmanager
    async def hanging(cls, url: str, token: str) -> AsyncIterator[LoneScreen]:
        screen = cls(url.replace("http", "ws", 1) + "/ws/screen", token)
        living = asyncio.create_task(screen._live())
        try:
            await eventually(lambda: screen.replica.joined)
            yield screen
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)

    @property
    def holds(self) -> Mapping[str, int]:
        """Each card's id and version."""
        return {card.id: card.version for card in self.replica.cards.values()}

    def lacks(self, ident: str) -> bool:
        return ident not in self.holds

    def welcomed_since(self, welcomes: int) -> bool:
        return self.welcomes > welcomes

    async def _live(self) -> None:
        while True:
            with suppress(OSError, EOFError, WebSocketException, TimeoutError):
                async with TestScreen.open(self.url, self.token, self.replica) as connection:
                    await eventually(lambda: connection.closed is not None or connection.said(Welcome), 600)
                    self.welcomes += bool(connection.said(Welcome))
                    await eventually(lambda: connection.closed is not None, 600)
            await asyncio.sleep(0.05)  # a real one waits longer, at random

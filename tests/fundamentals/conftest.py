"""One house on one real engine, and the words to tell a story in it.

Read the files of this folder in the order of their numbers: they are the product, told shortly.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest_asyncio

from displays.cards import card
from displays.protocol import Card
from moderation import intake
from moderation.actions import Actions
from moderation.domain import Incoming, Message
from moderation.intake import Received
from moderation.roster import Roster
from moderation.store import Store
from tests.support import invariants


@dataclass(frozen=True)
class House:
    """A shop in Grenoble (and one in Lyon) with one channel, `avis`."""

    store: Store
    actions: Actions
    roster: Roster
    numbers: count[int]

    async def receives(self, *items: Incoming) -> tuple[Received, ...]:
        return (await intake.receive(self.store, "avis", ["grenoble"], items)).received

    async def message(self, text: str = "La caisse 3 ferme trop tôt.", **more: Any) -> Message:
        """Somebody wrote this on the channel."""
        more.setdefault("id", f"m{next(self.numbers)}")
        (received,) = await self.receives(Incoming(text=text, **more))
        assert received.message is not None
        return await self.now(received.message)

    async def now(self, ident: str) -> Message:
        message = await self.store.message(ident)
        assert message is not None
        return message

    async def wall(self, place: str = "grenoble") -> list[Card]:
        """What a screen of this place would be given now."""
        return [card(thread, str) for thread in (await self.store.snapshot(place)).threads]

    async def texts(self, place: str = "grenoble") -> list[str]:
        return [hanging.text for hanging in await self.wall(place)]

    async def ledger(self, place: str = "grenoble") -> list[str]:
        return [entry.what for entry in (await self.store.ledger(place)).items]


@pytest_asyncio.fixture
async def house(store: Store, roster: Roster) -> AsyncIterator[House]:
    yield House(store, Actions(store, roster), roster, count(1))
    await invariants.check(store)

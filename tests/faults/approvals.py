"""Sixteen moderators approving at once, through whatever happens to the server, and what they were told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import httpx

from tests.support.process import Running
from tests.support.walls import eventually

HANDS = 16


@dataclass
class Approvals:
    product: Running
    token: str
    waiting: Sequence[str]
    acknowledged: set[str] = field(default_factory=set)
    answers: Counter[tuple[int, str]] = field(default_factory=Counter)  # those that were not "done"
    lost: int = 0  # calls whose answer never came
    _door: asyncio.Lock = field(default_factory=asyncio.Lock)

    def reached(self, count: int) -> bool:
        return len(self.acknowledged) >= count

    async def run(self) -> None:
        """Until every message is acknowledged once. Whoever got no answer asks again, with the same nonce."""
        left = iter(self.waiting)
        async with self.product.client(self.token, limits=httpx.Limits(max_connections=HANDS)) as client:
            await asyncio.gather(*(self._hand(client, left) for _ in range(HANDS)))

    async def _hand(self, client: httpx.AsyncClient, left: Iterator[str]) -> None:
        for ident in left:
            while ident not in self.acknowledged:
                await self._approve(client, ident)

    async def _approve(self, client: httpx.AsyncClient, ident: str) -> None:
        body = {"revision": 1, "nonce": ident}
        try:
            answer = await client.post(f"/messages/{ident}/approve", json=body)
        except httpx.TransportError:
            self.lost += 1
            async with self._door:  # one of us knocks, the others wait
                await eventually(self.product.listens, 60)
            return
        if answer.status_code == 200:
            self.acknowledged.add(ident)
        else:
            self.answers[answer.status_code, answer.json()["code"]] += 1

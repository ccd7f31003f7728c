"""Asks the authors of private chats for their consent, once each, in the chat itself.

Owns the rhythm. Must not know any one channel nor what an answer means. Who is to be asked is noted in the store by the
door, so a delivery is answered at once and a crash forgets nobody; the connector looks whether its question already
stands there, so a crash after the question asks nobody twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from connectors.contract import Asks, Refused, Trouble
from connectors.runner import patience
from moderation.connection import end
from moderation.errors import Problem, Unavailable
from moderation.leases import hold, let_go
from moderation.store import Store

log = logging.getLogger("complicity.channels")

EVERY: Final = 2.0  # seconds between two looks at who is to be asked
LEASE: Final = 120.0  # seconds: longer than a walk through a conversation and the question take


class Asking:
    def __init__(self, store: Store, connectors: Sequence[Asks], *, owner: str, every: float = EVERY) -> None:
        """`owner` names this process among those that share the store."""
        self._store = store
        self._connectors = connectors
        self._every = every
        self._owner = owner
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        for connector in self._connectors:
            self._tasks.append(asyncio.create_task(self._follow(connector), name=f"asking {connector.slug}"))

    async def stop(self) -> None:
        await end(self._tasks)
        self._tasks.clear()

    async def _follow(self, connector: Asks) -> None:
        failures = 0
        while True:
            wait = self._every
            try:
                await self.ask(connector)
                failures = 0
            except Exception as error:  # a connector's mistake must not end the asking
                failures += 1
                wait = patience(self._every, failures, error)
                if isinstance(error, Trouble):
                    with suppress(Unavailable):
                        await self._store.note_channel(connector.slug, error=error.kind)
                if failures == 1:
                    unforeseen = None if isinstance(error, Problem) else error
                    log.warning("channel %s can't ask: %s", connector.slug, error, exc_info=unforeseen)
            await asyncio.sleep(wait)

    async def ask(self, connector: Asks) -> int:
        """Everyone who is to be asked now; how many were. Raises Trouble, Unavailable."""
        waiting = await self._store.to_ask(connector.slug)
        lease, number = f"asking {connector.slug}", 0
        if not waiting:
            return 0
        trouble: Trouble | None = None
        for thread in waiting:
            if not await hold(self._store, lease, self._owner, LEASE):
                return number  # another process asks
            try:
                await connector.ask(thread)
            except (
                Refused
            ) as refused:  # the conversation is gone, or takes no messages: there is nobody to ask
                log.info("channel %s: %s can't be asked: %s", connector.slug, thread, refused)
            except Trouble as error:
                trouble = error
                continue  # one conversation's trouble must not keep the others waiting
            await self._store.asked(connector.slug, thread)
            number += 1
        await let_go(self._store, lease, self._owner)
        if trouble:
            raise trouble
        return number

"""Carries the place's answers to where the customers wrote: each exactly once.

Owns when a reply is handed over, looked for, tried again or given up, one task a channel. Must not know any one
channel, nor how a step is stored. What may have left is never sent again before the channel was asked twice whether
it is there; if it can't tell, a person decides.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from typing import Final

from connectors.contract import (
    AnswerLost,
    CredentialsRefused,
    Finds,
    Outgoing,
    RateLimited,
    Refused,
    Replies,
    Trouble,
)
from moderation.connection import end
from moderation.errors import Problem, Unavailable
from moderation.leases import hold, let_go
from moderation.outbox import SENDING_SECONDS, Due, Outbox
from moderation.store import Store

log = logging.getLogger("complicity.outbox")

GLANCE: Final = 0.25  # seconds between looks at what is due
PATIENCE: Final = SENDING_SECONDS - 10  # seconds that a channel has for one call
LEASE: Final = 30.0  # seconds; another process goes on so long after one was killed
FIRST_LOOK: Final = 5.0  # seconds from a lost answer to the first look: listings lag
LOOKS: Final = 2  # times that a channel must say "not here" before a reply is sent again
MOST_TRIES: Final = 20  # and no fewer than these, and
MOST_TROUBLE: Final = 12 * 3600.0  # no less than so long: then a person is asked
SLOWEST: Final = 3600.0
LONGEST: Final = 86_400.0  # seconds that a channel may make us wait


class Mailer:
    def __init__(self, store: Store, connectors: Sequence[Replies], *, owner: str) -> None:
        """``owner`` names this process among those that share the store."""
        self._store = store
        self._connectors = connectors
        self._owner = owner
        self._tasks: list[asyncio.Task[None]] = []
        self._free_at: dict[
            str, int
        ] = {}  # channels that told us to wait, and until when by the store's clock

    async def start(self) -> None:
        self._tasks += [
            asyncio.create_task(self._carry_for_ever(connector), name=f"outbox {connector.slug}")
            for connector in self._connectors
        ]

    async def stop(self) -> None:
        await end(self._tasks)
        self._tasks.clear()
        for connector in self._connectors:
            try:
                await let_go(self._store, _lease(connector), self._owner)
            except Unavailable:
                return

    async def _carry_for_ever(self, connector: Replies) -> None:
        outbox = Outbox(self._store, connector.slug)
        while True:
            try:
                while await hold(self._store, _lease(connector), self._owner, LEASE + SENDING_SECONDS):
                    if not await self.turn(connector, outbox):
                        break
            except Unavailable:
                log.debug("the outbox of %s waits for the engine", connector.slug)
            except Exception:
                log.exception("the outbox of %s stumbled; what was under way is looked for", connector.slug)
            await asyncio.sleep(GLANCE)

    async def turn(self, connector: Replies, outbox: Outbox) -> bool:
        """Carry the next one; whether there was one. A channel that is limited is left alone for all its replies:
        who asks on is limited for longer."""
        if self._free_at.get(connector.slug, 0) > self._store.clock():
            return False
        due = await outbox.due(limit=1)
        if due:
            await self.carry(connector, outbox, due[0])
        return bool(due)

    async def carry(self, connector: Replies, outbox: Outbox, due: Due) -> None:
        """Send what is queued; look for what may have left. Raises Unavailable."""
        if due.reply.delivery.state == "queued":
            if await outbox.step("take", due.reply, due.message):
                await self._send(connector, outbox, due)
        elif await outbox.step("look", due.reply, due.message):
            await self._look(connector, outbox, due)

    async def _send(self, connector: Replies, outbox: Outbox, due: Due) -> None:
        reply, message = due.reply, due.message
        try:
            async with asyncio.timeout(PATIENCE):
                sent = await connector.send(_outgoing(due))
        except (AnswerLost, TimeoutError):
            await outbox.step("unknown", reply, message, after=FIRST_LOOK, error=AnswerLost.code)
        except Refused as refused:
            await outbox.step("failed", reply, message, error=refused.kind)
        except Trouble as trouble:  # surely not posted
            wait = self._heed(connector, trouble, due.tries)
            if self._enough(due):
                await outbox.step("failed", reply, message, error=trouble.kind)
            else:
                await outbox.step("again", reply, message, after=wait, error=trouble.kind)
        except Problem as problem:
            await outbox.step("failed", reply, message, error=problem.kind)
        except Exception:  # a connector's mistake: nobody knows how far it came
            log.exception("channel %s stumbled over a reply", connector.slug)
            await outbox.step("unknown", reply, message, after=FIRST_LOOK, error=AnswerLost.code)
        else:
            await outbox.step("delivered", reply, message, url=sent.url, upstream=sent.id)

    async def _look(self, connector: Replies, outbox: Outbox, due: Due) -> None:
        reply, message = due.reply, due.message
        if not isinstance(connector, Finds) or due.looks >= MOST_TRIES:
            await outbox.step("unknown", reply, message, error="delivery_unknown")
            return
        try:
            async with asyncio.timeout(PATIENCE):
                sent = await connector.find(_outgoing(due))
        except (Trouble, TimeoutError) as trouble:
            told = trouble if isinstance(trouble, Trouble) else AnswerLost()
            wait = self._heed(connector, told, due.looks)
            await outbox.step("unknown", reply, message, after=wait, error=AnswerLost.code)
            return
        if sent is not None:
            await outbox.step("delivered", reply, message, url=sent.url, upstream=sent.id)
        elif due.absent + 1 < LOOKS:
            await outbox.step(
                "unknown", reply, message, after=2 * FIRST_LOOK, error=AnswerLost.code, absent=True
            )
        else:
            await outbox.step("again", reply, message, after=0)

    def _heed(self, connector: Replies, trouble: Trouble, before: int) -> float:
        """How long this reply waits; and its channel too, where the channel is what is limited."""
        wait = _wait(trouble, before)
        if trouble.kind == RateLimited.code:
            self._free_at[connector.slug] = self._store.clock() + round(1000 * min(wait, SLOWEST))
        return wait

    def _enough(self, due: Due) -> bool:
        since = self._store.clock() / 1000 - due.reply.posted_at.timestamp()
        return due.tries + 1 >= MOST_TRIES and since >= MOST_TROUBLE


def _lease(connector: Replies) -> str:
    return f"outbox:{connector.slug}"


def _outgoing(due: Due) -> Outgoing:
    return Outgoing(
        reply_id=due.reply.id,
        in_reply_to=due.message.upstream,
        thread=due.message.upstream_thread,
        text=due.reply.text,
        signed=due.reply.signed,
        since=due.reply.posted_at,
        tries=due.tries,
    )


def _wait(trouble: Trouble, before: int) -> float:
    """As long as we were told; else twice as long each time, with jitter; a bad key waits for a person."""
    told = trouble.params.get("retry_after")
    if isinstance(told, (int, float)):
        return min(max(0.0, float(told)), LONGEST) + random.uniform(0.5, 2.0)  # noqa: S311 - jitter
    if isinstance(trouble, CredentialsRefused):
        return 300.0
    return min(SLOWEST, 2.0 ** (before + 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter

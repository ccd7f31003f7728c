"""Polls the channels that have to be asked: one task each, from the place where it stopped.

Owns the rhythm: how often, how long to wait after trouble, what is said about it (one line when a channel is lost, one
when it is back), the lease that lets one process poll a channel, and the re-checks of what hangs. Must not know any
one channel. The cursor is saved by intake with the last item of a pull, so a crash asks again for what was not
received, and receiving twice has one effect (P7).
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from connectors.contract import ConsentWord, Parcel, Pulled, Pulls, Rechecks, Trouble
from connectors.door import unpack
from moderation.connection import end
from moderation.domain import Incoming
from moderation.errors import Problem, Unavailable
from moderation.leases import hold, let_go
from moderation.store import Store

log = logging.getLogger("complicity.channels")

Kinds = Callable[[tuple[str, ...]], Awaitable[Sequence[str]]]

HEALTH_NOTED: Final = 60.0  # seconds: a quiet channel is well too, but not worth a write a second
SLOWEST: Final = 300.0  # seconds between two tries of a lost channel
LONGEST: Final = 3600.0  # and where it says when: who says more is asked all the same
WAITING: Final = 100  # of what waits, in one re-check: a page of Reddit's
LEASE: Final = 30.0  # seconds; another process goes on so long after one was killed


class Runner:
    def __init__(
        self,
        store: Store,
        connectors: Sequence[Pulls | Rechecks],
        *,
        owner: str = "",
        languages: Sequence[str] = ("fr", "en"),
        kinds: Kinds | None = None,
        room: Callable[[], bool] = lambda: True,
    ) -> None:
        """`owner` names this process among those that share the store. `kinds`: what may be declared in these
        places. `room`: whether the disk has room for more; without it channels wait, and nothing is lost upstream."""
        self._store = store
        self._connectors = connectors
        self._owner = owner or secrets.token_hex(8)
        self._languages = languages
        self._kinds = kinds
        self._room = room
        self._tasks: list[asyncio.Task[None]] = []
        self._looked: dict[str, int] = {}  # by channel: up to which waiting message the last re-check came

    async def start(self) -> None:
        for connector in self._connectors:
            if isinstance(connector, Pulls):
                self._tasks.append(
                    asyncio.create_task(self._follow(connector), name=f"channel {connector.slug}")
                )
            if isinstance(connector, Rechecks):
                self._tasks.append(
                    asyncio.create_task(self._recheck_for_ever(connector), name=f"recheck {connector.slug}")
                )

    async def stop(self) -> None:
        await end(self._tasks)
        self._tasks.clear()
        with suppress(Unavailable):
            for connector in self._connectors:
                await let_go(self._store, _lease(connector), self._owner)

    async def _follow(self, connector: Pulls) -> None:
        failures, noted = 0, -HEALTH_NOTED
        while True:
            wait = connector.poll_seconds
            try:
                async with self._lease_of(connector) as ours:
                    if ours and self._room():
                        news = await self.poll(connector)
                        if news or failures or monotonic() - noted >= HEALTH_NOTED:
                            noted = monotonic()
                            await self._store.note_channel(
                                connector.slug, last_at=datetime.now(UTC).isoformat(), error=""
                            )
                if failures:
                    log.info("channel %s is back", connector.slug)
                failures = 0
            except Exception as error:  # a connector's mistake must not end its channel, nor any other
                failures += 1
                if failures == 1:
                    unforeseen = None if isinstance(error, Problem) else error
                    log.warning("channel %s is lost: %s", connector.slug, error, exc_info=unforeseen)
                await self._note(connector, error)
                wait = patience(connector.poll_seconds, failures, error)
            await asyncio.sleep(wait)  # until the next look upstream

    async def poll(self, connector: Pulls) -> int:
        """One look upstream; how many items came. Raises Trouble, Unavailable."""
        known = (await self._store.channel(connector.slug)).get("cursor")
        pulled = await connector.pull(known)
        if pulled != Pulled(cursor=known):
            await self._unpack(connector, pulled, pulled.cursor)
        return len(pulled.items)

    async def recheck(self, connector: Rechecks) -> int:
        """Ask what became of all that hangs, and of some that waits; how many changed. Raises Trouble, Unavailable."""
        hanging = await self._store.hanging(connector.slug, connector.places)
        # And some of what waits, in turn: what was edited and then deleted hangs no more, and is to go all the same.
        waiting, self._looked[connector.slug] = await self._store.waiting(
            connector.slug, connector.places, after=self._looked.get(connector.slug, 0), most=WAITING
        )
        asked = (*hanging, *waiting)
        changed = await connector.recheck(asked) if asked else ()
        parcel = Parcel(
            items=tuple(one for one in changed if isinstance(one, Incoming)),
            consents=tuple(one for one in changed if isinstance(one, ConsentWord)),
        )
        await self._unpack(connector, parcel, None)
        return len(changed)

    async def _unpack(self, connector: Pulls | Rechecks, parcel: Parcel, cursor: str | None) -> None:
        kinds = await self._kinds(connector.places) if self._kinds else None
        await unpack(self._store, connector, parcel, cursor=cursor, languages=self._languages, kinds=kinds)

    async def _recheck_for_ever(self, connector: Rechecks) -> None:
        while True:
            await asyncio.sleep(connector.recheck_seconds)
            try:
                if await hold(self._store, _lease(connector), self._owner, LEASE):
                    await self.recheck(connector)
            except Problem as trouble:  # what polls the channel says it, once
                log.debug("channel %s could not be asked again: %s", connector.slug, trouble)
            except Exception:
                log.exception("channel %s stumbled over a re-check", connector.slug)

    @asynccontextmanager
    async def _lease_of(self, connector: Pulls) -> AsyncIterator[bool]:
        """Whether this process polls the channel; kept while it does, however long the channel takes."""
        ours = await hold(self._store, _lease(connector), self._owner, LEASE + connector.poll_seconds)
        keeping = asyncio.create_task(self._keep(connector)) if ours else None
        try:
            yield ours
        finally:
            if keeping is not None:
                await end([keeping])

    async def _keep(self, connector: Pulls) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            with suppress(Unavailable):
                await hold(self._store, _lease(connector), self._owner, LEASE + connector.poll_seconds)

    async def _note(self, connector: Pulls, error: Exception) -> None:
        if isinstance(error, Unavailable):
            return  # the engine is what is lost: there is nowhere to write it
        try:
            code = error.kind if isinstance(error, Problem) else "problem"
            await self._store.note_channel(connector.slug, error=code)
        except Unavailable:
            log.debug("channel %s: its trouble could not be noted", connector.slug)


def _lease(connector: Pulls | Rechecks) -> str:
    return f"channel:{connector.slug}"


def patience(poll_seconds: float, failures: int, error: Exception) -> float:
    """Doubles with every failure, with jitter, so that many channels of one service do not come back as one."""
    told = error.params.get("retry_after") if isinstance(error, Trouble) else None
    longest = min(SLOWEST, poll_seconds * 2 ** min(failures, 16))
    wait = random.uniform(longest / 2, longest)  # noqa: S311 - jitter, not a secret
    return max(wait, min(float(told), LONGEST)) if isinstance(told, (int, float)) else wait

"""Intake and decisions with ``appendfsync always``: one by one, 64 at once; what a message weighs; a restart.

The store by itself has two cores, one for Python and one for the engine; through the API all but the client is on one.
Beside each figure stands a bare XADD of as many bytes as a decision appends to the engine's file, on the same engine,
through the same client, in the same run.

What bounds it: one by one, the disk, as each waits for a sync of its own. 64 at once syncs are shared, and it is
Python: redis-py 36 % of it, the event loop 18 %, making the messages 18 % (``py-spy record`` on 6,000 approvals). The
engine works nearly as long, on the other core. Intake: the hints and the text table, which look at every word.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from moderation.actions import Actions
from moderation.connection import connect
from moderation.domain import Actor, Incoming, Place
from moderation.intake import prepare, receive
from moderation.roster import Roster
from moderation.store import Store
from tests.bench import machine
from tests.bench.product import Caller, product
from tests.bench.servers import TEXT
from tests.bench.table import Table
from tests.support.walls import engine_at

AT_ONCE: Final = 64
SINGLE: Final = 300  # of each, one by one
MANY: Final = 3_200  # of each, 64 at once
HEAVY: Final = 100_000
BYTES: Final = 2_300  # that a decision appends, about; measured below
WHO: Final = Actor(id="bench", name="Malik", role="moderator", places=None, via="token")

Work = Callable[[int], Awaitable[object]]


@dataclass
class Rate:
    each: float  # a second
    python: float  # µs of processor
    engine: float


@dataclass
class Rig:
    store: Store
    actions: Actions
    engine: int  # its process

    async def rate(self, count: int, at_once: int, work: Work) -> Rate:
        """``work(n)`` for each n below ``count``, so many at once."""
        turns: Iterator[int] = iter(range(count))

        async def one() -> None:
            for turn in turns:
                await work(turn)

        before, used, began = machine.cpu(self.engine), time.process_time(), time.perf_counter()
        await asyncio.gather(*(one() for _ in range(at_once)))
        took = time.perf_counter() - began
        python, engine = time.process_time() - used, machine.cpu(self.engine) - before
        return Rate(count / took, python / count * 1e6, engine / count * 1e6)

    async def appended(self) -> int:
        said = await self.store.connection.ask(self.store.connection.commands.info("persistence"))
        return int(said["aof_current_size"])

    async def memory(self) -> int:
        said = await self.store.connection.ask(self.store.connection.commands.info("memory"))
        return int(said["used_memory"])


@asynccontextmanager
async def rig(folder: Path) -> AsyncIterator[Rig]:
    """A store on an engine of its own, which finds again what is in ``folder``."""
    with machine.pinned(machine.SERVER), engine_at(folder) as url:
        machine.pin(machine.CLIENT)
        connection = await connect(url)
        store, roster = await Store.open(connection, "bench"), Roster(connection, "bench")
        await roster.sync_places([Place(slug="grenoble", name="Grenoble")])
        said = await connection.ask(connection.commands.info("server"))
        actions = Actions(store, roster)
        try:
            yield Rig(store, actions, int(said["process_id"]))
        finally:
            await actions.close()
            await store.close()


async def run() -> None:
    with tempfile.TemporaryDirectory(prefix="complicity-bench-") as folder:
        async with rig(Path(folder)) as bench:
            print(await _rates(bench), end="\n\n", flush=True)
            await _fill(bench)
            size = await bench.appended()
            weight = (await bench.memory()) / HEAVY
        began = time.perf_counter()
        async with rig(Path(folder)) as bench:
            took = time.perf_counter() - began
            assert await bench.store.count("grenoble", "pending") >= HEAVY
        print(_restarted(took, size, weight), end="\n\n", flush=True)
    print(await _api(), flush=True)


async def _rates(bench: Rig) -> Table:
    table = Table(
        f"Intake and decisions, always synced; {AT_ONCE} at once share their syncs",
        ("", "one by one /s", "of XADD", f"{AT_ONCE} at once /s", "of XADD", "Python µs", "engine µs"),
    )
    connection, filler = bench.store.connection, "x" * BYTES

    async def bare(_: int) -> None:
        await connection.gather([("xadd", ("bare", {"b": filler}, "*", 1000))])

    async def take(name: str, turn: int) -> None:
        await receive(bench.store, "avis", ["grenoble"], [Incoming(id=f"{name}{turn}", text=TEXT)])

    async def call(turn: int) -> None:
        items = [Incoming(id=f"c{turn}-{n}", text=TEXT) for n in range(AT_ONCE)]
        await receive(bench.store, "avis", ["grenoble"], items)

    async def approve(idents: Sequence[str], turn: int) -> None:
        await bench.actions.approve(WHO, idents[turn], revision=1)

    await bench.rate(AT_ONCE, AT_ONCE, bare)  # connections are opened, the script is known
    alone, crowd = await bench.rate(SINGLE, 1, bare), await bench.rate(MANY, AT_ONCE, bare)

    def row(name: str, single: Rate | None, many: Rate, per: int = 1) -> None:
        table.add(
            name,
            single.each if single else None, f"{single.each / alone.each:.2f} x" if single else None,
            many.each * per, f"{many.each * per / crowd.each:.2f} x", many.python / per, many.engine / per,
        )  # fmt: skip

    row(f"XADD of {BYTES} bytes", alone, crowd)
    single = await bench.rate(SINGLE, 1, lambda turn: take("s", turn))
    row("intake, an item a call", single, await bench.rate(MANY, AT_ONCE, lambda turn: take("m", turn)))
    row(f"intake, {AT_ONCE} items a call", None, await bench.rate(MANY // AT_ONCE, 1, call), AT_ONCE)
    idents = [m.id for m in await _waiting(bench.store, SINGLE + MANY)]
    before = await bench.appended()
    single = await bench.rate(SINGLE, 1, lambda turn: approve(idents, turn))
    many = await bench.rate(MANY, AT_ONCE, lambda turn: approve(idents[SINGLE:], turn))
    row("decisions (approve; the wall is full)", single, many)
    table.title += f"; a decision appends {(await bench.appended() - before) / (SINGLE + MANY):,.0f} bytes"
    return table


async def _waiting(store: Store, count: int) -> list[Any]:
    found: list[Any] = []
    after: str | None = None
    while len(found) < count:
        page = await store.messages(places=["grenoble"], state="pending", limit=200, after=after)
        found += page.items
        after = page.next
    return found


async def _fill(bench: Rig) -> None:
    """Up to HEAVY pending messages, by the real script."""
    one = prepare(Incoming(id="1", text=TEXT, author_name="Nadia B."), "avis", ["grenoble"])
    for start in range(0, HEAVY, 500):
        await bench.store.receive_each(
            [replace(one, upstream=f"f{start + n}", text=f"{n} {TEXT}") for n in range(500)]
        )


def _restarted(took: float, size: int, weight: float) -> Table:
    table = Table(f"{HEAVY:,} messages wait; then the engine is killed", ("", ""))
    table.add("memory a message, kB", weight / machine.KILO)
    table.add("its file, MB", size / machine.KILO**2)
    table.add("until it answers again, s", took)
    return table


async def _api() -> Table:
    table = Table(
        "Decisions through the API: the whole product on one core",
        ("", "/s", "server µs", "engine µs"),
    )
    async with product() as measured:
        idents = iter(await measured.pending(SINGLE + MANY // 2))
        for name, at_once, count in (("one by one", 1, SINGLE), (f"{AT_ONCE} at once", AT_ONCE, MANY // 2)):
            mine = iter([next(idents) for _ in range(count)])
            async with measured.callers(at_once) as callers:
                used, began = [machine.cpu(pid) for pid in measured.pids], time.perf_counter()
                await asyncio.gather(*(_each(caller, mine) for caller in callers))
                took = time.perf_counter() - began
                spent = [machine.cpu(pid) - was for pid, was in zip(measured.pids, used, strict=True)]
            table.add(name, count / took, *(each / count * 1e6 for each in spent))
    return table


async def _each(caller: Caller, idents: Iterator[str]) -> None:
    for ident in idents:
        await caller.approve(ident)

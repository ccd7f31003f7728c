"""One card to many screens: the hub's way out, the whole product, and what others do on the same core."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median
from typing import Final

from tests.bench import machine
from tests.bench.crowd import Crowd, crowd
from tests.bench.errands import Errands, helper
from tests.bench.product import HELLO, Caller, Measured, product
from tests.bench.table import Table

SCREENS: Final = (100, 1_000, 5_000, 10_000)
ROUNDS: Final = 5
DELIVERIES: Final = 50_000  # of one burst …
MOST: Final = 64  # … but no more events than fit into a screen's backlog
LEAST: Final = 8
SINGLY: Final = 20  # events one by one
MODERATORS: Final = 8
TITLES: Final = {
    "broadcast": "websockets.broadcast()",
    "bytes": "send() of ready bytes",
    "hub": "the hub alone",
    "one": "the product, one moderator",
    "eight": f"the product, {MODERATORS} at once",
}
WHY: Final = """
deliveries/s   a burst of events, from the first to the last screen's last. A burst of the product is as many
               approvals through the API, each synced to disk; with 8 moderators what the hub reads at once is
               one write a screen.
x broadcast    the median of the rounds, in which the servers took turns.
p50, p99, last one event alone, from the call (the product: from the POST that approves) to the screens.
CPU s          of the server's process alone, for a million deliveries; and how much of it the kernel had.
kB a screen    of the server's resident memory. The kernel's own buffers come on top.
crowd busy     the clients' share of their core. `send() of ready bytes` is the same crowd on a server that does
               nothing else: while that row is faster, the crowd is not what limits the others.

What bounds it: the kernel's send, which on loopback also carries the packet to the other side. `send() of ready
bytes` is that alone. The hub adds two checks and a method call to it, `broadcast()` a frame of its own for each
connection. The product adds some 3 ms an event (HTTP, two scripts, one fsync) on the same core.
"""


@dataclass(frozen=True, slots=True)
class Burst:
    rate: float  # deliveries a second
    cpu: float  # seconds of the server
    busy: float  # the crowd's share of its core
    kernel: int  # ticks of the server in the kernel …
    ticks: int  # … and in all


@dataclass
class Rig(ABC):
    """A server and its crowd."""

    crowd: Crowd
    kilobytes: float  # a screen

    @property
    @abstractmethod
    def pid(self) -> int: ...

    @abstractmethod
    async def tell(self, events: int) -> float:
        """Has them told; when it began."""

    async def burst(self, events: int) -> Burst:
        before, crowd_before = machine.cpu(self.pid), machine.cpu(self.crowd.process.pid)
        kernel, ticks = machine.in_kernel(self.pid)
        began = await self.tell(events)
        came = await self.crowd.expect(events)
        assert not came.lacking
        took = came.last - began
        return Burst(
            events * self.crowd.size / took,
            machine.cpu(self.pid) - before,
            (machine.cpu(self.crowd.process.pid) - crowd_before) / took,
            *(now - was for now, was in zip(machine.in_kernel(self.pid), (kernel, ticks), strict=True)),
        )

    async def once(self) -> tuple[float, float, float]:
        """Milliseconds until half of the screens, 99 in 100, and the last have one event."""
        began = await self.tell(1)
        came = await self.crowd.expect(1)
        assert not came.lacking
        p50, p99, last = ((each - began) * 1000 for each in (came.p50, came.p99, came.last))
        return p50, p99, last


@dataclass
class Bare(Rig):
    """One of `servers`."""

    server: Errands

    @property
    def pid(self) -> int:
        return self.server.pid

    async def tell(self, events: int) -> float:
        return float((await self.server.ask("tell", events=events))["began"])


@dataclass
class Whole(Rig):
    """The product; an event is an approval."""

    measured: Measured
    waiting: list[str]
    moderators: int

    @property
    def pid(self) -> int:
        return self.measured.pids[0]

    async def tell(self, events: int) -> float:
        mine = [self.waiting.pop(0) for _ in range(events)]

        async def moderate(caller: Caller) -> None:
            while mine:
                await caller.approve(mine.pop(0))

        async with self.measured.callers(self.moderators) as callers:
            began = time.monotonic()
            await asyncio.gather(*map(moderate, callers))
        return began


async def bare(stack: AsyncExitStack, name: str, screens: int) -> Bare:
    server = await stack.enter_async_context(helper("tests.bench.servers", name, core=machine.SERVER))
    people = await stack.enter_async_context(crowd())
    await people.open(server.ready["port"], "/", [""])  # what is loaded with the first is no screen's
    before = machine.resident(server.pid)
    await people.open(server.ready["port"], "/", [""] * (screens - 1))
    people.size = screens
    await server.ask("count", listeners=screens)
    return Bare(people, (machine.resident(server.pid) - before) / (screens - 1) / machine.KILO, server)


async def whole(stack: AsyncExitStack, screens: int, events: int) -> dict[str, Whole]:
    measured = await stack.enter_async_context(product())
    people = await stack.enter_async_context(crowd())
    first, *tokens = await measured.screens(screens)
    waiting = list(await measured.pending(events))
    await people.open(measured.port, "/ws/screen", [first], hello=HELLO)
    before = machine.resident(measured.pids[0])
    await people.open(measured.port, "/ws/screen", tokens, hello=HELLO)
    people.size = screens
    kilobytes = (machine.resident(measured.pids[0]) - before) / (screens - 1) / machine.KILO
    return {
        name: Whole(people, kilobytes, measured, waiting, moderators)
        for name, moderators in (("one", 1), ("eight", MODERATORS))
    }


async def run(sizes: tuple[int, ...] = SCREENS) -> None:
    table = Table(
        "One card, many screens",
        ("server", "screens", "deliveries/s", "x broadcast", "p50 ms", "p99 ms", "last ms",
         "CPU s a million", "kernel", "kB a screen", "crowd busy"),
    )  # fmt: skip
    for screens in sizes:
        await beside(table, screens)
    print(table, WHY, sep="\n", flush=True)


async def beside(table: Table, screens: int) -> None:
    """The servers take turns, so that whatever else the machine does falls on all of them."""
    events = min(MOST, max(LEAST, DELIVERIES // screens))
    async with AsyncExitStack() as stack:
        rigs: dict[str, Rig] = {
            name: await bare(stack, name, screens) for name in ("broadcast", "bytes", "hub")
        }
        rigs |= await whole(stack, screens, 2 * (ROUNDS * events + LEAST + SINGLY))
        bursts: dict[str, list[Burst]] = {name: [] for name in rigs}
        singles: dict[str, list[tuple[float, float, float]]] = {name: [] for name in rigs}
        for each in rigs.values():
            await each.burst(LEAST)  # warm
        for _ in range(ROUNDS):
            for name, each in rigs.items():
                bursts[name].append(await each.burst(events))
        for _ in range(SINGLY):
            for name, each in rigs.items():
                singles[name].append(await each.once())
    for name, each in rigs.items():
        against = median(
            mine.rate / theirs.rate for mine, theirs in zip(bursts[name], bursts["broadcast"], strict=True)
        )
        kernel, ticks = (
            sum(burst.kernel for burst in bursts[name]),
            sum(burst.ticks for burst in bursts[name]),
        )
        table.add(
            TITLES[name], screens, median(burst.rate for burst in bursts[name]), against,
            *map(median, zip(*singles[name], strict=True)),
            sum(burst.cpu for burst in bursts[name]) / (ROUNDS * events * screens) * 1e6,
            f"{kernel / max(1, ticks):.0%}", each.kilobytes or None,
            f"{median(burst.busy for burst in bursts[name]):.0%}",
        )  # fmt: skip

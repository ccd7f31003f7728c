"""One card to many screens: the hub's way out, the whole product, and what others do on the same core."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median
from typing import Final

from tests.bench import machine
from tests.bench.crowd import Crowd, crowd
from tests.bench.errands import Errands, helper
from tests.bench.table import Table

SCREENS: Final = (100, 1_000, 5_000, 10_000)
NAMES: Final = {"broadcast": "websockets.broadcast()", "hub": "the hub alone", "bytes": "send() of bytes"}
ROUNDS: Final = 5
DELIVERIES: Final = 50_000  # of one burst …
MOST: Final = 100  # … but no more events than fit into a screen's backlog
SINGLY: Final = 20  # events one by one


@dataclass
class Rig:
    """A server and its crowd."""

    server: Errands
    crowd: Crowd
    kilobytes: float  # a screen
    _crowd_cpu: float = 0.0

    async def burst(self, events: int) -> tuple[float, float, float]:
        """Deliveries a second, the server's CPU seconds for them, the crowd's share of its core."""
        before = machine.cpu(self.server.pid)
        told = await self.server.ask("tell", events=events)
        came = await self.crowd.expect(events)
        assert not came.lacking
        count = events * self.crowd.size
        took = came.last - told["began"]
        busy, self._crowd_cpu = (came.cpu - self._crowd_cpu) / took, came.cpu
        return count / took, machine.cpu(self.server.pid) - before, busy

    async def once(self) -> tuple[float, float, float]:
        """Milliseconds until half of the screens, 99 in 100, and the last have one event."""
        told = await self.server.ask("tell")
        came = await self.crowd.expect(1)
        assert not came.lacking
        p50, p99, last = ((each - told["began"]) * 1000 for each in (came.p50, came.p99, came.last))
        return p50, p99, last


async def rig(stack: AsyncExitStack, name: str, screens: int) -> Rig:
    server = await stack.enter_async_context(helper("tests.bench.servers", name, core=machine.SERVER))
    people = await stack.enter_async_context(crowd())
    await people.open(server.ready["port"], "/", [""])  # what is loaded with the first is no screen's
    before = machine.resident(server.pid)
    await people.open(server.ready["port"], "/", [""] * (screens - 1))
    people.size = screens
    await server.ask("count", listeners=screens)
    return Rig(server, people, (machine.resident(server.pid) - before) / (screens - 1) / machine.KILO)


async def run(screens: tuple[int, ...] = SCREENS) -> None:
    table = Table(
        "One card, many screens",
        ("server", "screens", "deliveries/s", "x broadcast", "p50 ms", "p99 ms", "last ms",
         "CPU s a million", "kB a screen", "crowd busy"),
    )  # fmt: skip
    for size in screens:
        await beside(table, size)
    print(table, flush=True)


async def beside(table: Table, screens: int) -> None:
    """The servers take turns, so that whatever else the machine does falls on all of them."""
    events = min(MOST, max(4, DELIVERIES // screens))
    async with AsyncExitStack() as stack:
        rigs = {name: await rig(stack, name, screens) for name in NAMES}
        for each in rigs.values():
            await each.burst(4)  # warm
        bursts: dict[str, list[tuple[float, float, float]]] = {name: [] for name in NAMES}
        singles: dict[str, list[tuple[float, float, float]]] = {name: [] for name in NAMES}
        for _ in range(ROUNDS):
            for name, each in rigs.items():
                bursts[name].append(await each.burst(events))
        for _ in range(SINGLY):
            for name, each in rigs.items():
                singles[name].append(await each.once())
        for name, title in NAMES.items():
            rates, used, busy = zip(*bursts[name], strict=True)
            against = median(
                mine[0] / theirs[0] for mine, theirs in zip(bursts[name], bursts["broadcast"], strict=True)
            )
            table.add(
                title, screens, median(rates), against, *map(median, zip(*singles[name], strict=True)),
                sum(used) / (ROUNDS * events * screens) * 1e6, rigs[name].kilobytes, f"{max(busy):.0%}",
            )  # fmt: skip

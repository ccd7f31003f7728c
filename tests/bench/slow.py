"""20 screens among 1,000 stop reading: what the others notice, what it costs, and when they are dropped."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median
from typing import Final

import httpx

from tests.bench import machine
from tests.bench.crowd import Crowd, crowd
from tests.bench.product import HELLO, Measured, product
from tests.bench.table import Cell, Table

SCREENS: Final = 1_000
DEAF: Final = 20
LONG: Final = "Un texte aussi long qu’un canal en accepte. " * 900  # 40,000 code points at most
CALM: Final = 20  # events before anybody stops
MOST: Final = 160
WHY: Final = """
half, last     milliseconds from the POST that approves to half and to the last of the screens that read on; the
               median of the events, and the worst. A card is 40 kB long here, so that buffers fill.
dropped        from the moment they stop reading until the server has let go of all 20; and how many events that took.
memory         of the server: what it grew by, in MB, and what that is for each of the 20.

What bounds it: the kernel keeps 128 kB that a peer does not take, and what fits into the peer's own buffer; only then
does anything wait in the server. A listener may owe 256 kB and the batch that went over it; at the next event it is
closed with 4408, and cut 5 s later. Nobody waits for it: a write to a full socket costs less than one that is taken.
"""


async def run() -> None:
    table = Table(
        f"{DEAF} of {SCREENS:,} screens stop reading",
        ("", "events", "half ms", "last ms", "worst ms", "dropped after s", "memory MB", "kB a deaf screen"),
    )
    async with product() as measured, crowd() as people:
        await people.open(measured.port, "/ws/screen", await measured.screens(SCREENS), hello=HELLO)
        waiting = list(await measured.pending(CALM + MOST, LONG))
        before = [await once(measured, people, waiting.pop()) for _ in range(CALM)]
        add(table, "all read", before)
        memory = machine.resident(measured.process.pid)
        await people.deafen(DEAF)
        began, most, during = time.monotonic(), memory, list[tuple[float, float]]()
        while not during or await connected(measured) > SCREENS - DEAF:
            during.append(await once(measured, people, waiting.pop()))
            most = max(most, machine.resident(measured.process.pid))
        dropped, grown = time.monotonic() - began, (most - memory) / machine.KILO
        add(table, f"until {DEAF} are dropped", during, dropped, grown / machine.KILO, grown / DEAF)
        add(table, "afterwards", [await once(measured, people, waiting.pop()) for _ in range(CALM)])
    print(table, WHY, sep="\n", flush=True)


def add(table: Table, name: str, rounds: list[tuple[float, float]], *more: float) -> None:
    halves, lasts = zip(*rounds, strict=True)
    cells: Sequence[Cell] = more or (None, None, None)
    table.add(name, len(rounds), median(halves), median(lasts), max(lasts), *cells)


async def once(measured: Measured, people: Crowd, ident: str) -> tuple[float, float]:
    await connected(measured)  # asked in every round, so that all rounds are alike
    async with measured.callers(1) as (moderator,):
        began = time.monotonic()
        await moderator.approve(ident)
    came = await people.expect(1)
    assert not came.lacking
    return (came.p50 - began) * 1000, (came.last - began) * 1000


async def connected(measured: Measured) -> int:
    async with httpx.AsyncClient(base_url=measured.process.url) as client:
        told = (await client.get("/metrics")).text
    rows = [line for line in told.splitlines() if line.startswith("complicity_screens_connected{")]
    return sum(int(float(row.split()[-1])) for row in rows)

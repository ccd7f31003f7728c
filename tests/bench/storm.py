"""5,000 screens lose their line and come back in the same moment; in the middle of it a message is withdrawn."""

from __future__ import annotations

import time
from typing import Final

from tests.bench import machine
from tests.bench.crowd import crowd
from tests.bench.errands import helper
from tests.bench.product import HELLO, product
from tests.bench.table import Table

SCREENS: Final = 5_000
CARDS: Final = 40
INSULT: Final = {"revision": 1, "reason": "insult-threat", "passage": [0, 4]}
WHY: Final = """
all in         from the first connect to the last screen's first heartbeat, which says that it holds everything.
withdrawn      one card, when half of them were in: until the API answered, and until half, and all, of the
               screens that were in by then had heard it. Whoever came later must not have got it at all.
wrong          screens that did not end with exactly the cards that hang, by the reference replica.

What bounds it: the interpreter. A screen costs two HTTP parsers (h11, then websockets), an ASGI task through
starlette, three short reads that leave in one pipe with those of its neighbours, and one write. 64 connections are
accepted in one turn of the loop and 32 are let in at a time, so a withdrawal waits for a few dozen screens and not
for thousands. The bare row is what `websockets` takes to shake as many hands, and nothing else.
"""


async def run() -> None:
    table = Table(
        f"{SCREENS:,} screens at once; {CARDS} cards hang",
        (
            "",
            "all in s",
            "screens/s",
            "CPU ms a screen",
            "withdrawn: answered ms",
            "half ms",
            "all ms",
            "wrong",
        ),
    )
    await handshakes(table)
    await storm(table)
    print(table, WHY, sep="\n", flush=True)


async def handshakes(table: Table) -> None:
    async with helper("tests.bench.servers", "broadcast", core=machine.SERVER) as server, crowd() as people:
        before = machine.cpu(server.pid)
        took = await people.open(server.ready["port"], "/", [""] * SCREENS, at_once=SCREENS)
        used = machine.cpu(server.pid) - before
        row = (took, SCREENS / took, used / SCREENS * 1000)
        table.add("websockets: hands shaken, no more", *row, None, None, None, None)


async def storm(table: Table) -> None:
    async with product() as measured, crowd() as people:
        tokens = await measured.screens(SCREENS)
        cards = await measured.pending(CARDS)
        async with measured.callers(1) as (moderator,):
            for ident in cards:
                await moderator.approve(ident)

        async def wrong(hanging: list[str]) -> float:
            right = tuple(sorted(hanging))
            return sum(count for cards, count in (await people.held()).items() if cards != right)

        before = machine.cpu(measured.process.pid)
        took = await people.open(
            measured.port, "/ws/screen", tokens, hello=HELLO, at_once=SCREENS, records=True
        )
        used = machine.cpu(measured.process.pid) - before
        row = (took, SCREENS / took, used / SCREENS * 1000)
        table.add("the product: for the first time", *row, None, None, None, await wrong([*cards]))

        gone, *kept = cards
        asked = answered = 0.0

        async def withdraw() -> None:
            nonlocal asked, answered
            async with measured.callers(1) as (moderator,):
                asked = time.monotonic()
                await moderator.call("POST", f"messages/{gone}/withdraw", INSULT)
                answered = time.monotonic()

        before = machine.cpu(measured.process.pid)
        took = await people.back(measured.port, "/ws/screen", tokens, withdraw)
        used = machine.cpu(measured.process.pid) - before
        off = await people.removed(asked)
        assert not off.never
        table.add(
            "the product: back again",
            took, SCREENS / took, used / SCREENS * 1000,
            (answered - asked) * 1000, (off.p50 - asked) * 1000, (off.last - asked) * 1000,
            await wrong(kept),
        )  # fmt: skip

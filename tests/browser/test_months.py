"""A screen that hangs for months: a whole day of it, with 2,000 cards and people at work, in minutes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from playwright.async_api import Browser, CDPSession

from displays.protocol import Hung
from moderation.mounting import Mounting
from tests.browser.cards import CARDS, at
from tests.browser.kiosk import kiosk
from tests.browser.wallserver import WallServer

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

ON_THE_WALL: Final = 2000
HOURS: Final = 24
CHANGES: Final = 20  # an hour: taken down, answered, approved
HEAP_MAY_GROW: Final = 1.5  # megabytes between the end of the second hour and the end of the day
NODES_MAY_GROW: Final = 200
HOUR: Final = 3_600_000  # milliseconds


async def weigh(line: CDPSession) -> tuple[float, int]:
    """The page's heap in megabytes after a collection, and its nodes, with those that nobody sees any more."""
    await line.send("HeapProfiler.collectGarbage")
    heap = await line.send("Runtime.getHeapUsage")
    counters = await line.send("Memory.getDOMCounters")
    return float(heap["usedSize"]) / 1e6, int(counters["nodes"])


async def test_a_day_leaves_no_trace_in_memory(browser: Browser, wall: WallServer) -> None:
    wall.heartbeat = wall.lease = 1_000_000  # time is moved by hand
    wall.hung = Hung("Entrée", Mounting(languages=("fr", "en"), theme="auto"), None, "house", "Europe/Paris")
    wall.cards = {
        f"c{i}": replace(CARDS[i % len(CARDS)], id=f"c{i}", approved_at=at(days=2))
        for i in range(ON_THE_WALL)
    }
    async with kiosk(browser, f"{wall.url}/screen", clock=True, reduced_motion="reduce") as seen:
        await seen.until_state("live", 60)
        wall.away = True  # at night the page would load itself anew: there is nothing to load it from
        await seen.page.evaluate("() => { window.old = true; }")
        line = await seen.page.context.new_cdp_session(seen.page)
        weights = []
        for hour in range(HOURS):
            for change in range(CHANGES):
                number = hour * CHANGES + change
                old = f"c{number}"
                await wall.remove(old, "withdraw")
                await wall.put(replace(CARDS[number % len(CARDS)], id=f"n{number}", approved_at=at(hours=1)))
                await seen.page.clock.run_for(HOUR // CHANGES)
            weights.append(await weigh(line))
            articles = await seen.page.evaluate("document.querySelectorAll('article').length")
            assert articles <= 2
        assert await seen.page.evaluate("() => window.old"), "one page, the whole day"
        settled, last = weights[1], weights[-1]
        print(f"\n{ON_THE_WALL} cards: " + ", ".join(f"{heap:.1f} MB {nodes}" for heap, nodes in weights))
        assert last[0] - settled[0] < HEAP_MAY_GROW
        assert last[1] - settled[1] < NODES_MAY_GROW
        # Where a night falls into the second half of its day, it asks a server that is not to answer.
        assert not [error for error in seen.errors if "503" not in error]

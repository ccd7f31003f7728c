"""What a screen says that it painted (P2): counted while it can be seen, once, whatever happens to the line."""

from __future__ import annotations

import re
import time
from collections import Counter

import pytest
from playwright.async_api import Browser, expect

from tests.browser.cards import BY_NAME
from tests.browser.house import House
from tests.browser.kiosk import Kiosk, kiosk
from tests.browser.wallserver import WallServer
from tests.support.walls import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHORT, WORD, TYPICAL = (BY_NAME[name] for name in ("short", "one-word", "typical"))
LONG = 1_000_000  # seconds: a clock that the test moves leaves the server's heartbeats behind
# The page's own sockets, so that a test can cut one.
CATCH = """
window.lines = [];
const Real = window.WebSocket;
window.WebSocket = class extends Real {
  constructor(...of) {
    super(...of);
    window.lines.push(this);
  }
};
"""


def told(wall: WallServer) -> Counter[str]:
    """Milliseconds by card, each report once."""
    reports = {report.n: report for ack in wall.acks for report in ack.airtime}
    found: Counter[str] = Counter()
    for report in reports.values():
        found[report.id] += round(report.seconds * 1000)
    return found


async def batches(wall: WallServer, seen: Kiosk, count: int) -> None:
    """Until the screen has told so many batches; only the page's own time passes."""
    while sum(bool(ack.airtime) for ack in wall.acks) < count:
        await seen.page.clock.run_for(1000)


async def test_p2_every_painted_second_is_told_once_a_minute(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT, WORD, TYPICAL)
    wall.heartbeat = wall.lease = LONG
    wall.aired = 41
    async with kiosk(browser, f"{wall.url}/screen", clock=True) as seen:
        await seen.until_state("live")
        began = await seen.page.evaluate("performance.now()")
        await batches(wall, seen, 3)
        passed = await seen.page.evaluate("performance.now()") - began
        numbers = [report.n for ack in wall.acks for report in ack.airtime]
        assert numbers == sorted(set(numbers))
        assert numbers[0] == 42, "no number of a former life"
        assert set(told(wall)) == {"short", "one-word", "typical"}
        assert passed - 2000 <= sum(told(wall).values()) <= passed + 500
        assert 120_000 < passed < 190_000, "a batch a minute, the first sooner"
        for ack in wall.acks:
            assert sum(report.seconds for report in ack.airtime) <= 61


async def test_p2_what_was_not_stored_is_told_again_after_a_cut(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT, WORD)
    wall.heartbeat = wall.lease = LONG
    wall.aired, wall.storing = 0, False
    async with kiosk(browser, f"{wall.url}/screen", clock=True) as seen:
        await seen.until_state("live")
        began = await seen.page.evaluate("performance.now()")
        await batches(wall, seen, 1)
        first = next(ack.airtime for ack in wall.acks if ack.airtime)
        await wall.cut()
        await seen.until_state("stale", 2)
        while await seen.state() != "live":
            await seen.page.clock.run_for(1000)
        wall.storing = True
        await batches(wall, seen, 2)
        second = [ack.airtime for ack in wall.acks if ack.airtime][1]
        assert second[: len(first)] == first, "the same numbers, the same seconds"
        await batches(wall, seen, 3)
        third = [ack.airtime for ack in wall.acks if ack.airtime][2]
        assert third[0].n == second[-1].n + 1, "what is stored is not told again"
        passed = await seen.page.evaluate("performance.now()") - began
        assert passed - 2000 <= sum(told(wall).values()) <= passed + 500


async def test_p2_what_nobody_can_see_has_no_airtime(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    wall.heartbeat = wall.lease = LONG
    wall.aired = 0
    async with kiosk(browser, f"{wall.url}/screen", clock=True) as seen:
        await seen.until_hangs("short")
        await wall.remove("short", "hide")
        await seen.until_state("house")
        before = await seen.page.evaluate("performance.now()")
        await seen.page.clock.run_for(65_000)
        assert sum(told(wall).values()) <= before
        # A tab that is behind another one.
        await wall.put(WORD)
        await seen.until_hangs("one-word")
        await batches(wall, seen, 1)
        lit = sum(told(wall).values())
        await seen.page.evaluate(
            "() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
            " document.dispatchEvent(new Event('visibilitychange')); }"
        )
        await seen.page.clock.run_for(200_000)
        assert sum(told(wall).values()) - lit < 62_000, "what was painted before is still told, and no more"


async def test_p2_a_screen_reports_before_it_is_loaded_again_and_after_a_cut(house: House) -> None:
    """The product, in real time: seconds arrive at the message, and never more than have passed."""
    card = await house.hanging("Une carte que l'on regarde longtemps.")
    async with house.at("/screen", size=(1920, 1080)) as page:
        await page.add_init_script(CATCH)
        await page.reload()
        await expect(page.locator("[data-code]")).to_have_attribute("data-code", re.compile(".{8}"))
        typed = await page.locator("[data-code]").get_attribute("data-code")
        body = {"code": typed, "place": "grenoble", "name": "Vitrine"}
        began = time.monotonic()
        await house.product.post("screens/pair", body)
        await page.wait_for_selector("article[data-message]")

        async def aired() -> int:
            hanging = await house.product.messages(state="approved", place="grenoble")
            return sum(int(message["airtime"]["grenoble"]) for message in hanging)

        before = await aired()
        await page.wait_for_function("() => performance.now() > 4000")
        await page.evaluate("() => window.lines[window.lines.length - 1].close()")
        await page.wait_for_function("() => document.documentElement.dataset.state === 'stale'")
        await page.wait_for_function("() => document.documentElement.dataset.state === 'live'")
        await page.wait_for_function("() => performance.now() > 8000")
        await page.reload()
        await page.wait_for_selector("article[data-message]")
        first = await eventually(aired)
        assert before == 0
        await page.wait_for_function("() => performance.now() > 4000")
        await page.reload()

        async def grew() -> bool:
            return await aired() > first + 1

        await eventually(grew)
        assert await aired() <= time.monotonic() - began + 1
    assert card

"""A screen that a person leads: dark at once and on time, and what it does when the server is away meanwhile."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from playwright.async_api import Browser

from displays.protocol import Blanked, Do, Led, Pinned
from moderation.conduct import PACES
from tests.browser.cards import BY_NAME, at
from tests.browser.kiosk import Kiosk, kiosk
from tests.browser.wallserver import WallServer
from tests.support.walls import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHORT, WORD = BY_NAME["short"], BY_NAME["one-word"]
LIT = Led("normal", "normal")


def dark(seconds: float | None = None) -> Led:
    return replace(LIT, blank=Blanked(None if seconds is None else time.time() + seconds))


async def customer_text(seen: Kiosk) -> bool:
    """Anything of what customers wrote, anywhere in the document: attributes and hidden parts too."""
    return "Karim" in await seen.page.content()


async def test_p6_a_blanked_screen_holds_no_customer_text(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        assert await customer_text(seen)
        began = time.monotonic()
        await wall.lead(dark(1800))
        await seen.until_state("dark", 1)
        assert time.monotonic() - began < 1
        assert await seen.hangs() == []
        assert not await customer_text(seen)
        # What is approved meanwhile is not seen either, and is told as not shown.
        await wall.put(replace(SHORT, id="later", approved_at=at(seconds=0)))
        await eventually(lambda: (wall.acks[-1].s, wall.acks[-1].shown) == (wall.offset, ()))
        assert not await customer_text(seen)
        await wall.lead(LIT)
        await seen.until_state("live", 2)
        assert await seen.hangs() != []
        assert not seen.errors


async def test_p6_a_blank_ends_on_time_without_the_server(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        await wall.lead(dark(4))
        ends = time.time() + 4
        await seen.until_state("dark", 1)
        wall.answering = False
        await wall.cut()
        await seen.until_state("stale", 6)  # the lease is still running: it may show what it held
        assert -0.1 < time.time() - ends < 2
        assert await seen.hangs() == ["short"]


async def test_p6_a_blank_outlasts_a_cut_and_a_load(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    wall.led = dark()
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_state("dark")
        await wall.cut()
        await eventually(lambda: len(wall.hellos) == 2)
        assert await seen.state() == "dark"
        # From the first paint of a new load on, nothing of a customer's is ever there.
        await seen.page.add_init_script(
            "new MutationObserver(() => { if (document.querySelector('article')) window.flashed = true; })"
            ".observe(document, {childList: true, subtree: true})"
        )
        await seen.page.reload()
        await seen.until_state("dark")
        await eventually(lambda: len(wall.hellos) == 3)
        assert not await seen.page.evaluate("() => window.flashed === true")
        assert not await customer_text(seen)


async def test_p6_a_blank_is_no_longer_lease(browser: Browser, wall: WallServer) -> None:
    """A screen that hears of nothing keeps the rule of the lease, dark or not."""
    wall.hang(SHORT)
    wall.lease = 3
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        await wall.lead(dark(1))
        await seen.until_state("dark", 1)
        wall.answering = False
        await wall.cut()
        await seen.until_state("house", 6)
        assert not await customer_text(seen)


async def test_p2_a_pinned_card_hangs_until_its_time_and_news_goes_first(
    browser: Browser, wall: WallServer
) -> None:
    wall.hang(SHORT, WORD)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_state("live")
        (first,) = await seen.hangs()
        other = "one-word" if first == "short" else "short"
        await wall.lead(replace(LIT, pin=Pinned(other, time.time() + 600)))
        await seen.until_hangs(other, 1)
        await wall.put(replace(SHORT, id="news", approved_at=at(seconds=0)))
        await seen.until_hangs("news", 1)  # P6 holds for whoever is approved meanwhile
        await seen.until_hangs(other, 20)  # after its first reading
        await wall.lead(LIT)
        await wall.say(Do(1, "next"))
        await seen.page.wait_for_selector(
            f'article[data-message]:not([data-message="{other}"])', timeout=1000
        )


async def test_p2_a_hold_keeps_what_hangs_and_ends_on_time(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT, WORD)
    wall.heartbeat = wall.lease = 10_000
    async with kiosk(browser, f"{wall.url}/screen", clock=True) as seen:
        await seen.until_state("live")
        now = await seen.page.evaluate("Date.now()") / 1000
        (held,) = await seen.hangs()
        await wall.lead(replace(LIT, hold=now + 120))
        await eventually(lambda: wall.acks)
        for _ in range(5):
            await seen.page.clock.run_for(20_000)
            assert await seen.hangs() == [held]
        # The page took its time from a server that did not wait while it was loading: on a busy machine, much later.
        assert await _changes(seen, 90) > 0


async def test_p2_each_pace_is_one_for_all_cards(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT, WORD)
    wall.heartbeat = wall.lease = 10_000
    turns = {}
    for pace in PACES:
        wall.led = Led(pace, pace)
        async with kiosk(browser, f"{wall.url}/screen", clock=True) as seen:
            await seen.until_state("live")
            turns[pace] = await _changes(seen, 120)
    assert turns["calm"] < turns["normal"] < turns["lively"]


async def _changes(seen: Kiosk, seconds: int) -> int:
    found, last = 0, await seen.hangs()
    for _ in range(seconds):
        await seen.page.clock.run_for(1000)
        hanging = await seen.hangs()
        found += hanging != last
        last = hanging
    return found


async def test_p2_what_a_pinned_card_owes_outlasts_a_load_of_the_page(
    browser: Browser, wall: WallServer
) -> None:
    """A screen loads itself again every night, and a person may order it: neither forgives a debt."""
    wall.hang(SHORT, WORD)
    wall.heartbeat = wall.lease = 1_000_000
    async with kiosk(browser, f"{wall.url}/screen", clock=True) as seen:
        await seen.until_state("live")
        await wall.lead(replace(LIT, pin=Pinned("short", time.time() + 600)))
        await seen.until_hangs("short")
        await seen.page.clock.run_for(130_000)
        await wall.lead(LIT)
        for _ in range(2):  # kept for the next page, and by the next page
            await seen.page.reload()
            await seen.until_state("live")
            await seen.page.clock.run_for(61_000)
            kept = await seen.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
            owed = re.fullmatch(r'\{"complicite.debts":"\[\[\\"short\\",(\d+)\]\]"\}', kept)
            assert owed is not None, f"ids and seconds, and nothing else: {kept}"
            assert int(owed[1]) > 30
        assert not seen.errors

"""What happens to a wall in months, with the real server and real pages: restarts, a killed engine, a cut line, a
frozen tab, a wrong clock, two places in one house."""

from __future__ import annotations

import asyncio
import math
import os
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, CDPSession, Page

from tests.browser.kiosk import Kiosk, kiosk
from tests.support.process import Running
from tests.support.product import PASSWORD, PEOPLE, Product, product_of
from tests.support.walls import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

DAY: Final = 86_400_000  # milliseconds
AHEAD: Final = f"""(() => {{
  // This machine believes that it is tomorrow, from before the first script on.
  const now = Date.now;
  const Real = Date;
  Date = class extends Real {{ constructor(...given) {{ super(...(given.length ? given : [now() + {DAY}])); }} }};
  Date.now = () => now() + {DAY};
}})()"""


@dataclass
class Shop:
    process: Running
    product: Product
    browser: Browser

    async def hang(self, text: str, place: str = "grenoble") -> str:
        await self.product.write(text, place)
        found: str = next(m["id"] for m in await self.product.messages(state="pending") if m["text"] == text)
        await self.product.post(f"messages/{found}/approve", {"revision": 1})
        return found

    async def withdraw(self, message: str) -> None:
        body = {"revision": 1, "reason": "personal-data", "passage": [0, 3]}
        await self.product.post(f"messages/{message}/withdraw", body)

    @asynccontextmanager
    async def wall(self, place: str = "grenoble", **options: Any) -> AsyncIterator[Kiosk]:
        """A screen of its own, paired as a person does it."""
        async with kiosk(self.browser, f"{self.process.url}/screen", **options) as seen:
            shown = seen.page.locator("[data-code]:not([data-code=''])")
            await shown.wait_for(timeout=20_000)
            code = await shown.get_attribute("data-code")
            await self.product.post("screens/pair", {"code": code, "place": place, "name": place})
            await seen.page.wait_for_function(
                "() => document.documentElement.dataset.state !== 'pairing'", timeout=20_000
            )
            yield seen

    @asynccontextmanager
    async def office(self, who: str) -> AsyncIterator[Page]:
        """One of the people at their own browser, signed in."""
        context = await self.browser.new_context(locale="fr-FR", viewport={"width": 1280, "height": 800})
        try:
            page = await context.new_page()
            await page.goto(f"{self.process.url}/sign-in")
            await page.fill("#name", PEOPLE[who][0])
            await page.fill("#password", PASSWORD)
            await page.click("button.first")
            await page.wait_for_url("**/tablet*")
            yield page
        finally:
            await context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    async with product_of(tmp_path_factory.mktemp("outages")) as (process, product):
        yield Shop(process, product, browser)


async def holds(seen: Kiosk, message: str) -> bool:
    """Whether its card comes by, on a wall that takes turns."""
    return message in await seen.hangs()


async def test_p6_the_server_starts_again_and_the_wall_goes_on(shop: Shop) -> None:
    message = await shop.hang("Les étiquettes des lampes sont illisibles.")
    async with shop.wall() as seen:
        await seen.until_hangs(message, 20)
        await shop.process.kill()
        await seen.until_state("stale", 20)
        assert await seen.hangs()  # within its lease
        await shop.process.start()
        await seen.until_state("live", 40)
        another = await shop.hang("La vitrine de Noël est magnifique.")
        await seen.until_hangs(another, 20)
    for each in (message, another):
        await shop.withdraw(each)


async def test_p6_the_engine_is_killed_and_the_wall_goes_on(shop: Shop) -> None:
    message = await shop.hang("Un banc près des cabines serait le bienvenu.")
    async with shop.wall() as seen:
        await seen.until_hangs(message, 20)
        engine = shop.process.engine_pid
        os.kill(engine, signal.SIGKILL)
        await eventually(lambda: shop.process.replaced(engine), 30)
        await eventually(lambda: tried(shop.withdraw(message)), 30, every=0.3)
        await seen.until_state("house", 20)
        assert await seen.hangs() == []


async def tried(work: Awaitable[None]) -> bool:
    """Whether it went through: an engine that is starting answers 503."""
    refused = await asyncio.gather(work, return_exceptions=True)
    assert refused[0] is None or "503" in str(refused[0])
    return refused[0] is None


async def test_p6_what_was_withdrawn_while_the_line_was_cut_does_not_come_back(shop: Shop) -> None:
    gone = await shop.hang("Le vendeur m'a appelé sur mon téléphone personnel.")
    async with shop.wall() as seen:
        await seen.until_hangs(gone, 20)
        line = await line_of(seen.page)
        await cut(line, True)
        await seen.until_state("stale", 60)
        await shop.withdraw(gone)
        assert await seen.hangs() == [gone]  # it can't know yet, and its lease runs
        await watch(seen.page, gone)
        await cut(line, False)
        await seen.until_state("house", 60)
        assert await seen.page.evaluate("() => window.seen") == ["gone"]


async def line_of(page: Page) -> CDPSession:
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    return session


async def cut(line: CDPSession, offline: bool) -> None:
    """The line itself: also what is open, as by a switch that lost its power."""
    conditions = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    await line.send("Network.emulateNetworkConditions", conditions)


async def watch(page: Page, message: str) -> None:
    """Writes down each time the card comes or goes."""
    await page.evaluate(
        """(id) => {
          window.seen = [];
          const there = () => document.querySelector(`article[data-message="${id}"]`) !== null;
          let before = there();
          new MutationObserver(() => {
            if (there() === before) return;
            before = there();
            window.seen.push(before ? "came" : "gone");
          }).observe(document.getElementById("wall"), { childList: true });
        }""",
        message,
    )


async def test_p6_a_frozen_tab_wakes_to_what_is_true(shop: Shop) -> None:
    gone = await shop.hang("Mon numéro de carte a été lu à voix haute.")
    stays = await shop.hang("On entend très bien les annonces.")
    async with shop.wall() as seen:
        await seen.until_state("live", 20)
        session = await seen.page.context.new_cdp_session(seen.page)
        await session.send("Page.setWebLifecycleState", {"state": "frozen"})
        await shop.withdraw(gone)
        await asyncio.sleep(1)  # frozen: nothing of the page runs that could be waited for
        await session.send("Page.setWebLifecycleState", {"state": "active"})
        await seen.until_hangs(stays, 30)
        await seen.until_state("live", 30)
        assert not await holds(seen, gone)
    await shop.withdraw(stays)


async def test_a_clock_that_is_wrong_by_a_day_says_the_right_time(shop: Shop) -> None:
    message = await shop.hang("La rampe de l'entrée est trop raide pour un fauteuil.")
    async with AsyncExitStack() as stack:
        right = await stack.enter_async_context(shop.wall())
        wrong = await stack.enter_async_context(shop.wall(script=AHEAD))
        for seen in (right, wrong):
            await seen.until_hangs(message, 20)
            await seen.until_state("live", 20)
        day = await right.page.inner_text("#today")
        await wrong.page.wait_for_function(
            "day => document.getElementById('today').textContent === day", arg=day, timeout=2000
        )
        assert await wrong.says("À l’instant") or await wrong.says("Just now")
    await shop.withdraw(message)


async def test_two_places_each_hear_their_own(shop: Shop) -> None:
    async with shop.wall("grenoble") as grenoble, shop.wall("lyon") as lyon:
        here = await shop.hang("À Grenoble, la caisse 2 est fermée.", "grenoble")
        there = await shop.hang("À Lyon, la musique est trop forte.", "lyon")
        await grenoble.until_hangs(here, 20)
        await lyon.until_hangs(there, 20)
        assert "Lyon, la musique" not in await grenoble.page.content()
        assert "caisse 2" not in await lyon.page.content()
        await shop.withdraw(here)
        await grenoble.until_state("house", 20)
        assert await lyon.hangs() == [there]
    await shop.withdraw(there)


async def test_a_screen_hears_at_once_how_it_hangs(shop: Shop) -> None:
    """From the form in the administration to the pixels: rotation, type, theme, test card, hours."""
    message = await shop.hang("Merci pour les sièges.")
    async with shop.wall() as seen, shop.office("manager") as office:
        await seen.until_hangs(message, 20)
        (screen,) = [one for one in (await shop.product.get("screens"))["screens"] if one["connected"]]
        await office.goto(f"{shop.process.url}/admin/screen/{screen['id']}")
        await office.fill("#diagonal", "32")
        await office.select_option("#rotation", "90")
        await office.select_option("#theme", "night")
        await office.click("button.first")
        await seen.page.wait_for_function(
            "() => { const { theme, rotation } = document.documentElement.dataset;"
            " return theme === 'night' && rotation === '90'; }"
        )
        await seen.page.wait_for_selector("#testcard:not([hidden])")
        assert await seen.hangs() == []
        line = await seen.page.evaluate("document.querySelector('#testcard .rule').offsetWidth")
        assert line == pytest.approx(30 / 2.54 / 32 * math.hypot(1920, 1080), abs=1)  # 30 cm of 32 inches

        fresh = await shop.hang("Et pour le café.")
        await seen.until_hangs(fresh, 1)  # a new approval does not wait for a test card
        await office.goto(f"{shop.process.url}/admin/hours/grenoble")
        await office.select_option("#given", "yes")
        await office.select_option("#closed", "black")
        await office.click("button.first")  # no day has hours: closed from now on
        await seen.until_state("dark", 2)
        assert await seen.hangs() == []
        await office.select_option("#closed", "house")
        await office.click("button.first")
        await seen.until_state("house", 2)
        await office.select_option("#given", "no")
        await office.click("button.first")
        await seen.until_state("live", 2)
    for each in (message, fresh):
        await shop.withdraw(each)

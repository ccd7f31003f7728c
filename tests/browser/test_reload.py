"""When a wall's page loads itself again: at night, and for a new release; never without a server that answers."""

from __future__ import annotations

import shutil
import time
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, expect

from displays.protocol import Hung
from moderation.hours import read_week
from moderation.mounting import Mounting
from tests.browser.cards import BY_NAME
from tests.browser.house import House
from tests.browser.kiosk import Kiosk, kiosk
from tests.browser.test_power_cut import pair
from tests.browser.wallserver import WallServer
from tests.support.process import ROOT
from tests.support.product import product_of
from tests.support.walls import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

LONG: Final = 1_000_000  # seconds: the server's clock is told when the test says so
PARIS: Final = ZoneInfo("Europe/Paris")
DAILY: Final = Hung("Entrée", Mounting(), read_week(["9-19"] * 7), "house", "Europe/Paris")


async def test_a_page_loads_itself_again_in_the_night_and_only_when_the_server_answers(
    browser: Browser, wall: WallServer
) -> None:
    wall.hung, wall.heartbeat, wall.lease = DAILY, LONG, LONG
    wall.hang(BY_NAME["short"])

    async def strikes(seen: Kiosk, day: int, hour: int, minute: int, shown: str) -> None:
        at = datetime(2026, 11, day, hour, minute, tzinfo=PARIS)
        wall.ahead = at.timestamp() - time.time()
        await wall.beat()
        await expect(seen.page.locator("#time")).to_have_text(shown)

    async with kiosk(browser, f"{wall.url}/screen", clock=True) as seen:
        await strikes(seen, 20, 15, 0, "15 h 00")
        await seen.until_state("live")
        await seen.page.evaluate("() => { window.old = true; }")
        await seen.page.clock.fast_forward("12:10:00")  # it is no young page any more
        await seen.until_hangs("short", 20)
        await strikes(seen, 20, 18, 59, "18 h 59")  # still open
        assert await seen.page.evaluate("() => window.old")

        wall.away = True
        asked = wall.asked
        await strikes(
            seen, 21, 8, 30, "8 h 30"
        )  # in the last minutes of the night: whatever moment it chose is past
        await eventually(lambda: wall.asked > asked)
        assert await seen.page.evaluate("() => window.old")
        wall.away = False
        await seen.page.clock.fast_forward("00:31")  # it asks again
        await seen.page.wait_for_function("() => window.old === undefined")
        await seen.until_state("house")
        assert not [error for error in seen.errors if "503" not in error]


# Three days in steps of five minutes; a page that loads itself again starts with an age of nothing.
THREE_DAYS: Final = """
async ([settings, from]) => {
  const { Reload } = await import("/static/js/screen/reload.js");
  const loads = [];
  let now = from, born = from;
  const page = () => new Reload(() => {}, () => loads.push(now));
  for (let reload = page(); now < from + 3 * 86400; now += 300) {
    const count = loads.length;
    reload.tick(now - born, new Date(now * 1000), settings);
    while (reload.asking) await new Promise((done) => setTimeout(done, 1));
    if (loads.length > count) [born, reload] = [now, page()];
  }
  return loads;
}
"""


@pytest.mark.parametrize("hours", [["9-19"] * 7, None], ids=["closed at night", "always open"])
async def test_a_page_loads_itself_again_once_a_night(
    browser: Browser, wall: WallServer, hours: list[str] | None
) -> None:
    began = datetime(2026, 11, 20, 12, 0, tzinfo=PARIS)
    settings = {"hours": read_week(hours) if hours else None, "timezone": "Europe/Paris"}
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_state("house")
        loads = await seen.page.evaluate(THREE_DAYS, [settings, began.timestamp()])
    nights = [(datetime.fromtimestamp(at, PARIS) - began).days for at in loads]
    assert nights == [0, 1, 2]
    if hours is None:
        assert all(3 <= datetime.fromtimestamp(at, PARIS).hour < 5 for at in loads)


async def test_a_screen_takes_the_release_of_a_server_that_was_updated(
    browser: Browser, tmp_path: Path
) -> None:
    """Also past the worker that keeps the pages of the release before."""
    (folder := tmp_path / "house").mkdir()
    newer = tmp_path / "newer"
    for package in ("moderation", "displays", "connectors", "server"):
        shutil.copytree(ROOT / package, newer / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (newer / "displays" / "static" / "js" / "screen" / "main.js").open("a") as module:
        module.write("document.documentElement.dataset.edition = 'newer';\n")
    async with product_of(folder) as (process, product), kiosk(browser, f"{process.url}/screen") as seen:
        await pair(seen.page, product)
        await seen.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        async with House(browser, product).at("/admin/screens", "manager") as office:
            version = office.locator(".screen-facts")
            await expect(version).to_contain_text("à jour")
            await process.kill()
            process.environment = {**process.environment, "PYTHONPATH": str(newer)}
            await process.start()
            await seen.page.wait_for_selector("html[data-state=house]")
            await office.reload()
            await expect(version).to_contain_text("pas celle du serveur", timeout=60_000)
            assert await seen.page.evaluate("() => document.documentElement.dataset.edition === undefined")

            async def back() -> bool:  # an order is told to who is there
                (screen,) = (await product.get("screens"))["screens"]
                return bool(screen["connected"])

            await eventually(back, 60)
            await product.post("places/grenoble/conduct/reload", {})
            await seen.page.wait_for_selector("html[data-edition=newer]", timeout=60_000)
            await expect(version).to_contain_text("à jour", timeout=20_000)

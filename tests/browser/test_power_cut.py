"""A wall's own machine, with the real server: the power fails, the network is away, and nobody stands there to press
a key. It never shows a browser's error, keeps nothing of a customer, and is back by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page

from tests.browser.kiosk import kiosk
from tests.support.chromium import player
from tests.support.product import Product, product_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

TEXT: Final = "Merci à Samia, du rayon luminaires, pour sa patience infinie."
STATE: Final = "state => document.documentElement.dataset.state === state"
# Everything that this browser has kept of our address: what a worker put aside, and every other store there is.
KEPT: Final = """async () => {
  const kept = { caches: {}, other: [localStorage.length, sessionStorage.length, document.cookie] };
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      kept.caches[new URL(request.url).pathname] = await (await cache.match(request)).text();
    }
  }
  kept.other.push((await indexedDB.databases()).length);
  return kept;
}"""
HELD: Final = """async () => {
  for (const name of await caches.keys()) if (await (await caches.open(name)).match("/screen")) return true;
  return false;
}"""


async def until(page: Page, state: str, seconds: float = 30) -> None:
    await page.wait_for_function(STATE, arg=state, timeout=seconds * 1000)


async def painted(page: Page) -> None:
    await page.wait_for_selector(f'article[data-message]:has-text("{TEXT}")', timeout=30_000)


async def pair(page: Page, product: Product) -> None:
    """As a person does: the code is read from the wall, and typed elsewhere."""
    code = page.locator("[data-code]:not([data-code=''])")
    await code.wait_for(timeout=30_000)
    body = {"code": await code.get_attribute("data-code"), "place": "grenoble", "name": "Vitrine"}
    await product.post("screens/pair", body)
    await page.wait_for_function("() => document.documentElement.dataset.state !== 'pairing'", timeout=30_000)


async def test_a_start_without_a_server_shows_the_house_loop_and_nothing_of_a_customer(
    tmp_path: Path,
) -> None:
    profile = tmp_path / "profile"
    (house := tmp_path / "house").mkdir()
    async with product_of(house) as (process, product):
        screen = f"{process.url}/screen"
        async with player(profile, screen) as wall:
            await pair(wall.page, product)
            await product.write(TEXT)
            (message,) = await product.messages(state="pending")
            await product.post(f"messages/{message['id']}/approve", {"revision": 1})
            await painted(wall.page)
            await wall.page.wait_for_function(HELD, timeout=30_000)
            await wall.switch_off()  # the cookie of a new screen is on the disk after half a minute, or now

        async with player(profile, screen) as wall:
            await painted(wall.page)
            kept = await wall.page.evaluate(KEPT)
            assert "/screen" in kept["caches"]
            assert any(path.endswith("/js/screen/main.js") for path in kept["caches"])
            assert any(path.startswith("/qr/write/") for path in kept["caches"])
            everything = "\n".join(kept["caches"].values())
            assert "Samia" not in everything
            assert "luminaires" not in everything
            assert message["id"] not in everything
            assert kept["other"] == [0, 0, "", 0]
            await wall.cut_power()

        await process.kill()
        async with player(profile, screen) as wall:
            await until(wall.page, "house")
            assert await wall.page.title() == "Grenoble, place Victor-Hugo"
            await wall.page.wait_for_selector("#since:not([hidden])", timeout=20_000)
            said = await wall.page.evaluate("document.body.innerText")
            assert "hors ligne depuis" in said or "offline since" in said
            assert "Samia" not in said
            qr = await wall.page.evaluate("document.querySelector('.house img').naturalWidth")
            assert qr > 0
            await process.start()
            await painted(wall.page)
            await until(wall.page, "live")


@asynccontextmanager
async def fresh(browser: Browser, url: str) -> AsyncIterator[Page]:
    """A screen that shows its code, kept by its worker for a start without a server."""
    async with kiosk(browser, url) as seen:
        await until(seen.page, "pairing")
        await seen.page.wait_for_function("() => navigator.serviceWorker.controller !== null", timeout=30_000)
        await seen.page.wait_for_function(HELD, timeout=30_000)
        yield seen.page


async def test_a_screen_whose_pairing_was_cut_short_finds_its_place_when_the_server_is_back(
    browser: Browser, tmp_path: Path
) -> None:
    """It has its cookie, but the only page that its worker could give is the one with a code."""
    async with product_of(tmp_path) as (process, product), fresh(browser, f"{process.url}/screen") as page:
        token = await product.screen("Vitrine")
        await process.kill()
        await page.context.add_cookies([{"name": "device", "value": token, "url": process.url}])
        await page.reload()
        await until(page, "pairing")
        await process.start()
        await until(page, "house", 60)


async def test_a_screen_whose_disk_is_full_is_paired_all_the_same(browser: Browser, tmp_path: Path) -> None:
    async with product_of(tmp_path) as (process, product), fresh(browser, f"{process.url}/screen") as page:
        line = await page.context.new_cdp_session(page)
        await line.send("Storage.overrideQuotaForOrigin", {"origin": process.url, "quotaSize": 1})
        await pair(page, product)
        await until(page, "house")


async def test_a_screen_opened_at_another_address_says_which_is_the_walls(
    browser: Browser, tmp_path: Path
) -> None:
    """It would have no code there, and its cookie would be of no use: « does not answer » would be untrue."""
    async with product_of(tmp_path) as (process, _):
        other = process.url.replace("127.0.0.1", "localhost")
        async with kiosk(browser, f"{other}/screen") as seen:
            note = seen.page.locator("[data-note]:not(:empty)")
            assert f"{process.url}/screen" in await note.inner_text()


async def test_a_page_loads_itself_again_only_when_the_server_answers(tmp_path: Path) -> None:
    (house := tmp_path / "house").mkdir()
    async with AsyncExitStack() as stack:
        process, product = await stack.enter_async_context(product_of(house))
        wall = await stack.enter_async_context(player(tmp_path / "profile", f"{process.url}/screen"))
        await pair(wall.page, product)
        await wall.page.evaluate("() => { window.old = true; }")
        await process.kill()
        module = "new URL('reload.js', document.querySelector('script[type=module]').src).href"
        await wall.page.evaluate(
            f"""async () => {{
              const {{ Reload }} = await import({module});
              window.reload = new Reload(() => {{}});
              window.reload.order(0);
              const began = performance.now();
              setInterval(() => window.reload.tick((performance.now() - began) / 100, new Date(), null), 100);
            }}"""
        )
        await wall.page.wait_for_function("() => window.reload.wanted > 0 && !window.reload.asking")
        assert await wall.page.evaluate("window.old")
        await process.start()
        await wall.page.wait_for_function("() => window.old === undefined", timeout=60_000)

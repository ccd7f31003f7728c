"""From the POST that approves to the card on a screen in Chromium: alone, and with 1,000 others connected."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, Page

from tests.bench.crowd import crowd
from tests.bench.product import HELLO, Measured, product
from tests.bench.table import Table
from tests.support.chromium import chromium

TIMES: Final = 200
SCREENS: Final = 1_000
INSULT: Final = {"revision": 1, "reason": "insult-threat", "passage": [0, 4]}
# Notes by the page's clock when this version of the card first stands in a frame that is painted, and not transparent.
WATCH: Final = """(id) => {
  window.painted = new Map();
  const look = () => {
    const card = document.querySelector(`article[data-message="${id}"]`);
    if (card && !window.painted.has(card.dataset.version) && +getComputedStyle(card).opacity > 0)
      window.painted.set(card.dataset.version, performance.timeOrigin + performance.now());
    requestAnimationFrame(look);
  };
  look();
}"""
WHEN: Final = "(version) => window.painted.get(version)"
GONE: Final = "(id) => !document.querySelector(`article[data-message='${id}']`)"
WHY: Final = """
painted        the first animation frame in which the new version of the card stands and is not transparent; from
               the POST, by one clock. One card, approved, withdrawn and approved again; only approvals count.
answered       until the API has answered that POST.

What bounds it: the browser. The server needs some 5 ms to the socket of the first screen (HTTP, one script and its
fsync, the feed, one read of what is true now); parsing, measuring which size of type fits, layout and the next
frame (16.7 ms apart) are the rest. With 1,000 others connected this screen stands somewhere in the row of writes.
"""


async def run() -> None:
    table = Table(
        f"Approved to painted, {TIMES} times",
        ("", "painted: median ms", "p99 ms", "worst ms", "answered: median ms"),
    )
    async with product() as measured, crowd() as people, chromium() as browser:
        mine, *others = await measured.screens(SCREENS + 1)
        (ident,) = await measured.pending(1)
        async with kiosk(browser, measured, mine) as page:
            await page.evaluate(WATCH, ident)
            table.add("alone", *await times(page, measured, ident))
            await people.open(measured.port, "/ws/screen", others, hello=HELLO)
            table.add(f"with {SCREENS:,} others", *await times(page, measured, ident))
    print(table, WHY, sep="\n", flush=True)


@asynccontextmanager
async def kiosk(browser: Browser, measured: Measured, token: str) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1920, "height": 1080})
    await context.add_cookies([{"name": "device", "value": token, "url": measured.process.url}])
    page = await context.new_page()
    await page.goto(f"{measured.process.url}/screen")
    await page.wait_for_function("() => document.documentElement.dataset.state === 'house'")
    yield page
    await context.close()


async def times(page: Page, measured: Measured, ident: str) -> tuple[float, float, float, float]:
    painted, answered = list[float](), list[float]()
    for _ in range(TIMES):
        async with measured.callers(1) as (moderator,):
            began = time.time()
            message = await moderator.call("POST", f"messages/{ident}/approve", {"revision": 1})
            answered.append((time.time() - began) * 1000)
            seen = await page.wait_for_function(WHEN, arg=str(message["version"]))
            painted.append(await seen.json_value() - began * 1000)
            await moderator.call("POST", f"messages/{ident}/withdraw", INSULT)
            await page.wait_for_function(GONE, arg=ident)
    painted.sort()
    answered.sort()
    return painted[TIMES // 2], painted[TIMES * 99 // 100], painted[-1], answered[TIMES // 2]

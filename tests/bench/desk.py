"""The desk with 5,000 and with 100,000 pending: key to painted in Chromium, the queue's pages, a live change.

Real product, real keys: each press goes through Chromium's own input. Painted is the first frame after the one in
which the stage shows the next message. Beside it stands ``j``, which decides nothing: it needs no server, so it tells
what drawing alone takes.

What bounds it: the decision's own way through the server (two thirds), and drawing the stage and the changed lines.
Nothing grows with what waits: a page of the queue is a range of a sorted set, and a live change names one message.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from statistics import median, quantiles
from typing import Final

import httpx
from playwright.async_api import Page, async_playwright
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from moderation.connection import connect as engine
from moderation.domain import Incoming
from moderation.intake import prepare
from moderation.store import Store
from tests.bench import machine
from tests.bench.product import Caller, Measured, product
from tests.bench.servers import TEXT
from tests.bench.table import Table
from tests.support.chromium import ARGS, path
from tests.support.product import PASSWORD

WAITING: Final = (5_000, 100_000)
KEYS: Final = 100  # presses of each key
LOOKS: Final = 50
PAGE: Final = 200

# From the press, as Chromium dates it, to the frame after the change.
WATCH: Final = """() => {
  const stage = document.getElementById("stage");
  const shown = () => stage.dataset.message;
  window.pressed = () => new Promise((done) => {
    const before = shown();
    let at = 0;
    document.addEventListener("keydown", (event) => { at = event.timeStamp; }, {capture: true, once: true});
    const look = new MutationObserver(() => {
      if (shown() === before) return;
      look.disconnect();
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done(performance.now() - at);
        channel.port2.postMessage(null);
      });
    });
    look.observe(stage, {attributes: true, childList: true});
  });
}"""


async def run() -> None:
    painted = Table(
        "The desk: from a key to the painted screen, ms", ("pending", "key", "median", "p99", "presses")
    )
    asked = Table(
        "The queue, asked by a program, ms at the median",
        (
            "pending",
            "first page of 200",
            "a page in the middle",
            "live change",
            "one message",
            "server MB",
            "engine MB",
        ),
    )
    async with product() as measured:
        filled = 0
        for waiting in WAITING:
            await _fill(measured, filled, waiting)
            filled = waiting
            async with measured.callers(1) as (caller,):
                asked.add(f"{waiting:,}", *await _asked(measured, caller, waiting), *_memory(measured))
            if (found := await _painted(measured)) is None:
                print("no Chromium: `make browser` brings one")
                continue
            for key, times in found.items():
                painted.add(f"{waiting:,}", key, median(times), quantiles(times, n=100)[98], len(times))
    print(asked, painted, sep="\n\n", flush=True)


async def _fill(measured: Measured, start: int, end: int) -> None:
    """By the real script, beside the running product."""
    socket = json.loads((measured.process.data / "engine.json").read_text())["socket"]
    store = await Store.open(await engine(f"unix://{socket}"), "lumiere")
    one = prepare(Incoming(id="1", text=TEXT, author_name="Nadia B."), "avis", ["grenoble"])
    for first in range(start, end, 500):
        several = range(first, min(end, first + 500))
        await store.receive_each([replace(one, upstream=f"d{n}", text=f"{n}. {TEXT}") for n in several])
    await store.close()


def _memory(measured: Measured) -> list[float]:
    return [machine.resident(pid) / machine.KILO**2 for pid in measured.pids]


async def _asked(measured: Measured, caller: Caller, waiting: int) -> list[float]:
    first = await caller.call("GET", f"messages?state=pending&limit={PAGE}")
    middle = int(first["next"]) + waiting // 2
    ident = first["messages"][0]["id"]
    calls = {
        "first": f"messages?state=pending&limit={PAGE}",
        "middle": f"messages?state=pending&limit={PAGE}&after={middle}",
        "one": f"messages/{ident}",
    }
    took = {name: await _median(partial(caller.call, "GET", call)) for name, call in calls.items()}
    return [took["first"], took["middle"], await _live(measured), took["one"]]


async def _median(work: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        await work()
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


async def _live(measured: Measured) -> float:
    """From the sending of a new message to its event at the desk."""
    url = measured.process.url
    async with httpx.AsyncClient(base_url=url, headers={"Origin": url}) as person:
        await person.post("/sign-in", data={"name": "Malik", "password": PASSWORD})
        cookies = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
    async with connect(
        f"ws://127.0.0.1:{measured.port}/ws/desk",
        subprotocols=[Subprotocol("desk.v1")],
        additional_headers={"Cookie": cookies, "Origin": url},
    ) as link:

        async def heard(kind: str) -> None:
            while json.loads(await link.recv())["t"] != kind:
                pass

        await heard("welcome")

        async def change() -> None:
            await measured.product.send({"id": f"live-{time.perf_counter_ns()}", "text": TEXT})
            await heard("ev")

        return await _median(change)


async def _painted(measured: Measured) -> dict[str, list[float]] | None:
    async with async_playwright() as playwright:
        executable = path(playwright)
        if executable is None:
            return None
        browser = await playwright.chromium.launch(executable_path=executable, args=[*ARGS])
        page = await (await browser.new_context(viewport={"width": 1280, "height": 800})).new_page()
        await page.goto(f"{measured.process.url}/sign-in")
        await page.fill("#name", "Malik")
        await page.fill("#password", PASSWORD)
        await page.click("button.first")
        await page.wait_for_url("**/*desk*")
        await page.wait_for_selector("#stage[data-message]")
        await page.evaluate(WATCH)
        found = {
            "j, the next message": await _presses(page, "j", KEYS),
            "f, approved and the next": await _presses(page, "f", KEYS),
        }
        await browser.close()
        return found


async def _presses(page: Page, key: str, count: int) -> list[float]:
    times: list[float] = []
    for _ in range(count):
        await page.evaluate("() => { window.painted = window.pressed(); }")
        await page.keyboard.press(key)
        async with asyncio.timeout(30):
            times.append(float(await page.evaluate("() => window.painted")))
    return times

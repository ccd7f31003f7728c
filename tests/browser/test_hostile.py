"""P12: whatever the public posts, as text, as HTML and as a name, hangs as inert text or is clearly refused.

From the signed webhook through queue and desk to the screen, in Chromium: no script runs, nothing is asked of
anywhere, no element is made, nothing leaves its room.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from connectors.webhook import BODY_LIMIT, SIGNATURE, TIMESTAMP, sign
from moderation.errors import Invalid
from moderation.text import clean, clean_name
from tests.support.hostile import BESIDE, OWN, beside
from tests.support.process import Running, everything, running

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET: Final = "a-secret-of-thirty-two-characters"
PASSWORD: Final = "une phrase que l'on retient"
WAVE: Final = 600  # messages that wait at once; the wall holds them all
HANDS: Final = 8
INERT: Final = Path(__file__).with_name("inert.js").read_text("utf-8")
SETTINGS: Final = """
[organisation]
slug = "lumiere"
[[place]]
slug = "grenoble"
name = "Grenoble, place Victor-Hugo"
wall_max = 1000
[[channel]]
slug = "avis"
kind = "webhook"
places = ["grenoble"]
secret = "env:AVIS_SECRET"
"""


@dataclass(frozen=True)
class Sent:
    """One item, and what must become of it: text and name as they will hang, or the code of its refusal."""

    item: dict[str, Any]
    text: str = ""
    author: str | None = None
    refused: str | None = None


@dataclass
class Shop:
    served: Running
    token: str
    desk: Page
    screen: Page
    asked: set[str] = field(default_factory=set)  # addresses that the pages asked for
    events: list[str] = field(default_factory=list)  # dialogs, errors, broken policies


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    secrets = {"AVIS_SECRET": SECRET, "DOOR": PASSWORD}
    folder = tmp_path_factory.mktemp("hostile")
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(
            running(folder, "serve", settings=SETTINGS, environment=secrets)
        )
        await served.run("user", "add", "Malik", "--role", "moderator", "--password-env", "DOOR")
        token = await served.run("token", "create", "--role", "moderator", "--user", "Malik")
        device = await served.run("screen", "create", "--place", "grenoble")
        at_desk = await stack.enter_async_context(_context(browser, (1280, 800)))
        at_wall = await stack.enter_async_context(_context(browser, (1920, 1080)))
        shop = Shop(served, token, await at_desk.new_page(), await at_wall.new_page())
        for page in (shop.desk, shop.screen):
            await _watch(shop, page)
        await shop.desk.goto(f"{served.url}/sign-in")
        await shop.desk.fill("#name", "Malik")
        await shop.desk.fill("#password", PASSWORD)
        await shop.desk.click("button.first")
        await shop.desk.wait_for_url("**/desk*")
        await at_wall.add_cookies([{"name": "device", "value": device, "url": served.url}])
        await shop.screen.goto(f"{served.url}/screen")
        await shop.screen.evaluate(f"{INERT}; hold()")
        yield shop


@asynccontextmanager
async def _context(browser: Browser, size: tuple[int, int]) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="fr-FR")
    try:
        yield context
    finally:
        await context.close()


async def _watch(shop: Shop, page: Page) -> None:
    """Everything by which a text that came alive would give itself away."""

    async def dismiss(dialog: Any) -> None:
        shop.events.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("pageerror", lambda error: shop.events.append(f"error: {error}"))
    page.on("console", lambda said: shop.events.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: shop.asked.add(request.url))
    page.on("popup", lambda popup: shop.events.append(f"window: {popup.url}"))
    await page.expose_function("violated", lambda what: shop.events.append(f"policy: {what}"))
    await page.add_init_script(
        "addEventListener('securitypolicyviolation', (event) => violated(event.violatedDirective))"
    )


def expected(item: dict[str, Any]) -> Sent:
    try:
        text, name = clean(item["text"], item["format"]).text, clean_name(item["author"]["name"])[0]
    except Invalid as problem:
        return Sent(item, refused=problem.kind)
    return Sent(item, text, name)


def items(strings: Sequence[str], prefix: str) -> Iterator[Sent]:
    """Each string as a text, as HTML and as a name. Stars let one hang whose text leaves nothing."""
    for at, string in enumerate(strings):
        yield expected(_item(f"{prefix}-text-{at}", string, "text", "Camille"))
        yield (both := expected(_item(f"{prefix}-both-{at}", string, "html", string)))
        if both.refused:  # a name has 80 signs at the most
            yield expected(_item(f"{prefix}-html-{at}", string, "html", "Camille"))


def _item(ident: str, text: str, shape: str, name: str) -> dict[str, Any]:
    return {
        "id": ident, "event": "created", "text": text, "format": shape, "stars": 3,
        "author": {"name": name, "url": text}, "url": text,
    }  # fmt: skip


def bodies(sent: Sequence[Sent]) -> Iterator[bytes]:
    """As few deliveries as the limit allows."""
    batch: list[str] = []
    for one in sent:
        item = json.dumps(one.item)
        if sum(map(len, batch)) + len(batch) + len(item) > BODY_LIMIT - 100:
            yield f'{{"items": [{",".join(batch)}]}}'.encode()
            batch = []
        batch.append(item)
    yield f'{{"items": [{",".join(batch)}]}}'.encode()


async def deliver(client: httpx.AsyncClient, sent: Sequence[Sent]) -> None:
    refused: dict[str, str] = {}
    for body in bodies(sent):
        stamp = str(int(time.time()))
        headers = {TIMESTAMP: stamp, SIGNATURE: sign(SECRET.encode(), stamp, body)}
        answer = await client.post("/channels/avis/incoming", content=body, headers=headers)
        assert answer.status_code == 202, answer.text
        refused |= {one["id"]: one["code"] for one in answer.json()["quarantined"]}
    assert refused == {one.item["id"]: one.refused for one in sent if one.refused}


async def approve(client: httpx.AsyncClient, idents: Sequence[str]) -> None:
    left = iter(idents)

    async def hand() -> None:
        for ident in left:
            (await client.post(f"/messages/{ident}/approve", json={"revision": 1})).raise_for_status()

    await asyncio.gather(*(hand() for _ in range(HANDS)))


async def go_through(shop: Shop, sent: Sequence[Sent]) -> None:
    """One wave: delivered, read at the desk, approved, and painted on the screen."""
    hanging = [one for one in sent if not one.refused]
    async with shop.served.client(shop.token) as client:
        await deliver(client, sent)
        waiting = await everything(client, "/messages", "messages", state="pending")
        assert [(m["text"], m["author"]["name"]) for m in waiting] == [(s.text, s.author) for s in hanging]
        messages = [{"id": m["id"], "text": m["text"], "author": m["author"]["name"]} for m in waiting]
        given = json.dumps(messages)  # as text: playwright's own walk through so many objects takes minutes

        await shop.desk.goto(f"{shop.served.url}/desk")
        await shop.desk.wait_for_selector(".line")
        await shop.desk.evaluate(f"{INERT}; unroll({len(messages)})")
        assert (
            await shop.desk.evaluate(f"(given) => {{ {INERT}; return walkDesk(JSON.parse(given)); }}", given)
            == []
        )

        await approve(client, [message["id"] for message in messages])
        ids = json.dumps([message["id"] for message in messages])
        await shop.screen.wait_for_function(
            f"(ids) => {{ {INERT}; return arrived(JSON.parse(ids)); }}", arg=ids
        )
        assert (
            await shop.screen.evaluate(
                f"(given) => {{ {INERT}; return walkScreen(JSON.parse(given)); }}", given
            )
            == []
        )


async def check_nothing_happened(shop: Shop) -> None:
    assert shop.events == []
    known = ("/static/", "/api/", "/desk", "/screen", "/sign-in", "/qr/", "/ws/", "/favicon.ico")
    elsewhere = [address for address in shop.asked if not address.startswith(shop.served.url)]
    unknown = [address for address in shop.asked if not urlsplit(address).path.startswith(known)]
    assert (elsewhere, unknown) == ([], [])


async def test_p12_our_own_hostile_texts_are_inert(shop: Shop) -> None:
    await go_through(shop, list(items(OWN, "own")))
    await check_nothing_happened(shop)


PARTS: Final = 4  # so that two workers share them


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
async def test_p12_the_hostile_list_beside_the_project_is_inert(shop: Shop, part: int) -> None:
    strings = beside()
    if not strings:
        pytest.skip(f"no hostile list beside the project ({BESIDE.parent.parent.name}/{BESIDE.parent.name})")
    sent = list(items(strings[part::PARTS], f"part-{part}"))
    for start in range(0, len(sent), WAVE):
        await go_through(shop, sent[start : start + WAVE])
    await check_nothing_happened(shop)

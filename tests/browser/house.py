"""People at their pages: who they are, signed in, each with a browser context of their own.

Owns signing in and the small gestures that several tests make. Must not know what is asserted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, Page, StorageState

from tests.support.product import PASSWORD, PEOPLE, Product

WIDE: Final = (1280, 800)
UPRIGHT: Final = (800, 1280)
OLD_TABLET: Final = (1024, 768)
PHONE: Final = (390, 844)

# The selection of a passage as a mouse would leave it; positions in code points.
SELECT: Final = """([start, end]) => {
  const nodes = [];
  const walk = document.createTreeWalker(document.getElementById("words"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) nodes.push(walk.currentNode);
  const find = (at) => {
    for (const node of nodes) {
      const points = [...node.data];
      if (at <= points.length) return [node, points.slice(0, at).join("").length];
      at -= points.length;
    }
  };
  getSelection().setBaseAndExtent(...find(start), ...find(end));
}"""


class House:
    def __init__(self, browser: Browser, product: Product) -> None:
        self.browser = browser
        self.product = product
        self._signed_in: dict[str, StorageState] = {}

    @asynccontextmanager
    async def at(
        self,
        path: str,
        who: str | None = None,
        *,
        size: tuple[int, int] = WIDE,
        language: str = "fr-FR",
        **options: Any,
    ) -> AsyncIterator[Page]:
        """A page opened by somebody; whatever the page complains about fails the test."""
        if who:
            options["storage_state"] = await self._state(who)
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale=language, **options
        )
        complaints: list[str] = []
        try:
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(self.product.url + path)
            yield page
            assert complaints == []
        finally:
            await context.close()

    async def _state(self, who: str) -> StorageState:
        if who not in self._signed_in:
            context = await self.browser.new_context(locale="fr-FR")
            await self._sign_in(context, PEOPLE[who][0])
            self._signed_in[who] = await context.storage_state()
            await context.close()
        return self._signed_in[who]

    async def _sign_in(self, context: BrowserContext, name: str) -> None:
        page = await context.new_page()
        await page.goto(f"{self.product.url}/sign-in")
        await page.fill("#name", name)
        await page.fill("#password", PASSWORD)
        await page.click("button.first")
        await page.wait_for_url("**/*desk*" if name != PEOPLE["manager"][0] else "**/tablet*")

    @asynccontextmanager
    async def wall(
        self, name: str, size: tuple[int, int] = (1920, 1080), **options: Any
    ) -> AsyncIterator[Page]:
        """A new screen of the place, live."""
        token = await self.product.screen(name)
        cookie = {"name": "device", "value": token, "url": self.product.url}
        context = await self.browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        await context.add_cookies([cookie])  # type: ignore[list-item]
        try:
            page = await context.new_page()
            await page.goto(f"{self.product.url}/screen")
            await page.wait_for_selector("html[data-state=live], html[data-state=house]")
            yield page
        finally:
            await context.close()

    async def pending(self, text: str, **fields: str) -> str:
        """A message that waits at the desk; its id."""
        await self.product.write(text, **fields)
        found: str = next(m["id"] for m in await self.product.messages(state="pending") if m["text"] == text)
        return found

    async def hanging(self, text: str, **fields: str) -> str:
        message = await self.pending(text, **fields)
        await self.product.post(f"messages/{message}/approve", {"revision": 1})
        return message

    async def clear(self) -> None:
        """Nothing waits any more: tests that count start here."""
        for message in await self.product.messages(state="pending"):
            body = {
                "revision": message["revision"],
                "reason": "unreadable",
                "passage": [0, len(message["text"])],
            }
            await self.product.post(f"messages/{message['id']}/refuse", body)


async def choose(page: Page, message: str) -> None:
    """Opens a message of the list, wherever the list stands."""
    await page.click(f'.line[data-id="{message}"]')
    await page.wait_for_selector(f'#stage[data-message="{message}"]')


async def select(page: Page, start: int, end: int) -> None:
    await page.evaluate(SELECT, [start, end])

"""A kiosk in Chromium, as a test sees it: what hangs, and whether it hangs well.

Measures in the browser, from outside the page's own code.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page

MEASURES: Final = Path(__file__).with_name("measure.js").read_text("utf-8")


@dataclass
class Kiosk:
    page: Page
    errors: list[str] = field(default_factory=list)

    async def state(self) -> str:
        return str(await self.page.evaluate("document.documentElement.dataset.state"))

    async def until_state(self, state: str, seconds: float = 8) -> None:
        await self.page.wait_for_function(
            "state => document.documentElement.dataset.state === state", arg=state, timeout=seconds * 1000
        )

    async def until_hangs(self, card: str, seconds: float = 5) -> None:
        await self.page.wait_for_selector(f'article[data-message="{card}"]', timeout=seconds * 1000)

    async def hangs(self) -> list[str]:
        found: list[str] = await self.page.evaluate(
            "[...document.querySelectorAll('article[data-message]')].map((a) => a.dataset.message)"
        )
        return found

    async def says(self, text: str) -> bool:
        return text in await self.page.evaluate("document.body.innerText")

    async def measured(self) -> Any:
        return await self.page.evaluate(f"{MEASURES}; measure()")

    async def lines(self) -> Any:
        return await self.page.evaluate(f"{MEASURES}; lines()")


@asynccontextmanager
async def kiosk(
    browser: Browser,
    url: str,
    size: tuple[int, int] = (1920, 1080),
    *,
    clock: bool = False,
    script: str | None = None,
    **options: Any,
) -> AsyncIterator[Kiosk]:
    """``clock``: the test moves the page's time; else it is the real one. ``script`` runs before any of the page's."""
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    try:
        page = await context.new_page()
        seen = Kiosk(page)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
        if clock:
            await page.clock.install()
        if script is not None:
            await page.add_init_script(script)
        await page.goto(url)
        yield seen
    finally:
        await context.close()

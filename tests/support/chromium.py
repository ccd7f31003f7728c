"""A Chromium for the browser tests, or one line that says how to get one.

Owns where it is looked for and how it is started. In CI a missing browser is a failure, not a skip.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Error, Page, Playwright, async_playwright
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.support.walls import eventually

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGS: Final = (
    "--no-sandbox",  # a container's root has no user namespace to give it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def path(playwright: Playwright) -> str | None:
    """The machine's own, else the one that `make browser` brought."""
    found = next((which for name in NAMES if (which := shutil.which(name))), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


def sought(playwright: Playwright) -> str:
    """Where it is; without one the test is skipped, in CI it fails."""
    executable = path(playwright)
    if executable is None:
        missing = "no Chromium: `make browser` brings one"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return executable


@asynccontextmanager
async def chromium(*more: str) -> AsyncIterator[Browser]:
    """``more``: further switches of this one browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=sought(playwright), args=[*ARGS, *more])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def player(folder: Path, url: str) -> AsyncIterator[Player]:
    """A wall's own machine: one browser, one page, and a profile on disk that outlives it."""
    async with async_playwright() as playwright:
        where = folder / "DevToolsActivePort"
        where.unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(
            sought(playwright),
            *ARGS,
            "--headless=new",
            "--window-size=1920,1080",
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
            url,
            start_new_session=True,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await eventually(lambda: where.exists() and where.read_text().count("\n") == 1, 30)
            port = where.read_text().partition("\n")[0]
            browser = await _joined(playwright, f"http://127.0.0.1:{port}")
            context = browser.contexts[0]
            page = context.pages[0] if context.pages else await context.wait_for_event("page")
            yield Player(page, browser, process)
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _joined(playwright: Playwright, address: str) -> Browser:
    """A browser that is still starting may take the line and then say nothing on it: another one is tried."""
    for _ in range(3):
        with suppress(PlaywrightTimeout):
            return await playwright.chromium.connect_over_cdp(address, timeout=15_000)
    return await playwright.chromium.connect_over_cdp(address)


@dataclass(frozen=True)
class Player:
    page: Page
    browser: Browser
    process: asyncio.subprocess.Process

    async def cut_power(self) -> None:
        """kill -9, all of it: nothing more is written."""
        os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def switch_off(self) -> None:
        """As a person would: what it knows is on the disk."""
        session = await self.browser.new_browser_cdp_session()
        with suppress(Error):  # the answer is cut off by what was asked
            await session.send("Browser.close")
        await self.process.wait()

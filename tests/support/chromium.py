"""A Chromium for the browser tests, or one line that says how to get one.

Owns where it is looked for and how it is started. In CI a missing browser is a failure, not a skip.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Playwright, async_playwright

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


@asynccontextmanager
async def chromium(*more: str) -> AsyncIterator[Browser]:
    """``more``: further switches of this one browser."""
    async with async_playwright() as playwright:
        executable = path(playwright)
        if executable is None:
            missing = "no Chromium: `make browser` brings one"
            if os.environ.get("CI"):
                pytest.fail(missing)
            pytest.skip(missing)
        browser = await playwright.chromium.launch(executable_path=executable, args=[*ARGS, *more])
        try:
            yield browser
        finally:
            await browser.close()

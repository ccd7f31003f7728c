"""One Chromium a worker, in one event loop for all browser tests of that worker."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.wallserver import WallServer
from tests.support.chromium import chromium


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "gallery: paints a page at its sizes into .gallery/ and measures it")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def wall() -> AsyncIterator[WallServer]:
    async with WallServer() as wall:
        yield wall

"""One Chromium and one running product a worker, in one event loop for all browser tests of that worker."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.house import House
from tests.browser.wallserver import WallServer
from tests.support.chromium import chromium
from tests.support.product import product


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def wall() -> AsyncIterator[WallServer]:
    async with WallServer() as wall:
        yield wall


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The product, with a way in for each of its people."""
    async with product(tmp_path_factory.mktemp("product")) as running:
        yield House(browser, running)

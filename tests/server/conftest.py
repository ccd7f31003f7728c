"""A whole house on a real engine, for the tests of what the server answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from moderation.roster import Roster
from moderation.store import Store
from tests.support.houses import House, house


@pytest_asyncio.fixture
async def home(store: Store, roster: Roster) -> AsyncIterator[House]:
    async with house(store, roster) as home:
        yield home

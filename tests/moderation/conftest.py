"""This package's whole suite runs on Valkey, on Debian's Redis and on a cluster of three."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from moderation.store import Store
from tests.support import engines, invariants


@pytest.fixture(scope="session", params=engines.KINDS)
def engine_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "redis" and engines.redis_binary() is None:
        pytest.skip("no redis-server on this machine: apt-get install redis-server")
    with engines.engine(request.param) as url:
        yield url


@pytest_asyncio.fixture
async def store(store: Store) -> AsyncIterator[Store]:
    yield store
    await invariants.check(store)

"""Fixtures for all: one real engine a worker, one organisation a test."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from moderation.connection import Connection, connect
from moderation.domain import Place
from moderation.roster import Roster
from moderation.store import Store
from tests.support.engines import engine


@pytest.fixture(scope="session")
def engine_url() -> Iterator[str]:
    with engine("valkey") as url:
        yield url


@pytest.fixture
def organisation() -> str:
    return f"o{secrets.token_hex(4)}"


@pytest_asyncio.fixture
async def connection(engine_url: str) -> AsyncIterator[Connection]:
    connection = await connect(engine_url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def roster(connection: Connection, organisation: str) -> Roster:
    """Two places: grenoble and lyon."""
    roster = Roster(connection, organisation)
    await roster.add_place(Place(slug="grenoble", name="Grenoble, place Victor-Hugo"))
    await roster.add_place(Place(slug="lyon", name="Lyon, Bellecour"))
    return roster


@pytest_asyncio.fixture
async def store(connection: Connection, organisation: str, roster: Roster) -> Store:
    """With the places of the roster: intake takes nothing for others."""
    return await Store.open(connection, organisation)

"""A served product with a moderator, a screen and a thousand messages that wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from moderation.connection import connect
from moderation.domain import Incoming
from moderation.intake import receive
from moderation.store import Store
from server.engine import engine_for_command
from tests.support.process import Running, running

MESSAGES = 1000
SETTINGS = f"""
[organisation]
slug = "lumiere"
[[place]]
slug = "grenoble"
name = "Grenoble, place Victor-Hugo"
wall_max = {MESSAGES}
"""


@dataclass(frozen=True)
class Shop:
    product: Running
    token: str  # a moderator's
    device: str  # a screen's
    waiting: tuple[str, ...]


@pytest_asyncio.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with running(tmp_path, "serve", settings=SETTINGS) as served:
        token = await served.run("token", "create", "--role", "moderator", "--place", "grenoble")
        device = await served.run("screen", "create", "--place", "grenoble")
        yield Shop(served, token, device, await _received(served))


async def _received(served: Running) -> tuple[str, ...]:
    """Through intake, beside the server: what is tested here is what follows."""
    async with engine_for_command(served.data) as url:
        store = await Store.open(await connect(url), "lumiere")
        items = [Incoming(id=f"m{n}", text=f"Message numéro {n}.") for n in range(MESSAGES)]
        parts = [items[at::8] for at in range(8)]
        taken = await asyncio.gather(*(receive(store, "avis", ["grenoble"], part) for part in parts))
        await store.close()
    return tuple(r.message for part in taken for r in part.received if r.message is not None)

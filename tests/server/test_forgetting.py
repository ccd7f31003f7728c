"""An erased text is gone from the engine's files, not only from its keys."""

from __future__ import annotations

import asyncio
from pathlib import Path

from moderation.arrivals import Arrival
from moderation.connection import connect
from moderation.store import Store
from server.backup import HOLD, alone, back_up
from server.engine import Engine
from server.forgetting import forget
from tests.support.walls import eventually


def traces(data: Path, word: bytes) -> int:
    return sum(word in path.read_bytes() for path in (data / "engine" / "appendonlydir").iterdir())


async def test_p10_an_erased_text_leaves_the_disk(tmp_path: Path) -> None:
    async with Engine(tmp_path) as engine:
        connection = await connect(engine.url)
        store = await Store.open(connection, "org", removals=tmp_path / "removals.log")
        arrival = Arrival(channel="avis", places=("grenoble",), upstream="u1", text="Camille-Roux.")
        ident, _ = await store.receive(arrival)
        assert not await forget(connection, tmp_path, least=0), "nothing was erased"
        await store.erase(ident)
        assert not await forget(connection, tmp_path), "not every minute"
        assert traces(tmp_path, b"Camille-Roux")

        await connection.commands.config_set(HOLD, "0")
        async with alone(tmp_path):  # a backup is being made
            assert not await forget(connection, tmp_path, least=0)
            assert await connection.commands.config_get(HOLD) == {HOLD: "0"}

        # It was killed: its lock is gone, its hold is not.
        assert await forget(connection, tmp_path, least=0)
        assert await connection.commands.config_get(HOLD) == {HOLD: "100"}
        await eventually(lambda: not traces(tmp_path, b"Camille-Roux"))
        erased = await store.message(ident)
        assert erased is not None
        assert erased.state == "erased"
        await connection.close()


async def test_two_backups_at_once_leave_the_engine_as_it_was(tmp_path: Path) -> None:
    async with Engine(tmp_path / "data") as engine:
        connection = await connect(engine.url)
        targets = [tmp_path / f"{n}.tar" for n in range(3)]
        await asyncio.gather(*(back_up(connection, tmp_path / "data", target) for target in targets))
        assert await connection.commands.config_get(HOLD) == {HOLD: "100"}
        assert all(target.stat().st_size for target in targets)
        await connection.close()

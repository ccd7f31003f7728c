"""An erased text is gone from the engine's files, not only from its keys."""

from __future__ import annotations

from pathlib import Path

from moderation.arrivals import Arrival
from moderation.connection import connect
from moderation.store import Store
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

        await connection.commands.config_set("auto-aof-rewrite-percentage", "0")  # a backup is being made
        assert not await forget(connection, tmp_path, least=0)
        await connection.commands.config_set("auto-aof-rewrite-percentage", "100")

        assert await forget(connection, tmp_path, least=0)
        await eventually(lambda: not traces(tmp_path, b"Camille-Roux"))
        erased = await store.message(ident)
        assert erased is not None
        assert erased.state == "erased"
        await connection.close()

"""The engine is killed without a word. What was answered "done" is done."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from moderation.connection import connect
from moderation.domain import Incoming, Place
from moderation.errors import Unavailable
from moderation.intake import receive
from moderation.roster import Roster
from moderation.store import Store
from server.engine import Engine
from tests.support import invariants
from tests.support.people import MODERATOR
from tests.support.walls import eventually


async def test_p8_an_acknowledged_approval_survives_a_kill_of_the_engine(tmp_path: Path) -> None:
    async with Engine(tmp_path / "data") as engine:
        store = await Store.open(await connect(engine.url), "lumiere")
        await Roster(store.connection, "lumiere").add_place(Place(slug="grenoble", name="Grenoble"))
        items = [Incoming(id=f"m{n}", text=f"Message {n}.") for n in range(60)]
        waiting = [r.message for r in (await receive(store, "avis", ["grenoble"], items)).received]
        acknowledged: set[str] = set()

        async def approve(ident: str) -> None:
            try:
                await store.decide("approve", MODERATOR, ident, revision=1)
            except Unavailable:
                return
            acknowledged.add(ident)

        approvals = [asyncio.create_task(approve(ident)) for ident in waiting if ident is not None]
        await eventually(lambda: len(acknowledged) > 10)
        assert engine.pid is not None
        os.kill(killed := engine.pid, signal.SIGKILL)
        await asyncio.gather(*approvals)

        await eventually(lambda: engine.state == "ready" and engine.pid != killed)
        hanging = {thread.root.id for thread in (await store.snapshot("grenoble")).threads}
        assert acknowledged <= hanging
        await invariants.check(store, ("grenoble",))  # and no half action is visible
        await store.close()


async def test_p8_the_engine_is_durable_before_it_answers(tmp_path: Path) -> None:
    async with Engine(tmp_path / "data") as engine:
        connection = await connect(engine.url)
        said = await connection.ask(connection.commands.config_get("append*"))
        await connection.close()
    assert (said["appendonly"], said["appendfsync"]) == ("yes", "always")

"""The engine goes and comes back: nobody is told anything that is not known to be true."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from displays.protocol import Heartbeat
from moderation.connection import connect
from moderation.domain import Place
from moderation.roster import Roster
from moderation.store import Store
from tests.displays.test_hub import approved
from tests.support.walls import TestScreen, Wall, engine_at, eventually, wall


async def turned_away(started: Wall, token: str) -> None:
    async with TestScreen.open(started.url, token) as stranger:
        await eventually(lambda: stranger.closed == 1013)


async def test_p6_the_hub_outlives_its_engine(organisation: str) -> None:
    """Screens keep what they hold but hear no heartbeat, so their leases run; a new one is sent away. When
    the engine is back, everybody goes on with what is true then."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="wall-")))
        with engine_at(folder) as url:
            connection = await connect(url)
            stack.push_async_callback(connection.close)
            store, roster = await Store.open(connection, organisation), Roster(connection, organisation)
            await roster.add_place(Place(slug="grenoble", name="Grenoble"))
            tokens = [(await roster.create_screen("grenoble", name))[1] for name in ("un", "deux")]
            message = await approved(store)
            started = await stack.enter_async_context(wall(store, roster, heartbeat=0.1))
            screen = await stack.enter_async_context(TestScreen.open(started.url, tokens[0]))
            await eventually(lambda: screen.texts == ["Merci à Samia."])
        await eventually(lambda: not started.hub.engine)
        beats = []
        for _ in range(3):  # the first round also lets the last heartbeats arrive
            await turned_away(started, tokens[1])
            beats.append(len(screen.said(Heartbeat)))
        assert beats[1] == beats[2]
        assert screen.texts == ["Merci à Samia."]
        with engine_at(folder):
            await eventually(lambda: len(screen.said(Heartbeat)) > beats[2])
            await store.erase(message.id)
            await eventually(lambda: screen.texts == [])
            async with TestScreen.open(started.url, tokens[1]) as stranger:
                await eventually(lambda: stranger.replica.joined)
            await stack.aclose()


@pytest.mark.parametrize("unforeseen", [False, True])
async def test_p6_the_follower_outlives_every_error(
    store: Store, roster: Roster, monkeypatch: pytest.MonkeyPatch, unforeseen: bool
) -> None:
    """A primary that becomes a replica ends a blocking read with an error of its own; whatever the error is, a
    hub that no longer follows must not go on saying that all is well."""
    token = (await roster.create_screen("grenoble", "un"))[1]
    message = await approved(store)
    async with wall(store, roster, heartbeat=0.1) as started, TestScreen.open(started.url, token) as screen:
        await eventually(lambda: screen.texts == ["Merci à Samia."])
        if unforeseen:
            follow, failed = store.follow, iter([RuntimeError("unforeseen")])

            async def breaks(*args: Any, **more: Any) -> Any:
                for error in failed:
                    raise error
                return await follow(*args, **more)

            monkeypatch.setattr(store, "follow", breaks)
        else:
            commands = store.connection.commands

            reading: list[str] = []
            async with asyncio.timeout(10):
                while not reading:  # the follower is between two reads
                    reading = [one["id"] for one in await commands.client_list() if one["cmd"] == "xread"]
            for one in reading:
                await commands.execute_command("CLIENT", "UNBLOCK", one, "ERROR")
        await eventually(lambda: not started.hub.engine)
        await eventually(lambda: started.hub.engine)
        await store.erase(message.id)
        await eventually(lambda: screen.texts == [])

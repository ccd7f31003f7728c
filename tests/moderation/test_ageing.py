"""A full wall lets the oldest go, and no decision waits for that or fails by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from moderation.actions import Actions
from moderation.domain import Incoming, Place
from moderation.errors import Unavailable
from moderation.intake import receive
from moderation.roster import Roster
from moderation.store import Store
from tests.support.people import MODERATOR
from tests.support.walls import eventually

MOST = 5


@pytest_asyncio.fixture
async def actions(store: Store, roster: Roster) -> AsyncIterator[Actions]:
    """Of a house whose wall in Grenoble holds five."""
    await roster.sync_places([Place(slug="grenoble", name="Grenoble", wall_max=MOST)])
    actions = Actions(store, roster)
    yield actions
    await actions.close()


async def received(store: Store, count: int) -> list[str]:
    items = [Incoming(id=str(n), text="Merci !") for n in range(count)]
    return [each.message or "" for each in (await receive(store, "avis", ["grenoble"], items)).received]


async def hanging(store: Store) -> list[str]:
    return [thread.root.id for thread in (await store.snapshot("grenoble")).threads]


async def test_the_oldest_leave_whoever_approves_at_once(store: Store, actions: Actions) -> None:
    idents = await received(store, 40)
    for start in (0, 20):  # the second half is the newer one
        half = idents[start : start + 20]
        await asyncio.gather(*(actions.approve(MODERATOR, ident, revision=1) for ident in half))

    async def settled() -> bool:
        return len(await hanging(store)) == MOST

    await eventually(settled)
    assert set(await hanging(store)) <= set(idents[20:])
    assert await store.count("grenoble", "approved") == 40, "who leaves the wall stays approved"


async def test_a_wall_that_can_not_be_aged_fails_no_approval(
    store: Store, actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    *most, last = await received(store, MOST + 2)
    lost = asyncio.Event()

    async def away(_: Place) -> int:
        lost.set()
        raise Unavailable

    with monkeypatch.context() as patch:
        patch.setattr(store, "age_out", away)
        for ident in most:
            assert (await actions.approve(MODERATOR, ident, revision=1)).state == "approved"
        await lost.wait()
    assert (await actions.approve(MODERATOR, last, revision=1)).state == "approved"

    async def settled() -> bool:
        return len(await hanging(store)) == MOST

    await eventually(settled)
    assert last in await hanging(store), "the next run does what one could not"

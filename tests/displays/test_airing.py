"""Airtime over a real socket: what a screen says is stored and told back, and a cut loses and doubles nothing (P2)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from displays.protocol import Ack, Airtime, Stored, Welcome
from moderation.arrivals import Arrival
from moderation.roster import Roster
from moderation.store import Store
from tests.support.people import MODERATOR
from tests.support.walls import TestScreen, Wall, eventually, wall


@pytest_asyncio.fixture
async def here(store: Store, roster: Roster) -> AsyncIterator[Wall]:
    async with wall(store, roster) as started:
        yield started


@pytest_asyncio.fixture
async def card(store: Store) -> str:
    ident, _ = await store.receive(
        Arrival(channel="avis", places=("grenoble",), upstream="u1", text="Merci.")
    )
    return (await store.decide("approve", MODERATOR, ident, revision=1)).id


async def seconds(store: Store, card: str) -> int:
    message = await store.message(card)
    assert message is not None
    return message.airtime["grenoble"]


async def test_p2_airtime_survives_a_cut_without_counting_twice(
    here: Wall, store: Store, roster: Roster, card: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen, token = await roster.create_screen("grenoble", "Vitrine")
    began = store.clock()
    async with TestScreen.open(here.url, token) as line:
        await eventually(lambda: line.replica.joined)
        assert line.said(Welcome)[-1].aired == 0
        monkeypatch.setattr(store, "clock", lambda: began + 60_000)
        reports = tuple(Airtime(n, card, 1, 1, 10.0) for n in (1, 2, 3))
        await line.ack(Ack(1, (), reports))
        assert (await eventually(lambda: line.said(Stored)))[-1].n == 3
        assert await seconds(store, card) == 30
    async with TestScreen.open(here.url, token) as line:
        await eventually(lambda: line.replica.joined)
        welcome = line.said(Welcome)[-1]
        assert (welcome.aired, welcome.last) == (3, card)
        # It had not heard that these were stored, and says them again with what came since.
        await line.ack(Ack(1, (), (*reports, Airtime(4, card, 1, 1, 10.0))))
        assert (await eventually(lambda: line.said(Stored)))[-1].n == 4
        assert await seconds(store, card) == 40
    assert (await store.aired(screen.id)).n == 4


async def test_p2_whoever_is_back_is_told_what_it_said_before(
    here: Wall, store: Store, roster: Roster, card: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is loaded again says its last report on one socket and asks on the next."""
    _, token = await roster.create_screen("grenoble", "Vitrine")
    async with TestScreen.open(here.url, token) as line:
        await eventually(lambda: line.replica.joined)
        began = store.clock()
        monkeypatch.setattr(store, "clock", lambda: began + 60_000)
        await line.ack(Ack(1, (), (Airtime(1, card, 1, 1, 10.0),)))
        async with TestScreen.open(here.url, token) as again:
            await eventually(lambda: again.said(Welcome))
            assert again.said(Welcome)[-1].aired == 1

"""The hub with the real engine, the real server and real sockets: what P6 says of connected screens."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Sequence

import pytest
import pytest_asyncio

from displays.protocol import (
    REVOKED,
    Ack,
    Airtime,
    Bye,
    Heartbeat,
    Put,
    Removal,
    Resync,
    Shown,
    Snap,
    Welcome,
)
from displays.replica import Replica
from moderation.arrivals import Arrival, Draft
from moderation.connection import Connection
from moderation.domain import Message, Place, Ruling
from moderation.hours import read_week
from moderation.mounting import Mounting
from moderation.roster import Roster, Screen
from moderation.store import Store
from moderation.together import Call
from tests.support.people import MANAGER, MODERATOR
from tests.support.walls import TestScreen, Wall, eventually, wall

INSULT = Ruling(code="insult-threat", passage=(0, 4))


@pytest_asyncio.fixture
async def here(store: Store, roster: Roster) -> AsyncIterator[Wall]:
    async with wall(store, roster) as started:
        yield started


@pytest_asyncio.fixture
async def token(roster: Roster) -> str:
    _, bare = await roster.create_screen("grenoble", "Vitrine")
    return bare


async def approved(store: Store, upstream: str = "u1", text: str = "Merci à Samia.") -> Message:
    arrival = Arrival(channel="avis", places=("grenoble",), upstream=upstream, text=text)
    ident, _ = await store.receive(arrival)
    return await store.decide("approve", MODERATOR, ident, revision=1)


async def test_p6_an_approved_message_is_held_by_a_screen_within_a_second(
    here: Wall, store: Store, token: str
) -> None:
    async with TestScreen.open(here.url, token) as screen:
        await eventually(lambda: screen.replica.joined)
        started = time.monotonic()
        message = await approved(store)
        await eventually(lambda: screen.texts == ["Merci à Samia."])
        assert time.monotonic() - started < 1
        (put,) = screen.said(Put)
        assert (put.card.id, put.card.version) == (message.id, message.version)


async def test_p6_taken_down_is_off_within_a_second(here: Wall, store: Store, token: str) -> None:
    message = await approved(store)
    async with TestScreen.open(here.url, token) as screen:
        await eventually(lambda: screen.texts)
        started = time.monotonic()
        await store.decide("withdraw", MODERATOR, message.id, revision=1, ruling=INSULT)
        await eventually(lambda: screen.texts == [])
        assert time.monotonic() - started < 1
        assert [frame.op for frame in screen.said(Removal)] == ["hide"]


async def test_p6_erased_is_withdrawn_for_good(here: Wall, store: Store, token: str) -> None:
    message = await approved(store)
    async with TestScreen.open(here.url, token) as screen:
        await eventually(lambda: screen.texts)
        await store.erase(message.id)
        await eventually(lambda: screen.texts == [])
        assert [frame.op for frame in screen.said(Removal)] == ["withdraw"]


async def test_p4_an_answer_is_a_new_version_of_its_card(here: Wall, store: Store, token: str) -> None:
    message = await approved(store)
    async with TestScreen.open(here.url, token) as screen:
        await eventually(lambda: screen.texts)
        draft = Draft(place="grenoble", text="Merci !", signed=MANAGER.signed)
        await store.reply(MANAGER, message.id, draft)
        await eventually(lambda: screen.replica.cards[message.id].turns)
        (turn,) = screen.replica.cards[message.id].turns
        assert (turn.by, turn.name, turn.text) == ("place", MANAGER.signed, "Merci !")


async def test_p6_a_screen_resumes_with_exactly_what_it_missed(here: Wall, store: Store, token: str) -> None:
    replica = Replica()
    first = await approved(store, "u1", "un")
    async with TestScreen.open(here.url, token, replica) as screen:
        await eventually(lambda: screen.texts == ["un"])
    await store.erase(first.id)
    await approved(store, "u2", "deux")
    async with TestScreen.open(here.url, token, replica) as screen:
        await eventually(lambda: screen.texts == ["deux"])
        (welcome,) = screen.said(Welcome)
        assert (welcome.mode, welcome.why) == ("resume", None)
        assert not screen.said(Snap)


async def test_p6_a_text_that_left_is_never_replayed(here: Wall, store: Store, token: str) -> None:
    """The missed tail holds "put" of a text that has gone meanwhile: only its removal is sent."""
    replica = Replica()
    async with TestScreen.open(here.url, token, replica) as screen:
        await eventually(lambda: screen.replica.joined)
    message = await approved(store, "u0", "zéro")  # the cursor must lie inside the feed to resume
    async with TestScreen.open(here.url, token, replica) as screen:
        await eventually(lambda: screen.texts == ["zéro"])
    gone = await approved(store, "u1", "parti")
    await store.erase(gone.id)
    async with TestScreen.open(here.url, token, replica) as screen:
        await eventually(lambda: len(screen.said(Removal)) == 2)
        assert [frame.op for frame in screen.said(Removal)] == ["withdraw", "withdraw"]
        assert screen.said(Put) == []
        assert list(screen.replica.cards) == [message.id]


async def test_p6_a_restart_of_the_server_loses_nothing(store: Store, roster: Roster, token: str) -> None:
    replica = Replica()
    first = await approved(store, "u1", "un")
    async with wall(store, roster) as before, TestScreen.open(before.url, token, replica) as screen:
        await eventually(lambda: screen.texts == ["un"])
    await store.erase(first.id)
    async with wall(store, roster) as after, TestScreen.open(after.url, token, replica) as screen:
        await eventually(lambda: screen.replica.joined)
        await eventually(lambda: screen.texts == [])


async def test_a_stopping_server_says_when_to_come_back(store: Store, roster: Roster, token: str) -> None:
    async with wall(store, roster) as started, TestScreen.open(started.url, token) as screen:
        await eventually(lambda: screen.replica.joined)
        started.server.should_exit = True
        await eventually(lambda: screen.closed is not None)
        assert screen.closed == 1012
        assert [frame.why for frame in screen.said(Bye)] == ["restart"]


async def test_one_connection_a_device_the_newer_stays(here: Wall, token: str) -> None:
    async with TestScreen.open(here.url, token) as older, TestScreen.open(here.url, token) as newer:
        await eventually(lambda: older.closed is not None)
        await eventually(lambda: newer.replica.joined)
        assert older.closed == 4409
        assert here.hub.connected == 1


async def test_p6_a_revoked_device_is_sent_away_and_stays_away(
    here: Wall, roster: Roster, token: str
) -> None:
    found = await roster.screen_by_token(token)
    assert found is not None
    assert found != "revoked"
    async with TestScreen.open(here.url, token) as screen:
        await eventually(lambda: screen.replica.joined)
        await roster.revoke_screen(found.id)
        here.hub.revoke(found.id)
        await eventually(lambda: screen.closed == 4403)
    async with TestScreen.open(here.url, token) as screen:
        await eventually(lambda: screen.closed == 4403)


async def test_p6_a_feed_that_starts_a_new_life_makes_every_screen_start_over(
    store: Store, roster: Roster, connection: Connection, token: str
) -> None:
    await approved(store, "u1", "un")
    async with wall(store, roster, heartbeat=0.2) as started, TestScreen.open(started.url, token) as screen:
        await eventually(lambda: screen.texts == ["un"])
        await connection.ask(
            connection.commands.hset(store.keys.head("grenoble"), "wall_epoch", secrets.token_hex(8))
        )
        await eventually(lambda: [w.why for w in screen.said(Welcome)] == ["cold", "epoch"])
        assert [frame.why for frame in screen.said(Resync)] == ["epoch"]
        await eventually(lambda: screen.replica.joined)
        await approved(store, "u2", "deux")
        await eventually(lambda: screen.texts == ["un", "deux"])


@pytest.mark.parametrize("missed", [1, 3])
async def test_p6_a_trimmed_feed_is_never_skipped(
    here: Wall, store: Store, connection: Connection, token: str, missed: int
) -> None:
    replica = Replica()
    gone = await approved(store, "u1", "un")
    async with TestScreen.open(here.url, token, replica) as screen:
        await eventually(lambda: screen.texts == ["un"])
    await store.erase(gone.id)
    for n in range(missed):
        await approved(store, f"v{n}", f"encore {n}")
    await connection.ask(
        connection.commands.xtrim(store.keys.feed("grenoble", "wall"), maxlen=1, approximate=False)
    )
    async with TestScreen.open(here.url, token, replica) as screen:
        await eventually(lambda: screen.texts == [f"encore {n}" for n in range(missed)])
        assert [w.why for w in screen.said(Welcome)] == ["trimmed"]


async def test_a_heartbeat_names_the_head(store: Store, roster: Roster, token: str) -> None:
    await approved(store)
    async with wall(store, roster, heartbeat=0.1) as started, TestScreen.open(started.url, token) as screen:
        await eventually(lambda: len(screen.said(Heartbeat)) > 3)
        assert {beat.s for beat in screen.said(Heartbeat)} == {1}
        assert len(screen.said(Welcome)) == 1


async def test_what_a_screen_says_of_itself_is_known_to_the_admin(
    store: Store, roster: Roster, token: str
) -> None:
    async with wall(store, roster, heartbeat=0.1) as started:
        message = await approved(store)
        device = await roster.screen_by_token(token)
        assert device is not None
        assert device != "revoked"
        async with TestScreen.open(started.url, token) as screen:
            await eventually(lambda: screen.texts)
            report = Airtime(1, message.id, message.version, 0, 0.4)
            liar = Airtime(2, message.id, message.version, 0, 3600)
            await screen.ack(Ack(1, (Shown(message.id, message.version),), (report, report, liar)))
            await eventually(lambda: started.hub.facts(device).acked == 1)
            facts = started.hub.facts(device)
            assert facts.connected
            assert facts.silent_since is None
            assert facts.painted is not None
            assert (facts.painted.id, facts.painted.version) == (message.id, message.version)
        await eventually(lambda: not started.hub.facts(device).connected)
        assert started.hub.facts(device).silent_since is not None
    noted = await roster.screen(device.id)
    assert noted is not None
    assert (noted.facts["connected"], noted.facts["acked"]) == (False, 1)


async def test_a_screen_hears_how_it_hangs_with_each_welcome_and_at_each_change(
    store: Store, roster: Roster
) -> None:
    (first, token), (_, other) = [await roster.create_screen("grenoble", name) for name in ("un", "deux")]
    week = read_week(["9-19"] * 7)
    async with wall(store, roster) as started:
        async with TestScreen.open(started.url, token) as one, TestScreen.open(started.url, other) as two:
            await eventually(lambda: [hung["name"] for hung in one.hung] == ["un"])
            await eventually(lambda: [hung["name"] for hung in two.hung] == ["deux"])
            await roster.hang_screen(first.id, "vitrine", Mounting(diagonal=32, rotation=90))
            await eventually(lambda: len(one.hung) == 2)
            assert (one.hung[1]["name"], one.hung[1]["rotation"]) == ("vitrine", 90)
            await roster.open_hours("grenoble", week, "black")  # concerns both
            await eventually(lambda: len(one.hung) == 3 and len(two.hung) == 2)
            assert two.hung[1]["hours"] == [[[540, 1140]]] * 7
            assert (one.hung[2]["name"], one.hung[2]["closed"]) == ("vitrine", "black")
        async with TestScreen.open(started.url, token) as again:
            await eventually(lambda: again.hung == one.hung[2:])


async def test_p6_a_screen_that_was_revoked_while_it_came_in_is_sent_away(
    here: Wall, store: Store, roster: Roster, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its token was looked up just before; or it is another process that revoked it."""
    await approved(store)
    known = await roster.screen_by_token(token)
    assert isinstance(known, Screen)
    await roster.revoke_screen(known.id)

    async def looked_up_before(_: str) -> Screen:
        return known

    monkeypatch.setattr(roster, "screen_by_token", looked_up_before)
    async with TestScreen.open(here.url, token) as screen:
        await eventually(lambda: screen.closed)
        assert (screen.closed, screen.texts, screen.said(Welcome)) == (REVOKED, [], [])


async def test_p6_a_screen_that_another_process_revoked_is_sent_away_with_the_next_heartbeat(
    store: Store, roster: Roster
) -> None:
    await approved(store)
    (gone, its), (_, other) = [await roster.create_screen("grenoble", name) for name in ("un", "deux")]
    async with (
        wall(store, roster, heartbeat=0.1) as started,
        TestScreen.open(started.url, its) as screen,
        TestScreen.open(started.url, other) as neighbour,
    ):
        await eventually(lambda: screen.texts and neighbour.texts)
        await roster.revoke_screen(gone.id)  # and nobody tells this hub
        await eventually(lambda: screen.closed)
        assert screen.closed == REVOKED
        assert not neighbour.closed
        assert started.hub.connected == 1


async def test_p6_a_chain_of_forty_places_looks_after_its_feeds_in_one_trip(
    store: Store, roster: Roster, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether each feed is still the one that was told is asked now and then, and nothing is read meanwhile: with an
    engine over a network that must not take a trip a place."""
    for n in range(40):
        await roster.add_place(Place(slug=f"magasin-{n}", name=f"Magasin {n}"))
    ask, gather = store.connection.ask, store.connection.gather

    async def far(answer: Awaitable[object]) -> object:
        await asyncio.sleep(0.01)  # there and back
        return await ask(answer)

    async def far_together(calls: Sequence[Call]) -> list[object]:
        await asyncio.sleep(0.01)
        return await gather(calls)

    async with wall(store, roster, heartbeat=0.2) as started, TestScreen.open(started.url, token) as screen:
        await eventually(lambda: screen.replica.joined)
        monkeypatch.setattr(store.connection, "ask", far)
        monkeypatch.setattr(store.connection, "gather", far_together)
        for n in range(5):
            before = time.monotonic()
            message = await approved(store, f"u{n}")
            await eventually(lambda: len(screen.texts) == 1)
            await store.decide("withdraw", MODERATOR, message.id, revision=1, ruling=INSULT)
            await eventually(lambda: screen.texts == [])
            assert time.monotonic() - before < 1

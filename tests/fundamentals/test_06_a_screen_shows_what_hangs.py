"""A screen keeps a copy of its wall, counts what it hears, and shows nothing that it can't vouch for."""

from __future__ import annotations

import time

import pytest_asyncio

from displays.protocol import Card, Heartbeat, Put, Removal, Snap, Welcome
from displays.replica import Now, Replica
from moderation.domain import Cursor
from moderation.feeds import verdict
from tests.fundamentals.conftest import House
from tests.support.people import MODERATOR
from tests.support.walls import TestScreen, eventually, wall

LEASE = 300


def at(offset: int, nonce: str = "n") -> Cursor:
    return Cursor(epoch="e1", offset=offset, nonce=f"{nonce}{offset}")


def now(seconds: float) -> Now:
    return Now(mono=seconds, wall=1_000_000 + seconds)


def joined(*cards: Card, head: int) -> Replica:
    """A screen that has just been welcomed with these cards."""
    replica = Replica(mint=lambda: "r1")
    replica.hello(now(0))
    replica.take(Welcome("r1", "grenoble", 10, LEASE, "snapshot", "cold", 500.0), now(0))
    replica.take(Snap("r1", at(head), cards), now(0))
    replica.take(Heartbeat(head, 500.0), now(0))
    return replica


@pytest_asyncio.fixture
async def token(house: House) -> str:
    _, bare = await house.roster.create_screen("grenoble", "Vitrine")
    return bare


async def test_p6_a_decision_is_on_the_screen_within_a_second(house: House, token: str) -> None:
    message = await house.message("Bravo.")
    async with wall(house.store, house.roster) as here, TestScreen.open(here.url, token) as screen:
        await eventually(lambda: screen.replica.joined)
        started = time.monotonic()
        await house.actions.approve(MODERATOR, message.id, revision=1)
        await eventually(lambda: screen.texts == ["Bravo."])
        await house.actions.withdraw(MODERATOR, message.id, revision=1, reason="spam-ad", passage=(0, 5))
        await eventually(lambda: screen.texts == [])
        assert time.monotonic() - started < 1


async def test_p6_each_change_of_a_wall_is_one_numbered_event(house: House) -> None:
    message = await house.message()
    await house.actions.approve(MODERATOR, message.id, revision=1)
    await house.actions.undo(MODERATOR, message.id)
    await house.actions.approve(MODERATOR, message.id, revision=1)
    await house.store.erase(message.id)
    head = await house.store.feed_head("grenoble", "wall")
    start = Cursor(epoch=head.epoch, offset=0, nonce="")
    tail = await house.store.resume("grenoble", start)
    told = [(e.cursor.offset, e.what) for e in tail.entries]  # type: ignore[union-attr]
    assert told == [(1, "put"), (2, "hide"), (3, "put"), (4, "withdraw")]


def test_p6_a_screen_that_missed_one_event_asks_again() -> None:
    replica = joined(Card(id="a", version=1, text="Bravo."), head=4)
    hello = replica.take(Put(at(6), Card(id="b", version=1, text="Merci.")), now(1))
    assert hello is not None
    assert hello.c is None  # only a snapshot can mend it


def test_p6_an_event_of_the_past_brings_nothing_back() -> None:
    replica = joined(Card(id="a", version=1, text="Bravo."), head=4)
    replica.take(Removal(at(5), "hide", "a", 2), now(1))
    assert replica.take(Put(at(4), Card(id="a", version=1, text="Bravo.")), now(2)) is None
    replica.take(Put(at(6), Card(id="a", version=1, text="Bravo.")), now(3))  # built before, told after
    assert replica.cards == {}


def test_p6_an_answer_to_an_old_question_is_ignored() -> None:
    replica = joined(head=4)
    replica.take(Snap("r0", at(9), (Card(id="a", version=1, text="D'avant."),)), now(1))
    assert replica.cards == {}


def test_p6_a_snapshot_replaces_all() -> None:
    replica = joined(Card(id="a", version=1, text="Parti."), head=4)
    replica.hello(now(1))
    replica.take(Welcome("r1", "grenoble", 10, LEASE, "snapshot", "far", 501.0), now(1))
    replica.take(Snap("r1", at(9), (Card(id="b", version=1, text="Resté."),)), now(1))
    assert list(replica.cards) == ["b"]


def test_p6_without_a_server_for_its_lease_a_screen_shows_no_customer_text() -> None:
    replica = joined(Card(id="a", version=1, text="Bravo."), head=4)
    assert list(replica.shown(now(LEASE - 1))) == ["a"]
    assert replica.shown(now(LEASE + 1)) == {}
    assert replica.shown(Now(mono=1, wall=1_000_000 + LEASE + 1)) == {}  # it slept: one clock stood still


def test_p6_a_heartbeat_with_another_number_renews_no_lease() -> None:
    replica = joined(Card(id="a", version=1, text="Bravo."), head=4)
    assert replica.take(Heartbeat(5, 700.0), now(200)) is not None
    assert replica.shown(now(LEASE + 1)) == {}


def test_p6_another_history_is_not_resumed() -> None:
    head = at(9)
    assert verdict(at(9), head, first=1, nonce_at="n9") is None
    assert verdict(at(9, "x"), head, first=1, nonce_at="n9") == "fork"
    assert verdict(at(5, "x"), head, first=1, nonce_at="n5") == "fork"
    assert verdict(at(10), head, first=1, nonce_at=None) == "ahead"
    assert verdict(at(2), head, first=3, nonce_at=None) == "trimmed"
    assert verdict(Cursor(epoch="e0", offset=9, nonce="n9"), head, first=1, nonce_at="n9") == "epoch"

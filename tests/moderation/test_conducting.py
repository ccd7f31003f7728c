"""Leading a wall from the floor: who may, for how long, what the public reads of it, and that it happens once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from moderation.actions import MAY, Verb
from moderation.arrivals import Arrival
from moderation.conduct import BLANK_MINUTES, LONGEST_MINUTES, Conduct, hours_of
from moderation.conducting import Conducting
from moderation.domain import ROLES, Actor, LedgerEntry, Message, Role, Ruling
from moderation.errors import Conflict, Invalid, NotAllowed, NotFound
from moderation.roster import Roster
from moderation.store import Store
from tests.support.people import COLLEAGUE, MANAGER, MODERATOR, STAFF, STRANGER

PLACE = "grenoble"


@pytest_asyncio.fixture
async def conducting(store: Store, roster: Roster) -> Conducting:
    return Conducting(store, roster)


async def hanging(store: Store, upstream: str = "u1") -> Message:
    ident, _ = await store.receive(Arrival(channel="avis", places=(PLACE,), upstream=upstream, text="Bravo."))
    return await store.decide("approve", MODERATOR, ident, revision=1)


async def public(store: Store) -> list[LedgerEntry]:
    return [entry for entry in (await store.ledger(PLACE)).items if entry.number is None]


def later(store: Store, **by: float) -> None:
    """The engine's scripts and the store are told the time, so that a test need not wait for it."""
    ahead = round(timedelta(**by).total_seconds() * 1000)
    clock = store.clock
    store.clock = lambda: clock() + ahead


async def test_a_hold_names_what_it_keeps_while_that_hangs_and_who_keeps_it(
    store: Store, conducting: Conducting
) -> None:
    first, second = await hanging(store), await hanging(store, "u2")
    held = await conducting.hold(replace(MANAGER, first_name="Léa"), PLACE, cards=[first.id, second.id])
    assert held.kept
    assert (held.kept.id, held.kept.by, set(held.kept.cards)) == (None, "Léa", {first.id, second.id})
    await store.decide(
        "withdraw", MODERATOR, first.id, revision=1, ruling=Ruling(code="spam-ad", passage=(0, 5))
    )
    now = await conducting.now(PLACE)
    assert now.kept
    assert now.kept.cards == (second.id,)
    third = await hanging(
        store, "u3"
    )  # what is new hangs meanwhile; said again, the screens keep what they kept
    again = await conducting.hold(MANAGER, PLACE, cards=[third.id])
    assert again.kept
    assert again.kept.cards == (second.id,)
    assert (await conducting.free(MANAGER, PLACE)).kept is None


@pytest.mark.parametrize("role", ROLES)
async def test_who_conducts_and_who_blanks(conducting: Conducting, role: Role) -> None:
    actor = Actor(id="p1", name="Ada", role=role, places=(PLACE,))
    tried: dict[Verb, Callable[[Actor, str], Awaitable[Conduct]]] = {
        "look": conducting.look,
        "conduct": conducting.free,
        "blank": conducting.blank,
    }
    for verb, act in tried.items():
        if role in MAY[verb]:
            await act(actor, PLACE)
            with pytest.raises(NotFound):
                await act(actor, "lyon")
            with pytest.raises(NotFound):
                await act(Actor(id="p2", name="Eve", role=role), "nowhere")
        else:
            with pytest.raises(NotAllowed):
                await act(actor, PLACE)
    assert {"moderator", "auditor"} & MAY["conduct"] == set()
    assert MAY["blank"] == {"owner", "manager", "moderator"}


async def test_a_pin_and_a_hold_end_by_themselves(store: Store, conducting: Conducting) -> None:
    card = await hanging(store)
    pinned = (await conducting.pin(MANAGER, PLACE, card.id, minutes=5)).kept
    assert pinned is not None
    assert (pinned.id, pinned.by) == (card.id, "Léa")
    assert timedelta(minutes=4) < pinned.until - datetime.now(UTC) <= timedelta(minutes=5)
    held = (await conducting.hold(STAFF, PLACE)).kept  # one at a time
    assert held is not None
    assert (held.id, held.by) == (None, "Tom")
    later(store, minutes=LONGEST_MINUTES)
    assert (await conducting.now(PLACE)).kept is None


async def test_p2_renewing_does_not_keep_a_card_for_longer(store: Store, conducting: Conducting) -> None:
    card = await hanging(store)
    first = (await conducting.pin(MANAGER, PLACE, card.id)).kept
    later(store, minutes=6)
    again = (await conducting.pin(STAFF, PLACE, card.id)).kept
    assert first is not None
    assert again is not None
    assert again.until == first.until
    with pytest.raises(Invalid):
        await conducting.hold(MANAGER, PLACE, minutes=LONGEST_MINUTES + 1)
    with pytest.raises(Invalid):
        await conducting.pin(MANAGER, PLACE, card.id, minutes=0)


async def test_what_does_not_hang_here_is_not_pinned(store: Store, conducting: Conducting) -> None:
    ident, _ = await store.receive(Arrival(channel="avis", places=(PLACE,), upstream="w", text="Attend."))
    elsewhere, _ = await store.receive(Arrival(channel="avis", places=("lyon",), upstream="l", text="Lyon."))
    gone = await hanging(store)
    ruling = Ruling(code="hate", passage=(0, 4))
    await store.decide("withdraw", MODERATOR, gone.id, revision=1, ruling=ruling)
    for message in (ident, elsewhere, gone.id, "nothing"):
        with pytest.raises(NotFound):
            await conducting.pin(MANAGER, PLACE, message)
    assert (await conducting.now(PLACE)) == Conduct()


async def test_what_was_taken_down_is_pinned_no_more(store: Store, conducting: Conducting) -> None:
    card = await hanging(store)
    assert (await conducting.pin(MANAGER, PLACE, card.id)).kept is not None
    ruling = Ruling(code="hate", passage=(0, 4))
    await store.decide("withdraw", MODERATOR, card.id, revision=1, ruling=ruling)
    assert (await conducting.now(PLACE)).kept is None


async def test_the_next_one_ends_a_hold(store: Store, conducting: Conducting) -> None:
    await conducting.hold(MANAGER, PLACE)
    await conducting.order(STAFF, PLACE, "next")
    assert (await conducting.now(PLACE)).kept is None
    told = (await store.connection.commands.xrange(store.keys.feed(PLACE, "desk")))[-3:]
    assert [fields["what"] for _, fields in told] == ["place.conducted", "place.conducted", "place.next"]


async def test_p6_a_blank_is_public_and_ends_by_itself(store: Store, conducting: Conducting) -> None:
    blank = (await conducting.blank(MODERATOR, PLACE)).blank
    assert blank is not None
    assert blank.until == blank.since + timedelta(minutes=BLANK_MINUTES)
    later(store, minutes=BLANK_MINUTES + 7)
    # Whoever looks first writes it down, and only they.
    found = await asyncio.gather(*(conducting.now(PLACE) for _ in range(8)))
    assert all(conduct.blank is None for conduct in found)
    began, ended = await public(store)
    assert (began.what, began.by, began.via) == ("blanked", store.pseudonym(MODERATOR), "session")
    assert (ended.what, ended.by, ended.via) == ("unblanked", None, "clock")
    assert ended.at == blank.until  # when it ended, not when it was noticed
    assert (began.arrival, began.state, began.declared, began.code) == (None, None, None, None)


async def test_p6_a_confirmed_blank_lasts_until_a_person_ends_it(
    store: Store, conducting: Conducting
) -> None:
    await conducting.blank(MANAGER, PLACE)
    confirmed = (await conducting.confirm(COLLEAGUE, PLACE)).blank
    assert confirmed is not None
    assert confirmed.until is None
    later(store, hours=20)
    assert (await conducting.now(PLACE)).blank == confirmed
    await conducting.unblank(MANAGER, PLACE)
    assert [entry.what for entry in await public(store)] == ["blanked", "blank-confirmed", "unblanked"]
    with pytest.raises(Conflict) as refused:
        await conducting.confirm(MANAGER, PLACE)
    assert refused.value.kind == "not_blank"


async def test_a_blank_that_ran_out_is_closed_before_the_next_one(
    store: Store, conducting: Conducting
) -> None:
    await conducting.blank(MANAGER, PLACE)
    later(store, minutes=BLANK_MINUTES)
    with pytest.raises(Conflict):
        await conducting.confirm(MANAGER, PLACE)
    await conducting.blank(MANAGER, PLACE)
    await conducting.blank(MODERATOR, PLACE)  # it is blank already: nothing new to say
    assert [entry.what for entry in await public(store)] == ["blanked", "unblanked", "blanked"]


async def test_p8_the_same_nonce_is_the_same_act(store: Store, conducting: Conducting) -> None:
    await conducting.blank(MANAGER, PLACE, nonce="n1")
    await conducting.unblank(MANAGER, PLACE, nonce="n1")
    await conducting.blank(MANAGER, PLACE, nonce="n1")  # repeated by a client that never heard the answer
    assert (await conducting.now(PLACE)).blank is None
    assert [entry.what for entry in await public(store)] == ["blanked", "unblanked"]
    before = await store.feed_head(PLACE, "desk")
    for _ in range(3):
        await conducting.order(MANAGER, PLACE, "next", nonce="n2")
    assert (await store.feed_head(PLACE, "desk")).offset == before.offset + 1


async def test_p6_no_offset_of_the_wall_is_taken(store: Store, conducting: Conducting) -> None:
    card = await hanging(store)
    head = await store.feed_head(PLACE, "wall")
    await conducting.pin(MANAGER, PLACE, card.id)
    await conducting.pace(MANAGER, PLACE, "calm")
    await conducting.blank(MANAGER, PLACE)
    assert await store.feed_head(PLACE, "wall") == head


async def test_a_place_is_led_by_itself(conducting: Conducting) -> None:
    await conducting.blank(STRANGER, "lyon")
    assert (await conducting.now(PLACE)).blank is None


async def test_the_pace_follows_the_hours_of_the_place(conducting: Conducting) -> None:
    hours = [("11:30", "14:00", "lively"), ("22:00", "06:00", "calm")]
    conduct = await conducting.pace(MANAGER, PLACE, "normal", hours)
    assert conduct == await conducting.now(PLACE)

    def at(hour: int, minute: int = 0) -> str:
        """Winter in Grenoble: one hour ahead of UTC."""
        moment = datetime(2026, 11, 21, hour, minute, tzinfo=UTC) - timedelta(hours=1)
        return conduct.pace_at(moment, "Europe/Paris")

    assert [at(11, 29), at(11, 30), at(13, 59), at(14)] == ["normal", "lively", "lively", "normal"]
    assert [at(21, 59), at(22), at(23, 59), at(5, 59), at(6)] == ["normal", "calm", "calm", "calm", "normal"]


@pytest.mark.parametrize(
    "rows",
    [
        [("25:00", "26:00", "calm")],
        [("10:00", "10:00", "calm")],
        [("10:00", "12:00", "frantic")],
        [("10", "12", "calm")],
        [("10:00", "12:00", "calm")] * 13,
    ],
)
def test_hours_that_are_none(rows: list[tuple[str, str, str]]) -> None:
    with pytest.raises(Invalid) as refused:
        hours_of(rows)
    assert refused.value.kind == "hours_unknown"

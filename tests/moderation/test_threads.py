"""A thread of several turns, in several places: what a promise says of a message holds for each of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from displays.cards import card
from displays.protocol import Card
from moderation import consent
from moderation.actions import Actions
from moderation.arrivals import Arrival
from moderation.domain import Author, Consent, Declared, Message, Ruling
from moderation.errors import Conflict, NotFound
from moderation.roster import Roster
from moderation.store import Store
from tests.support.people import COLLEAGUE, MODERATOR

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
INSULT = Ruling(code="insult-threat", passage=(0, 1))
AGREED = Consent(state="given", at=NOON)


def said(upstream: str, thread: str | None = "c1", **more: Any) -> Arrival:
    given: dict[str, Any] = {"channel": "chat", "places": ("grenoble", "lyon"), "text": f"tour {upstream}"}
    return Arrival(upstream=upstream, thread=thread, **{**given, **more})


async def turn(store: Store, upstream: str, thread: str | None = "c1", **more: Any) -> Message:
    ident, _ = await store.receive(said(upstream, thread, **more))
    found = await store.message(ident)
    assert found is not None
    return found


async def hangs(store: Store, place: str = "grenoble") -> list[list[str]]:
    """The texts of each card, its turns after it."""
    return [[each.text, *(one.text for one in each.turns)] for each in await cards(store, place)]


async def cards(store: Store, place: str = "grenoble") -> list[Card]:
    return [card(thread, str) for thread in (await store.snapshot(place)).threads]


async def conversation(store: Store) -> list[Message]:
    """Three turns of one thread, approved in one step."""
    turns = [await turn(store, n) for n in ("1", "2", "3")]
    others = {one.id: 1 for one in turns[1:]}
    await store.decide("approve", MODERATOR, turns[0].id, revision=1, companions=others)
    return turns


# P1: nothing hangs that a person did not read


async def test_p1_what_is_approved_along_is_of_the_same_thread(store: Store, roster: Roster) -> None:
    first, other = await turn(store, "1"), await turn(store, "9", None)
    with pytest.raises(NotFound):
        await Actions(store, roster).approve(MODERATOR, first.id, revision=1, companions={other.id: 1})
    assert await hangs(store) == []


async def test_p1_only_who_decided_takes_it_back(store: Store) -> None:
    (first, *_) = await conversation(store)
    await store.decide("withdraw", MODERATOR, first.id, revision=1, ruling=INSULT)
    with pytest.raises(Conflict):
        await store.undo(COLLEAGUE, first.id)
    assert await hangs(store) == []


async def test_p1_an_adviser_s_turn_waits_like_any_other(store: Store) -> None:
    await conversation(store)
    assert (await turn(store, "4", by="place")).state == "pending"
    assert await hangs(store) == [["tour 1", "tour 2", "tour 3"]]


async def test_p1_a_turn_that_was_edited_leaves_its_card_until_it_is_read(store: Store) -> None:
    await conversation(store)
    await store.receive(said("2", text="autre chose", revision=2))
    for place in ("grenoble", "lyon"):
        assert await hangs(store, place) == [["tour 1", "tour 3"]]


CHANGES: dict[str, dict[str, Any]] = {
    "name": {"author": Author(name="Un autre")},
    "stars": {"declared": Declared(stars=5)},
    "kind": {"declared": Declared(kind="thanks")},
    "published": {"published_at": NOON},
    "experience": {"experience_at": NOON},
}


@pytest.mark.parametrize("change", CHANGES)
async def test_p1_whatever_else_of_it_was_edited_is_read_again_too(store: Store, change: str) -> None:
    given: dict[str, Any] = {"text": "Bonjour.", "author": Author(name="Camille")}
    message = await turn(store, "1", **given)
    await store.decide("approve", MODERATOR, message.id, revision=1)
    await store.receive(said("1", **{**given, **CHANGES[change]}, revision=2))
    assert await hangs(store) == []


# P4: the words, and the masks over some


async def test_p4_a_name_and_a_turn_are_masked_where_a_person_said_so(store: Store) -> None:
    await conversation(store)
    last = await turn(store, "4", author=Author(name="Camille"), text="Je suis Camille.")
    await store.decide("approve", MODERATOR, last.id, revision=1, masks=[(8, 15)], mask_author=True)
    (hanging,) = await cards(store)
    shown = hanging.turns[-1]
    assert (shown.text, shown.name, shown.masks) == ("Je suis ██████.", "██████", ((8, 14),))


async def test_p4_of_a_long_thread_every_turn_hangs_and_every_name_is_whole(store: Store) -> None:
    name = Author(name="Marie-Antoinette de la Tour du Pin Chambly de La Charce, née Dillon")
    turns = [await turn(store, f"{n}", author=name) for n in range(30)]
    others = {one.id: 1 for one in turns[1:]}
    await store.decide("approve", MODERATOR, turns[0].id, revision=1, companions=others)
    (hanging,) = await cards(store)
    assert [hanging.text, *(one.text for one in hanging.turns)] == [f"tour {n}" for n in range(30)]
    assert {hanging.author, *(one.name for one in hanging.turns)} == {name.name}


# P6, P7: what is down is down in every place, and screens hear of it


@pytest.mark.parametrize("at", [0, 1])
async def test_p6_every_place_hears_of_every_turn_that_is_taken_down(store: Store, at: int) -> None:
    turns = await conversation(store)
    heads = {place: await store.feed_head(place, "wall") for place in ("grenoble", "lyon")}
    await store.decide("withdraw", MODERATOR, turns[at].id, revision=1, ruling=INSULT)
    for place, head in heads.items():
        told = await store.follow({(place, "wall"): head}, block_ms=1)
        assert [entry.what for entry in told[place, "wall"]] == ["hide" if at == 0 else "put"]
        assert await hangs(store, place) == ([] if at == 0 else [["tour 1", "tour 3"]])


async def test_p7_a_deletion_need_not_say_the_thread(store: Store) -> None:
    await conversation(store)
    head = await store.feed_head("grenoble", "wall")
    await store.delete("chat", "2")
    assert await hangs(store) == [["tour 1", "tour 3"]]
    told = await store.follow({("grenoble", "wall"): head}, block_ms=1)
    assert [entry.what for entry in told["grenoble", "wall"]] == ["put"]


async def test_p7_another_text_under_the_same_revision_changes_nothing(store: Store) -> None:
    await conversation(store)
    assert (await store.receive(said("1", text="autre chose")))[1] == "duplicate"
    assert await hangs(store) == [["tour 1", "tour 2", "tour 3"]]


# P10, P11


async def test_p10_nobody_s_remark_nor_the_thread_s_name_is_left(store: Store) -> None:
    (first, *_) = await conversation(store)
    ruling = Ruling(code="illegal-other", passage=(0, 1), law="ce que dit Camille")
    await store.decide("withdraw", MODERATOR, first.id, revision=1, ruling=ruling)
    await store.erase(first.id)
    assert await store.decisions(first.id) == ()
    left = await store.connection.commands.hgetall(store.keys.message(first.id))
    assert not {"ruling", "undo", "upstream_thread", "author_id"} & set(left)


async def test_p11_taken_back_nobody_can_approve_it_alone_nor_along(store: Store) -> None:
    agreed = await turn(store, "1", consent=AGREED)
    needed = await turn(store, "2", consent=Consent(state="needed"))
    with pytest.raises(Conflict) as refused:
        await store.decide("approve", MODERATOR, agreed.id, revision=1, companions={needed.id: 1})
    assert refused.value.kind == "consent_required"
    await consent.record(store, "chat", "c1", given=False, at=NOON + timedelta(hours=1))
    with pytest.raises(Conflict) as refused:
        await store.decide("approve", MODERATOR, agreed.id, revision=1)
    assert refused.value.kind == "consent_required"


async def test_p11_no_undo_brings_back_what_the_customer_took_back(store: Store) -> None:
    agreed = await turn(store, "1", consent=AGREED)
    await store.decide("approve", MODERATOR, agreed.id, revision=1)
    await store.decide("withdraw", MODERATOR, agreed.id, revision=1, ruling=INSULT)
    await consent.record(store, "chat", "c1", given=False, at=NOON + timedelta(hours=1))
    with pytest.raises(Conflict):
        await store.undo(MODERATOR, agreed.id)
    assert await hangs(store) == []

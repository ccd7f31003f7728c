"""From a signed delivery to messages: repeated and disordered deliveries have one effect (P7)."""

from __future__ import annotations

import itertools
import random

import pytest

from connectors import door
from connectors.webhook import Webhook
from moderation.errors import SignedOut
from moderation.intake import Intake
from moderation.store import Store
from tests.connectors.channels import Channel, body_of, signed
from tests.support.invariants import check

WEBHOOK = Webhook(Channel())


async def take(store: Store, *items: object) -> Intake:
    body = body_of(*items)
    return await door.take(
        store, WEBHOOK, signed(body), body, kinds=("thanks", "idea", "question", "complaint")
    )


async def test_p7_one_upstream_item_never_makes_two_messages(store: Store) -> None:
    item = {"id": "1", "event": "created", "text": "Merci", "stars": 5}
    first = await take(store, item, item)
    again = await take(store, item)
    assert (first.accepted, first.duplicates) == (1, 1)
    assert (again.accepted, again.duplicates) == (0, 1)
    assert first.received[0].message == again.received[0].message
    assert await store.count("grenoble", "pending") == 1
    await check(store)


STORY = (
    {"id": "1", "event": "created", "text": "un"},
    {"id": "1", "event": "edited", "revision": 2, "text": "deux"},
    {"id": "1", "event": "edited", "revision": 3, "text": "trois"},
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_p7_the_highest_revision_wins_in_any_order(store: Store, order: tuple[int, ...]) -> None:
    for at in (*order, *order):
        await take(store, STORY[at])
    (message,) = (await store.messages(places=["grenoble"], state="pending")).items
    assert (message.text, message.revision) == ("trois", 3)
    await check(store)


async def test_p7_deleted_is_final_even_before_created(store: Store) -> None:
    await take(store, {"id": "1", "event": "deleted"})
    late = await take(store, *STORY)
    assert late.accepted == 0
    assert await store.count("grenoble", "pending") == 0
    await check(store)


async def test_p7_any_disorder_has_one_effect(store: Store) -> None:
    shuffled = random.Random(7)
    deliveries = [*STORY, {"id": "2", "event": "created", "text": "Une idée", "kind": "idea"}] * 3
    shuffled.shuffle(deliveries)
    for item in deliveries:
        await take(store, item)
    found = (await store.messages(places=["grenoble"], state="pending")).items
    assert sorted((message.text, message.revision) for message in found) == [("Une idée", 1), ("trois", 3)]
    await check(store)


async def test_p11_a_private_chat_is_held_until_the_consent(store: Store) -> None:
    turn = {"id": "c1", "event": "created", "text": "Bonjour", "private": True}
    await take(store, turn)
    assert await store.count("grenoble", "pending") == 0
    assert await store.count("grenoble", "pending", "consent") == 1
    agreed = await take(store, {**turn, "consent": {"given_at": "2026-11-20T10:00:00Z"}})
    assert agreed.accepted == 1
    assert await store.count("grenoble", "pending") == 1
    await check(store)


async def test_bad_items_are_put_aside_and_their_ids_are_not_used_up(store: Store) -> None:
    taken = await take(
        store,
        {"id": "1", "event": "created", "text": "x" * 40_001},
        {"id": "2", "event": "created", "text": " \u200b "},
        {"id": "3", "event": "edited", "text": "sans révision"},
        {"id": "4", "event": "created", "text": "x", "kind": "rant"},
        {"id": "5", "event": "created", "text": "x", "stars": 9},
        {"id": "6", "event": "created", "text": "bien"},
    )
    codes = {bad.upstream: bad.code for bad in taken.quarantined}
    assert codes == {"1": "too_long", "2": "empty", "3": "bad_json", "4": "kind_unknown", "5": "bad_json"}
    assert taken.accepted == 1
    assert len(await store.quarantined("avis")) == 5
    assert (await take(store, {"id": "5", "event": "created", "text": "x", "stars": 5})).accepted == 1


async def test_the_author_has_a_receipt_and_sending_again_gives_the_same(store: Store) -> None:
    turns = (
        {"id": "1", "event": "created", "text": "Bonjour"},
        {"id": "2", "event": "created", "text": "Bonjour !", "by": "place", "thread": "1"},
    )
    first, again = await take(store, *turns), await take(store, *turns)
    secret = first.received[0].receipt
    assert secret is not None
    assert len(secret) >= 50  # five bits a character
    assert again.received[0].receipt == secret
    assert first.received[1].receipt is None
    found = await store.receipt(secret)
    assert found is not None
    assert found.text == "Bonjour"


async def test_strangers_leave_nothing(store: Store) -> None:
    body = body_of({"id": "1", "event": "created", "text": "x"})
    with pytest.raises(SignedOut):
        await door.take(store, WEBHOOK, signed(body, secret="another"), body)
    assert await store.count("grenoble", "pending") == 0
    assert await store.channel("avis") == {}

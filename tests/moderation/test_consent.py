"""Private chats: what the customer said holds for all turns, also for those to come, whatever the order (P11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moderation import consent
from moderation.arrivals import Arrival
from moderation.domain import Consent, Message, Ruling
from moderation.errors import Conflict
from moderation.store import Store
from tests.support.people import MODERATOR

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def turn(
    store: Store, upstream: str, *, place: bool = False, given_at: datetime | None = None
) -> Message:
    ident, _ = await store.receive(
        Arrival(
            channel="chat",
            places=("grenoble",),
            upstream=upstream,
            thread="c1",
            by="place" if place else "author",
            text=f"tour {upstream}",
            consent=Consent(state="given" if given_at else "needed", at=given_at),
        )
    )
    found = await store.message(ident)
    assert found is not None
    return found


async def test_p11_all_turns_wait_are_let_go_and_come_down_together(store: Store) -> None:
    asked = [await turn(store, "1"), await turn(store, "2", place=True)]
    assert {m.held for m in asked} == {"consent"}
    assert await consent.record(store, "chat", "c1", given=True, at=NOON) == 2
    later = await turn(store, "3")
    assert (later.held, later.consent.state) == (None, "given")
    await store.decide(
        "approve", MODERATOR, asked[0].id, revision=1, companions={asked[1].id: 1, later.id: 1}
    )
    assert len((await store.snapshot("grenoble")).threads) == 1

    assert await consent.record(store, "chat", "c1", given=False, at=NOON + timedelta(hours=1)) == 3
    assert (await store.snapshot("grenoble")).threads == ()
    assert (await turn(store, "4")).consent.state == "withdrawn"
    assert await store.count("grenoble", "pending", "consent") == 4


async def test_p11_the_latest_word_holds_whichever_comes_first(store: Store) -> None:
    await consent.record(store, "chat", "c1", given=False, at=NOON + timedelta(hours=1))
    await consent.record(store, "chat", "c1", given=True, at=NOON)
    assert (await turn(store, "1")).held == "consent"


async def test_p11_taken_back_in_the_same_second_is_taken_back(store: Store) -> None:
    """Chatwoot lists its messages with whole seconds."""
    asked = await turn(store, "1")
    await consent.record(store, "chat", "c1", given=True, at=NOON)
    await store.decide("approve", MODERATOR, asked.id, revision=1)
    assert await consent.record(store, "chat", "c1", given=False, at=NOON) == 1
    assert (await store.snapshot("grenoble")).threads == ()
    assert await consent.record(store, "chat", "c1", given=True, at=NOON) == 0, "told again"


async def test_p11_taken_back_while_a_turn_came_in_holds_for_that_turn_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await consent.record(store, "chat", "c1", given=True, at=NOON)
    look = store._threads_of

    async def then_stop(items: Sequence[tuple[str, Arrival]]) -> list[Any]:
        seen = await look(items)
        await consent.record(store, "chat", "c1", given=False, at=NOON + timedelta(hours=1))
        return seen

    monkeypatch.setattr(store, "_threads_of", then_stop)
    came = await turn(store, "1")
    assert (came.held, came.consent.state) == ("consent", "withdrawn")


async def test_p11_an_item_with_its_own_consent_does_not_undo_a_later_word(store: Store) -> None:
    await consent.record(store, "chat", "c1", given=False, at=NOON + timedelta(hours=1))
    assert (await turn(store, "1", given_at=NOON)).held == "consent"
    assert (await turn(store, "2", given_at=NOON + timedelta(hours=2))).held is None


async def test_given_after_a_refusal_it_counts_when_the_refusal_is_taken_back(store: Store) -> None:
    asked = [await turn(store, "1"), await turn(store, "2")]
    ruling = Ruling(code="spam-ad", passage=(0, 1))
    for one in asked:
        await store.decide("refuse", MODERATOR, one.id, revision=1, ruling=ruling)
    assert await consent.record(store, "chat", "c1", given=True, at=NOON) == 2
    with pytest.raises(Conflict):  # something followed
        await store.undo(MODERATOR, asked[0].id)
    again = await store.decide("approve", MODERATOR, asked[1].id, revision=1)
    assert (again.state, again.consent.state) == ("approved", "given")

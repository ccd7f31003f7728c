"""Private chats: what the customer said holds for all turns, also for those to come, whatever the order (P11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from moderation import consent
from moderation.arrivals import Arrival
from moderation.domain import Consent, Message
from moderation.store import Store
from tests.support.people import MODERATOR

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def turn(store: Store, upstream: str, *, place: bool = False) -> Message:
    ident, _ = await store.receive(
        Arrival(
            channel="chat",
            places=("grenoble",),
            upstream=upstream,
            thread="c1",
            by="place" if place else "author",
            text=f"tour {upstream}",
            consent=Consent(state="needed"),
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

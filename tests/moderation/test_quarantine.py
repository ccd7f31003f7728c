"""What could not be taken in: one line for each item, however often its channel tells it again, and not for ever."""

from __future__ import annotations

from itertools import count

import pytest

from moderation import intake
from moderation.domain import Incoming
from moderation.quarantine import KEPT
from moderation.store import Store


async def test_an_item_told_again_keeps_its_one_line_and_its_latest_word(store: Store) -> None:
    ticks = count(1_000, 1_000)
    store.clock = lambda: next(ticks)
    await store.quarantine("avis", "other", "empty")
    for code in ("empty", "too_long", "bad_json"):
        await store.quarantine("avis", "again", code, "text")
    latest, other = await store.quarantined("avis")
    assert (latest.id, latest.code, latest.field, latest.at.timestamp()) == ("again", "bad_json", "text", 4)
    assert (other.id, other.code, other.field, other.at.timestamp()) == ("other", "empty", None, 1)
    await store.quarantine("avis", "other", "empty")
    assert [row.id for row in await store.quarantined("avis")] == ["other", "again"], "newest first"
    assert await store.quarantined("forum") == (), "each channel has its own"


async def test_a_poll_that_brings_one_bad_item_again_and_again_pushes_nothing_out(store: Store) -> None:
    await intake.receive(store, "avis", ["grenoble"], [Incoming(id="rare", text=" ")])
    for _ in range(KEPT + 1):
        await intake.receive(store, "avis", ["grenoble"], [Incoming(id="every time", text=" ")])
    assert {row.id for row in await store.quarantined("avis")} == {"rare", "every time"}


async def test_the_oldest_leave_when_there_are_too_many(store: Store) -> None:
    ticks = count(1_000, 1_000)
    store.clock = lambda: next(ticks)
    for n in range(KEPT):
        await store.quarantine("avis", f"u{n}", "empty")
    await store.quarantine("avis", "u0", "empty")  # seen last, so no longer the oldest
    await store.quarantine("avis", "one more", "empty")
    found = [row.id for row in await store.quarantined("avis")]
    assert found == ["one more", "u0", *(f"u{n}" for n in reversed(range(2, KEPT)))]
    commands, keys = store.connection.commands, store.keys
    assert await commands.hlen(keys.quarantine("avis")) == KEPT
    assert await commands.zcard(keys.quarantine_order("avis")) == KEPT


@pytest.mark.parametrize("by", ["channel", "person"])
async def test_p10_quarantine_forgets_the_id_of_what_is_erased(store: Store, by: str) -> None:
    upstream = "camille@example.org" + "/x" * 200  # kept cut, and found all the same
    item = Incoming(id=upstream, text="Bonjour.")
    (taken,) = (await intake.receive(store, "avis", ["grenoble"], [item])).received
    for bad in (upstream, "other", upstream):
        await store.quarantine("avis", bad, "too_long")
    if by == "channel":
        await store.delete("avis", upstream)
    else:
        await store.erase(taken.message or "")
    assert [row.id for row in await store.quarantined("avis")] == ["other"]
    order = store.keys.quarantine_order("avis")
    assert await store.connection.commands.zrange(order, 0, -1) == ["other"]

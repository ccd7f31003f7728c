"""Any story of many transitions on threads of several messages keeps every invariant (hypothesis)."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.arrivals import Arrival, Draft
from moderation.connection import connect
from moderation.domain import Consent, Place, Ruling
from moderation.errors import Conflict, NotFound, Problem
from moderation.store import Store
from tests.support import invariants
from tests.support.people import COLLEAGUE, MANAGER, MODERATOR

PEOPLE = (MODERATOR, COLLEAGUE)
STEP = st.tuples(
    st.sampled_from(
        ("created", "edited", "private", "deleted", "approve", "with", "refuse", "withdraw", "undo", "reply",
         "erase", "claim", "age")
    ),
    st.integers(0, 3),  # which message: 0 and 1 share a thread, 2 and 3 another
    st.integers(0, 1),  # which person
)  # fmt: skip


async def _tell(store: Store, step: tuple[str, int, int]) -> None:
    what, which, who = step
    ident, actor = store.message_id("c", f"u{which}"), PEOPLE[who]
    message = await store.message(ident)
    revision = message.revision if message else 1
    if what in ("created", "edited", "private"):
        await store.receive(
            Arrival(
                channel="c",
                places=("grenoble", "lyon") if which > 1 else ("grenoble",),
                upstream=f"u{which}",
                thread=f"t{which // 2}",
                revision=revision + 1 if what != "created" else 1,
                by="place" if which == 3 else "author",
                text=f"texte {which}",
                consent=Consent(state="needed") if what == "private" else Consent(),
            )
        )
    elif what == "deleted":
        await store.delete("c", f"u{which}", thread=f"t{which // 2}")
    elif what == "with":
        other = store.message_id("c", f"u{which ^ 1}")
        beside = await store.message(other)
        companions = {other: beside.revision} if beside else {}
        await store.decide("approve", actor, ident, revision=revision, companions=companions)
    elif what in ("approve", "refuse", "withdraw"):
        ruling = None if what == "approve" else Ruling(code="spam-ad", passage=(0, 1))
        await store.decide(what, actor, ident, revision=revision, ruling=ruling)  # type: ignore[arg-type]
    elif what == "undo":
        await store.undo(actor, ident)
    elif what == "reply":
        await store.reply(MANAGER, ident, Draft(place="grenoble", text="Merci.", outside=True))
    elif what == "erase":
        await store.erase(ident, actor=actor)
    elif what == "claim":
        await store.claim(actor, ident)
    else:
        await store.age_out(Place(slug="grenoble", name="Grenoble", wall_max=1))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=25))
def test_p8_no_story_breaks_the_house(engine_url: str, steps: list[tuple[str, int, int]]) -> None:
    async def story() -> None:
        store = await Store.open(await connect(engine_url), f"story{secrets.token_hex(6)}")
        try:
            for step in steps:
                with suppress(Conflict, NotFound):
                    await _tell(store, step)
            await invariants.check(store)
        finally:
            await store.close()

    asyncio.run(story())


@pytest.mark.parametrize("times", [30])
async def test_many_moderators_at_once_decide_each_message_once(store: Store, times: int) -> None:
    for n in range(times):
        await store.receive(Arrival(channel="c", places=("grenoble",), upstream=f"u{n}", text=str(n)))
    idents = [store.message_id("c", f"u{n}") for n in range(times)]

    async def approve(ident: str, person: int) -> bool:
        try:
            await store.decide("approve", PEOPLE[person], ident, revision=1)
        except Problem:
            return False
        return True

    won = await asyncio.gather(*(approve(ident, person) for ident in idents for person in (0, 1)))
    assert sum(won) == times
    assert len((await store.snapshot("grenoble")).threads) == times

"""Every transition of the store as one call on one prepared message, for tests that set them against each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from moderation.arrivals import Arrival, Draft
from moderation.domain import Author, Consent, Declared, Place, Ruling
from moderation.errors import Problem
from moderation.store import Store
from tests.support.people import COLLEAGUE, MANAGER, MODERATOR

RULING = Ruling(code="personal-data", passage=(0, 4))
PLACES = ("grenoble", "lyon")


def arrival(
    revision: int = 1, text: str = "Appelez-moi au 06 12 34 56 78.", *, needed: bool = False
) -> Arrival:
    return Arrival(
        channel="avis",
        places=PLACES,
        upstream="u1",
        revision=revision,
        text=text,
        author=Author(name="Camille"),
        declared=Declared(kind="idea"),
        published_at=datetime(2026, 11, 20, tzinfo=UTC),
        consent=Consent(state="needed") if needed else Consent(),
    )


async def receive(store: Store, nonce: str) -> object:
    return await store.receive(arrival(), nonce=nonce)


async def edit(store: Store, nonce: str) -> object:
    return await store.receive(arrival(2, "Appelez-moi."), nonce=nonce)


async def make_private(store: Store, nonce: str) -> object:
    return await store.receive(arrival(3, "Entre nous.", needed=True), nonce=nonce)


async def delete(store: Store, nonce: str) -> object:
    return await store.delete("avis", "u1", nonce=nonce)


async def erase(store: Store, nonce: str) -> object:
    return await store.erase(_id(store), actor=MODERATOR, nonce=nonce)


async def approve(store: Store, nonce: str) -> object:
    return await store.decide("approve", MODERATOR, _id(store), revision=1, masks=[(18, 29)], nonce=nonce)


async def refuse(store: Store, nonce: str) -> object:
    return await store.decide("refuse", COLLEAGUE, _id(store), revision=1, ruling=RULING, nonce=nonce)


async def withdraw(store: Store, nonce: str) -> object:
    return await store.decide("withdraw", MANAGER, _id(store), revision=1, ruling=RULING, nonce=nonce)


async def undo(store: Store, nonce: str) -> object:
    return await store.undo(MODERATOR, _id(store), nonce=nonce)


async def reply(store: Store, nonce: str) -> object:
    draft = Draft(place="grenoble", text="Merci, c'est noté.", outside=True)
    return await store.reply(MANAGER, _id(store), draft, nonce=nonce)


async def claim(store: Store, nonce: str) -> object:
    return await store.claim(COLLEAGUE, _id(store))


async def release(store: Store, nonce: str) -> object:
    return await store.release(COLLEAGUE, _id(store))


async def age_out(store: Store, nonce: str) -> object:
    return await store.age_out(Place(slug="grenoble", name="Grenoble", wall_max=0))


Transition = Callable[[Store, str], Awaitable[object]]
TRANSITIONS: dict[str, Transition] = {
    f.__name__: f
    for f in (
        receive, edit, make_private, delete, erase, approve, refuse, withdraw, undo, reply, claim, release, age_out,
    )
}  # fmt: skip
STARTS: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "pending": ("receive",),
    "approved": ("receive", "approve"),
    "refused": ("receive", "refuse"),
    "withdrawn": ("receive", "approve", "withdraw"),
}


@dataclass(frozen=True)
class Seen:
    """What a person could tell of the outcome: no times, no nonces."""

    message: tuple[object, ...] | None
    hung: tuple[tuple[str, ...], ...]


def _id(store: Store) -> str:
    return store.message_id("avis", "u1")


async def attempt(store: Store, name: str, nonce: str) -> str:
    """Run a transition; "done", or the code of what refused it."""
    try:
        await TRANSITIONS[name](store, nonce)
    except Problem as problem:
        return problem.kind
    return "done"


async def look(store: Store) -> Seen:
    message = await store.message(_id(store))
    hung = []
    for place in PLACES:
        snapshot = await store.snapshot(place)
        hung.append(
            tuple(text for t in snapshot.threads for text in (t.root.text, *(x.text for x in t.turns)))
        )
    if message is None:
        return Seen(None, tuple(hung))
    replies = tuple((r.text, r.delivery.state) for r in message.replies)
    claimed = message.claim and message.claim.by
    return Seen(
        (message.state, message.held, message.revision, message.text, message.masks, message.ruling,
         message.consent.state, replies, claimed),
        tuple(hung),
    )  # fmt: skip

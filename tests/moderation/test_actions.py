"""Who may do what, and in which order a request is judged: the table of CONTRACT.md, as a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Literal

import pytest

from moderation import intake
from moderation.actions import Actions
from moderation.domain import Actor, Incoming, Message
from moderation.errors import Conflict, Invalid, NotAllowed, NotFound
from moderation.roster import Roster
from moderation.store import Store
from tests.support.people import AUDITOR, MANAGER, MODERATOR, OWNER, STAFF, STRANGER

TEXT = "Vendeur malpoli, appelez le 06 12 34 56 78."


@pytest.fixture
def actions(store: Store, roster: Roster) -> Actions:
    return Actions(store, roster, takes_replies=lambda channel: channel == "avis")


@pytest.fixture
async def message(store: Store, actions: Actions) -> Message:
    item = Incoming(id="u1", text=TEXT, author_name="Camille", stars=1)
    (received,) = (await intake.receive(store, "avis", ["grenoble"], [item])).received
    assert received.message is not None
    return await actions.message(OWNER, received.message)


Call = Callable[[Actions, Actor, str], Awaitable[object]]


async def approve(actions: Actions, actor: Actor, ident: str) -> object:
    return await actions.approve(actor, ident, revision=1)


async def refuse(actions: Actions, actor: Actor, ident: str) -> object:
    return await actions.refuse(actor, ident, revision=1, reason="insult-threat", passage=(0, 15))


async def withdraw(actions: Actions, actor: Actor, ident: str) -> object:
    return await actions.withdraw(actor, ident, revision=1, reason="personal-data", passage=(28, 42))


async def undo(actions: Actions, actor: Actor, ident: str) -> object:
    return await actions.undo(actor, ident)


async def reply(actions: Actions, actor: Actor, ident: str) -> object:
    return await actions.reply(actor, ident, place="grenoble", text="Merci, nous en parlons.")


async def erase(actions: Actions, actor: Actor, ident: str) -> object:
    await actions.erase(actor, ident)
    return None


EVERYONE = (OWNER, MODERATOR, MANAGER, STAFF, AUDITOR)
TABLE: list[tuple[Call, set[str]]] = [
    (approve, {"owner", "moderator"}),
    (refuse, {"owner", "moderator"}),
    (withdraw, {"owner", "moderator", "manager"}),
    (undo, {"owner", "moderator", "manager"}),
    (reply, {"owner", "manager", "staff"}),
    (erase, {"owner"}),
]


@pytest.mark.parametrize("actor", EVERYONE, ids=lambda a: a.role)
@pytest.mark.parametrize(("call", "roles"), TABLE, ids=lambda x: getattr(x, "__name__", ""))
async def test_the_table_of_roles(
    actions: Actions, message: Message, actor: Actor, call: Call, roles: set[str]
) -> None:
    if call in (withdraw, reply):
        await approve(actions, MODERATOR, message.id)
    if call is undo and actor.role in roles:
        await actions.approve(OWNER, message.id, revision=1)
        with pytest.raises(Conflict) if actor.role != "owner" else _nothing():
            await call(actions, actor, message.id)
    elif actor.role in roles:
        await call(actions, actor, message.id)
    else:
        with pytest.raises(NotAllowed):
            await call(actions, actor, message.id)


class _nothing:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


async def test_another_places_object_is_not_found(actions: Actions, message: Message) -> None:
    for call in (approve, refuse, withdraw, undo):
        with pytest.raises(NotFound):
            await call(actions, STRANGER, message.id)
    assert (await actions.messages(STRANGER)).items == ()
    with pytest.raises(NotFound):
        await actions.messages(STRANGER, place="grenoble")


async def test_an_auditor_reads_what_hangs_and_nothing_else(actions: Actions, message: Message) -> None:
    with pytest.raises(NotFound):
        await actions.message(AUDITOR, message.id)
    await approve(actions, MODERATOR, message.id)
    assert (await actions.message(AUDITOR, message.id)).state == "approved"
    assert [m.id for m in (await actions.messages(AUDITOR)).items] == [message.id]
    with pytest.raises(NotAllowed):
        await actions.messages(AUDITOR, state="refused")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"reason": None, "passage": (0, 4)}, "reason_required"),
        ({"reason": "too-negative", "passage": (0, 4)}, "reason_unknown"),
        ({"reason": "author-withdrew", "passage": (0, 4)}, "reason_reserved"),
        ({"reason": "hate", "passage": None}, "passage_required"),
        ({"reason": "hate", "passage": (4, 4)}, "bad_positions"),
        ({"reason": "hate", "passage": (0, 999)}, "bad_positions"),
        ({"reason": "hate", "passage": (-1, 2)}, "bad_positions"),
        ({"reason": "illegal-other", "passage": (0, 4)}, "law_required"),
        ({"reason": "not-about-this-place", "passage": (0, 4)}, "subject_required"),
        ({"reason": "duplicate-same-author", "passage": (0, 4)}, "subject_required"),
        ({"reason": "duplicate-same-author", "passage": (0, 4), "subject": "nobody"}, "subject_required"),
    ],
)
async def test_p3_a_refusal_needs_a_code_of_the_list_and_a_passage(
    actions: Actions, message: Message, given: dict[str, object], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await actions.refuse(MODERATOR, message.id, revision=1, **given)  # type: ignore[arg-type]
    assert refused.value.kind == code
    assert (await actions.message(OWNER, message.id)).state == "pending"


async def test_p3_a_refusal_keeps_its_reason_and_its_passage(actions: Actions, message: Message) -> None:
    refused = await actions.refuse(
        MODERATOR,
        message.id,
        revision=1,
        reason="illegal-other",
        passage="author",
        law="Loi du 29 juillet 1881",
    )
    assert refused.ruling is not None
    assert (refused.ruling.passage, refused.ruling.law) == ("author", "Loi du 29 juillet 1881")


async def test_p3_stars_alone_are_refused_on_an_empty_passage(store: Store, actions: Actions) -> None:
    (received,) = (await intake.receive(store, "avis", ["grenoble"], [Incoming(id="s", stars=5)])).received
    assert received.message is not None
    with pytest.raises(Invalid):
        await actions.refuse(MODERATOR, received.message, revision=1, reason="spam-ad", passage=(0, 1))
    await actions.refuse(MODERATOR, received.message, revision=1, reason="spam-ad", passage=(0, 0))


@pytest.mark.parametrize("masks", [[(5, 3)], [(0, 5), (4, 8)], [(4, 8), (0, 2)], [(0, 0)], [(0, 999)]])
async def test_masks_are_sorted_disjoint_and_inside_the_text(
    actions: Actions, message: Message, masks: list[tuple[int, int]]
) -> None:
    with pytest.raises(Invalid) as refused:
        await actions.approve(MODERATOR, message.id, revision=1, masks=masks)
    assert refused.value.kind == "bad_positions"


async def test_positions_of_an_older_text_are_stale_rather_than_wrong(
    store: Store, actions: Actions, message: Message
) -> None:
    await intake.receive(
        store, "avis", ["grenoble"], [Incoming(id="u1", event="edited", revision=2, text="Court.")]
    )
    with pytest.raises(Conflict) as refused:
        await actions.approve(MODERATOR, message.id, revision=1, masks=[(28, 42)])
    assert refused.value.kind == "stale_revision"


async def test_a_companion_is_of_the_same_thread(store: Store, actions: Actions, message: Message) -> None:
    (other,) = (
        await intake.receive(store, "avis", ["grenoble"], [Incoming(id="u2", text="Ailleurs.")])
    ).received
    assert other.message is not None
    with pytest.raises(NotFound):
        await actions.approve(MODERATOR, message.id, revision=1, companions={other.message: 1})


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"text": " \n "}, "empty"),
        ({"text": "a" * 2001}, "too_long"),
        ({"text": "Non.", "stance": "shrug"}, "stance_unknown"),
        ({"text": "Bientôt.", "stance": "planned"}, "due_required"),
        ({"text": "Non.", "stance": "declined"}, "because_required"),
    ],
)
async def test_an_answer_says_something(
    actions: Actions, message: Message, given: dict[str, str], code: str
) -> None:
    await approve(actions, MODERATOR, message.id)
    with pytest.raises(Invalid) as refused:
        await actions.reply(MANAGER, message.id, place="grenoble", **given)  # type: ignore[arg-type]
    assert refused.value.kind == code


async def test_an_answer_is_signed_and_dated(actions: Actions, message: Message) -> None:
    await approve(actions, MODERATOR, message.id)
    made = await actions.reply(
        MANAGER, message.id, place="grenoble", text="C'est prévu.", stance="planned", due=date(2026, 12, 3)
    )
    assert (made.signed, made.due, made.delivery.state) == ("Léa, responsable", date(2026, 12, 3), "queued")
    with pytest.raises(NotFound):
        await actions.reply(OWNER, message.id, place="lyon", text="Ailleurs.")


@pytest.mark.parametrize("what", ["approve", "refuse"])
async def test_p3_positions_are_judged_in_the_text_that_they_are_of(
    store: Store, actions: Actions, message: Message, what: Literal["approve", "refuse"]
) -> None:
    """The text was looked at, then edited, and the decision is about the edited one: a body that took its time."""
    seen = await actions.look(MODERATOR, what, message.id)
    edited = Incoming(id="u1", event="edited", revision=2, text="Court.", author_name="Camille", stars=1)
    await intake.receive(store, "avis", ["grenoble"], [edited])
    beyond = (0, 40)
    with pytest.raises(Conflict) as refused:
        await (
            actions.approve(MODERATOR, message.id, revision=2, masks=[beyond], seen=seen)
            if what == "approve"
            else actions.refuse(
                MODERATOR, message.id, revision=2, reason="insult-threat", passage=beyond, seen=seen
            )
        )
    assert refused.value.kind == "stale_revision"
    assert (await actions.message(OWNER, message.id)).state == "pending"

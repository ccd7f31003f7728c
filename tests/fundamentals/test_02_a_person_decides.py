"""A named person reads, and decides. A refusal rests on a code of the closed list and on a passage."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from typing import Any

import pytest

from moderation.actions import Actions
from moderation.domain import Incoming
from moderation.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.fundamentals.conftest import House
from tests.support.people import AUDITOR, COLLEAGUE, MANAGER, MODERATOR, STAFF, STRANGER


async def test_p1_a_person_approves_and_it_hangs(house: House) -> None:
    message = await house.message("Ouvrez plus tôt le samedi.")
    done = await house.actions.approve(MODERATOR, message.id, revision=1)
    assert done.state == "approved"
    assert await house.texts() == ["Ouvrez plus tôt le samedi."]
    assert await house.ledger() == ["received", "approved"]
    (decision,) = await house.store.decisions(message.id)
    assert (decision["by"], decision["revision"]) == (MODERATOR.id, 1)


async def test_p1_only_the_revision_that_was_read_can_be_approved(house: House) -> None:
    message = await house.message("Bravo.", id="a1")
    await house.receives(Incoming(id="a1", event="edited", revision=2, text="Tout autre chose."))
    with pytest.raises(Conflict) as refused:
        await house.actions.approve(MODERATOR, message.id, revision=1)
    assert refused.value.kind == "stale_revision"
    assert await house.wall() == []


async def test_p1_who_may_not_decide_can_not(house: House) -> None:
    message = await house.message()
    for person in (MANAGER, STAFF, AUDITOR):
        with pytest.raises(NotAllowed):
            await house.actions.approve(person, message.id, revision=1)
    with pytest.raises(NotFound):  # another place's message does not exist for her
        await house.actions.approve(STRANGER, message.id, revision=1)
    assert await house.wall() == []


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ({"reason": None}, "reason_required"),
        ({"reason": "negative"}, "reason_unknown"),
        ({"reason": "author-withdrew"}, "reason_reserved"),
        ({"passage": None}, "passage_required"),
        ({"passage": (3, 3)}, "bad_positions"),
        ({"passage": (0, 999)}, "bad_positions"),
        ({"reason": "illegal-other"}, "law_required"),
        ({"reason": "not-about-this-place"}, "subject_required"),
    ],
)
async def test_p3_a_refusal_needs_a_code_and_the_passage(
    house: House, missing: dict[str, Any], code: str
) -> None:
    message = await house.message("Vendu, imbécile.")
    given: dict[str, Any] = {"reason": "insult-threat", "passage": (7, 15), **missing}
    with pytest.raises(Invalid) as refused:
        await house.actions.refuse(MODERATOR, message.id, revision=1, **given)
    assert refused.value.kind == code
    assert (await house.now(message.id)).state == "pending"


async def test_p3_a_refusal_says_what_it_rests_on(house: House) -> None:
    message = await house.message("Vendu, imbécile.")
    done = await house.actions.refuse(
        MODERATOR, message.id, revision=1, reason="insult-threat", passage=(7, 15)
    )
    assert done.ruling is not None
    assert (done.state, done.ruling.code) == ("refused", "insult-threat")
    assert done.text[slice(*done.ruling.passage)] == "imbécile"
    (entry,) = [e for e in (await house.store.ledger("grenoble")).items if e.what == "refused"]
    assert (entry.code, entry.by) == ("insult-threat", house.store.pseudonym(MODERATOR))


async def test_p3_a_duplicate_names_the_other_message(house: House) -> None:
    first, again = await house.message("Bravo.", id="a1"), await house.message("Bravo.", id="a2")
    duplicate: dict[str, Any] = {"revision": 1, "reason": "duplicate-same-author", "passage": (0, 2)}
    for wrong in (None, "the other one", again.id):
        with pytest.raises(Invalid) as refused:
            await house.actions.refuse(MODERATOR, again.id, subject=wrong, **duplicate)
        assert refused.value.kind == "subject_required"
    done = await house.actions.refuse(MODERATOR, again.id, subject=first.id, **duplicate)
    assert done.ruling is not None
    assert done.ruling.subject == first.id


def test_p3_there_is_no_bulk_refusal() -> None:
    for verb in (Actions.refuse, Actions.withdraw):
        parameters = inspect.signature(verb).parameters
        assert parameters["ident"].annotation == "str"
        assert "companions" not in parameters


async def test_two_moderators_at_once_decide_once(house: House) -> None:
    message = await house.message()
    await house.actions.approve(MODERATOR, message.id, revision=1)
    with pytest.raises(Conflict) as late:
        await house.actions.refuse(COLLEAGUE, message.id, revision=1, reason="spam-ad", passage=(0, 2))
    assert late.value.kind == "conflict"


async def test_there_is_undo_instead_of_are_you_sure(house: House) -> None:
    message = await house.message()
    await house.actions.approve(MODERATOR, message.id, revision=1)
    with pytest.raises(Conflict):
        await house.actions.undo(COLLEAGUE, message.id)
    undone = await house.actions.undo(MODERATOR, message.id)
    assert undone.state == "pending"
    assert await house.wall() == []


async def test_p11_without_consent_nobody_can_approve(house: House) -> None:
    private = {"id": "a1", "text": "Entre nous, merci.", "private": True}
    (received,) = await house.receives(Incoming(**private))  # type: ignore[arg-type]
    assert received.message is not None
    with pytest.raises(Conflict) as refused:
        await house.actions.approve(MODERATOR, received.message, revision=1)
    assert refused.value.kind == "consent_required"
    assert await house.wall() == []

    agreed = datetime(2026, 11, 21, 9, tzinfo=UTC)
    await house.receives(Incoming(**private, consent_at=agreed))  # type: ignore[arg-type]
    await house.actions.approve(MODERATOR, received.message, revision=1)
    assert await house.texts() == ["Entre nous, merci."]


async def test_p8_the_same_nonce_gives_the_same_answer(house: House) -> None:
    message = await house.message()
    once = await house.actions.approve(MODERATOR, message.id, revision=1, nonce="n1")
    again = await house.actions.approve(MODERATOR, message.id, revision=1, nonce="n1")
    assert again == once
    assert await house.ledger() == ["received", "approved"]

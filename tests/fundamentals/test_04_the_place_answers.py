"""The manager answers from the tablet, in front of everyone."""

from __future__ import annotations

from datetime import date

import pytest

from moderation.errors import Conflict, Invalid, NotAllowed
from tests.fundamentals.conftest import House
from tests.support.people import MANAGER, MODERATOR, STAFF


async def test_the_answer_hangs_beside_the_message(house: House) -> None:
    message = await house.message("Quand rouvre l'atelier ?")
    await house.actions.approve(MODERATOR, message.id, revision=1)
    reply = await house.actions.reply(
        MANAGER, message.id, place="grenoble", text="En mars.", stance="planned", due=date(2027, 3, 1)
    )
    (card,) = await house.wall()
    (turn,) = card.turns
    assert (turn.id, turn.by, turn.text) == (reply.id, "place", "En mars.")
    assert (turn.name, turn.stance, turn.due) == ("Léa, responsable", "planned", "2027-03-01")


async def test_an_answer_is_a_new_version_of_its_card(house: House) -> None:
    message = await house.message()
    await house.actions.approve(MODERATOR, message.id, revision=1)
    (before,) = await house.wall()
    await house.actions.reply(STAFF, message.id, place="grenoble", text="C'est réparé.", stance="done")
    (after,) = await house.wall()
    assert after.version > before.version


async def test_only_what_hangs_is_answered_and_only_by_the_place(house: House) -> None:
    message = await house.message()
    with pytest.raises(Conflict):
        await house.actions.reply(MANAGER, message.id, place="grenoble", text="Bonjour.")
    await house.actions.approve(MODERATOR, message.id, revision=1)
    with pytest.raises(NotAllowed):
        await house.actions.reply(MODERATOR, message.id, place="grenoble", text="Bonjour.")


async def test_a_promise_has_a_date_and_a_no_has_a_reason(house: House) -> None:
    message = await house.message()
    await house.actions.approve(MODERATOR, message.id, revision=1)
    for stance, code in (("planned", "due_required"), ("declined", "because_required")):
        with pytest.raises(Invalid) as refused:
            await house.actions.reply(MANAGER, message.id, place="grenoble", text="Oui.", stance=stance)
        assert refused.value.kind == code


async def test_p7_one_reply_is_made_once(house: House) -> None:
    message = await house.message()
    await house.actions.approve(MODERATOR, message.id, revision=1)
    answers = [
        await house.actions.reply(MANAGER, message.id, place="grenoble", text="Merci.", nonce="n1")
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    (card,) = await house.wall()
    assert len(card.turns) == 1

"""Taken down, edited, taken back, erased: what leaves the wall, and what may ever return."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moderation.domain import Gone, Incoming
from moderation.errors import Conflict, Invalid
from tests.fundamentals.conftest import House
from tests.support.people import MANAGER, MODERATOR
from tests.support.people import OWNER as ADA


async def test_p6_what_is_taken_down_returns_only_by_a_new_approval(house: House) -> None:
    message = await house.message("Ma voisine Samia vend aussi.")
    await house.actions.approve(MODERATOR, message.id, revision=1)
    down = await house.actions.withdraw(
        MANAGER, message.id, revision=1, reason="personal-data", passage=(11, 16)
    )
    assert await house.wall() == []
    await house.actions.approve(MODERATOR, message.id, revision=1, masks=[(11, 16)])
    (back,) = await house.wall()
    assert back.version > down.version
    assert "Samia" not in back.text


async def test_p3_taking_down_follows_the_rules_of_refusing(house: House) -> None:
    message = await house.message()
    await house.actions.approve(MODERATOR, message.id, revision=1)
    with pytest.raises(Invalid) as refused:
        await house.actions.withdraw(MANAGER, message.id, revision=1, reason="spam-ad", passage=None)
    assert refused.value.kind == "passage_required"
    assert len(await house.wall()) == 1


async def test_p7_an_upstream_edit_leaves_the_wall_until_it_is_read_again(house: House) -> None:
    message = await house.message("Bravo.", id="a1")
    await house.actions.approve(MODERATOR, message.id, revision=1)
    await house.receives(Incoming(id="a1", event="edited", revision=2, text="Bravo, sauf la caisse."))
    assert await house.wall() == []
    edited = await house.now(message.id)
    assert (edited.state, edited.revision) == ("pending", 2)


async def test_p7_an_upstream_deletion_is_final_even_before_the_creation(house: House) -> None:
    gone, late = await house.receives(
        Incoming(id="a1", event="deleted"), Incoming(id="a1", text="Trop tard.")
    )
    assert (gone.outcome, late.outcome) == ("deleted", "duplicate")
    assert await house.store.count("grenoble", "pending") == 0


async def test_p11_consent_taken_back_takes_the_chat_down(house: House) -> None:
    agreed = datetime(2026, 11, 21, 9, tzinfo=UTC)
    message = await house.message("Entre nous, merci.", id="a1", private=True, consent_at=agreed)
    await house.actions.approve(MODERATOR, message.id, revision=1)
    await house.receives(
        Incoming(id="a1", event="edited", revision=2, text="Entre nous, merci.", private=True)
    )
    assert await house.wall() == []
    back = await house.now(message.id)
    assert (back.held, back.consent.state) == ("consent", "withdrawn")


async def test_p10_an_erasure_takes_text_and_name_everywhere(house: House) -> None:
    message = await house.message("Je suis Camille Roux.", author_name="Camille Roux", author_id="camille-77")
    await house.actions.approve(MODERATOR, message.id, revision=1)
    await house.actions.reply(MANAGER, message.id, place="grenoble", text="Merci, madame Roux.")
    await house.actions.erase(ADA, message.id)
    kept = []
    async for key in house.store.connection.commands.scan_iter(match=f"*{house.store.organisation}*"):
        kept.append(key)
        kind = await house.store.connection.commands.type(key)
        read = {
            "hash": ("HGETALL", key), "stream": ("XRANGE", key, "-", "+"), "list": ("LRANGE", key, 0, -1),
            "zset": ("ZRANGE", key, 0, -1), "set": ("SMEMBERS", key), "string": ("GET", key),
        }[kind]  # fmt: skip
        kept.append(repr(await house.store.connection.commands.execute_command(*read)))
    assert not [line for line in kept if "Roux" in line or "camille-77" in line]
    assert await house.wall() == []


async def test_p10_the_ledger_keeps_number_code_and_dates(house: House) -> None:
    """`author-withdrew` is the author's and the channel's word: an owner who erases does not speak for them."""
    message = await house.message("Je suis Camille Roux.", id="a1")
    other = await house.message("Moi aussi.", id="a2")
    await house.actions.erase(ADA, message.id)
    await house.receives(Incoming(id="a2", event="deleted"))
    *_, owner, author = (await house.store.ledger("grenoble")).items
    assert (owner.what, owner.number, owner.code, owner.state) == ("erased", message.number, None, "erased")
    assert owner.by is not None
    assert (author.what, author.number, author.code) == ("erased", other.number, "author-withdrew")
    assert author.by is None


async def test_p6_what_was_erased_never_comes_back(house: House) -> None:
    message = await house.message("Bravo.", id="a1")
    await house.actions.approve(MODERATOR, message.id, revision=1)
    await house.actions.erase(ADA, message.id)
    (again,) = await house.receives(Incoming(id="a1", event="edited", revision=9, text="Revoilà."))
    assert again.outcome == "duplicate"
    with pytest.raises(Conflict):
        await house.actions.approve(MODERATOR, message.id, revision=1)
    truth = (await house.store.truths("grenoble", [message.tid]))[message.tid]
    assert isinstance(truth, Gone)
    assert truth.final

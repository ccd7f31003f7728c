"""A customer writes. Nothing happens by itself."""

from __future__ import annotations

from moderation.domain import Incoming
from tests.fundamentals.conftest import House


async def test_p1_what_is_received_waits_for_a_person(house: House) -> None:
    message = await house.message("La caisse 3 ferme trop tôt.", author_name="Camille", stars=2)
    assert (message.state, message.number, message.author.name) == ("pending", 1, "Camille")
    assert await house.wall() == []


async def test_p1_hints_are_remarks_and_never_verdicts(house: House) -> None:
    message = await house.message("Appelez-moi au 06 12 34 56 78, bande d'idiots !")
    assert "phone" in {hint.code for hint in message.hints}
    assert all(message.text[hint.start : hint.end] for hint in message.hints)
    assert message.state == "pending"


async def test_p7_one_upstream_item_is_one_message(house: House) -> None:
    once, again = await house.receives(Incoming(id="a1", text="Bravo."), Incoming(id="a1", text="Bravo."))
    assert (once.outcome, again.outcome, again.message) == ("created", "duplicate", once.message)
    assert await house.store.count("grenoble", "pending") == 1


async def test_a_bad_item_is_put_aside_and_the_rest_go_on(house: House) -> None:
    bad, good = await house.receives(Incoming(id="a1", text="  "), Incoming(id="a2", text="Bravo."))
    assert (bad.outcome, bad.code, good.outcome) == ("quarantined", "empty", "created")
    (mended,) = await house.receives(Incoming(id="a1", text="Bravo aussi."))
    assert mended.outcome == "created"


async def test_p11_a_private_chat_waits_for_its_authors_consent(house: House) -> None:
    message = await house.message("Entre nous, merci.", private=True)
    assert message.held == "consent"
    assert (await house.store.messages(places=["grenoble"], state="pending")).items == ()

"""The write page's channel: one form is one message, and its receipt is its author's alone."""

from __future__ import annotations

import pytest

from connectors.write import CHANNEL, FORM_SECONDS, Form, FormTokens, item_of, receipt_of
from moderation.domain import Place
from moderation.errors import Invalid, NotAllowed, Problem
from moderation.intake import receive
from moderation.store import Store
from moderation.text import WRITE_LIMIT

PLACE = Place(slug="grenoble", name="Grenoble")
MERCI = Form(text="Merci", kind="thanks", stars="5", name="Léa", consent=True)


def test_a_token_is_for_one_place_and_half_a_day(store: Store) -> None:
    now = 1_790_000_000.0
    tokens = FormTokens(store.seal, lambda: now)
    token = tokens.issue("grenoble")
    assert tokens.open("grenoble", token) == tokens.open("grenoble", token)
    assert tokens.issue("grenoble") != token
    now += FORM_SECONDS + 1
    with pytest.raises(NotAllowed):
        tokens.open("grenoble", token)


@pytest.mark.parametrize("forged", ["", "x", "a.1.b", "..", "é.1.\udcff", "a.b.c.d"])
def test_a_forged_token_is_refused(store: Store, forged: str) -> None:
    tokens = FormTokens(store.seal)
    with pytest.raises(NotAllowed) as refused:
        tokens.open("grenoble", forged)
    assert refused.value.kind == "form_expired"


def test_another_places_or_another_days_token_is_refused(store: Store) -> None:
    tokens = FormTokens(store.seal)
    token = tokens.issue("grenoble")
    nonce, issued, seal = token.split(".")
    for place, changed in (("lyon", token), ("grenoble", f"{nonce}.{int(issued) + 1}.{seal}")):
        with pytest.raises(NotAllowed):
            tokens.open(place, changed)


async def test_p7_pressed_twice_it_is_one_message_and_another_text_is_another(store: Store) -> None:
    again = Form(text="Merci, et une idée", consent=True)
    for form in (MERCI, MERCI, again):
        item = item_of(form, PLACE, "nonce")
        await receive(
            store, CHANNEL, ["grenoble"], [item], receipt=lambda item: receipt_of(store.receipt_secret, item)
        )
    found = (await store.messages(places=["grenoble"], state="pending")).items
    assert [message.text for message in found] == ["Merci", "Merci, et une idée"]
    receipt = await store.receipt(receipt_of(store.receipt_secret, item_of(MERCI, PLACE, "nonce")))
    assert receipt == found[0]
    assert await store.receipt("nonce") is None


def test_what_was_said_is_handed_over_as_it_was_written() -> None:
    item = item_of(MERCI, PLACE, "nonce")
    assert (item.text, item.kind, item.stars, item.author_name) == ("Merci", "thanks", 5, "Léa")
    assert item_of(Form(stars="2", consent=True), PLACE, "n").stars == 2
    assert item_of(Form(text="x", stars="0", consent=True), PLACE, "n").stars is None


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (Form(text=" \u200b\n", consent=True), "nothing_written"),
        (Form(text="👩\u200d👩\u200d👧" * (WRITE_LIMIT + 1), consent=True), "too_long"),
        (Form(text="👩" + "\u200d👩" * 40_000, consent=True), "too_long"),
        (Form(text="Merci"), "consent_missing"),
        (Form(text="Merci", kind="rant", consent=True), "kind_unknown"),
        (Form(text="Merci", stars="6", consent=True), "bad_json"),
        (Form(text="Merci", stars="٣", consent=True), "bad_json"),
    ],
)
def test_what_is_wrong_is_said(form: Form, code: str) -> None:
    with pytest.raises(Problem) as refused:
        item_of(form, PLACE, "nonce")
    assert refused.value.kind == code


def test_the_limit_counts_as_a_reader_does() -> None:
    item_of(Form(text="👩\u200d👩\u200d👧" * WRITE_LIMIT, consent=True), PLACE, "nonce")
    with pytest.raises(Invalid):
        item_of(Form(text="a" * (WRITE_LIMIT + 1), consent=True), PLACE, "nonce")

"""On the wall: the customer's words, whole; masks that look like masks; nothing that runs, links or deceives."""

from __future__ import annotations

import asyncio
from dataclasses import fields

import pytest

from displays.cards import MASK
from displays.protocol import Card
from displays.rendering import Pages
from moderation.domain import Incoming
from moderation.text import TEXT_LIMIT
from tests.fundamentals.conftest import House
from tests.support.people import MODERATOR

HARSH = (
    "Accueil glacial, attente interminable.\n\nJe ne reviendrai pas !!! 😡 çà et là… «vraiment» " + "x" * 80
)


async def _hung(house: House, text: str, **more: object) -> Card:
    message = await house.message(text, **more)
    await house.actions.approve(MODERATOR, message.id, revision=1)
    return (await house.wall())[-1]


async def test_p4_the_words_hang_whole_and_unedited(house: House) -> None:
    assert (await _hung(house, HARSH)).text == HARSH


async def test_p4_the_longest_text_is_not_cut(house: House) -> None:
    longest = ("Une phrase de vingt. " * TEXT_LIMIT)[: TEXT_LIMIT - 1] + "."
    assert (await _hung(house, longest)).text == longest


async def test_p4_a_text_too_long_is_set_aside_and_never_cut(house: House) -> None:
    (received,) = await house.receives(Incoming(id="a1", text="a" * (TEXT_LIMIT + 1)))
    assert (received.outcome, received.code) == ("quarantined", "too_long")


async def test_p4_a_mask_is_seen_as_a_mask_and_hides_its_length(house: House) -> None:
    message = await house.message("Merci à Samia Benali !", author_name="Camille Roux")
    await house.actions.approve(MODERATOR, message.id, revision=1, masks=[(8, 20)], mask_author=True)
    (card,) = await house.wall()
    assert (card.text, card.masks) == (f"Merci à {MASK} !", ((8, 14),))
    assert card.author == MASK
    assert (await house.now(message.id)).text == "Merci à Samia Benali !"


async def test_what_is_private_never_leaves(house: House) -> None:
    """A card has these fields and no others: no upstream id, no address, no decision, no hint."""
    await _hung(house, "Bravo.", author_name="Camille", author_id="u-77", url="https://exemple.fr/avis/1")
    assert {f.name for f in fields(Card)} == {
        "id", "version", "text", "masks", "author", "channel", "kind", "stars", "published_at",
        "experience_at", "approved_at", "turns",
    }  # fmt: skip
    said = repr(await house.wall())
    assert "u-77" not in said
    assert "exemple.fr" not in said


@pytest.mark.parametrize(
    ("trick", "left"),
    [
        ("solde \u202e%05- ruop", "solde %05- ruop"),
        ("\u2066un\u2069 \u2067deux\u2069", "un deux"),
        ("lar\u200bgeur\ufeff n\u00adulle\u2060", "largeur nulle"),
        ("caché\U000e0041\U000e0042\U000e007f", "caché"),
        ("bip\x07\x1b[31m", "bip[31m"),
        ("ẑ" + "\u0300" * 30, "ẑ" + "\u0300" * 8),
    ],
)
async def test_p12_direction_and_width_tricks_are_removed_and_said(
    house: House, trick: str, left: str
) -> None:
    message = await house.message(trick)
    assert message.text == left
    assert "altered" in {hint.code for hint in message.hints}


async def test_p12_html_becomes_text(house: House) -> None:
    message = await house.message(
        "<p>Bon&nbsp;accueil</p><p>Mais <b>cher</b><script>fetch('//mal.example')</script></p>", format="html"
    )
    assert message.text == "Bon\u00a0accueil\nMais cher"


async def test_p12_markup_in_a_text_stays_text(house: House) -> None:
    card = await _hung(house, "<img src=x onerror=alert(1)>", author_name="<b>Camille</b>")
    assert (card.text, card.author) == ("<img src=x onerror=alert(1)>", "<b>Camille</b>")


async def test_p12_an_address_that_is_no_web_page_is_dropped(house: House) -> None:
    message = await house.message("Bravo.", url="javascript:alert(1)", author_url="data:text/html,x")
    assert (message.url, message.author.url) == (None, None)


def test_p12_a_page_escapes_what_it_is_given() -> None:
    pages = Pages(organisation="</title><script>alert(1)</script>")
    template = pages._environment.from_string("{{ organisation }}{{ data('boot', said) }}")
    drawn = template.render(said="</script><script>alert(2)</script>")
    assert drawn.count("<script") == 1
    assert drawn.count("</script") == 1


async def test_p12_malicious_html_does_not_stop_the_house(house: House) -> None:
    """Twenty thousand unclosed tags are read beside the event loop."""
    slow = asyncio.create_task(house.receives(Incoming(id="a1", text="<div>" * 20_000 + "x", format="html")))
    await house.message("Bravo.")
    await slow

"""Hints say where to look and why; they decide nothing (P1)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.triage import HINTS_LIMIT, hints


def told(text: str) -> list[tuple[str, str, str]]:
    return [(hint.code, text[hint.start : hint.end], hint.detail) for hint in hints(text)]


@pytest.mark.parametrize(
    ("text", "code", "passage", "detail"),
    [
        ("Rappelez-moi au 06 12 34 56 78, merci", "phone", "06 12 34 56 78", "FR"),
        ("Mon 06 39 98 12 34", "phone", "06 39 98 12 34", "FR"),
        ("06.12.34.56.78", "phone", "06.12.34.56.78", "FR"),
        (
            "tel +33\u202f6\u202f12\u202f34\u202f56\u202f78",
            "phone",
            "+33\u202f6\u202f12\u202f34\u202f56\u202f78",
            "FR",
        ),
        ("0041 44 668 18 00", "phone", "0041 44 668 18 00", "CH"),
        ("Call 020 7946 0958 today", "phone", "020 7946 0958", "GB"),
        ("Call (415) 555-2671.", "phone", "(415) 555-2671", "US"),
        ("écrivez à lea.dupont+avis@exemple.fr.", "email", "lea.dupont+avis@exemple.fr", ""),
        ("IBAN FR76 3000 6000 0112 3456 7890 189 merci", "iban", "FR76 3000 6000 0112 3456 7890 189", "FR"),
        ("gb82west12345698765432", "iban", "gb82west12345698765432", "GB"),
        ("carte 4111-1111-1111-1111", "card", "4111-1111-1111-1111", "16"),
        ("allez sur https://Exemple.com/a?b=1.", "link", "https://Exemple.com/a?b=1", "exemple.com"),
        ("www.truc.fr, bien", "link", "www.truc.fr", "truc.fr"),
        ("promo-lampes.shop pas cher", "link", "promo-lampes.shop", "promo-lampes.shop"),
        ("J’habite 12 bis rue des Lilas", "address", "12 bis rue des Lilas", ""),
        ("Le vendeur est un CRÉTIN.", "insult", "CRÉTIN", "fr"),
        ("quel e\u0301nculé… non\u202f: enculé\u202f!", "insult", "enculé", "fr"),
        ("Your clerk is an asshole!", "insult", "asshole", "en"),
        ("Get your refund at рaypal now", "lookalike", "рaypal", "Latn+Cyrl"),
    ],
)
def test_a_hint_says_where_and_why(text: str, code: str, passage: str, detail: str) -> None:
    assert told(text) == [(code, passage, detail)]


@pytest.mark.parametrize(
    "text",
    [
        "C’est nul, honteux, le pire magasin de France. Jamais plus jamais\u202f!",
        "This is the worst shop I have ever seen. Rubbish, useless, a disgrace.",
        "Commande 123456789 du 12/11/2026 à 14 h 05, 1\u00a0299,90\u00a0€ au lieu de 999,00",
        "Deux retards de livraison, trois idées, un concours",
        "IBAN FR76 3000 6000 0112 3456 7890 188 : la clé est fausse",
        "numéro 4111 1111 1111 1112",
        "le 09/11/2026, référence 0048213",
        "J’ai attendu de 10:00 à 12:30.Personne n’est venu. M.Dupont non plus",
        "Il y a 3 personnes place de la caisse",
        "@lea sur les réseaux",
        "Привет, Γειά, hello",
        "",
    ],
)
def test_no_hint_for_harsh_words_or_plain_numbers(text: str) -> None:
    assert told(text) == []


def test_the_surest_hint_keeps_its_run() -> None:
    assert [code for code, _, _ in told("contact@lumiere.fr ou 4111111111111111")] == ["email", "card"]


def test_what_the_table_removed_comes_first() -> None:
    altered, phone = hints("06 12 34 56 78", removed=3)
    assert (altered.code, altered.start, altered.end, altered.detail) == ("altered", 0, 0, "3")
    assert phone.code == "phone"


def test_another_language_is_read_by_its_own_lists() -> None:
    assert [hint.code for hint in hints("connard, 06 12 34 56 78", ["en"])] == []
    assert [hint.code for hint in hints("connard, +33 6 12 34 56 78", ["en"])] == ["phone"]


@given(st.text(st.one_of(st.characters(), st.sampled_from("0123456789+(). -@frcom")), max_size=200))
def test_hints_are_sorted_disjoint_and_inside_the_text(text: str) -> None:
    found = hints(text)
    end = 0
    for hint in found:
        assert end <= hint.start < hint.end <= len(text)
        end = hint.end
    assert hints(text) == found


@pytest.mark.parametrize(
    "heap", ["1 ", "a@b.fr ", "FR76 ", "12 rue a ", "www.", "a.", "(1", "+1", "gros con "]
)
def test_hints_cost_little_and_are_few(heap: str) -> None:
    begun = time.process_time()
    found = hints(heap * (40_000 // len(heap)))
    assert len(found) <= HINTS_LIMIT
    assert time.process_time() - begun < 3

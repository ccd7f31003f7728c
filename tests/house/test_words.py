"""Texts and documents: both languages say the same, and every key is documented."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation import errors
from moderation.errors import TITLES, Problem
from server.settings import reference

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "displays" / "locales"


def pairs() -> list[str]:
    return sorted({str(path.relative_to(LOCALES / "fr")) for path in LOCALES.glob("fr/*.json")})


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_locales_are_the_same_files() -> None:
    assert pairs()
    assert {path.name for path in LOCALES.glob("en/*.json")} == set(pairs())


@pytest.mark.parametrize("name", pairs())
def test_french_and_english_say_the_same(name: str) -> None:
    french, english = (
        json.loads((LOCALES / language / name).read_text(encoding="utf-8")) for language in ("fr", "en")
    )
    assert french.keys() == english.keys()
    for key, text in french.items():
        assert text.strip(), key
        assert english[key].strip(), key
        assert fields(text) == fields(english[key]), key


def test_apostrophes_are_those_of_print() -> None:
    written = [
        *(path.read_text(encoding="utf-8") for path in LOCALES.glob("*/*.json")),
        *(text for texts in TITLES.values() for text in texts.values()),
    ]
    assert [found for text in written for found in re.findall(r"\w*[^\W\d_]'[^\W\d_]\w*", text)] == []


def test_no_page_speaks_of_a_lease() -> None:
    """To whoever keeps a shop that is the contract of its walls."""
    for name in pairs():
        french, english = (json.loads((LOCALES / one / name).read_text("utf-8")) for one in ("fr", "en"))
        assert [text for text in french.values() if re.search(r"(?i)\b(bail|baux)\b", text)] == []
        assert [text for text in english.values() if re.search(r"(?i)\bleases?\b", text)] == []


def kinds(root: type[Problem] = Problem) -> Iterator[type[Problem]]:
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_code_has_a_sentence_in_both_languages() -> None:
    import server.commands  # noqa: F401 - so that every class of problem is known

    for code, texts in TITLES.items():
        assert set(texts) == {"fr", "en"}, code
        assert fields(texts["fr"]) == fields(texts["en"]), code
    assert {kind.code for kind in kinds()} <= TITLES.keys()


def test_every_code_that_is_raised_has_a_sentence() -> None:
    names = "|".join({kind.__name__ for kind in kinds()})
    raised = {
        code
        for package in ("moderation", "displays", "connectors", "server")
        for path in (ROOT / package).rglob("*.py")
        for code in re.findall(rf'\b(?:{names})\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert raised
    assert raised <= TITLES.keys()
    assert errors.Problem("no_such_code").title("en") == TITLES["problem"]["en"]


def test_the_readme_holds_the_settings_reference() -> None:
    # python -c "from server.settings import reference; print(reference())"
    assert reference() in (ROOT / "server" / "README.md").read_text(encoding="utf-8")

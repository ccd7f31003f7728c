"""The text table: what is removed, that nothing else is, and that hostile texts end inert (P4, P12)."""

from __future__ import annotations

import json
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.errors import Invalid
from moderation.text import (
    MARKS_LIMIT,
    NAME_LIMIT,
    TEXT_LIMIT,
    Cleaned,
    clean,
    clean_name,
    clean_url,
    graphemes,
    html_to_text,
)

HOSTILE = Path(__file__).parents[3] / "shared" / "hostile" / "strings.jsonl"

# What customers really write: none of it may change by a character.
OWN = (
    "Merci à Léa, rayon luminaires\u202f: « parfait », du début à la fin\u202f!",
    "L’ampoule a tenu… trois jours. Remboursez-moi, s’il vous plaît.",
    "Œuvre d’art à 1\u00a0299,90\u00a0€ — vraiment\u202f?\n\n- abîmée\n- livrée en retard\n\tet sans notice",
    "Your lamp is *lovely* & the box was <huge>; 5 < 6 > 4, I <3 it.",
    "Ship it! 👩\u200d👩\u200d👧\u200d👦 ❤️ 🇫🇷 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f 1️⃣ 👍🏽",
    "می\u200cخواهم",
    "क्\u200dष और क्ष",
    "شكرا جزيلا، والله خدمة ممتازة",
    "תודה רבה",
    "ありがとうございます。とても良い店です。",
    "Tiếng Việt đẹp",
    "&amp; &lt;b&gt; %3Cscript%3E \\u003cb\\u003e",
)

# Letters, and all that the table knows of: the mixture that breaks a table.
TRICKY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "ae\u0301\u0323\u0338\u20e3\ufe0f\u200b\u200c\u200d\u200e\u202e\u2066\u2800\u3164\r\n\t \x00\x85"
            "\ud83d\ude00"
            "🏴👩🇫\U000e0067\U000e0062\U000e007f\U000e0020ᄀ\u1161\u11a8\u09c7\u09be\u09d7<>&;b"
        ),
    ),
    max_size=60,
)


@pytest.mark.parametrize("text", OWN)
def test_p4_a_customers_words_are_left_alone(text: str) -> None:
    assert clean(text).text == unicodedata.normalize("NFC", text)
    assert clean(text).removed == 0


@pytest.mark.parametrize(
    ("given_", "text", "removed"),
    [
        ("a\r\nb", "a\nb", 0),
        ("a\rb", "ab", 1),
        ("e\u0301te\u0301", "été", 0),
        ("e\u200b\u0301", "é", 1),
        ("a\x00\x07\x1b\x7f\x85b", "ab", 5),
        ("a\ud800b\udfff", "ab", 2),
        ("pay\u202egnp.exe\u202c \u2066x\u2069 \u061c\u200e\u200f\xad\u2060\ufeff", "paygnp.exe x", 10),
        ("a\u200d\u200d\u200c\u200db", "a\u200db", 3),
        ("Z" + "\u0335" * 40, "Z" + "\u0335" * 8, 32),
        ("Z" + "\u0335" * 8 + "\u200d" + "\u0335" * 8, "Z" + "\u0335" * 8 + "\u200d", 8),
        ("hi\U000e0068\U000e0069", "hi", 2),
        ("🏴\U000e0068\U000e0069", "🏴", 2),
        ("🏴" + "\U000e0061" * 40 + "\U000e007f", "🏴", 41),
        (" \n\t trimmed \u2003\n", "trimmed", 0),
        (" \u200b\u200d\u3164\u2800\ufe0f ", "", 1),
        ("", "", 0),
    ],
)
def test_the_table(given_: str, text: str, removed: int) -> None:
    cleaned = clean(given_)
    assert (cleaned.text, cleaned.removed) == (text, removed)


@given(TRICKY)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean(text)
    assert clean(once.text).text == once.text
    assert clean(once.text).removed == 0


@given(TRICKY)
def test_what_is_left_keeps_the_tables_promises(text: str) -> None:
    left = clean(text).text
    assert left == unicodedata.normalize("NFC", left)
    assert left == left.strip()
    left.encode()  # raises on a surrogate
    marks = 0
    for char in left:
        category = unicodedata.category(char)
        assert category != "Cc" or char in "\n\t"
        assert (
            char
            not in "\u200b\u2060\ufeff\xad\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        )
        if char not in "\u200c\u200d":
            marks = marks + 1 if category.startswith("M") else 0
        assert marks <= MARKS_LIMIT
    assert "\u200d\u200d" not in left
    assert "\u200c\u200d" not in left


@given(st.text(st.characters(exclude_categories=["C", "M"], exclude_characters="\xad"), max_size=200))
def test_p4_nothing_else_is_changed(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    cleaned = clean(text)
    assert cleaned.removed == 0
    assert cleaned.text == composed.strip() or not cleaned.text


@given(st.one_of(st.none(), TRICKY))
def test_a_name_is_one_line_and_cleaned_once(name: str | None) -> None:
    once, _ = clean_name(name)
    assert clean_name(once) == (once, 0)
    assert once is None or (once and "\n" not in once and "\t" not in once)


def test_names() -> None:
    assert clean_name("  Léa \u202e\n(Grenoble)\t") == ("Léa  (Grenoble)", 1)
    assert clean_name("\u200b\u200d") == (None, 1)
    assert clean_name(None) == (None, 0)
    assert clean_name("é" * NAME_LIMIT)[0] == "é" * NAME_LIMIT
    with pytest.raises(Invalid) as refused:
        clean_name("x" * (NAME_LIMIT + 1))
    assert (refused.value.kind, refused.value.params) == ("too_long", {"limit": NAME_LIMIT})


def test_too_long_is_refused_never_cut() -> None:
    assert len(clean("é" * TEXT_LIMIT).text) == TEXT_LIMIT
    assert len(clean("e\u0301" * TEXT_LIMIT).text) == TEXT_LIMIT  # counted as it will be kept
    for text in ("a" * (TEXT_LIMIT + 1), "<p>" + "a" * 50_000):
        with pytest.raises(Invalid) as refused:
            clean(text, "html")
        assert refused.value.kind == "too_long"


@pytest.mark.parametrize(
    "url",
    [
        "https://exemple.fr/avis/1?x=é#a",
        "http://localhost:8000",
        "HTTPS://EXEMPLE.FR",
        "https://m.exemple/@lea",
    ],
)
def test_addresses_kept(url: str) -> None:
    assert clean_url(f" {url}\n") == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,<b>",
        "//exemple.fr",
        "/avis",
        "exemple.fr",
        "ftp://exemple.fr",
        "https://",
        "https:///avis",
        "https://exemple.fr/a b",
        "https://exemple.fr/\u202egnp",
        "https://ex\nemple.fr",
        "https://banque.fr@mal.example/",
        "https://exemple.fr:port/",
        "http://[::1",
        'https://exemple.fr/"onclick=',
        "https://exemple.fr/" + "a" * 2_000,
    ],
)
def test_p12_addresses_dropped(url: str | None) -> None:
    assert clean_url(url) is None


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Bonjour</p><p>Merci &amp; bravo<br>Léa</p>", "Bonjour\nMerci & bravo\nLéa"),
        ("<div><div>un</div></div>\n  <div>deux</div>trois", "un\ndeux\ntrois"),
        ("un<br/><br />deux", "un\n\ndeux"),
        ("<ul><li>un<li>deux</ul>", "un\ndeux"),
        ("entre\n  les   lignes", "entre les lignes"),
        ("<pre>un\ndeux</pre>", "un\ndeux"),
        ("<b>gr</b><i>as</i>", "gras"),
        ("&amp;lt;b&amp;gt; &lt;b&gt; &eacute; &#233; &nbsp;x", "&lt;b&gt; <b> é é \xa0x"),
        ("5 < 6, I <3 it & you", "5 < 6, I <3 it & you"),
        ("a<!-- b -->c<style>d</style>e<SCRIPT>f</SCRIPT >g<title>h</title>", "aceg"),
        ("<script>jamais fermé", "jamais fermé"),
        ("<p title='<p>'>un</p>", "un"),
        ("<img src=x onerror=alert(1)>", ""),
        ('<a title="<style>">un</a><img alt="<!--">deux<style>x</style>trois<!-- y -->', "undeuxtrois"),
        ("caf&eacute noir &amp th&#233 &lt gratuit", "café noir & thé < gratuit"),
        ("?a=1&copy=2&region=3 &amp;eacute x", "?a=1&copy=2&region=3 &eacute x"),
        ("", ""),
    ],
)
def test_html_becomes_text(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


@pytest.mark.parametrize(
    ("markup", "text", "removed"),
    [
        ("fo\x07o", "foo", 1),
        ("\x01\x02", "", 2),
        ("a\x00b", "ab", 1),
        ("a&#7;b&#x1b;", "ab", 2),
        ("a\x0cb", "a b", 0),
    ],
)
def test_control_characters_of_html_are_removed_and_counted(markup: str, text: str, removed: int) -> None:
    assert clean(markup, "html") == Cleaned(text, removed)


@given(st.text(st.one_of(st.characters(), st.sampled_from("<>&/!-pbr =\"'")), max_size=80))
def test_escaped_html_comes_back_as_it_was(text: str) -> None:
    import html

    plain = " ".join(clean(text).text.split())
    assert clean(html.escape(plain), "html").text == clean(plain).text


@pytest.mark.parametrize(
    "markup",
    [
        "<div>",
        "<p>",
        "<b>",
        "<a href=x>",
        "<br>",
        "<!--",
        "<script>",
        "<table><tr><td>",
        "<",
        "&",
        "<![CDATA[",
    ],
)
def test_malicious_html_is_read_in_bounded_time(markup: str) -> None:
    """64 kB of it; bleach alone takes 10 s on the first, because it builds the tree."""
    begun = time.process_time()
    html_to_text(markup * (64_000 // len(markup)))
    assert time.process_time() - begun < 4


def test_malicious_text_is_read_in_bounded_time() -> None:
    begun = time.process_time()
    clean("a" + "\u0301\u0323" * 300_000)
    assert graphemes("🇫" * TEXT_LIMIT) == TEXT_LIMIT // 2
    assert time.process_time() - begun < 4


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("été", 3),
        ("e\u0301", 1),
        ("👩\u200d👩\u200d👧", 1),
        ("🇫🇷🇬🇧🇫", 3),
        ("x🇫🇷y", 3),
        ("क्षि", 1),
        ("\r\n", 1),
    ],
)
def test_graphemes_are_what_a_person_counts(text: str, count: int) -> None:
    assert graphemes(text) == count


@pytest.mark.skipif(not HOSTILE.exists(), reason=f"hostile strings absent: {HOSTILE.parent} is not beside us")
@pytest.mark.parametrize("format_", ["text", "html"])
def test_p12_every_hostile_string_ends_inert_or_refused(format_: str) -> None:
    texts = [json.loads(line)["text"] for line in HOSTILE.read_text("utf-8").splitlines()]
    assert len(texts) == 1832
    for text in texts:
        left = clean(text, "html" if format_ == "html" else "text").text
        assert clean(left).text == left
        assert left == left.strip()
        if len(left) > NAME_LIMIT:
            with pytest.raises(Invalid):
                clean_name(left)
        else:
            assert "\n" not in (clean_name(left)[0] or "")
        assert clean_url(text) is None or text.strip().lower().startswith(("http://", "https://"))

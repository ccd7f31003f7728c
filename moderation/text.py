"""The text table of CONTRACT.md: what is removed from foreign text, and nothing else.

Owns names, addresses, limits and HTML to text; the only module that imports bleach. Must not know the store,
the queue or pages: safety on a page is escaping when it is drawn, never this. `clean(clean(x)) == clean(x)`.
HTML costs up to a second for 64 kB of malice, so its callers leave the event loop first.
"""

from __future__ import annotations

import html
import html.entities
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

import bleach  # type: ignore[import-untyped]
import regex

from moderation.errors import Invalid

TEXT_LIMIT: Final = 40_000  # code points, from any channel
WRITE_LIMIT: Final = 2_000  # graphemes, on the write page
NAME_LIMIT: Final = 80  # code points
HTML_LIMIT: Final = 200_000  # code points of markup, before it is read
URL_LIMIT: Final = 2_000
MARKS_LIMIT: Final = 8  # combining marks a base

_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_SURROGATES = "\ud800-\udfff"  # a Python string pairs none: all that is left is lone
_INVISIBLE = "\u200b\u2060\ufeff\xad\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"
_TAGS = "\U000e0000-\U000e007f"
_REMOVED = re.compile(f"[{_CONTROLS}{_SURROGATES}{_INVISIBLE}]")
# A flag of a subdivision: black flag, region, subdivision, end. Only these may carry tags: a longer run would
# smuggle whole sentences that nobody sees.
_FLAG_OR_TAG = re.compile(
    "(\U0001f3f4[\U000e0061-\U000e007a]{2}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,4}\U000e007f)"
    f"|[{_TAGS}]"
)
_JOINERS = frozenset("\u200c\u200d")
# White or without any ink, whatever Unicode calls them: a text of these only has nothing to read.
_INKLESS = regex.compile(r"[\s\p{Default_Ignorable_Code_Point}\u2800]*")
_GRAPHEME = regex.compile(r"\X")
_FLAG_LETTERS = re.compile("[\U0001f1e6-\U0001f1ff]{1,2}")
# Neither marks nor joiners: what most texts are made of needs no look at each character.
_PLAIN = re.compile("[\x00-\u02ff\u2000-\u200b\u200e-\u206f\u20a0-\u20bf]*")
# Ordering marks is quadratic in CPython's normalize: half a million on one letter would hang it.
_HEAP_OF_MARKS = regex.compile(r"(\p{M}{64})\p{M}+")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text after the table, and how many characters were removed (hint `altered`)."""

    text: str
    removed: int


def clean(text: str, format: Literal["text", "html"] = "text") -> Cleaned:  # noqa: A002  (the contract's word)
    """The whole table. Raises `too_long`; an empty result is for intake to judge: stars may stand alone."""
    if format == "html":
        text = html_to_text(text)
    cleaned = _table(text)
    if len(cleaned.text) > TEXT_LIMIT:
        raise Invalid("too_long", limit=TEXT_LIMIT)
    return cleaned


def clean_name(name: str | None) -> tuple[str | None, int]:
    """A name is one line; with nothing left it is anonymous."""
    cleaned = _table(name or "")
    line = " ".join(part for part in re.split(r"[\n\t\u2028\u2029]+", cleaned.text) if part)
    if len(line) > NAME_LIMIT:
        raise Invalid("too_long", limit=NAME_LIMIT)
    return line or None, cleaned.removed


def clean_url(url: str | None) -> str | None:
    """An http or https address with a host, or nothing. Nothing is repaired."""
    url = (url or "").strip()
    if not url or len(url) > URL_LIMIT or _REMOVED.search(url) or re.search(r"[\s\\<>\"]", url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises on what is no port
    except ValueError:
        return None
    # A name before an @ makes one host look like another.
    fair = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
    return url if fair else None


def graphemes(text: str) -> int:
    """What a person counts as characters.

    Pairs of flag letters are folded first: at each, the engine looks back to where their run began, and
    40,000 of them took 5.3 s.
    """
    return sum(1 for _ in _GRAPHEME.finditer(_FLAG_LETTERS.sub("x", text)))


def _table(text: str) -> Cleaned:
    text = text.replace("\r\n", "\n")
    kept = _REMOVED.sub("", text)
    kept = _FLAG_OR_TAG.sub(lambda match: match[1] or "", kept)
    kept = _HEAP_OF_MARKS.sub(lambda match: match[1], kept)  # regex makes a template anew at each call
    removed = len(text) - len(kept)
    # Composed after the removals, because what stood between a letter and its accent is gone only now.
    composed = unicodedata.normalize("NFC", kept)
    kept = composed if _PLAIN.fullmatch(composed) else "".join(_bounded(composed))
    removed += len(composed) - len(kept)
    return Cleaned("" if _INKLESS.fullmatch(kept) else kept.strip(), removed)


def _bounded(text: str) -> Iterator[str]:
    """At most eight marks a base, one joiner in a row. A joiner is no base: it does not restart the count."""
    marks, last = 0, ""
    for char in text:
        if char in _JOINERS:
            if last in _JOINERS:
                continue
        elif char > "\u02ff" and unicodedata.category(char)[0] == "M":
            marks += 1
            if marks > MARKS_LIMIT:
                continue
        else:
            marks = 0
        last = char
        yield char


# --- HTML ------------------------------------------------------------------------------------------

_BLOCKS = (
    "address|article|aside|blockquote|body|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form"
    "|h[1-6]|header|hr|li|main|nav|ol|option|p|pre|section|summary|table|tbody|tfoot|thead|tr|ul"
)
# Up to the end of a tag, so that what an attribute says is neither a tag nor the beginning of a comment. A bound for
# the quotes that nobody closed: looking for their end from each would be quadratic.
_ATTRIBUTES = r"""(?:[^<>=]+|=\s*"[^"]{0,2000}"|=\s*'[^']{0,2000}'|=)*"""
_LANDMARK = re.compile(
    rf"<!--|<(?:(?P<mute>script|style|template|title)\b|(?P<close>/?)(?:(?P<block>{_BLOCKS})\b|[a-z])){_ATTRIBUTES}",
    re.IGNORECASE,
)
# Those that HTML knows without their semicolon too. Before a letter, a digit or "=" it may be a part of an address.
_BARE = "|".join(sorted((name for name in html.entities.html5 if name[-1] != ";"), key=len, reverse=True))
_UNENDED = re.compile(rf"&(#[0-9]+|#[xX][0-9a-fA-F]+|{_BARE})(?![\w;=])")
_CONTROL_IN_HTML = re.compile("[\x00-\x08\x0b\x0e-\x1f]")
_CONTROL_BY_NUMBER = re.compile(
    r"&#(?:0*(?:[1-8]|11|1[4-9]|2\d|3[01])|[xX]0*(?:[1-8bBeEfF]|1[\da-fA-F]));", re.ASCII
)
_BREAKS = re.compile(r" ?(?:<(?P<tag>[bh])r> ?)+")


def html_to_text(markup: str) -> str:
    """Blocks and `br` to newlines, entities decoded once, everything else that is markup gone.

    bleach is given no element that nests: with `div` allowed, 13,000 unclosed ones took it 9.6 s, because it
    builds the tree. So blocks are first marked by a void `hr`, and only `hr` and `br` survive.
    """
    if len(markup) > HTML_LIMIT:
        raise Invalid("too_long", limit=TEXT_LIMIT)
    # bleach writes a question mark for a control character and unescape drops it unsaid; a delete is removed by the
    # table, and counted. A form feed is white in HTML.
    markup = _CONTROL_IN_HTML.sub("\x7f", markup.replace("\f", " "))
    marked = _UNENDED.sub(r"&\1;", "".join(_marked(markup)))
    marked = _CONTROL_BY_NUMBER.sub("\x7f", marked)
    flat = bleach.clean(marked, tags={"br", "hr"}, attributes={}, strip=True, strip_comments=True)
    flat = re.sub(r"[ \t\r\n\f]+", " ", flat)
    return html.unescape(_BREAKS.sub(_newlines, flat)).strip()


def _newlines(match: re.Match[str]) -> str:
    """As many newlines as `br`s; blocks that meet make one between them."""
    return "\n" * max(1, match[0].count("<br>"))


def _marked(markup: str) -> Iterator[str]:
    """The markup with an `hr` before each edge of a block, without comments, scripts and styles. One pass."""
    at, preformatted = 0, False
    unclosed: set[str] = set()  # endings looked for in vain: looking again would make this quadratic
    while match := _LANDMARK.search(markup, at):
        before = markup[at : match.start()]
        yield before.replace("\n", "<br>") if preformatted else before
        at = match.end()
        if match["block"]:
            if match["block"].lower() == "pre":
                preformatted = not match["close"]
            yield "<hr>" + match[0]
            continue
        if not match["mute"] and match[0] != "<!--":
            yield match[0]
            continue
        ending = f"</{match['mute'].lower()}" if match["mute"] else "-->"
        end = -1 if ending in unclosed else _find(markup, ending, at)
        if end < 0:
            unclosed.add(ending)
            yield match[0]
        else:
            at = end + (3 if ending == "-->" else 0)
    yield markup[at:]


def _find(markup: str, ending: str, start: int) -> int:
    found = re.compile(re.escape(ending), re.IGNORECASE).search(markup, start)
    return found.start() if found else -1

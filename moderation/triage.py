"""Hints for the moderator: where to look, and why. Pure functions; nothing here decides anything (P1).

Owns the codes of hints. Must not know the store, the channel or what the author declared. A detail is a short
fact that needs no translation and repeats no personal data. Tone is never guessed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

import phonenumbers
import regex

from moderation.domain import Hint

HINTS_LIMIT: Final = 100  # a text full of numbers must not weigh more than itself

# Which national numbers are recognised without a country code.
_REGIONS: Final = {"fr": ("FR", "BE", "CH"), "en": ("GB", "US")}
# What a reader stops at. Short on purpose: a hint that cries wolf is not read.
_INSULTS: Final = {
    "fr": (
        "abruti|abrutie|abrutis|bouffon|bouffons|bouffonne|connard|connards|connasse|connasses|cretin|cretine"
        "|cretins|debile|debiles|encule|encules|enculee|enfoire|enfoires|fdp|gogol|gros con|grosse conne"
        "|idiot|idiots|idiote|idiotes|imbecile|imbeciles|nique|ntm|petasse|petasses|pute|putes"
        "|salaud|salauds|salope|salopes|sale con|sale conne|sous-merde|ta gueule|tocard|tocards|trou du cul"
        "|va crever|vermine"
    ),
    # Without what is a plain word in French (« des retards »): both lists are read over every text.
    "en": (
        "arsehole|arseholes|asshole|assholes|bastard|bastards|bitch|bitches|cunt|cunts|dickhead|dickheads"
        "|drop dead|fuck you|fuck off|imbecile|imbeciles|moron|morons|motherfucker|motherfuckers|piece of shit"
        "|pricks|retarded|scum|scumbag|scumbags|shut up|slut|sluts|stupid cow|twat|twats|wanker"
        "|wankers|whore|whores"
    ),
}

_EMAIL = regex.compile(r"(?<![\w.+-])[\w.+-]{1,64}+@(?:[\w-]{1,63}+\.){1,8}\p{L}{2,24}\b")
_LINK = regex.compile(
    r"(?:https?://|\bwww\.)[^\s<>\"«»]{1,2000}+"
    r"|(?<![\w@.-])(?:[\w-]{1,63}+\.){1,5}(?:com|net|org|info|biz|shop|fr|be|ch|eu|uk|de|it|es|io|me|tk|xyz)\b"
    r"(?:/[^\s<>\"«»]{0,2000}+)?(?!@)",
    regex.IGNORECASE,
)
_IBAN = regex.compile(r"\b[A-Z]{2}\d{2}(?:[ \u00a0\u202f.-]?[A-Z0-9]){11,30}+\b", regex.IGNORECASE)
_CARD = regex.compile(r"(?<![\d.,])[2-6](?:[ \u00a0\u202f.-]?\d){12,18}+(?!\d)")
_PHONE = regex.compile(r"(?<![\w.,])(?:\+|\(\+?)?\d(?:[ \u00a0\u202f./()-]{0,3}\d){6,16}+(?!\w|[.,]\d)")
_ADDRESS = regex.compile(
    r"\b\d{1,4}+(?: ?(?:bis|ter|quater|[A-D]))?,? (?:"
    r"(?:rue|avenue|av\.|boulevard|bd|allée|allee|impasse|chemin|route|quai|cours|square|place)"
    r" (?:[\w'’.-]{1,30}+ ?){1,6}"
    r"|(?:[A-Z][\w'’-]{1,30}+ ){1,3}(?:street|st|road|rd|lane|close|drive|gardens|crescent)\b)",
    regex.IGNORECASE,
)
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_SCRIPTS: Final = {
    "Latn": regex.compile(r"\p{Latin}"),
    "Cyrl": regex.compile(r"\p{Cyrillic}"),
    "Grek": regex.compile(r"\p{Greek}"),
}
_SEPARATORS = regex.compile(r"[^\dA-Z]")


def hints(text: str, languages: Sequence[str] = ("fr", "en"), *, removed: int = 0) -> tuple[Hint, ...]:
    """What may need a second look, in reading order; `removed` is what the text table took out."""
    found: list[Hint] = []
    for look in _LOOKS:
        for hint in look(text, languages):
            # The first to claim a run keeps it: an account number is not a telephone number too.
            if not any(hint.start < other.end and other.start < hint.end for other in found):
                found.append(hint)
            if len(found) >= HINTS_LIMIT:
                break
    found.sort(key=lambda hint: (hint.start, hint.end))
    if removed:
        found.insert(0, Hint(code="altered", start=0, end=0, detail=str(removed)))
    return tuple(found[:HINTS_LIMIT])


def _emails(text: str, _: Sequence[str]) -> Iterator[Hint]:
    for match in _EMAIL.finditer(text):
        yield Hint(code="email", start=match.start(), end=match.end())


def _links(text: str, _: Sequence[str]) -> Iterator[Hint]:
    for match in _LINK.finditer(text):
        address = match[0].rstrip(".,;:!?)…'’")
        host = regex.sub(r"^(?:https?://)?(?:www\.)?", "", address, flags=regex.IGNORECASE)
        yield Hint(
            code="link",
            start=match.start(),
            end=match.start() + len(address),
            detail=regex.split(r"[/?#:]", host)[0][:80].lower(),
        )


def _ibans(text: str, _: Sequence[str]) -> Iterator[Hint]:
    for match in _IBAN.finditer(text):
        # Words may follow without a stop: the longest run that its checksum proves.
        for end in range(match.end(), match.start() + 14, -1):
            compact = _SEPARATORS.sub("", text[match.start() : end].upper())
            if text[end - 1].isalnum() and 15 <= len(compact) <= 34 and _mod97(compact) == 1:
                yield Hint(code="iban", start=match.start(), end=end, detail=compact[:2])
                break


def _cards(text: str, _: Sequence[str]) -> Iterator[Hint]:
    for match in _CARD.finditer(text):
        digits = _SEPARATORS.sub("", match[0])
        if _luhn(digits):
            yield Hint(code="card", start=match.start(), end=match.end(), detail=str(len(digits)))


def _phones(text: str, languages: Sequence[str]) -> Iterator[Hint]:
    regions = [region for language in languages for region in _REGIONS.get(language, ())]
    for match in _PHONE.finditer(text):
        region = _region(match[0], regions)
        if region:
            yield Hint(code="phone", start=match.start(), end=match.end(), detail=region)


def _region(written: str, regions: Sequence[str]) -> str | None:
    """The region of the first plan under which this, so written, is a number that can be called."""
    plain = regex.sub(r"\s", " ", written)  # the library knows no narrow spaces
    local = plain.lstrip("(").startswith("0")
    grouped = len(regex.findall(r"\d+", plain)) == 3
    # At home a number is written with its 0, or in America in three groups. Else: any number of nine.
    plans = ["ZZ", *(region for region in regions if (grouped if region == "US" else local))]
    numbers = [number for region in plans if (number := _parsed(plain, region))]
    for number in numbers:
        if phonenumbers.is_valid_number(number):
            return phonenumbers.region_code_for_number(number) or f"+{number.country_code}"
    # French ranges open faster than the library learns of them.
    french = (number for number in numbers if number.country_code == 33)
    return "FR" if any(phonenumbers.is_possible_number(number) for number in french) else None


def _parsed(written: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None


def _addresses(text: str, _: Sequence[str]) -> Iterator[Hint]:
    for match in _ADDRESS.finditer(text):
        yield Hint(code="address", start=match.start(), end=match.start() + len(match[0].rstrip(" .")))


def _insults(text: str, languages: Sequence[str]) -> Iterator[Hint]:
    folded = _folded(text)
    for language in languages:
        if pattern := _INSULT.get(language):
            for match in pattern.finditer(folded):
                yield Hint(code="insult", start=match.start(), end=match.end(), detail=language)


def _lookalikes(text: str, _: Sequence[str]) -> Iterator[Hint]:
    """A word in two alphabets: letters that pass for others."""
    for match in _WORD.finditer(text):
        if match[0].isascii():
            continue
        scripts = [name for name, pattern in _SCRIPTS.items() if pattern.search(match[0])]
        if len(scripts) > 1:
            yield Hint(code="lookalike", start=match.start(), end=match.end(), detail="+".join(scripts))


def _folded(text: str) -> str:
    """Small letters without accents, one for one, so that positions stay true."""
    return "".join(map(_plain, text))


@lru_cache(4096)
def _plain(char: str) -> str:
    return unicodedata.normalize("NFD", char)[0].lower()[:1] or char


def _mod97(compact: str) -> int:
    return int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0


_INSULT: Final = {
    language: regex.compile(rf"(?<!\w)(?:{words})(?!\w)") for language, words in _INSULTS.items()
}
_Look = Callable[[str, Sequence[str]], Iterator[Hint]]
# Surest first.
_LOOKS: Final[tuple[_Look, ...]] = (
    _ibans,
    _cards,
    _emails,
    _links,
    _phones,
    _addresses,
    _insults,
    _lookalikes,
)

"""The texts of every page, in French and English, and the dates between them.

Owns the locale files: `locales/<language>/<surface>.json`, flat keys that all begin with the name of
their file (`desk.approve` lives in `desk.json`), the same keys in both languages. Must not know pages,
sockets or messages. `static/js/shared/i18n.js` and `dates.js` do the same in the browser.

A text may hold `{name}` places. A text that counts has two keys, `….one` and `….other`, and is asked
for without the ending, with `n`.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from babel.dates import format_date, format_datetime, format_time, get_timezone_location

LANGUAGES: Final = ("fr", "en")

# CLDR writes « samedi 21 novembre à 14:05 »; a French newspaper writes « samedi 21 novembre, 14 h 05 ».
_DAY: Final = {"fr": "EEEE d MMMM", "en": "EEEE d MMMM"}
_TIME: Final = {"fr": "H' h 'mm", "en": "HH:mm"}
_NO_BREAK: Final = "\u00a0"
_NOWHERE: Final = "ZZ"  # CLDR's unknown region


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every text of a language, by key."""
    found: dict[str, str] = {}
    for entry in sorted(files("displays").joinpath("locales", language).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".json"):
            found |= json.loads(entry.read_text("utf-8"))
    return found


@cache
def texts(language: str, *surfaces: str) -> Mapping[str, str]:
    """What one page's modules need: the texts of the named surfaces only."""
    wanted = tuple(f"{surface}." for surface in surfaces)
    return {key: text for key, text in catalogue(language).items() if key.startswith(wanted)}


def t(language: str, key: str, **params: object) -> str:
    """One text. An unknown key or place is a mistake of ours and raises KeyError."""
    if "n" in params and key not in catalogue(language):
        n = params["n"]
        form = Locale(language).plural_form(n if isinstance(n, (int, float)) else 0)
        key = f"{key}.{form if f'{key}.{form}' in catalogue(language) else 'other'}"
    return catalogue(language)[key].format_map(params)


def day(when: date | datetime, language: str, timezone: str = "UTC", *, today: date | None = None) -> str:
    """« samedi 21 novembre », with the year when it is not this one. A number is not parted from what it counts."""
    local = when.astimezone(ZoneInfo(timezone)).date() if isinstance(when, datetime) else when
    now = today or datetime.now(UTC).astimezone(ZoneInfo(timezone)).date()
    pattern = _DAY[language] + (" y" if local.year != now.year else "")
    text = format_date(local, pattern, locale=language)
    # The first of a month is « 1er » in French, which CLDR patterns can't say.
    text = text.replace(" 1 ", " 1er ", 1) if language == "fr" and local.day == 1 else text
    weekday, _, rest = text.partition(" ")
    return f"{weekday} {rest.replace(' ', _NO_BREAK)}"


def time(when: datetime, language: str, timezone: str = "UTC") -> str:
    """« 14 h 05 », which must not break over two lines."""
    text = format_time(when, _TIME[language], tzinfo=ZoneInfo(timezone), locale=language)
    return text.replace(" ", _NO_BREAK)


def moment(when: datetime, language: str, timezone: str = "UTC", *, today: date | None = None) -> str:
    """« samedi 21 novembre, 14 h 05 »."""
    return f"{day(when, language, timezone, today=today)}, {time(when, language, timezone)}"


@cache
def zone(name: str, language: str) -> str:
    """« Paris (France) – Europe/Paris »: a time zone as people would look for it. One of no place is only its name."""
    known = get_global("zone_aliases").get(name, name)
    code = get_global("zone_territories").get(known, _NOWHERE)
    if code in (_NOWHERE, "001"):
        return name
    territory = Locale(language).territories[code]
    city = get_timezone_location(name, locale=language, return_city=True)
    return f"{city} – {name}" if city == territory else f"{city} ({territory}) – {name}"


def zones(names: Iterable[str], language: str) -> list[tuple[str, str]]:
    """Time zones and what they are called, by city."""
    called = [(name, zone(name, language)) for name in names]
    return sorted(called, key=lambda one: (one[0] == one[1], _plain(one[1])))


def _plain(text: str) -> str:
    """For the order of words: É beside E."""
    return unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode().lower()


def stamp(when: datetime) -> str:
    """For `<time datetime>`: RFC 3339 in UTC."""
    return format_datetime(when.astimezone(UTC), "yyyy-MM-dd'T'HH:mm:ss'Z'", tzinfo=UTC, locale="en")

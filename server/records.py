"""Records that people make in forms: places and names, read and checked.

Owns what a slug, a name, a password's field and a place's numbers may be. Must not know who fills the form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from importlib.resources import files
from typing import Final
from zoneinfo import available_timezones

from starlette.datastructures import FormData

from displays.i18n import LANGUAGES
from moderation.domain import Place
from moderation.errors import BadRequest, Invalid
from moderation.mounting import COMFORTS, Mounting, length
from moderation.text import clean_name
from server.bodies import number_of, text_of
from server.expected import SLUG
from server.passwords import MOST

SLUG_LIMIT: Final = 40
KNOWN_TIMEZONES: Final = frozenset(available_timezones()) - {"Factory", "localtime"}  # which no browser knows
# One zone a city: of the others, most are older names of these, which a list would show twice.
_TABLE: Final = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
TIMEZONES: Final = tuple(sorted(re.findall(r"^[A-Z]{2}\t\S+\t(\S+)", _TABLE, re.MULTILINE)))


def named(form: FormData, field: str, *, needed: bool = True) -> str:
    """A name as people may see it: cleaned like every foreign text, 80 characters at most."""
    name, _ = clean_name(text_of(form, field, 400))
    if not name and needed:
        raise Invalid("field_needed", field=field)
    return name or ""


def password_of(form: FormData, field: str = "password") -> str:
    """As typed: blanks at its ends belong to it."""
    return text_of(form, field, 4 * MOST, trim=False)


def slug_of(form: FormData, field: str, name: str) -> str:
    """As it was typed; left empty, what ASCII has of the name: « Grenoble, la gare » is ``grenoble-la-gare``."""
    slug = text_of(form, field) or slug_from(name)
    if not SLUG.fullmatch(slug):
        raise Invalid("bad_slug", field=field)
    return slug


def slug_from(name: str) -> str:
    letters = (each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return re.sub(r"[^a-z0-9]+", "-", "".join(letters).lower()).strip("-")[:SLUG_LIMIT].strip("-")


def choice_of(form: FormData, field: str, options: Sequence[str]) -> int:
    """Which of a list; nothing is the first."""
    said = text_of(form, field) or options[0]
    if said not in options:
        raise BadRequest(field=field)
    return list(options).index(said)


def languages_of(form: FormData) -> tuple[str, ...]:
    """« fr », « fr en »; nothing leaves it to the browser."""
    said = tuple(text_of(form, "languages").split())
    if not set(said) <= set(LANGUAGES) or len(set(said)) < len(said):
        raise BadRequest(field="languages")
    return said


def mounting_of(form: FormData) -> Mounting:
    """How large a screen is and from where it is read. Raises Invalid, see ``Mounting.checked``."""
    return Mounting(
        diagonal=length(text_of(form, "diagonal"), "in"),
        distance=length(text_of(form, "distance"), "m"),
        comfort=COMFORTS[choice_of(form, "comfort", COMFORTS)],
    ).checked()


def number_typed(form: FormData, field: str, default: int, least: int, most: int) -> int:
    """A whole number as a person typed it: what is wrong with it is said to them."""
    try:
        return number_of(text_of(form, field), field, default, least, most)
    except BadRequest:
        raise BadRequest("number_range", field=field, least=least, most=most) from None


def new_place(form: FormData, *, name: str = "name", slug: str = "slug") -> Place:
    return place_said(form, slug_of(form, slug, named(form, name)), name=name)


def place_said(form: FormData, slug: str, *, name: str = "name") -> Place:
    """A place with the defaults of the settings for what the form leaves empty."""
    default = Place(slug="", name="")
    zone = text_of(form, "timezone") or default.timezone
    if zone not in KNOWN_TIMEZONES:
        raise BadRequest(field="timezone")

    return Place(
        slug=slug,
        name=named(form, name),
        timezone=zone,
        lease_seconds=number_typed(form, "lease_seconds", default.lease_seconds, 30, 900),
        wall_days=number_typed(form, "wall_days", default.wall_days, 1, 3650),
        wall_max=number_typed(form, "wall_max", default.wall_max, 1, 1000),
    )

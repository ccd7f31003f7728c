"""How a screen hangs: its size, who reads it from where, which way up, in which languages and colours.

Owns what these settings may be, and how large type must be for them. Must not know a roster or a page.
``displays/static/js/screen/mounting.js`` applies the same rule to the pixels that the screen has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from moderation.errors import Invalid

Comfort = Literal["normal", "grand"]
Rotation = Literal[0, 90, 180, 270]
Theme = Literal["day", "night", "auto"]
Closed = Literal["house", "black"]

COMFORTS: Final[tuple[Comfort, ...]] = ("normal", "grand")
ROTATIONS: Final[tuple[Rotation, ...]] = (0, 90, 180, 270)
THEMES: Final[tuple[Theme, ...]] = ("auto", "day", "night")
CLOSED: Final[tuple[Closed, ...]] = ("house", "black")

DIAGONALS: Final = (7.0, 150.0)  # inches
DISTANCES: Final = (0.3, 30.0)  # metres
# What an eye needs, in degrees, and how many times that type is high: 43 px at 3 m on 55 inches.
ANGLES: Final[Mapping[Comfort, float]] = {"normal": 22 / 60, "grand": 0.7}
TYPE: Final = 1.4
CAPITAL: Final = 0.668  # of its type, in the face of the walls
# Seven lines on a screen of 16 to 9 are the fewest that a card can be read in.
LARGEST: Final = 0.49 / 7  # of the diagonal
RULER: Final = 0.8 * 0.49  # of the diagonal: the longest line that fits both ways up, before rounding down
INCH: Final = 2.54  # centimetres

Unit = Literal["in", "m", "cm"]
_CENTIMETRES: Final[Mapping[Unit, float]] = {"in": INCH, "m": 100, "cm": 1}
_MEASURE: Final = re.compile(r"([-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+))\s*([^\d.,]*)\.?")
# What people write after the number, in either language; « 140 cm » says a diagonal as well as « 55 pouces » does.
_UNITS: Final[Mapping[Unit, re.Pattern[str]]] = {
    "in": re.compile("\"|\u2033|\u201d|''|in|inch(?:es)?|po|pouces?"),
    "m": re.compile("m|m[e\xe8]tres?|meters?"),
    "cm": re.compile("cm|centim(?:[e\xe8]tres?|eters?)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounting:
    """``diagonal`` in inches, ``distance`` in metres. No languages: those of the browser."""

    diagonal: float = 55.0
    distance: float = 3.0
    comfort: Comfort = "normal"
    rotation: Rotation = 0
    languages: tuple[str, ...] = ()
    theme: Theme = "day"

    def checked(self) -> Mounting:
        """Itself. Raises Invalid ``diagonal_wrong``, ``distance_wrong``, ``screen_too_far``."""
        between("diagonal", self.diagonal, DIAGONALS)
        between("distance", self.distance, DISTANCES)
        farthest = (
            self.diagonal * INCH / 100 * LARGEST / (TYPE * math.tan(math.radians(ANGLES[self.comfort])))
        )
        if self.distance > farthest:
            raise Invalid(
                "screen_too_far",
                field="distance",
                diagonal=self.diagonal,
                farthest=math.floor(farthest * 10) / 10,
            )
        return self

    @property
    def letters(self) -> float:
        """How high the type of a customer's words is at least, in millimetres."""
        return TYPE * self.distance * 1000 * math.tan(math.radians(ANGLES[self.comfort]))

    @property
    def capitals(self) -> float:
        """What a ruler finds of these letters, in millimetres."""
        return CAPITAL * self.letters

    @property
    def ruler(self) -> int:
        """The line of the test card, in centimetres."""
        longest = self.diagonal * INCH * RULER
        return int(longest // 10) * 10 or int(longest)

    def measured(self, centimetres: float) -> float:
        """The diagonal that is true if the line of the test card is so long. Raises Invalid ``measured_wrong``."""
        between("measured", centimetres, (1.0, 400.0))
        return round(self.diagonal * centimetres / self.ruler, 1)

    def row(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, row: Mapping[str, Any] | None) -> Mounting:
        """From a record; what a record of an earlier version lacks is as the class has it."""
        known = {name: row[name] for name in cls.__dataclass_fields__ if name in row} if row else {}
        return cls(**{**known, "languages": tuple(known.get("languages", ()))})


def length(said: float | str, unit: Unit) -> float:
    """A number of ``unit``, or what a person typed for one: « 3,5 m », "43.5 inches". Anything else: no number."""
    if not isinstance(said, str):
        return said
    found = _MEASURE.fullmatch(" ".join(said.lower().split()))  # of many blanks it would take the square
    if found is None:
        return math.nan
    value, word = float(found[1].replace(",", ".")), found[2].strip()
    if not word or _UNITS[unit].fullmatch(word):
        return value
    other = next((each for each, words in _UNITS.items() if words.fullmatch(word)), None)
    return math.nan if other is None else round(value * _CENTIMETRES[other] / _CENTIMETRES[unit], 2)


def between(field: str, value: float, limits: tuple[float, float]) -> None:
    least, most = limits
    if not least <= value <= most:  # also of what is no number
        raise Invalid(f"{field}_wrong", field=field, least=least, most=most)

"""Typed access to JSON that somebody else wrote.

Owns the strictness: every surprise is ``Malformed``, with the field's name. Must not know any frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

from moderation.domain import Cursor

T = TypeVar("T")


class Malformed(ValueError):
    """A known frame with a missing or mistyped field, or no JSON object at all."""


class Reader:
    """Typed access to one JSON object. Every surprise is ``Malformed``, with the field's name."""

    def __init__(self, value: object, what: str) -> None:
        if not isinstance(value, dict):
            raise Malformed(f"{what}: an object was expected")
        self._fields: dict[str, object] = value
        self._what = what

    def _take(self, name: str, kind: type[T]) -> T:
        value = self._fields.get(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Malformed(f"{self._what}.{name}: {kind.__name__} expected")
        return value

    def text(self, name: str, *, longest: int = 10_000_000) -> str:
        value = self._take(name, str)
        if len(value) > longest:
            raise Malformed(f"{self._what}.{name}: longer than {longest}")
        return value

    def text_or_none(self, name: str, *, longest: int = 10_000_000) -> str | None:
        return None if self._fields.get(name) is None else self.text(name, longest=longest)

    def whole(self, name: str) -> int:
        value = self._take(name, int)
        if not 0 <= value < 2**53:  # what JavaScript can count exactly
            raise Malformed(f"{self._what}.{name}: out of range")
        return value

    def whole_or_none(self, name: str) -> int | None:
        return None if self._fields.get(name) is None else self.whole(name)

    def number(self, name: str) -> float:
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Malformed(f"{self._what}.{name}: number expected")
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise Malformed(f"{self._what}.{name}: not finite")
        return value

    def number_or_none(self, name: str) -> float | None:
        return None if self._fields.get(name) is None else self.number(name)

    def several(self, name: str, read: Callable[[object], T], *, most: int = 100_000) -> tuple[T, ...]:
        value = self._fields.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > most:
            raise Malformed(f"{self._what}.{name}: a list of at most {most} was expected")
        return tuple(read(item) for item in value)

    def sub(self, name: str) -> Reader:
        return Reader(self._fields.get(name), f"{self._what}.{name}")

    def cursor(self, name: str) -> Cursor:
        c = self.sub(name)
        return Cursor(epoch=c.text("e", longest=128), offset=c.whole("s"), nonce=c.text("n", longest=128))

    def raw(self, name: str) -> object:
        return self._fields.get(name)

    def has(self, name: str) -> bool:
        return self._fields.get(name) is not None

    def one_of(self, name: str, words: Mapping[str, T]) -> T:
        word = self.text(name)
        if word not in words:
            raise Malformed(f"{self._what}.{name}: {word!r} is not known")
        return words[word]

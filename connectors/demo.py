"""The demo's channel: a script that behaves like a real channel, told little by little.

Owns the pace and the manners of an upstream: it hands over again what it has just told, edits, deletes, brings the
turns of a chat and, later, the consent. Must not know what becomes of it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar, Final

from connectors.contract import Abilities, Configured, Pulled
from connectors.demo_script import STORIES
from moderation.domain import Incoming
from moderation.errors import WrongSetting

OVERLAP: Final = 2  # told again at every pull, as listings do
FIRST: Final = (4.0, 9.0)  # seconds before the first word
PACE: Final = (12.0, 30.0)  # between two, in the first telling
LATER: Final = 10  # times slower in those that follow: a demo that is left alone must not drown


class Demo:
    kind: ClassVar[str] = "demo"
    poll_seconds: float = 1.0

    def __init__(self, channel: Configured, *, now: Callable[[], float] = time.time) -> None:
        story = channel.options.get("story", "avis")
        if not isinstance(story, str) or story not in STORIES:
            raise WrongSetting(name=f"channel.{channel.slug}.story", expected=f"one of {', '.join(STORIES)}")
        seed = channel.options.get("seed", 1)
        if not isinstance(seed, int):
            raise WrongSetting(name=f"channel.{channel.slug}.seed", expected="a whole number")
        self._still = channel.options.get("still", False) is True
        self.slug = channel.slug
        self.places = channel.places
        self.abilities = Abilities(pull=True, edits=True, deletions=True, consent=True)
        self._script = STORIES[story]
        self._seed = f"{seed} {channel.slug}"
        self._now = now
        self._due: float | None = None

    async def check(self) -> None:
        """A script needs no credentials."""

    async def pull(self, cursor: str | None) -> Pulled:
        """What was said since `cursor`, which counts what was told, and again a little of what came before it."""
        told = int(cursor or 0)
        if self._still:
            return Pulled(cursor=cursor)
        if self._due is None:
            self._due = self._now() + random.Random(self._seed).uniform(*FIRST)  # noqa: S311 - a script
        until = told
        while self._now() >= self._due:
            until += 1
            self._due += self._pause(until)
        if until == told:
            return Pulled(cursor=cursor)
        numbers = range(max(0, told - OVERLAP), until)
        return Pulled(items=tuple(self._item(number) for number in numbers), cursor=str(until))

    def _pause(self, number: int) -> float:
        if self._script[number % len(self._script)].at_once:
            return 0.0
        slower = LATER if number >= len(self._script) else 1
        return slower * random.Random(f"{self._seed} {number}").uniform(*PACE)  # noqa: S311 - a script

    def _item(self, number: int) -> Incoming:
        telling, at = divmod(number, len(self._script))
        return self._script[at].incoming(f"{telling}-", datetime.fromtimestamp(self._now(), UTC))

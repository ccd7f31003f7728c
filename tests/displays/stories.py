"""What may happen to a programme, as random but seeded stories, and a screen that plays them.

A story is a list of steps that both halves understand: `displays/programme.py` here, `programme.js` in the
browser (`tests/browser/test_programme.py`). Owns no rule.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from displays.programme import Entry, Programme, Show

Step = dict[str, Any]
TICK = 0.25  # seconds


@dataclass(slots=True)
class Painted:
    """One page of one card, from when (airtime) and for how long."""

    card: str
    page: int
    at: float
    seconds: float = 0.0


@dataclass
class Screen:
    """A screen without pixels: it paints what the programme says, and keeps count."""

    pages: dict[str, list[float]]  # of each card, the words of its pages
    programme: Programme = field(default_factory=Programme)
    now: float = 1000.0
    airtime: float = 0.0
    painted: list[Painted] = field(default_factory=list)
    _shown: Show | None = None
    _arrivals: int = 0
    _order: dict[str, int] = field(default_factory=dict)

    @property
    def hangs(self) -> str | None:
        return self._shown.id if self._shown is not None else None

    def wall(self, cards: Iterable[str], *fresh: str) -> None:
        cards = list(cards)
        for card in cards:
            if card not in self._order or card in fresh:
                self._order[card] = self._arrivals = self._arrivals + 1
        if self.hangs not in cards:
            self._shown = None
        self.programme.sync([Entry(card, self._order[card]) for card in cards], frozenset(fresh))
        self.look()

    def look(self) -> None:
        show = self.programme.look(self.now, self.airtime)
        if show is not None and self.hangs != show.id:
            self.programme.begin(self.pages[show.id], self.airtime)
        if show is not None and show != self._shown:
            self.painted.append(Painted(show.id, show.page, self.airtime))
        self._shown = show

    def tick(self, seconds: float = TICK) -> None:
        self.now += seconds
        if self._shown is not None:
            self.airtime += seconds
            self.painted[-1].seconds += seconds
        self.look()

    def run(self, seconds: float) -> None:
        """From one change to the next, since nothing happens in between."""
        end = self.now + seconds
        while self.now < end:
            turn, kept = self.programme.turn, self.programme.kept
            ahead = [end - self.now]
            ahead += [turn.until - self.airtime] if turn is not None else []
            ahead += [kept.until - self.now] if kept is not None else []
            self.tick(max(0.01, min(ahead)))

    def off(self, seconds: float) -> None:
        """Closed: nothing is painted."""
        self.programme.off(self.airtime)
        self._shown = None
        self.now += seconds

    def turns(self, start: float = 0.0, end: float = math.inf) -> Counter[str]:
        """How often a passer-by saw the last page of each card, in a window of airtime."""
        return Counter(
            one.card
            for one in self.painted
            if start <= one.at < end and one.page == len(self.pages[one.card]) - 1
        )

    def seconds(self, start: float = 0.0) -> dict[str, float]:
        found: dict[str, float] = {}
        for one in self.painted:
            if one.at >= start:
                found[one.card] = found.get(one.card, 0.0) + one.seconds
        return found


def story(seed: int, steps: int) -> list[Step]:
    """Arrivals, answers, removals, pins, holds, nights, slow and fast ticks."""
    luck = random.Random(seed)
    ids = [f"c{n}" for n in range(luck.randrange(1, 9))]
    hanging = list(ids)
    told: list[Step] = []
    if luck.random() < 0.3:
        told.append({"do": "resume", "id": luck.choice([*ids, "gone"])})
    told.append({"do": "sync", "ids": list(hanging), "fresh": []})
    for _ in range(steps):
        chance = luck.random()
        if chance < 0.03:
            ids.append(f"c{len(ids)}")
            hanging.append(ids[-1])
            told.append({"do": "sync", "ids": list(hanging), "fresh": [ids[-1]]})
        elif chance < 0.05 and hanging:
            told.append({"do": "sync", "ids": list(hanging), "fresh": [luck.choice(hanging)]})
        elif chance < 0.07 and hanging:
            hanging.remove(luck.choice(hanging))
            told.append({"do": "sync", "ids": list(hanging), "fresh": []})
        elif chance < 0.09:
            told.append({"do": "pin", "id": luck.choice([*ids, None]), "for": luck.choice((20, 300, 9000))})
        elif chance < 0.11:
            told.append({"do": "hold", "for": luck.choice((20, 300, None))})
        elif chance < 0.13:
            told.append({"do": "next"})
        elif chance < 0.14:
            told.append({"do": "off", "for": luck.choice((5, 9000))})
        elif chance < 0.16:
            told.append({"do": "pace", "pace": luck.choice(("calm", "normal", "lively"))})
        elif chance < 0.18:
            told.append({"do": "measure", "words": words(luck)})
        elif chance < 0.19:
            told.append({"do": "restart"})
            told.append({"do": "sync", "ids": list(hanging), "fresh": []})
        else:
            told.append({"do": "tick", "for": luck.choice((0.25, 1, 5, 9, 30)), "seen": luck.random() < 0.9})
    return told


def words(luck: random.Random) -> list[float]:
    return [luck.choice((0, 3, 12.5, 40, 77)) for _ in range(luck.choice((1, 1, 1, 2, 5)))]


def told(steps: list[Step]) -> Iterator[dict[str, Any]]:
    """What the reference says and holds after each step. `play` of the browser test is this, in JavaScript."""
    programme, now, airtime, shown = Programme(), 1000.0, 0.0, None
    for step in steps:
        match step["do"]:
            case "resume":
                programme.resume(step["id"])
            case "sync":
                entries = [Entry(card, order) for order, card in enumerate(step["ids"])]
                programme.sync(entries, frozenset(step["fresh"]))
            case "pin":
                programme.pin(step["id"], now + step["for"], now)
            case "hold":
                programme.hold(None if step["for"] is None else now + step["for"], now)
            case "next":
                programme.next()
            case "off":
                programme.off(airtime)
                now, shown = now + step["for"], None
            case "pace":
                programme.pace = step["pace"]
            case "measure":
                programme.begin(step["words"], airtime)
            case "restart":
                debts, last = programme.owing(airtime), None if shown is None else shown.id
                programme, shown = Programme(), None
                programme.debts = debts
                programme.resume(last)
            case "tick":
                now, airtime = now + step["for"], airtime + step["for"] * step["seen"]
        show = programme.look(now, airtime)
        if show is not None and (shown is None or shown.id != show.id):
            programme.begin([3.0, 40.0][: 1 + len(show.id) % 2], airtime)
        shown = show
        yield {
            "show": None if show is None else {"id": show.id, "page": show.page},
            "turns": {card: one.turns for card, one in programme.standings.items()},
            "owes": {card: one.owes for card, one in programme.standings.items()},
        }

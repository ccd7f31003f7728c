"""What a screen shows next, and for how long: one rule for every card (P2).

The reference for ``static/js/screen/programme.js``, line by line; the simulation, the properties and the
agreement test drive both. Pure: ids, words, order of approval, turns and airtime in; a card and its page out.
It must not know what a card says, how it was meant or how many stars it has: nothing here takes them.

Two clocks come in. ``now`` is the screen's monotonic clock, for what ends at a moment (pin, hold).
``airtime`` is how many seconds this screen has painted anything at all: what is dark, hidden or asleep
reads no page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Literal

Pace = Literal["calm", "normal", "lively"]

SHORTEST: Final = 8.0  # seconds
LONGEST: Final = 60.0  # of one page
WORDS_A_MINUTE: Final = 160
KEPT_AT_MOST: Final = 600.0  # seconds that a person may pin or hold a card
# Times the legible minimum: a pace lengthens, no pace goes below.
PACES: Final[dict[Pace, float]] = {"calm": 1.6, "normal": 1.25, "lively": 1.0}


def legible(words: float) -> float:
    """The least that a page of so many words may hang: each is read twice, at leisure."""
    return max(SHORTEST, 2 * words * 60 / WORDS_A_MINUTE + 2)


def dwell(words: float, pace: Pace) -> float:
    least = legible(words)
    return max(least, min(LONGEST, least * PACES[pace]))


@dataclass(frozen=True, slots=True)
class Entry:
    """A card on the wall: ``order`` grows with each approval."""

    id: str
    order: int


@dataclass(frozen=True, slots=True)
class Show:
    id: str
    page: int


@dataclass(slots=True)
class Standing:
    """What a card has had so far."""

    id: str
    order: int
    turns: int
    last: int  # which turn of all was its last: who waited longest has the lowest
    fresh: bool = False
    page: int = 0  # where a turn that was cut short goes on
    whole: float = 0.0  # seconds of a whole turn, as last measured
    owes: float = 0.0  # seconds that it had beyond its turns, because a person or an answer called it
    rested: bool = False  # it let its last turn pass, to pay
    passed: int = 0  # a person's `next` sent it away, later than those with a lower number; 0: none did


@dataclass(slots=True)
class Turn:
    """What hangs now. ``since`` and ``until``: the airtime from which to which this page is read."""

    id: str
    page: int
    fresh: bool  # in its first dwell, which nothing interrupts but a person's `next`
    words: tuple[float, ...] = ()
    since: float = 0.0
    until: float = 0.0
    read_at: float | None = None  # the airtime at which all had been read of what a person keeps there


@dataclass(frozen=True, slots=True)
class Kept:
    id: str
    until: float
    by: Literal["pin", "hold"]


class Programme:
    def __init__(self) -> None:
        self.pace: Pace = "normal"
        self.standings: dict[str, Standing] = {}
        self.turn: Turn | None = None
        self.kept: Kept | None = None
        self.skip = False
        self.count = 0  # of turns given, and of those sent away
        self.after: str | None = None
        self.debts: Mapping[str, float] = {}  # from before this screen was started again

    # what is on the wall

    def resume(self, last: str | None) -> None:
        """The card that this screen showed before it was started again: the round goes on after it."""
        self.after = last

    def sync(self, entries: Iterable[Entry], fresh: AbstractSet[str]) -> None:
        """The wall as it is now; ``fresh`` came, or were answered, just now.

        Who joins has as many turns as the least shown: nobody makes up for the weeks before it came.
        """
        before = self.standings
        least = min((one.turns for one in before.values()), default=0)
        self.standings = {}
        for entry in entries:
            one = before.get(entry.id) or Standing(entry.id, entry.order, least, -1)
            one.order = entry.order
            if entry.id in fresh:
                one.fresh, one.passed, one.page = True, 0, 0
            self.standings[entry.id] = one
        if not before:
            self._begin_round()
        if self.turn is not None and self.turn.id not in self.standings:
            self.turn = None

    def owing(self, airtime: float) -> dict[str, float]:
        """What each card owes by now: a screen that is started again goes on with its ``debts``."""
        turn = self.turn
        kept = airtime - turn.read_at if turn is not None and turn.read_at is not None else 0.0
        every = {
            one.id: one.owes + (kept if turn is not None and one.id == turn.id else 0.0)
            for one in self.standings.values()
        }
        return {card: seconds for card, seconds in every.items() if seconds > 0}

    def off(self, airtime: float) -> None:
        """Nothing hangs any more: closed, blanked, or unheard of for a lease."""
        self._leave(airtime)

    # what a person asks for

    def pin(self, card: str | None, until: float, now: float) -> None:
        """This card hangs until then (None: no longer), for ten minutes at most. What is new goes first."""
        self._keep(card, until, now, "pin")

    def hold(self, until: float | None, now: float) -> None:
        """What hangs now stays until then; None lets it go. Said again, it is the same card that stays."""
        held = self.kept.id if self.kept is not None and self.kept.by == "hold" else None
        # A screen that has just started again: what hung before.
        before = self.after if self.after in self.standings else None
        here = held or (self.turn.id if self.turn is not None else before)
        self._keep(here if until is not None else None, until or now, now, "hold")

    def next(self) -> None:
        """Away with what hangs, and with what kept it there."""
        self.kept, self.skip = None, self.turn is not None

    # what hangs

    def look(self, now: float, airtime: float) -> Show | None:
        """What is to hang now. A card that did not hang before is then to be measured: ``begin``."""
        if self.kept is not None and now >= self.kept.until:
            self.kept = None
        if self.turn is None:
            self._choose(airtime)
        elif self.turn.words:
            self._read(self.turn, airtime)
        turn = self.turn
        return Show(turn.id, turn.page) if turn is not None else None

    def begin(self, words: Sequence[float], airtime: float, page: int | None = None) -> None:
        """What hangs was measured: the words of each of its pages. Again when its text or size has changed."""
        turn = self.turn
        if turn is None:
            return
        one = self.standings[turn.id]
        if turn.words and turn.read_at is None:  # its page is read anew: what hung of it is a debt
            one.owes += airtime - turn.since
        turn.words, turn.fresh, one.fresh = tuple(words), turn.fresh or one.fresh, False
        one.whole = sum(dwell(each, self.pace) for each in words)
        self._open(turn, min(turn.page if page is None else page, len(words) - 1), airtime)

    # how it goes on

    def _read(self, turn: Turn, airtime: float) -> None:
        """One step at the most: to the next page, to another card, or none."""
        over = airtime >= turn.until
        after = (turn.page + 1) % len(turn.words)
        if self.skip:
            self.count += 1
            self.standings[turn.id].passed = self.count
            self._leave(airtime)
            self._choose(airtime, turn, besides=turn.id)
        elif over and after == 0 and turn.read_at is None:
            self._finish(turn, airtime)
        elif self._called(turn) and (over or not turn.fresh):
            if over:
                self._open(turn, after, airtime)
            self._leave(airtime)
            self._choose(airtime, turn)
        elif turn.read_at is not None and not self._keeps(turn):
            self._leave(airtime)
            self._choose(airtime, turn)
        elif over:
            self._open(turn, after, airtime)
            turn.fresh = False

    def _open(self, turn: Turn, page: int, airtime: float) -> None:
        turn.page, turn.since = page, airtime
        turn.until = airtime + dwell(turn.words[page], self.pace)

    def _called(self, turn: Turn) -> bool:
        """Whether another is to hang without delay: a new one, or the one that a person keeps there."""
        if any(one.fresh for one in self.standings.values() if one.id != turn.id):
            return True
        return self.kept is not None and self.kept.id != turn.id and self.kept.id in self.standings

    def _keeps(self, turn: Turn) -> bool:
        return self.kept is not None and self.kept.id == turn.id and len(self.standings) > 1

    def _finish(self, turn: Turn, airtime: float) -> None:
        """All of it has been read: a turn, or a debt if it was called before its turn.

        What was sent away may return.
        """
        for each in self.standings.values():
            each.passed = 0
        one = self.standings[turn.id]
        self.count += 1
        one.last, one.page, one.rested = self.count, 0, False
        if one.turns > min(other.turns for other in self.standings.values()):
            one.owes += one.whole
        else:
            one.turns += 1
        turn.read_at, turn.fresh = airtime, False
        if self._keeps(turn) and not self._called(turn):
            self._open(turn, 0, airtime)
        else:
            self._leave(airtime)
            self._choose(airtime, turn)

    def _leave(self, airtime: float) -> None:
        """It goes. What it had beyond its turn is a debt: time that a person gave it, and that of a page which was
        cut short and will be read again. What it had less, it goes on with next time."""
        turn, self.turn, self.skip = self.turn, None, False
        one = self.standings.get(turn.id) if turn is not None else None
        if turn is None or one is None:
            return
        if turn.read_at is None:
            one.page = turn.page
        if turn.words:
            one.owes += airtime - (turn.since if turn.read_at is None else turn.read_at)

    def _choose(self, airtime: float, before: Turn | None = None, besides: str | None = None) -> None:
        while self.standings:
            others = [one for one in self.standings.values() if one.id != besides]
            best = min(others or self.standings.values(), key=_rank)
            kept = self.standings.get(self.kept.id) if self.kept is not None else None
            if kept is not None and not best.fresh:
                best = kept
            elif self._rests(best):
                continue
            self.turn = Turn(best.id, best.page, best.fresh)
            self.after = None
            best.fresh = False
            if before is not None and before.id == best.id:  # it hangs already: nothing to measure
                self.turn.words = before.words
                self._open(self.turn, best.page, airtime)
            return

    def _rests(self, one: Standing) -> bool:
        """A debtor lets every other turn pass, until it owes less than one."""
        if one.fresh or one.rested or len(self.standings) == 1 or not 0 < one.whole <= one.owes:
            return False
        self.count += 1
        one.turns, one.last = one.turns + 1, self.count
        one.owes, one.rested = one.owes - one.whole, True
        return True

    def _keep(self, card: str | None, until: float, now: float, by: Literal["pin", "hold"]) -> None:
        if card is not None:
            self.kept = Kept(card, min(until, now + KEPT_AT_MOST), by)
        elif self.kept is not None and self.kept.by == by:
            self.kept = None

    def _begin_round(self) -> None:
        """In order of approval, beginning after what this screen showed last; a new screen, with the latest."""
        cards = sorted(self.standings.values(), key=lambda one: one.order)
        shown = [place for place, one in enumerate(cards) if one.id == self.after]
        start = shown[0] + 1 if shown else max(0, len(cards) - 1)
        for place, one in enumerate(cards[start:] + cards[:start]):
            one.last, one.owes = place - len(cards), self.debts.get(one.id, 0.0)
        self.debts = {}


def _rank(one: Standing) -> tuple[bool, int, int, int, int]:
    """New ones in order of approval; then what nobody sent away; the fewest turns; who waited longest."""
    return (False, one.order, 0, 0, 0) if one.fresh else (True, one.passed, one.turns, one.last, one.order)

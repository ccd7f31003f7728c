"""Which screens are lost: silent for longer than a moment, while their place is open.

Owns that rule, and that a loss is said once and its end once in the log. Asks the roster only about screens that this
process does not see well. Must not know who is shown an alert.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from displays.fleet import Fleet, utc_now
from displays.protocol import LostScreen
from moderation.domain import Place
from moderation.hours import is_open
from moderation.roster import Roster, Screen

log = logging.getLogger("complicity.screens")

GRACE: Final = timedelta(minutes=2)  # a player that starts anew, a cable that is put in again


def overdue(silent_since: datetime, place: Place, now: datetime) -> bool:
    """Somebody should look after it. The moment of grace begins when the place opens, too."""
    return (
        now - silent_since >= GRACE
        and is_open(place.hours, place.timezone, now)
        and is_open(place.hours, place.timezone, now - GRACE)
    )


@dataclass(frozen=True, slots=True)
class Silent:
    screen: Screen
    since: datetime


class Lookout:
    def __init__(self, roster: Roster, fleet: Fleet, started: datetime | None = None) -> None:
        self._roster = roster
        self._fleet = fleet
        self._started = started or utc_now()
        self._told: dict[str, Silent] = {}  # lost, as the log says; closing time does not bring them back
        self.lost: Mapping[str, tuple[LostScreen, ...]] = {}  # by place, the longest silent first
        self.silent: Mapping[str, int] = {}  # how many, by place, at any hour
        self.revoked: frozenset[str] = frozenset()  # connected here, and another process has revoked them

    def woke(self, now: datetime) -> None:
        """This process could hear nobody until now: as after a start, screens have a moment to say something."""
        self._started = now

    async def look(self, now: datetime | None = None) -> frozenset[str]:
        """The places whose alerts have changed. Raises Unavailable."""
        now = now or utc_now()
        present = self._fleet.present  # first: what is paired while the roster is asked is no stranger
        places = {place.slug: place for place in await self._roster.places()}
        known = await self._roster.screen_ids()
        self.revoked = present - known
        silent = [one for one in await self._silent(known, now) if one.screen.place in places]
        lost = [
            one for one in silent if overdue(max(one.since, self._started), places[one.screen.place], now)
        ]
        self._tell(lost, {one.screen.id for one in silent}, known, now)
        before, self.lost = self.lost, _by_place(lost)
        self.silent = Counter(one.screen.place for one in silent)
        both = before.keys() | self.lost.keys()
        return frozenset(place for place in both if before.get(place) != self.lost.get(place))

    async def _silent(self, known: frozenset[str], now: datetime) -> list[Silent]:
        suspects = sorted(known - self._fleet.well(now))
        seen = [(one, self._fleet.facts(one, now)) for one in await self._roster.several_screens(suspects)]
        return [Silent(one, facts.silent_since) for one, facts in seen if facts.silent_since is not None]

    def _tell(self, lost: Sequence[Silent], silent: set[str], known: frozenset[str], now: datetime) -> None:
        for one in lost:
            if one.screen.id not in self._told:
                self._told[one.screen.id] = one
                log.warning("screen %s is lost: silent since %s", _name(one.screen), _time(one.since))
        for ident in self._told.keys() - silent:
            one = self._told.pop(ident)
            if ident in known:  # else it was revoked: nobody waits for it
                log.warning("screen %s is back after %s", _name(one.screen), _lasted(now - one.since))


def _by_place(lost: Sequence[Silent]) -> Mapping[str, tuple[LostScreen, ...]]:
    found: dict[str, tuple[LostScreen, ...]] = {}
    for one in sorted(lost, key=lambda each: (each.since, each.screen.name)):
        told = LostScreen(one.screen.id, one.screen.name, one.since)
        found[one.screen.place] = (*found.get(one.screen.place, ()), told)
    return found


def _name(screen: Screen) -> str:
    return f"{screen.name or screen.id} ({screen.place})"


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _lasted(span: timedelta) -> str:
    return f"{round(span.total_seconds())} s"

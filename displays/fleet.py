"""The screens that have been connected to this process, and what is known of any screen.

Owns who is there, and that the roster is told what they say of themselves: in few writes, the longest untold first.
Must not know feeds or cards.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from displays.devices import Device, Facts, moment
from displays.fanout import Listener
from moderation.errors import Unavailable
from moderation.roster import Roster, Screen

NOTES_A_WRITE: Final = 250  # rows of half a kilobyte: some milliseconds of this loop
NOTES_A_BEAT: Final = 2000


def utc_now() -> datetime:
    return datetime.now(UTC)


class Fleet:
    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._devices: dict[str, Device] = {}
        self._present: set[str] = set()

    def __iter__(self) -> Iterator[Device]:
        return iter(tuple(self._devices.values()))

    def find(self, screen: str) -> Device | None:
        return self._devices.get(screen)

    @property
    def connected(self) -> int:
        return len(self._present)

    @property
    def present(self) -> frozenset[str]:
        return frozenset(self._present)

    def well(self, now: datetime) -> frozenset[str]:
        """Those that are connected here, and of which nothing is missed."""
        devices = self._devices
        return frozenset(ident for ident in self._present if devices[ident].stuck_since(now) is None)

    def by_place(self) -> Mapping[str, int]:
        """How many are connected."""
        return Counter(self._devices[ident].place for ident in self._present)

    def attach(self, screen: Screen, listener: Listener) -> Listener | None:
        """The older connection of this device, which is over."""
        device = self._devices.setdefault(screen.id, Device(screen.id, screen.place))
        self._present.add(screen.id)
        return device.connected(listener, utc_now())

    def leave(self, screen: str, listener: Listener) -> None:
        device = self._devices.get(screen)
        if device is not None:
            device.left(listener, utc_now())
            if device.listener is None:
                self._present.discard(screen)

    def forget(self, screen: str) -> Listener | None:
        """It is no screen of ours any more: the connection that is to end."""
        self._present.discard(screen)
        device = self._devices.pop(screen, None)
        return device.listener if device is not None else None

    def speaking(self, screen: Screen, listener: Listener) -> Device | None:
        """The device, if this is the connection that speaks for it."""
        device = self._devices.get(screen.id)
        return device if device is not None and device.listener is listener else None

    def leased(self, screen: Screen, seconds: int) -> None:
        """It is welcomed: from now on it may show for so long what it holds, without hearing from us."""
        self._devices[screen.id].lease = seconds

    def start_over(self, place: str) -> None:
        """Its feed is another one: what was acknowledged of the one before says nothing."""
        for device in self._devices.values():
            if device.place == place:
                device.acked, device.behind_since, device.changed = None, None, True

    def facts(self, screen: Screen, now: datetime | None = None) -> Facts:
        """Of any screen: from memory while it is connected here, else whichever was known last."""
        now = now or utc_now()
        device = self._devices.get(screen.id)
        if device is None:
            return Facts.noted(screen.facts, now)
        noted_at = moment(screen.facts, "noted_at")
        elsewhere = device.left_at is not None and noted_at is not None and noted_at > device.left_at
        return Facts.noted(screen.facts, now) if elsewhere else device.facts(now)

    def end(self) -> None:
        now = utc_now()
        for device in self._devices.values():
            if device.listener is not None:
                device.left(device.listener, now)

    async def note(self, *, most: int | None = None) -> None:
        """The roster remembers what the screens said, for the time after this process."""
        now = utc_now()
        changed = sorted((device for device in self if device.changed), key=lambda d: d.noted)[:most]
        for start in range(0, len(changed), NOTES_A_WRITE):
            part = changed[start : start + NOTES_A_WRITE]
            for device in part:
                device.changed, device.noted = False, time.monotonic()
            rows = {one.id: one.facts(now).row(noted_at=now, lease=one.lease) for one in part}
            try:
                await self._roster.note_screens(rows)
            except Unavailable:
                for device in part:
                    device.changed = True
                raise

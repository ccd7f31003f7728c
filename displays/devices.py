"""What a screen says of itself: that it is there, how far it has applied, what it paints, for how long.

Owns these facts for the devices of this process, and the check of reported airtime. Pure memory: the hub
notes a summary in the roster. Accepted airtime is added up in ``Device.airtime`` by card and version; the
programme's accounts (issue D) read it there and decide where it is kept for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from displays.coding import rfc3339
from displays.fanout import Listener
from displays.protocol import Ack, Airtime

# A report is timed by another clock than ours; over its whole life a device may be this far ahead.
GRACE_SECONDS: Final = 1.0
# A card waits for another's first dwell (a page is at most 60 s), so an honest screen may lag that long.
LAG: Final = timedelta(seconds=90)
CARDS_KEPT: Final = 2_000  # versions of cards that one device's airtime is kept for: walls hold 1,000 at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    id: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """For the people who look after the screens. ``silent_since`` is None while all is well."""

    connected: bool = False
    acked: int | None = None
    painted: Painted | None = None
    silent_since: datetime | None = None

    def row(self, *, noted_at: datetime | None = None) -> dict[str, object]:
        """As CONTRACT.md's Screen shows it and, with ``noted_at``, as the roster keeps it."""
        painted = self.painted
        row: dict[str, object] = {
            "connected": self.connected,
            "acked": self.acked,
            "painted": painted and {"id": painted.id, "version": painted.version, "at": rfc3339(painted.at)},
            "silent_since": rfc3339(self.silent_since),
        }
        if noted_at is not None:
            row["noted_at"] = rfc3339(noted_at)
        return row

    @classmethod
    def noted(cls, row: Mapping[str, object]) -> Facts:
        """What the roster remembers of a screen that is not connected to this process."""
        acked, painted = row.get("acked"), row.get("painted")
        since = row.get("silent_since") or row.get("noted_at")
        return cls(
            acked=acked if isinstance(acked, int) else None,
            painted=Painted(
                id=painted["id"], version=painted["version"], at=datetime.fromisoformat(painted["at"])
            )
            if isinstance(painted, dict)
            else None,
            silent_since=datetime.fromisoformat(since) if isinstance(since, str) else None,
        )


@dataclass(eq=False, slots=True)
class Device:
    """One paired screen, over all its connections to this process."""

    id: str
    place: str
    listener: Listener | None = None
    acked: int | None = None
    painted: Painted | None = None
    left_at: datetime | None = None
    behind_since: datetime | None = None
    changed: bool = False  # since the roster was last told
    noted: float = 0.0
    airtime: dict[tuple[str, int], float] = field(default_factory=dict)
    _last_n: int = -1
    _accounted: float | None = None  # until when (monotonic) airtime has been claimed

    def connected(self, listener: Listener, mono: float) -> Listener | None:
        """The listener that this one takes the place of."""
        older, self.listener = self.listener, listener
        self.left_at, self.behind_since, self.changed = None, None, True
        if self._accounted is None:
            self._accounted = mono
        return older

    def left(self, listener: Listener, now: datetime) -> None:
        if self.listener is listener:
            self.listener, self.left_at, self.changed = None, now, True

    def told(self, offset: int, now: datetime) -> None:
        """The feed moved to ``offset``: a screen that never acknowledges it is not well."""
        if self.behind_since is None and self.acked is not None and self.acked < offset:
            self.behind_since = now

    def heard(self, ack: Ack, head: int, mono: float) -> None:
        now = datetime.now(UTC)
        self.acked, self.changed = min(ack.s, head), True
        if ack.s >= head:
            self.behind_since = None
        newest = ack.shown[-1] if ack.shown else None
        self.painted = Painted(id=newest.id, version=newest.version, at=now) if newest else None
        for report in ack.airtime:
            self._account(report, mono)

    def facts(self, now: datetime) -> Facts:
        lagging = self.behind_since is not None and now - self.behind_since > LAG
        return Facts(
            connected=self.listener is not None,
            acked=self.acked,
            painted=self.painted,
            silent_since=self.left_at if self.listener is None else self.behind_since if lagging else None,
        )

    def _account(self, report: Airtime, mono: float) -> None:
        """Never twice under one number, never more in all than the time that has passed."""
        if report.n <= self._last_n or self._accounted is None:
            return
        self._last_n = report.n
        if report.seconds <= 0 or self._accounted + report.seconds > mono + GRACE_SECONDS:
            return
        self._accounted += report.seconds
        card = (report.id, report.version)
        self.airtime[card] = self.airtime.pop(card, 0.0) + report.seconds
        if len(self.airtime) > CARDS_KEPT:  # the one that was shown longest ago goes first
            del self.airtime[next(iter(self.airtime))]

"""What a screen says of itself: that it is there, how far it has applied, what it paints, how it is.

Owns these facts for one screen, as this process heard them and as the roster keeps them. Pure memory and no clock of
its own. For how long a screen paints is another account (``airing``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from displays.coding import rfc3339
from displays.fanout import Listener
from displays.protocol import Ack, Report
from displays.reader import Malformed, Reader
from displays.reporting import report_in, report_out

# A card waits for another's first dwell (a page is at most 60 s), so an honest screen may lag that long.
LAG: Final = timedelta(seconds=90)
# A screen reports once a minute: one that misses two of them is frozen, whatever its connection looks like.
SILENCE: Final = timedelta(seconds=150)


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    id: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """For the people who look after the screens. ``silent_since`` is None while all is well.

    ``dark_from``: nobody told it anything since, so that from this moment its lease is over and it shows no
    customer's text, whatever it holds. None while it is connected.
    """

    connected: bool = False
    acked: int | None = None
    painted: Painted | None = None
    silent_since: datetime | None = None
    heard_at: datetime | None = None
    dark_from: datetime | None = None
    report: Report | None = None

    def row(self, *, noted_at: datetime, lease: int) -> dict[str, object]:
        """As the roster keeps it, for the time after this process and for the others beside it."""
        painted = self.painted
        return {
            "connected": self.connected,
            "acked": self.acked,
            "painted": painted and {"id": painted.id, "version": painted.version, "at": rfc3339(painted.at)},
            "silent_since": exact(self.silent_since),
            "heard_at": exact(self.heard_at),
            "dark_from": exact(self.dark_from),
            "report": self.report and report_out(self.report),
            "lease": lease,
            "noted_at": exact(noted_at),
        }

    @classmethod
    def noted(cls, row: Mapping[str, object], now: datetime) -> Facts:
        """What the roster remembers. A process that was killed could not note that its screens left: what it said
        of them counts for as long as it would have taken to say it again."""
        acked, painted, lease = row.get("acked"), row.get("painted"), row.get("lease")
        noted_at = moment(row, "noted_at")
        silent_since, dark_from = moment(row, "silent_since"), moment(row, "dark_from")
        connected = bool(row.get("connected")) and noted_at is not None and now - noted_at < SILENCE
        if not connected and noted_at is not None:
            silent_since = silent_since or noted_at
            dark_from = dark_from or noted_at + SILENCE + timedelta(
                seconds=lease if type(lease) is int else 900
            )
        return cls(
            connected=connected,
            acked=acked if type(acked) is int else None,
            painted=Painted(
                id=painted["id"], version=painted["version"], at=datetime.fromisoformat(painted["at"])
            )
            if isinstance(painted, dict)
            else None,
            silent_since=silent_since,
            heard_at=moment(row, "heard_at"),
            dark_from=dark_from,
            report=_report(row.get("report")),
        )


@dataclass(eq=False, slots=True)
class Device:
    """One paired screen, over all its connections to this process."""

    id: str
    place: str
    listener: Listener | None = None
    lease: int = 900  # seconds, as it was last welcomed; before that, the longest that there is
    acked: int | None = None
    painted: Painted | None = None
    report: Report | None = None
    heard_at: datetime | None = None
    left_at: datetime | None = None
    behind_since: datetime | None = None
    missing: int = 0  # which offset it has not acknowledged since then
    changed: bool = False  # since the roster was last told
    noted: float = 0.0

    def connected(self, listener: Listener, now: datetime) -> Listener | None:
        """The listener that this one takes the place of."""
        older, self.listener = self.listener, listener
        self.left_at, self.behind_since, self.changed = None, None, True
        self.heard_at = now
        return older

    def left(self, listener: Listener, now: datetime) -> None:
        if self.listener is listener:
            self.listener, self.left_at, self.changed = None, now, True

    def told(self, offset: int, now: datetime) -> None:
        """The feed moved to ``offset``: a screen that never acknowledges it is not well."""
        if self.behind_since is None and self.acked is not None and self.acked < offset:
            self.behind_since, self.missing = now, offset

    def heard(self, ack: Ack, head: int, now: datetime) -> None:
        self.acked, self.changed, self.heard_at = min(ack.s, head), True, now
        if self.acked >= self.missing:  # not the head: a busy wall is always an entry further
            self.behind_since = None
        newest = ack.shown[-1] if ack.shown else None
        self.painted = Painted(id=newest.id, version=newest.version, at=now) if newest else None

    def reported(self, report: Report, now: datetime) -> None:
        self.report, self.changed, self.heard_at = report, True, now

    def facts(self, now: datetime) -> Facts:
        return Facts(
            connected=self.listener is not None,
            acked=self.acked,
            painted=self.painted,
            silent_since=self.left_at if self.listener is None else self.stuck_since(now),
            heard_at=self.heard_at,
            dark_from=self.left_at and self.left_at + timedelta(seconds=self.lease),
            report=self.report,
        )

    def stuck_since(self, now: datetime) -> datetime | None:
        """Of one that is connected: it says nothing any more, or does not take what it is told."""
        frozen = self.report is not None and self.heard_at is not None and now - self.heard_at > SILENCE
        lagging = self.behind_since is not None and now - self.behind_since > LAG
        return self.heard_at if frozen else self.behind_since if lagging else None


def moment(row: Mapping[str, object], name: str) -> datetime | None:
    said = row.get(name)
    return datetime.fromisoformat(said) if isinstance(said, str) else None


def exact(at: datetime | None) -> str | None:
    """A lease is judged by these: not rounded."""
    return None if at is None else at.isoformat()


def _report(said: object) -> Report | None:
    try:
        return report_in(Reader(said, "report")) if said is not None else None
    except Malformed:  # an older version noted it
        return None

"""What a screen says of itself: that it is there, how far it has applied, what it paints.

Owns these facts for the devices of this process. Pure memory: the hub notes a summary in the roster. For how
long a screen paints is another account (``airing``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from displays.coding import rfc3339
from displays.fanout import Listener
from displays.protocol import Ack

# A card waits for another's first dwell (a page is at most 60 s), so an honest screen may lag that long.
LAG: Final = timedelta(seconds=90)


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

    def connected(self, listener: Listener) -> Listener | None:
        """The listener that this one takes the place of."""
        older, self.listener = self.listener, listener
        self.left_at, self.behind_since, self.changed = None, None, True
        return older

    def left(self, listener: Listener, now: datetime) -> None:
        if self.listener is listener:
            self.listener, self.left_at, self.changed = None, now, True

    def told(self, offset: int, now: datetime) -> None:
        """The feed moved to ``offset``: a screen that never acknowledges it is not well."""
        if self.behind_since is None and self.acked is not None and self.acked < offset:
            self.behind_since = now

    def heard(self, ack: Ack, head: int) -> None:
        now = datetime.now(UTC)
        self.acked, self.changed = min(ack.s, head), True
        if ack.s >= head:
            self.behind_since = None
        newest = ack.shown[-1] if ack.shown else None
        self.painted = Painted(id=newest.id, version=newest.version, at=now) if newest else None

    def facts(self, now: datetime) -> Facts:
        lagging = self.behind_since is not None and now - self.behind_since > LAG
        return Facts(
            connected=self.listener is not None,
            acked=self.acked,
            painted=self.painted,
            silent_since=self.left_at if self.listener is None else self.behind_since if lagging else None,
        )

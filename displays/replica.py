"""A screen's half of ``wall.v1``: what it holds, what it believes, and until when.

The reference for ``static/js/screen/replica.js``, line by line; the model test, the bench and the
hub's tests drive this one. Pure: frames and clock readings in, at most one hello out. Must not
know sockets, timers or pixels.

Five things keep a removed text from coming back; a model test shows that none can be spared: the
offset check (here), ``rid`` (here), the snapshot that replaces (here), the nonce and the trim check
(``moderation.feeds.verdict``, on the cursor that is kept here).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from displays.protocol import (
    Card,
    Down,
    Heartbeat,
    Hello,
    Put,
    Removal,
    Resync,
    Snap,
    Welcome,
)
from moderation.domain import Cursor


@dataclass(frozen=True, slots=True)
class Now:
    """Two clocks: ``mono`` may stop while a machine sleeps, ``wall`` may be set. Seconds."""

    mono: float
    wall: float


@dataclass(frozen=True, slots=True)
class _Pending:
    rid: str
    asked: Now


class Replica:
    def __init__(self, mint: Callable[[], str] = lambda: secrets.token_hex(6)) -> None:
        self._mint = mint
        self.cursor: Cursor | None = None
        self.cards: dict[str, Card] = {}
        # Also of cards that left: a frame built just before a removal may arrive after it.
        self._versions: dict[str, int] = {}
        self._pending: _Pending | None = None  # said hello, not welcomed yet
        self._snap: str | None = None  # the rid whose snapshot we wait for
        self._asked: Now | None = None  # when the hello behind the present welcome was said
        self._welcomed_at: float | None = None  # the server's clock in that welcome
        self._heard: Now | None = None  # the latest moment at which all that we hold was true
        self.lease = 0

    def hello(self, now: Now) -> Hello:
        """A socket has opened, or the server said resync: ask to go on from where we stopped."""
        self._pending, self._snap = _Pending(self._mint(), now), None
        return Hello(self._pending.rid, self.cursor)

    def woke(self, now: Now) -> Hello:
        """The page slept or was hidden: nothing is painted until the server has answered."""
        self._heard = None
        return self.hello(now)

    def take(self, frame: Down, now: Now) -> Hello | None:
        """Apply one frame. A hello in return means: we no longer know, send this."""
        match frame:
            case Welcome():
                self._welcome(frame)
            case Snap():
                if self._asked_for(frame):
                    self._replace(frame)
            case Put(cursor, card):
                if not self._follows(cursor):
                    return self._lost_count(cursor, now)
                if card.version > self._versions.get(card.id, -1):
                    self._versions[card.id] = card.version
                    self.cards[card.id] = card
            case Removal(cursor, _, id_, version):
                if not self._follows(cursor):
                    return self._lost_count(cursor, now)
                if version > self._versions.get(id_, -1):
                    self._versions[id_] = version
                    self.cards.pop(id_, None)
            case Heartbeat(offset, at):
                if not self.joined:
                    return None
                if self.cursor is None or offset != self.cursor.offset:
                    return self._again(now)
                self._renew(at, now)
                if not self.fresh(now):  # a clock was set, or this line is slower than the lease
                    return self.hello(now)
            case Resync():
                return self.hello(now)
        return None

    @property
    def joined(self) -> bool:
        """Welcomed, and what was promised with the welcome has come."""
        return self._pending is None and self._snap is None and self._asked is not None

    def shown(self, now: Now) -> Mapping[str, Card]:
        """What may be painted now: nothing, once the lease has ended by either clock."""
        return self.cards if self.fresh(now) else {}

    def fresh(self, now: Now) -> bool:
        if self._heard is None:
            return False
        return max(now.mono - self._heard.mono, now.wall - self._heard.wall) < self.lease

    def _welcome(self, frame: Welcome) -> None:
        if self._pending is None or frame.rid != self._pending.rid:
            return
        self._asked, self._pending = self._pending.asked, None
        self._welcomed_at, self.lease = frame.at, frame.lease
        self._snap = frame.rid if frame.mode == "snapshot" else None

    def _asked_for(self, snap: Snap) -> bool:
        """Any other is the answer to a question of the past."""
        return snap.rid == self._snap

    def _replace(self, snap: Snap) -> None:
        self._snap, self.cursor = None, snap.c
        self.cards = {card.id: card for card in snap.cards}
        self._versions = {card.id: card.version for card in snap.cards}

    def _follows(self, cursor: Cursor) -> bool:
        """Is this the next entry of the feed that we hold?"""
        held = self.cursor
        if not self.joined or held is None:
            return False
        if cursor.epoch != held.epoch or cursor.offset != held.offset + 1:
            return False
        self.cursor = cursor
        return True

    def _lost_count(self, cursor: Cursor, now: Now) -> Hello | None:
        """Frames of before our hello, and repeated ones, are nothing; a hole is."""
        held = self.cursor
        if not self.joined or held is None:
            return None
        if cursor.epoch == held.epoch and cursor.offset <= held.offset:
            return None
        return self._again(now)

    def _again(self, now: Now) -> Hello:
        """What we hold is not what the server counts: only a snapshot can mend it."""
        self.cursor = None
        return self.hello(now)

    def _renew(self, at: float, now: Now) -> None:
        """Only a heartbeat that names the offset we hold renews the lease, from when it was *said*.

        A frozen page or a slow line reads it late; counted from our hello on the server's own clock,
        an old heartbeat can't buy new time.
        """
        asked = self._asked
        if asked is None:
            return
        since = now.mono - asked.mono if self._welcomed_at is None else max(0.0, at - self._welcomed_at)
        self._heard = Now(min(now.mono, asked.mono + since), min(now.wall, asked.wall + since))

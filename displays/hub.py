"""The hub: one follower of all feeds of this process, and the one way in for every listener.

Owns who is let in with what (snapshot or the tail it missed), the check that a feed is still the one it has
been telling, and the heartbeat. What is true of a card is asked of the store at delivery; the feed carries
ids only, so a text that was taken down can't be replayed. Must not know starlette, cookies or pages.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from displays.airing import Airing
from displays.audience import FEEDS, Audience, Feed, Numbered
from displays.cards import card
from displays.coding import encode, snap_tail, snap_with
from displays.delivery import NOWHERE, desk_frames, wall_frames
from displays.devices import Facts
from displays.fanout import Batch, Listener, Outlet
from displays.fleet import NOTES_A_BEAT, Fleet, utc_now
from displays.leading import Leading
from displays.lookout import Lookout
from displays.protocol import (
    HEARTBEAT_SECONDS,
    REPLACED,
    REVOKED,
    TRY_LATER,
    Ack,
    Bye,
    Card,
    DeskHeartbeat,
    DeskWelcome,
    Heartbeat,
    Hello,
    Mode,
    Report,
    Resync,
    Welcome,
    Why,
)
from displays.telling import Telling
from moderation.airtime import Aired
from moderation.connection import end
from moderation.domain import Cursor, FeedEntry
from moderation.errors import Unavailable
from moderation.feeds import Reset
from moderation.roster import Roster, Screen
from moderation.store import Store

log = logging.getLogger("complicity.hub")

BLOCK_MS: Final = 500  # one read; also how late the follower may notice a place that is new to it
ASLEEP: Final = timedelta(seconds=60)  # between two heartbeats
RETRY_SECONDS: Final = (0.1, 2.0)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A wall as bytes, built once for all who ask at this head."""

    cursor: Cursor
    tail: bytes


@dataclass(frozen=True, slots=True)
class Start:
    """What a joiner is given: how, why, and the frames that bring it to ``cursor``."""

    mode: Mode
    why: Why | None
    cursor: Cursor
    payloads: tuple[bytes, ...]


class Hub:
    def __init__(
        self,
        store: Store,
        roster: Roster,
        *,
        label: Callable[[str], str] = str,
        heartbeat: float = HEARTBEAT_SECONDS,
    ) -> None:
        """``label`` gives a channel's name for people, by its slug."""
        self._store = store
        self._roster = roster
        self._leading = Leading(store, roster)
        self._telling = Telling(roster)
        self._airing = Airing(store)
        self._told = 0  # grows when screens were told something: what a joiner read before may be old
        self._label = label
        self._heartbeat = heartbeat
        self._audiences: dict[tuple[str, Feed], Audience] = {}
        self._snapshots: dict[str, Snapshot] = {}
        self._tails: dict[str, tuple[tuple[Cursor, Cursor], Start | Reset]] = {}
        self._reading: dict[str, asyncio.Lock] = {}
        self._fleet = Fleet(roster)
        self.lookout = Lookout(roster, self._fleet)
        self._tasks: set[asyncio.Task[None]] = set()
        self._verified = 0.0
        self._beaten = utc_now()
        self.engine = False  # did it answer the follower last time, and was every feed what we told?

    # life

    async def start(self) -> None:
        with suppress(Unavailable):  # the follower goes on trying
            for place in await self._roster.places():
                await self._audience(place.slug, "wall")
                await self._audience(place.slug, "desk")
            await self._verify()
        self._spawn(self._follow_for_ever())
        self._spawn(self._beat_for_ever())

    async def stop(self) -> None:
        await end(self._tasks)
        self._fleet.end()
        with suppress(Unavailable):
            await self._fleet.note()

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # screens

    def attach(self, screen: Screen, outlet: Outlet) -> Listener:
        """A device that has proven who it is. An older connection of the same device is closed."""
        listener = Listener(outlet)
        older = self._fleet.attach(screen, listener)
        if older is not None:
            self._leave_all(older)
            older.outlet.close(REPLACED, "replaced")
        return listener

    async def hello(self, screen: Screen, listener: Listener, hello: Hello) -> None:
        """Start or resume: one path. Raises Unavailable when nothing true can be said."""
        while True:
            await self._audience(screen.place, "desk")  # it also says what concerns screens
            await self._leading.look(screen.place)
            audience = await self._audience(screen.place, "wall")
            waiting = audience.register(listener)
            try:
                if not self.engine:
                    raise Unavailable(why="follower")
                life = audience.life, self._told
                known = await self._telling.start(screen)
                if known is None:  # revoked since its token was looked up, or by another process
                    self.revoke(screen.id)
                    return
                lease, told = known
                aired = await self._airing.aired(screen)
                start = await self._start(audience, hello)
                async with audience.writing:
                    if listener not in audience.joining:
                        return  # it left, was replaced or revoked meanwhile
                    if (audience.life, self._told) == life:
                        self._fleet.leased(screen, lease)
                        self._welcome(audience, listener, hello, lease, aired, told, start, waiting)
                        return
            finally:
                audience.joining.pop(listener, None)

    def ack(self, screen: Screen, listener: Listener, ack: Ack) -> bool:
        """Whether it answers entries that it had not answered yet."""
        device = self._fleet.speaking(screen, listener)
        audience = self._audiences.get((screen.place, "wall"))
        if device is None or audience is None:
            return False
        before = device.acked
        if audience.welcomed(listener):  # before that it speaks of a wall that it is about to lose
            device.heard(ack, audience.head.offset, utc_now())
        if ack.airtime:
            self._spawn(self._air(screen, listener, ack))
        return device.acked is not None and (before is None or device.acked > before)

    async def _air(self, screen: Screen, listener: Listener, ack: Ack) -> None:
        with suppress(Unavailable):  # the screen says it again
            stored = await self._airing.store(screen, ack.airtime)
            listener.write(Batch.of([stored]))

    def report(self, screen: Screen, listener: Listener, report: Report) -> None:
        if (device := self._fleet.speaking(screen, listener)) is not None:
            device.reported(report, utc_now())

    def leave(self, listener: Listener, screen: Screen | None = None) -> None:
        self._leave_all(listener)
        if screen is not None:
            self._fleet.leave(screen.id, listener)

    def revoke(self, screen: str) -> None:
        """The roster has forgotten this device: its connection ends now."""
        listener = self._fleet.forget(screen)
        self._airing.forget(screen)
        if listener is not None:
            self._leave_all(listener)
            listener.outlet.close(REVOKED, "revoked")

    def facts(self, screen: Screen) -> Facts:
        return self._fleet.facts(screen)

    async def cards(self, place: str, idents: Sequence[str]) -> tuple[Card, ...]:
        """Of these cards those that hang, as screens are told them."""
        return tuple(card(one, self._label) for one in await self._store.hanging_now(place, idents))

    def head(self, place: str) -> int:
        """The last offset of this place's wall that was told."""
        audience = self._audiences.get((place, "wall"))
        return audience.head.offset if audience is not None else 0

    @property
    def connected(self) -> int:
        """Screens connected to this process."""
        return self._fleet.connected

    def connected_by_place(self) -> Mapping[str, int]:
        return self._fleet.by_place()

    def goodbye(self, why: str) -> Bye:
        """Where to and when: ten thousand screens must not come back in the same second."""
        return Bye(why, (0.5, max(3.0, self.connected / 1000)))

    # desks

    async def attend(self, places: Sequence[str], outlet: Outlet) -> Listener:
        """A page of the staff: from now on it hears that something changed, and asks over HTTP."""
        listener = Listener(outlet)
        audiences = [await self._audience(place, "desk") for place in places]
        alerts = [place for place in places if self.lookout.lost.get(place)]
        beats = [encode(self._desk_beat(place)) for place in alerts]
        listener.start(Batch.of([encode(DeskWelcome(tuple(places))), *beats]))
        for audience in audiences:
            audience.live[listener] = None
        return listener

    # a joiner's start

    async def _start(self, audience: Audience, hello: Hello) -> Start:
        why: Why = "cold"
        if hello.c is not None:
            if hello.c == audience.head and hello.c.nonce != NOWHERE:  # what most screens of a storm say
                return Start("resume", None, hello.c, ())
            answer = await self._missed(audience, hello.c)
            if isinstance(answer, Start):
                return answer
            why = answer.why
        snapshot = await self._snapshot(audience)
        return Start("snapshot", why, snapshot.cursor, (snap_with(hello.rid, snapshot.tail),))

    def _welcome(
        self,
        audience: Audience,
        listener: Listener,
        hello: Hello,
        lease: int,
        aired: Aired,
        told: Sequence[bytes],
        start: Start,
        waiting: Sequence[Numbered],
    ) -> None:
        """Welcome, start, what came meanwhile, and a heartbeat that says: now you hold all of it."""
        later = [frame for frame in waiting if frame.offset > start.cursor.offset]
        reached = later[-1].offset if later else start.cursor.offset
        now = time.time()
        beat = max(1, round(self._heartbeat))
        welcome = Welcome(
            hello.rid, audience.place, beat, lease, start.mode, start.why, now, aired.n, aired.last
        )
        listener.start(
            Batch.of(
                (
                    encode(welcome),
                    self._leading.frame(audience.place),  # before any card: a wall that is dark stays dark
                    *told,
                    *start.payloads,
                    *(frame.payload for frame in later),
                    encode(Heartbeat(reached, now)),
                )
            )
        )
        audience.admit(listener, reached)

    async def _missed(self, audience: Audience, cursor: Cursor) -> Start | Reset:
        """The tail from there on. A storm comes back from one cursor, so the last answer is kept for its head."""
        async with self._reading.setdefault(audience.place, asyncio.Lock()):
            asked = cursor, audience.head
            held = self._tails.get(audience.place)
            if held is None or held[0] != asked:
                held = asked, await self._read_tail(audience.place, cursor)
                self._tails[audience.place] = held
            return held[1]

    async def _read_tail(self, place: str, cursor: Cursor) -> Start | Reset:
        answer = await self._store.resume(place, cursor)
        if isinstance(answer, Reset):
            return answer
        frames = await self._wall_frames(place, answer.entries, set())
        reached = frames[-1].cursor if frames else cursor
        return Start("resume", None, reached, tuple(frame.payload for frame in frames))

    async def _snapshot(self, audience: Audience) -> Snapshot:
        async with self._reading.setdefault(audience.place, asyncio.Lock()):
            held = self._snapshots.get(audience.place)
            head = audience.head
            if held is None or held.cursor.epoch != head.epoch or held.cursor.offset < head.offset:
                wall = await self._store.snapshot(audience.place)
                cards = tuple(card(thread, self._label) for thread in wall.threads)
                held = Snapshot(wall.cursor, snap_tail(wall.cursor, cards))
                self._snapshots[audience.place] = held
            return held

    async def _audience(self, place: str, feed: Feed) -> Audience:
        found = self._audiences.get((place, feed))
        if found is None:
            head = await self._store.feed_head(place, feed)
            found = self._audiences.setdefault((place, feed), Audience(place, feed, head))
        return found

    def _leave_all(self, listener: Listener) -> None:
        for audience in self._audiences.values():
            audience.leave(listener)

    # the follower

    async def _follow_for_ever(self) -> None:
        pause, longest = RETRY_SECONDS
        while True:
            try:
                await self._verify()
                pause = RETRY_SECONDS[0]
                while time.monotonic() - self._verified < self._heartbeat:
                    await self._read()
            except Exception as lost:  # a follower that ended would leave heartbeats that lie
                if self.engine:
                    unforeseen = None if isinstance(lost, Unavailable) else lost
                    log.warning(
                        "the engine does not answer (%s); screens keep their lease", lost, exc_info=unforeseen
                    )
                    self.engine = False
                await asyncio.sleep(pause)
                pause = min(pause * 2, longest)

    async def _read(self) -> None:
        if not self._audiences:
            await asyncio.sleep(BLOCK_MS / 1000)
            return
        after: dict[tuple[str, str], Cursor] = {key: one.head for key, one in self._audiences.items()}
        found = await self._store.follow(after, block_ms=BLOCK_MS)
        for (place, feed), entries in found.items():
            audience = self._audiences[place, "wall" if feed == "wall" else "desk"]
            expected = range(audience.head.offset + 1, audience.head.offset + 1 + len(entries))
            if [entry.cursor.offset for entry in entries] == list(expected):
                await self._guarded(audience, self._tell(audience, entries))
            else:  # a read after a trimmed id skips without a word
                await self._guarded(audience, self._check(audience))

    async def _verify(self) -> None:
        """Is every feed still the one that we have been telling? After a loss, and now and then.

        An engine that comes back may be a restored backup or an older replica; its next entry can carry the
        very number that we expect. One trip for all: nothing is read meanwhile, and a chain has many places.
        """
        audiences = tuple(self._audiences.values())
        heads = await self._store.feed_heads([(one.place, one.feed) for one in audiences])
        for audience, head in zip(audiences, heads, strict=True):
            if head != audience.head:
                await self._guarded(audience, self._check(audience))
        self._verified, self.engine = time.monotonic(), True

    async def _check(self, audience: Audience) -> None:
        answer = await self._store.resume(audience.place, audience.head, feed=audience.feed)
        if not isinstance(answer, Reset):
            await self._tell(audience, answer.entries)
            return
        log.warning("feed %s of %s starts over: %s", audience.feed, audience.place, answer.why)
        self._snapshots.pop(audience.place, None)
        self._tails.pop(audience.place, None)
        head = await self._store.feed_head(audience.place, audience.feed)
        await audience.start_over(head, Resync(answer.why))
        if audience.feed == "wall":
            self._fleet.start_over(audience.place)
        if audience.feed == "desk":
            await self._announce(audience.place, [await self._leading.anew(audience.place)])
            self._deliver(await self._telling.everything(audience.place))

    async def _guarded(self, audience: Audience, work: Coroutine[object, object, None]) -> None:
        """One place's bad record must not silence the others: its listeners are sent away to come back."""
        try:
            await work
        except Unavailable:
            raise
        except Exception:
            log.exception("feed %s of %s could not be told", audience.feed, audience.place)
            self._leading.forget(audience.place)
            for feed in FEEDS:  # screens live by both
                if (lost := self._audiences.pop((audience.place, feed), None)) is not None:
                    for listener in (*lost.live, *lost.ahead):
                        listener.outlet.close(TRY_LATER, "unreadable")
                    lost.life += 1

    async def _tell(self, audience: Audience, entries: Sequence[FeedEntry]) -> None:
        if not entries:
            return
        if audience.feed == "desk":
            await self._announce(audience.place, await self._leading.heard(audience.place, entries))
            self._deliver(await self._telling.heard(audience.place, entries))
        if audience.empty:  # no await before this: whoever registers next starts from the new head
            audience.head = entries[-1].cursor
            audience.early.clear()
        elif audience.feed == "wall":
            await audience.tell(await self._wall_frames(audience.place, entries, audience.early))
        else:
            await audience.tell(desk_frames(audience.place, entries))

    async def _announce(self, place: str, payloads: Sequence[bytes]) -> None:
        wall = self._audiences.get((place, "wall"))
        if wall is not None and payloads:
            await wall.announce(payloads)

    def _deliver(self, told: Mapping[str, list[bytes]]) -> None:
        self._told += bool(told)
        for ident, payloads in told.items():
            device = self._fleet.find(ident)
            if device is not None and device.listener is not None:
                device.listener.write(Batch.of(payloads))

    async def _wall_frames(self, place: str, entries: Sequence[FeedEntry], early: set[str]) -> list[Numbered]:
        truths = await self._store.truths(place, list({entry.tid for entry in entries}))
        return wall_frames(entries, truths, self._label, early)

    # the heartbeat

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat)
            try:
                await self._beat()
            except Unavailable:
                continue
            except Exception:  # screens must not go dark for one bad note
                log.exception("a heartbeat failed")

    async def _beat(self) -> None:
        for audience in tuple(self._audiences.values()):
            if audience.feed == "desk":
                await self._say_desk(audience)
            elif self.engine:
                # Without the engine nobody knows what is true: silence, and the leases run.
                await audience.say(lambda head: Heartbeat(head.offset, time.time()))
        now = utc_now()
        if abs(now - self._beaten) > ASLEEP:  # the machine was suspended, or its clock set
            self.lookout.woke(now)
        self._beaten = now
        for device in self._fleet:
            wall = self._audiences.get((device.place, "wall"))
            if wall is not None:
                device.told(wall.head.offset, now)
        await self._fleet.note(most=NOTES_A_BEAT)
        for place in await self.lookout.look():
            if (desk := self._audiences.get((place, "desk"))) is not None:
                await self._say_desk(desk)
        for screen in self.lookout.revoked:
            self.revoke(screen)

    async def _say_desk(self, audience: Audience) -> None:
        await audience.say(lambda _: self._desk_beat(audience.place))

    def _desk_beat(self, place: str) -> DeskHeartbeat:
        return DeskHeartbeat(self.engine, place, self.lookout.lost.get(place, ()))

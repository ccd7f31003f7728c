"""What may be asked of the store: messages, walls, feeds, ledger, receipts.

Owns every read. Must not change anything but the epoch that a feed gets at its first look.
Two or three pipelined trips each; what must be read together is ``snapshot.lua``.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any, Final, TypeVar

from moderation import scripts
from moderation.connection import Connection
from moderation.domain import (
    HOLDS,
    STATES,
    Cursor,
    FeedEntry,
    Gone,
    Held,
    LedgerEntry,
    Message,
    Page,
    Reply,
    State,
    Thread,
    WallSnapshot,
)
from moderation.errors import Unavailable
from moderation.feeds import FAR, Reset, Tail, verdict
from moderation.keys import Keys
from moderation.reading import Fields, feed_entry, hung, ledger_entry, message, pairs, reply
from moderation.seals import digest

LOOKED_THROUGH: Final = 1_000  # of what waits, for those of one channel
log = logging.getLogger("complicity.store")
T = TypeVar("T")


def wall_clock() -> int:
    """Milliseconds since 1970."""
    return round(time() * 1000)


@dataclass(frozen=True, slots=True)
class Seen:
    """A message at one look, with the fields of its thread: what a transition is checked against."""

    message: Message
    thread: Fields


class Reads:
    def __init__(self, connection: Connection, organisation: str) -> None:
        self.connection = connection
        self.organisation = organisation
        self.keys = Keys(organisation)
        self.clock: Callable[[], int] = wall_clock
        self._unreadable: set[str] = set()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock() / 1000, UTC)

    # messages

    async def message(self, ident: str) -> Message | None:
        seen = await self.look(ident)
        return seen.message if seen else None

    async def look(self, ident: str) -> Seen | None:
        found = await self._look([ident])
        return found[0] if found else None

    async def messages(
        self,
        *,
        places: Sequence[str],
        state: State | None = None,
        held: Held | None = None,
        thread: str | None = None,
        hangs: bool = False,
        limit: int = 50,
        after: str | None = None,
    ) -> Page[Message]:
        """Oldest first. ``state='pending'`` leaves held ones out unless ``held`` asks for them; ``hangs``: only
        what is on one of these walls now."""
        least = int(after) if after else 0
        if hangs or thread is not None:
            found = [
                m
                for m in await (self._on_walls(places, thread) if hangs else self._members(thread or ""))
                if m.number > least
                and set(m.places) & set(places)
                and (state is None or m.state == state)
                and (held is None or m.held == held)
            ]
            found.sort(key=lambda m: m.number)
        else:
            found = await self._load(await self._indexed(places, _indexes(state, held), least, limit + 1))
        kept = found[:limit]
        return Page(items=tuple(kept), next=str(kept[-1].number) if len(found) > limit else None)

    async def count(self, place: str, state: State, held: Held | None = None) -> int:
        key = self.keys.index(place, held or state)
        return int(await self.connection.ask(self.connection.commands.zcard(key)))

    async def decisions(self, ident: str) -> tuple[Mapping[str, Any], ...]:
        """Every decision on a message, first to last. For staff only."""
        raw = await self.connection.ask(self.connection.commands.lrange(self.keys.decisions(ident), 0, -1))
        return tuple(json.loads(line) for line in raw)

    async def hanging(self, channel: str, places: Sequence[str]) -> tuple[str, ...]:
        """The upstream ids of what is approved in these places and came by this channel, for re-checks."""
        walls = [self.keys.index(place, "approved") for place in places]
        found = await self.connection.gather([("zrange", (wall, 0, -1)) for wall in walls])
        idents = list(dict.fromkeys(ident for wall in found for ident in wall))
        rows = await self.connection.gather(
            [("hmget", (self.keys.message(ident), "channel", "upstream")) for ident in idents]
        )
        return tuple(upstream for slug, upstream in rows if slug == channel and upstream)

    async def waiting(
        self, channel: str, places: Sequence[str], *, after: int, most: int
    ) -> tuple[tuple[str, ...], int]:
        """The upstream ids of some that wait and came by this channel, oldest first, for re-checks; and the number to
        go on after: 0 at the end."""
        idents = await self._indexed(places, ("pending", *HOLDS), after, LOOKED_THROUGH)
        rows = await self.connection.gather(
            [("hmget", (self.keys.message(ident), "channel", "upstream", "number")) for ident in idents]
        )
        ours = [(upstream, int(number)) for slug, upstream, number in rows if slug == channel and upstream]
        if len(ours) > most:
            return tuple(upstream for upstream, _ in ours[:most]), ours[most - 1][1]
        last = max((int(number) for _, _, number in rows if number), default=0)
        return tuple(upstream for upstream, _ in ours), last if len(idents) == LOOKED_THROUGH else 0

    async def receipt(self, secret: str) -> Message | None:
        """The message that this secret link is the receipt of."""
        ident = await self.connection.ask(self.connection.commands.get(self.keys.receipt(digest(secret))))
        return await self.message(ident) if ident else None

    async def _on_walls(self, places: Sequence[str], root: str | None) -> list[Message]:
        """What is approved of the threads that hang in these places, or of the thread of ``root`` if it does."""
        walls = await self.connection.gather([("zrange", (self.keys.wall(p), 0, -1)) for p in places])
        tids = list(dict.fromkeys(tid for wall in walls for tid in wall))
        if root is not None:
            tid = await self.connection.ask(self.connection.commands.hget(self.keys.message(root), "tid"))
            tids = [tid] if tid in tids else []
        members = await self.connection.gather([("hget", (self.keys.thread(tid), "members")) for tid in tids])
        found = await self._load([ident for joined in members for ident in (joined or "").split()])
        return [m for m in found if m.state == "approved"]

    async def _members(self, root: str) -> list[Message]:
        tid = await self.connection.ask(self.connection.commands.hget(self.keys.message(root), "tid"))
        if not tid:
            return []
        members = await self.connection.ask(self.connection.commands.hget(self.keys.thread(tid), "members"))
        return await self._load((members or "").split())

    async def _indexed(
        self, places: Sequence[str], indexes: Sequence[str], least: int, most: int
    ) -> list[str]:
        answers = await self.connection.gather(
            [
                ("zrangebyscore", (self.keys.index(place, index), f"({least}", "+inf", 0, most, True))
                for place in places
                for index in indexes
            ]
        )
        numbers = {ident: number for answer in answers for ident, number in answer}
        return sorted(numbers, key=lambda ident: numbers[ident])[:most]

    async def _load(self, idents: Sequence[str]) -> list[Message]:
        return [seen.message for seen in await self._look(idents)]

    async def _look(self, idents: Sequence[str]) -> list[Seen]:
        """These messages in this order; unknown ones and tombstones are left out."""
        k, count = self.keys, len(idents)
        # Most messages are a thread of their own, which has their id: one trip then, not two.
        both = [("hgetall", (k.message(i),)) for i in idents] + [("hgetall", (k.thread(i),)) for i in idents]
        hashes: list[Fields] = await self.connection.gather(both)
        known = {i: f for i, f in zip(idents, hashes[:count], strict=True) if f.get("number")}
        threads = dict(zip(idents, hashes[count:], strict=True))
        others = list({f["tid"] for f in known.values()} - threads.keys())
        rest = await self.connection.gather([("hgetall", (k.thread(t),)) for t in others])
        threads.update(zip(others, rest, strict=True))
        replies = await self._replies([threads[tid] for tid in {f["tid"] for f in known.values()}])
        now = self._now()
        found = []
        for ident, fields in known.items():
            thread = threads[fields["tid"]]
            mine = [r for r in replies if r.message == ident]
            read = self._readable(ident, message, ident, fields, thread, mine, now)
            if read is not None:
                found.append(Seen(read, thread))
        return found

    async def _replies(self, threads: Iterable[Fields]) -> list[Reply]:
        idents = [r for t in threads for r in t.get("replies", "").split()]
        found = await self.connection.gather([("hgetall", (self.keys.reply(r),)) for r in idents])
        read = [self._readable(i, reply, f) for i, f in zip(idents, found, strict=True) if f]
        return [r for r in read if r is not None]

    def _readable(self, ident: str, read: Callable[..., T], *of: Any) -> T | None:
        """One bad record is left out, and said once: it must not take the rest of a wall or a desk with it."""
        try:
            return read(*of)
        except (KeyError, ValueError, TypeError) as wrong:
            if ident not in self._unreadable:
                self._unreadable.add(ident)
                log.error("%s can't be read and is left out: %r", ident, wrong)
            return None

    # walls

    async def truths(self, place: str, tids: Sequence[str]) -> dict[str, Thread | Gone]:
        """What is true now of these threads on this wall. Unknown ones are left out."""
        k = self.keys
        calls: list[tuple[str, tuple[Any, ...]]] = [("hgetall", (k.thread(t),)) for t in tids]
        calls += [("zscore", (k.wall(place), t)) for t in tids]
        answers = await self.connection.gather(calls)
        threads = {t: f for t, f in zip(tids, answers[: len(tids)], strict=True) if f}
        hangs = dict(zip(tids, answers[len(tids) :], strict=True))
        members = [i for f in threads.values() for i in f.get("members", "").split()]
        loaded = {m.id: m for m in await self._load(members)}
        found: dict[str, Thread | Gone] = {}
        for tid, fields in threads.items():
            mine = {m: loaded[m] for m in fields.get("members", "").split() if m in loaded}
            replies = [r for m in mine.values() for r in m.replies]
            seen = self._readable(tid, hung, tid, fields, mine, replies) if hangs[tid] is not None else None
            root = mine.get(fields.get("root", ""))
            found[tid] = seen or Gone(
                tid=tid,
                id=fields.get("root", ""),
                version=int(fields.get("version", "0")),
                final=root is not None and root.state == "erased",
            )
        return found

    async def hanging_now(self, place: str, idents: Sequence[str]) -> tuple[Thread, ...]:
        """Of these cards (each by its first message) those that hang, as they are now."""
        asked = [("hget", (self.keys.message(ident), "tid")) for ident in idents]
        tids = [tid for tid in await self.connection.gather(asked) if tid]
        truths = await self.truths(place, list(dict.fromkeys(tids))) if tids else {}
        return tuple(truth for truth in truths.values() if isinstance(truth, Thread))

    async def snapshot(self, place: str) -> WallSnapshot:
        """The wall and the head of its feed, of one moment, oldest approval first."""
        k = self.keys
        for _ in range(scripts.ATTEMPTS):
            head = await self.feed_head(place, "wall")
            tids = await self.connection.ask(self.connection.commands.zrange(k.wall(place), 0, -1))
            threads = await self.connection.gather(
                [("hmget", (k.thread(t), "members", "replies")) for t in tids]
            )
            parts = [[*(m or "").split(), *(f"r/{x}" for x in (r or "").split())] for m, r in threads]
            keys = [k.head(place), k.wall(place), *(k.thread(t) for t in tids)]
            for mine in parts:
                keys += [k.reply(p[2:]) if p.startswith("r/") else k.message(p) for p in mine]
            answer = await scripts.run(
                self.connection, "snapshot", keys, {"offset": str(head.offset), "epoch": head.epoch}
            )
            if answer.word != "OK":
                continue
            epoch, offset, nonce, *hashes = answer.values
            return WallSnapshot(
                cursor=Cursor(epoch=epoch, offset=int(offset), nonce=nonce),
                threads=self._hung(tids, parts, [pairs(flat) for flat in hashes]),
            )
        raise Unavailable(why="busy")

    def _hung(
        self, tids: Sequence[str], parts: Sequence[Sequence[str]], hashes: Sequence[Fields]
    ) -> tuple[Thread, ...]:
        now = self._now()
        threads, rest = hashes[: len(tids)], iter(hashes[len(tids) :])
        found = []
        for tid, thread, mine in zip(tids, threads, parts, strict=True):
            own = {part: next(rest) for part in mine}
            said = [self._readable(part, reply, f) for part, f in own.items() if part.startswith("r/") and f]
            replies = [r for r in said if r is not None]
            read = {
                part: self._readable(
                    part, message, part, f, thread, [r for r in replies if r.message == part], now
                )
                for part, f in own.items()
                if not part.startswith("r/") and f.get("number")
            }
            messages = {part: m for part, m in read.items() if m is not None}
            seen = self._readable(tid, hung, tid, thread, messages, replies)
            if seen is not None:
                found.append(seen)
        return tuple(found)

    # feeds

    async def feed_heads(self, feeds: Sequence[tuple[str, str]]) -> list[Cursor | None]:
        """Of each place and feed, all in one trip; None where nobody has looked yet."""
        rows = await self.connection.gather(
            [
                ("hmget", (self.keys.head(place), f"{feed}_epoch", f"{feed}_offset", f"{feed}_nonce"))
                for place, feed in feeds
            ]
        )
        return [
            Cursor(epoch=epoch, offset=int(offset or 0), nonce=nonce or "") if epoch else None
            for epoch, offset, nonce in rows
        ]

    async def feed_head(self, place: str, feed: str) -> Cursor:
        (head,) = await self.feed_heads([(place, feed)])
        if head is None:
            # The first to look names this life of the feed; a restore names a new one.
            await self.connection.ask(
                self.connection.commands.hsetnx(self.keys.head(place), f"{feed}_epoch", secrets.token_hex(8))
            )
            return await self.feed_head(place, feed)
        return head

    async def resume(
        self, place: str, cursor: Cursor | None, *, feed: str = "wall", far: int = FAR
    ) -> Tail | Reset:
        """Everything after ``cursor``, or why the listener must start over."""
        head = await self.feed_head(place, feed)
        if cursor is None:
            return Reset("cold")
        stream = self.keys.feed(place, feed)
        least = max(0, cursor.offset)
        first, raw = await self.connection.gather(
            [
                ("xrange", (stream, "-", "+", 1)),
                ("xrange", (stream, f"{least}-0", f"{head.offset}-0", far + 2)),
            ]
        )
        entries = [feed_entry(head.epoch, ident, f) for ident, f in raw]
        at = next((e for e in entries if e.cursor.offset == cursor.offset), None)
        nonce_at = at.cursor.nonce if at else ("" if cursor.offset == 0 else None)
        oldest = int(first[0][0].split("-")[0]) if first else head.offset + 1
        if cursor.offset == 0 and oldest == 1:
            oldest = 0  # nothing has been trimmed, so "before the first" is still a place
        why = verdict(cursor, head, first=oldest, nonce_at=nonce_at, far=far)
        if why is not None:
            return Reset(why)
        tail = tuple(e for e in entries if e.cursor.offset > cursor.offset)
        if [e.cursor.offset for e in tail] != list(range(cursor.offset + 1, head.offset + 1)):
            return Reset("trimmed")  # trimmed between the two reads
        return Tail(tail)

    async def follow(
        self, after: Mapping[tuple[str, str], Cursor], *, block_ms: int = 1000, count: int = 500
    ) -> dict[tuple[str, str], list[FeedEntry]]:
        """Wait for what comes after these cursors of (place, feed). Contiguity is the caller's to check:
        a read after a trimmed id skips without an error."""
        streams = {self.keys.feed(place, feed): (place, feed) for place, feed in after}
        answer = await self.connection.read_streams(
            {self.keys.feed(p, f): f"{c.offset}-0" for (p, f), c in after.items()},
            block_ms=block_ms,
            count=count,
        )
        return {
            streams[stream]: [feed_entry(after[streams[stream]].epoch, ident, f) for ident, f in entries]
            for stream, entries in answer
        }

    async def told(self, place: str, tid: str) -> int:
        """The offset at which the wall was last told of this thread; where that was long ago, one that is not less."""
        raw = await self.connection.ask(
            self.connection.commands.xrevrange(self.keys.feed(place, "wall"), "+", "-", FAR)
        )
        oldest = 0
        for ident, fields in raw:
            oldest = int(ident.split("-")[0])
            if fields["tid"] == tid:
                break
        return oldest

    # the public record

    async def ledger(self, place: str, *, after: int = 0, limit: int = 50) -> Page[LedgerEntry]:
        raw = await self.connection.ask(
            self.connection.commands.xrange(self.keys.ledger(place), f"{after + 1}-0", "+", limit + 1)
        )
        entries = tuple(ledger_entry(ident, f) for ident, f in raw[:limit])
        return Page(items=entries, next=str(entries[-1].seq) if len(raw) > limit else None)


def _indexes(state: State | None, held: Held | None) -> tuple[str, ...]:
    if held is not None:
        return (held,) if state in (None, "pending") else ()
    return (state,) if state is not None else (*STATES, *HOLDS)

"""The state changes: each is one Lua script, called here and nowhere else.

Owns what a transition touches, how often it is tried again, and the log of removals. Must not know who may
do what (``actions``) nor what a text may hold (``text``). Every call takes a nonce and is safe to repeat:
the same nonce gives the same answer.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal, Self

from moderation import scripts
from moderation.arrivals import Arrival, Draft, Outcome, consent_of, outcome_of, stored
from moderation.connection import Connection
from moderation.domain import NO_COMPANIONS, Actor, Message, Place, Ruling, Span
from moderation.errors import Conflict, NotFound, Unavailable
from moderation.quarantine import ID_KEPT, unset
from moderation.reading import fields, ruling_json
from moderation.reads import ATTEMPTS, Reads, digest
from moderation.removals import Kind, Removals
from moderation.scripts import Answer
from moderation.seals import Seals

CLAIM_SECONDS: Final = 120
OUTBOX_SECONDS: Final = 10  # a reply can be taken back before it leaves
QUARANTINE_KEPT: Final = 200

Decision = Literal["approve", "refuse", "withdraw"]


class Store(Reads):
    def __init__(
        self, connection: Connection, organisation: str, seals: Seals, removals: Removals | None
    ) -> None:
        super().__init__(connection, organisation)
        self._seals = seals
        self._removals = removals

    @classmethod
    async def open(
        cls,
        connection: Connection,
        organisation: str,
        *,
        removals: Path | None = None,
        receipts_key: bytes | None = None,
    ) -> Self:
        """``removals``: the file beside the data that take-downs are also written to. ``receipts_key``: kept
        outside the engine; without one, receipts hang on the organisation's secret."""
        key = Reads(connection, organisation).keys.secret
        await connection.ask(connection.commands.set(key, secrets.token_hex(32), nx=True))
        secret = (await connection.ask(connection.commands.get(key))).encode()
        seals = Seals(secret, receipts_key or secret)
        return cls(connection, organisation, seals, Removals(removals) if removals else None)

    async def close(self) -> None:
        await self.connection.close()

    async def probe(self) -> None:
        """Raises Unavailable unless the engine is reached and takes a write now."""
        await self.connection.ask(self.connection.commands.set(self.keys.probe, "1"))

    # names

    def seal(self, *parts: str) -> str:
        """A keyed hash of these words, in full: what nobody without the organisation's secret can make."""
        return self._seals.words(*parts)

    def receipt_secret(self, channel: str, upstream: str) -> str:
        """What opens the receipt of this item: always the same, and not to be had from the engine's data."""
        return self._seals.receipt(channel, upstream)

    def message_id(self, channel: str, upstream: str) -> str:
        """One upstream item, one id: that is why it can't become two messages (P7)."""
        return self._seals.name("message", channel, upstream)

    def pseudonym(self, actor: Actor) -> str:
        """How the public ledger names a person: always alike, never back to the name."""
        return self._seals.name("person", actor.id)[:8]

    # transitions

    async def receive(
        self, arrival: Arrival, *, nonce: str | None = None, cursor: str | None = None
    ) -> tuple[str, Outcome]:
        """Take in one created or edited item; its message id and what became of it."""
        nonce = nonce or secrets.token_hex(8)
        ident = self.message_id(arrival.channel, arrival.upstream)
        said = self.message_id(arrival.channel, arrival.thread or arrival.upstream)
        for _ in range(ATTEMPTS):
            before = await self.message(ident)
            tid = before.tid if before else said  # a message stays in the thread that it came in
            thread = await self.thread_fields(tid)
            root = thread.get("root", "")
            places = tuple(thread.get("places", "").split()) or arrival.places
            consent = consent_of(arrival, before, thread)
            k = self.keys
            answer = await scripts.run(
                self.connection,
                "receive",
                [
                    k.message(ident),
                    k.thread(tid),
                    k.message(root or ident),
                    k.number,
                    k.channel(arrival.channel),
                    k.receipt(digest(arrival.receipt or ident)),
                    *k.group(places),
                ],
                {
                    "id": ident,
                    "tid": tid,
                    "root": root,
                    "places": " ".join(places),
                    "count": len(places),
                    "now": str(self.clock()),
                    "nonce": nonce,
                    "cursor": cursor,
                    "receipt": arrival.receipt and "1",
                    "secret": secrets.token_hex(16),
                    "revision": str(arrival.revision or 1),
                    "held": "consent" if consent.state in ("needed", "withdrawn") else "",
                    "fields": stored(arrival, consent),
                },
            )
            if answer.word == "OK":
                # The script's word, or, when its answer was lost, ours.
                was = answer.values[1] if len(answer.values) > 1 else before and before.state
                if answer.detail == "edited" and was == "approved":
                    await self.note_removal(ident, "edited")
                return ident, outcome_of(answer.detail)
        raise Unavailable(why="busy")

    async def decide(
        self,
        what: Decision,
        actor: Actor,
        ident: str,
        *,
        revision: int,
        masks: Sequence[Span] = (),
        mask_author: bool = False,
        companions: Mapping[str, int] = NO_COMPANIONS,
        ruling: Ruling | None = None,
        nonce: str | None = None,
    ) -> Message:
        """Approve, refuse or withdraw exactly this revision, and with it other turns of its thread.

        Raises NotFound, Conflict (``stale_revision``, ``conflict``, ``consent_required``), Unavailable.
        """
        moves = [
            {
                "id": ident,
                "revision": revision,
                "masks": json.dumps([list(mask) for mask in masks]),
                "mask_author": "1" if mask_author else "",
            },
            *(
                {"id": other, "revision": theirs, "masks": "[]", "mask_author": ""}
                for other, theirs in companions.items()
                if other != ident
            ),
        ]
        payload = {
            "what": what,
            "moves": moves,
            "actor": actor.id,
            "by": self.pseudonym(actor),
            "via": actor.via,
            "code": ruling.code if ruling else None,
            "ruling": ruling_json(ruling) if ruling else None,
        }
        idents = [ident, *(other for other in companions if other != ident)]
        answer = await self._change("decide", ident, idents, payload, self._nonce(what, actor, ident, nonce))
        if answer.word == "OK" and what == "withdraw":
            await self.note_removal(ident, "withdrawn")
        return await self._settled(answer, ident)

    async def undo(self, actor: Actor, ident: str, *, nonce: str | None = None) -> Message:
        """Take back the actor's last decision, with the companions of the same step.

        Raises NotFound, Conflict ``nothing_to_undo``, Unavailable.
        """
        raw = await self.connection.ask(
            self.connection.commands.hmget(self.keys.message(ident), "undo", "tid", "state")
        )
        step = json.loads(raw[0])["step"] if raw[0] else ""
        mine = bool(raw[0]) and json.loads(raw[0])["by"] == actor.id
        idents = [ident]
        shown = [ident] if raw[2] == "approved" else []
        if raw[1]:
            members = (await self.thread_fields(raw[1])).get("members", "").split()
            undos = await self.connection.gather(
                [("hmget", (self.keys.message(m), "undo", "state")) for m in members]
            )
            for other, (undo, state) in zip(members, undos, strict=True):
                if other != ident and undo and json.loads(undo)["step"] == step:
                    idents.append(other)
                    shown += [other] if state == "approved" else []
        for one in shown if mine else ():
            # Before it is done: nobody could tell afterwards, had the answer been lost.
            await self.note_removal(one, "undone")
        payload = {
            "ids": idents,
            "step": step,
            "actor": actor.id,
            "by": self.pseudonym(actor),
            "via": actor.via,
        }
        answer = await self._change("undo", ident, idents, payload, self._nonce("undo", actor, ident, nonce))
        if answer.word == "MISSING":
            raise Conflict("nothing_to_undo")
        return await self._settled(answer, ident)

    async def claim(self, actor: Actor, ident: str) -> Message:
        """A lease of two minutes; Conflict when a colleague holds it."""
        return await self._claim("claim", actor, ident)

    async def release(self, actor: Actor, ident: str) -> Message:
        return await self._claim("release", actor, ident)

    async def reply(self, actor: Actor, ident: str, draft: Draft, *, nonce: str | None = None) -> str:
        """Hang an answer on an approved message; the reply's id. Raises NotFound, Conflict, Unavailable."""
        scoped = self._nonce("reply", actor, ident, nonce)
        reply = self._seals.name("reply", scoped)
        now = self.clock()
        payload = {
            "id": ident,
            "reply": reply,
            "by": self.pseudonym(actor),
            "via": actor.via,
            "due": str(now + OUTBOX_SECONDS * 1000) if draft.outside else None,
            "fields": fields(
                place=draft.place,
                text=draft.text,
                stance=draft.stance,
                due=draft.due,
                owner=draft.owner,
                because=draft.because,
                signed=draft.signed,
                actor=actor.id,
            ),
        }
        answer = await self._change("reply", ident, [ident], payload, scoped, reply=reply)
        await self._settled(answer, ident)
        return reply

    async def erase(
        self,
        ident: str,
        *,
        actor: Actor | None = None,
        code: str | None = "author-withdrew",
        nonce: str | None = None,
    ) -> bool:
        """Remove text and name for good; False when there was nothing left. Raises NotFound, Unavailable."""
        return await self._erase(ident, ident, actor=actor, code=code, nonce=nonce) == "deleted"

    async def delete(
        self,
        channel: str,
        upstream: str,
        *,
        thread: str | None = None,
        nonce: str | None = None,
        cursor: str | None = None,
    ) -> tuple[str, Outcome]:
        """The channel (or the author there) removed an item: final, even before it was created."""
        ident = self.message_id(channel, upstream)
        tid = self.message_id(channel, thread or upstream)
        gone = await self._erase(ident, tid, nonce=nonce, channel=channel, cursor=cursor, tombstone=upstream)
        return ident, gone

    async def age_out(self, place: Place) -> int:
        """Take off the wall what is older than ``wall_days``, and the oldest beyond ``wall_max``."""
        wall = self.keys.wall(place.slug)
        oldest = self.clock() - int(timedelta(days=place.wall_days).total_seconds() * 1000)
        late, hanging = await self.connection.gather(
            [("zrangebyscore", (wall, "-inf", f"({oldest}")), ("zcard", (wall,))]
        )
        surplus = max(0, hanging - len(late) - place.wall_max)
        late += (
            await self.connection.ask(
                self.connection.commands.zrange(wall, len(late), len(late) + surplus - 1)
            )
            if surplus
            else []
        )
        gone = 0
        for tid in late:
            for _ in range(ATTEMPTS):
                answer = await scripts.run(
                    self.connection,
                    "age_out",
                    [self.keys.thread(tid), *self.keys.group([place.slug])],
                    {
                        "tid": tid,
                        "root": (await self.thread_fields(tid)).get("root", ""),
                        "now": str(self.clock()),
                        "nonce": secrets.token_hex(8),
                    },
                )
                if answer.word != "AGAIN":
                    gone += answer.word == "OK"
                    break
        return gone

    # channels

    async def quarantine(self, channel: str, upstream: str, code: str, field: str | None = None) -> None:
        """Put a bad item aside, so that the rest go on and nobody loops on it. Its id is not used up."""
        row = json.dumps({"id": upstream[:ID_KEPT], "code": code, "at": self.clock(), "field": field})
        await self.connection.gather(
            [
                ("lpush", (self.keys.quarantine(channel), row)),
                ("ltrim", (self.keys.quarantine(channel), 0, QUARANTINE_KEPT - 1)),
            ]
        )

    async def note_channel(self, slug: str, **facts: str) -> None:
        """What the runner learned of a channel's health."""
        await self.connection.ask(self.connection.commands.hset(self.keys.channel(slug), mapping=facts))

    async def ask_consent(self, slug: str, thread: str) -> None:
        """The author of this private thread is to be asked, unless that was done before."""
        ask, k = self.connection, self.keys
        if not await ask.ask(ask.commands.sismember(k.asked(slug), thread)):
            await ask.ask(ask.commands.sadd(k.asking(slug), thread))

    async def to_ask(self, slug: str) -> tuple[str, ...]:
        found = await self.connection.ask(self.connection.commands.smembers(self.keys.asking(slug)))
        return tuple(sorted(found))

    async def asked(self, slug: str, thread: str) -> None:
        ask, k = self.connection, self.keys
        await ask.ask(ask.commands.sadd(k.asked(slug), thread))
        await ask.ask(ask.commands.srem(k.asking(slug), thread))

    # how a transition is called

    async def thread_fields(self, tid: str) -> dict[str, str]:
        return dict(await self.connection.ask(self.connection.commands.hgetall(self.keys.thread(tid))))

    def _nonce(self, what: str, actor: Actor, ident: str, nonce: str | None) -> str:
        # A caller's nonce counts for this person, this verb and this message only.
        return self._seals.name(what, actor.id, ident, nonce or secrets.token_hex(16))

    async def _change(
        self,
        name: str,
        ident: str,
        idents: Sequence[str],
        payload: Mapping[str, object],
        nonce: str,
        *,
        reply: str | None = None,
    ) -> Answer:
        """Call a transition of one thread, again when the thread moved between look and leap."""
        k = self.keys
        for _ in range(ATTEMPTS):
            raw = await self.connection.ask(
                self.connection.commands.hmget(k.message(ident), "tid", "places", "channel")
            )
            tid, places, channel = raw
            if not tid:
                return Answer("MISSING")
            thread = await self.thread_fields(tid)
            root, replies = thread.get("root", ""), thread.get("replies", "").split()
            keys = [k.answer(nonce), k.thread(tid), k.message(root or ident), k.outbox(channel)]
            if reply is not None:
                keys += [k.message(ident), k.reply(reply)]
            else:
                keys += [k.reply(r) for r in replies] if name == "decide" else []
                for one in idents:
                    keys += [k.message(one), k.decisions(one)]
            answer = await scripts.run(
                self.connection,
                name,
                [*keys, *k.group(places.split())],
                {
                    **payload,
                    "tid": tid,
                    "root": root,
                    "replies": replies,
                    "count": len(places.split()),
                    "now": str(self.clock()),
                    "nonce": nonce,
                },
                replicated=True,
            )
            if answer.word != "AGAIN":
                return answer
        raise Unavailable(why="busy")

    async def _settled(self, answer: Answer, ident: str) -> Message:
        """The message as it is now, or the error that the script's word means."""
        message = await self.message(ident)
        if answer.word == "MISSING" or message is None:
            raise NotFound
        if answer.word == "STALE":
            raise Conflict("stale_revision", message=message)
        if answer.word == "CONSENT":
            raise Conflict("consent_required", message=message)
        if answer.word != "OK":
            raise Conflict(message=message)
        return message

    async def _claim(self, what: str, actor: Actor, ident: str) -> Message:
        raw = await self.connection.ask(
            self.connection.commands.hmget(self.keys.message(ident), "tid", "places")
        )
        tid, places = raw
        if not tid:
            raise NotFound
        now = self.clock()
        answer = await scripts.run(
            self.connection,
            "claim",
            [self.keys.message(ident), self.keys.thread(tid), *self.keys.group(places.split())],
            {
                "what": what,
                "id": ident,
                "tid": tid,
                "actor": actor.id,
                "count": len(places.split()),
                "now": str(now),
                "until": str(now + CLAIM_SECONDS * 1000),
                "nonce": secrets.token_hex(8),
            },
        )
        return await self._settled(answer, ident)

    async def _erase(
        self,
        ident: str,
        tid: str,
        *,
        actor: Actor | None = None,
        code: str | None = "author-withdrew",
        nonce: str | None = None,
        channel: str = "",
        cursor: str | None = None,
        tombstone: str | None = None,
    ) -> Outcome:
        k = self.keys
        nonce = nonce or secrets.token_hex(8)
        for _ in range(ATTEMPTS):
            raw = await self.connection.ask(
                self.connection.commands.hmget(k.message(ident), "tid", "places", "channel", "upstream")
            )
            tid, places, channel = raw[0] or tid, (raw[1] or "").split(), raw[2] or channel
            thread = await self.thread_fields(tid)
            root, replies = thread.get("root", ""), thread.get("replies", "").split()
            answer = await scripts.run(
                self.connection,
                "erase",
                [
                    k.thread(tid),
                    k.message(ident),
                    k.decisions(ident),
                    k.message(root or ident),
                    k.outbox(channel),
                    k.channel(channel),
                    *(k.reply(r) for r in replies),
                    *k.group(places),
                ],
                {
                    "id": ident,
                    "tid": tid,
                    "root": root,
                    "replies": replies,
                    "places": " ".join(places),
                    "count": len(places),
                    "now": str(self.clock()),
                    "nonce": nonce,
                    "cursor": cursor,
                    "code": code,
                    "tombstone": tombstone and True,
                    "by": self.pseudonym(actor) if actor else None,
                    "via": actor.via if actor else "channel",
                },
                replicated=True,
            )
            if answer.word == "MISSING":
                raise NotFound
            if answer.word == "OK":
                # Also when it was already gone: a lost answer may have kept the line from the log.
                await self.note_removal(ident, "erased")
                await unset(self.connection, k.quarantine(channel), tombstone or raw[3] or "")
                return "deleted" if answer.detail in ("erased", "tombstone") else "duplicate"
        raise Unavailable(why="busy")

    async def note_removal(self, ident: str, kind: Kind) -> None:
        if self._removals is not None:
            await self._removals.append(ident, kind, self.clock())

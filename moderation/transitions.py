"""How a state change is called: one Lua script each, again when something moved between look and leap.

Owns the names that are derived and not drawn, the nonces, what a script's word means, and the log of removals. Must
not know what any one transition does. Every call takes a nonce and is safe to repeat: the same nonce gives the same
answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from moderation import scripts
from moderation.connection import Connection
from moderation.domain import Actor, Message
from moderation.errors import Conflict, NotFound, Unavailable
from moderation.reading import message, pairs
from moderation.reads import Reads, Seen
from moderation.removals import Kind, Removals
from moderation.scripts import Answer
from moderation.seals import Seals


class Transitions(Reads):
    def __init__(
        self, connection: Connection, organisation: str, seals: Seals, removals: Removals | None
    ) -> None:
        super().__init__(connection, organisation)
        self._seals = seals
        self._removals = removals

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
        return self._seals.person(actor.id)

    # calls

    async def thread_fields(self, tid: str) -> dict[str, str]:
        (found,) = await self.connection.gather([("hgetall", (self.keys.thread(tid),))])
        return dict(found)

    def _nonce(self, what: str, actor: Actor, ident: str, nonce: str | None) -> str:
        # A caller's nonce counts for this person, this verb and this message only.
        return self._seals.name(what, actor.id, ident, nonce) if nonce else secrets.token_hex(10)

    async def _change(
        self,
        name: str,
        ident: str,
        own: Sequence[str],
        payload: Mapping[str, object],
        nonce: str,
        *,
        seen: Seen | None = None,
    ) -> Answer:
        """Call a transition of one thread, again when the thread moved between look and leap. ``own``: the keys that
        this one needs beside those of the thread; ``seen``: a look that the caller has taken already."""
        k = self.keys
        for _ in range(scripts.ATTEMPTS):
            look, seen = seen or await self.look(ident), None
            if look is None:
                return Answer("MISSING")
            tid, places = look.message.tid, look.message.places
            root, replies = look.thread.get("root", ""), look.thread.get("replies", "").split()
            answer = await scripts.run(
                self.connection,
                name,
                [
                    k.answer(nonce),
                    k.thread(tid),
                    k.message(root or ident),
                    k.outbox(look.message.channel),
                    *own,
                    *(k.reply(r) for r in replies),
                    *k.group(places),
                ],
                {
                    **payload,
                    "tid": tid,
                    "root": root,
                    "replies": replies,
                    "count": len(places),
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
        now = self._told(answer, ident) or await self.message(ident)
        if answer.word == "MISSING" or now is None:
            raise NotFound
        if answer.word == "STALE":
            raise Conflict("stale_revision", message=now)
        if answer.word == "CONSENT":
            raise Conflict("consent_required", message=now)
        if answer.word != "OK":
            raise Conflict(message=now)
        return now

    def _told(self, answer: Answer, ident: str) -> Message | None:
        """The message, where the script told it whole; not what has replies, nor what a repeated call is told."""
        if len(answer.values) < 3:
            return None
        fields, thread = (pairs(flat) for flat in answer.values[1:])
        if thread.get("replies"):
            return None
        return self._readable(ident, message, ident, fields, thread, (), self._now())

    async def note_removal(self, ident: str, kind: Kind) -> None:
        if self._removals is not None:
            await self._removals.append(ident, kind, self.clock())

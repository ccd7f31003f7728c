"""Replies on their way out: what is due, and what became of each try.

Owns the steps of a delivery. Must not know how a channel is called.
An entry is written before the call; a lost answer is ``unknown`` and is looked for before anything is sent again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final, Literal

from moderation import scripts
from moderation.domain import Message, Reply
from moderation.errors import NotFound
from moderation.store import Store

SENDING_SECONDS: Final = 60  # a try that says nothing for so long is unknown

What = Literal["take", "look", "delivered", "failed", "unknown", "again", "cancel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A reply whose moment has come. ``tries`` counts how often it was handed to the channel, ``looks`` how often
    it was looked for since."""

    reply: Reply
    message: Message
    tries: int
    looks: int
    absent: int  # how often the channel said, since the last try, that it is not there


class Outbox:
    """The outbox of one channel."""

    def __init__(self, store: Store, channel: str) -> None:
        self._store = store
        self._key = store.keys.outbox(channel)

    async def due(self, limit: int = 50) -> tuple[Due, ...]:
        """What may leave, or be looked for, now; oldest first."""
        keys, ask = self._store.keys, self._store.connection
        idents = await ask.ask(
            ask.commands.zrangebyscore(self._key, "-inf", self._store.clock(), start=0, num=limit)
        )
        rows = await ask.gather(
            [("hmget", (keys.reply(r), "message", "tries", "looks", "absent")) for r in idents]
        )
        found = []
        for ident, (about, *counts) in zip(idents, rows, strict=True):
            message = await self._store.message(about) if about else None
            reply = next((r for r in message.replies if r.id == ident), None) if message else None
            if message is None or reply is None:
                await ask.ask(ask.commands.zrem(self._key, ident))
                continue
            tries, looks, absent = (int(count or 0) for count in counts)
            found.append(Due(reply=reply, message=message, tries=tries, looks=looks, absent=absent))
        return tuple(found)

    async def step(
        self,
        what: What,
        reply: Reply,
        message: Message,
        *,
        after: float | None = None,
        url: str | None = None,
        error: str | None = None,
        upstream: str | None = None,
        absent: bool = False,
        nonce: str | None = None,
    ) -> bool:
        """One step; False when the reply is no longer where it must be for it.

        ``after``: seconds until it is due again (take, look, unknown, again). ``upstream``: the id of our post
        there, so that a walk that brings it back makes no message of it. ``absent``: the channel says that it
        is not there.
        """
        if what in ("take", "look") and after is None:
            after = SENDING_SECONDS
        store, k = self._store, self._store.keys
        answer = await scripts.run(
            store.connection,
            "deliver",
            [
                k.reply(reply.id),
                self._key,
                k.thread(message.tid),
                k.message(message.id),
                k.message(store.message_id(message.channel, upstream) if upstream else reply.id),
                *k.group(message.places),
            ],
            {
                "what": what,
                "reply": reply.id,
                "id": message.id,
                "tid": message.tid,
                "count": len(message.places),
                "now": str(store.clock()),
                "nonce": nonce or secrets.token_hex(8),
                "due": None if after is None else str(store.clock() + round(after * 1000)),
                "url": url,
                "error": error,
                "upstream": upstream,
                "absent": absent,
            },
        )
        if answer.word == "MISSING":
            raise NotFound(reply=reply.id)
        return answer.word == "OK"

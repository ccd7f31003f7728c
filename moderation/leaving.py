"""How a message goes without a decision: erased by a person, deleted by its channel, or aged out of a wall.

Owns the calls of ``erase.lua`` and ``age_out.lua``. Must not know who may erase (``actions``).
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from moderation import scripts
from moderation.arrivals import Outcome
from moderation.domain import Actor, Place
from moderation.errors import NotFound, Unavailable
from moderation.quarantine import Quarantine
from moderation.transitions import Transitions

LEAVE_AT_ONCE: Final = 50  # threads that one script takes off a wall: the engine does nothing else meanwhile


class Leaving(Transitions):
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
        for _ in range(scripts.ATTEMPTS):
            raw = await self.connection.ask(
                self.connection.commands.hmget(k.message(ident), "tid", "places", "channel", "upstream")
            )
            if raw[3] or tombstone:
                await self.note_removal(ident, "erased")
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
                if upstream := tombstone or raw[3]:
                    await Quarantine(self.connection, k, channel).forget(upstream)
                return "deleted" if answer.detail in ("erased", "tombstone") else "duplicate"
        raise Unavailable(why="busy")

    async def age_out(self, place: Place) -> int:
        """Take off the wall what is older than ``wall_days``, and the oldest beyond ``wall_max``; how many left now."""
        k, wall, gone = self.keys, self.keys.wall(place.slug), 0
        oldest = self.clock() - int(timedelta(days=place.wall_days).total_seconds() * 1000)
        while True:
            late, hanging, tids = await self.connection.gather(
                [
                    ("zcount", (wall, "-inf", f"({oldest}")),
                    ("zcard", (wall,)),
                    ("zrange", (wall, 0, LEAVE_AT_ONCE - 1)),
                ]
            )
            surplus = max(late, hanging - place.wall_max)
            if surplus <= 0:
                return gone
            leaving = tids[:surplus]
            answer = await scripts.run(
                self.connection,
                "age_out",
                [*(k.thread(tid) for tid in leaving), *k.group([place.slug])],
                {"tids": leaving, "now": str(self.clock()), "nonce": secrets.token_hex(8)},
            )
            gone += int(answer.detail)
            if surplus <= len(leaving):
                return gone

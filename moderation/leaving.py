"""How a message goes without a decision: erased by a person, deleted by its channel, or aged out of a wall.

Owns the calls of ``erase.lua`` and ``age_out.lua``. Must not know who may erase (``actions``).
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from moderation import scripts
from moderation.arrivals import Outcome
from moderation.domain import Actor, Place
from moderation.errors import NotFound, Unavailable
from moderation.quarantine import Quarantine
from moderation.transitions import Transitions


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
                if upstream := tombstone or raw[3]:
                    await Quarantine(self.connection, k, channel).forget(upstream)
                return "deleted" if answer.detail in ("erased", "tombstone") else "duplicate"
        raise Unavailable(why="busy")

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
            for _ in range(scripts.ATTEMPTS):
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

"""What a named person decides about a message, takes back, or claims.

Owns the calls of ``decide.lua``, ``undo.lua`` and ``claim.lua``. Must not know who may (``actions``).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from moderation import scripts
from moderation.domain import NO_COMPANIONS, Actor, Message, Ruling, Span
from moderation.errors import Conflict, NotFound
from moderation.reading import ruling_json
from moderation.reads import Seen
from moderation.transitions import Transitions

CLAIM_SECONDS: Final = 120

Decision = Literal["approve", "refuse", "withdraw"]


class Decisions(Transitions):
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
        seen: Seen | None = None,
    ) -> Message:
        """Approve, refuse or withdraw exactly this revision, and with it other turns of its thread. ``seen``: the
        look by which the caller judged that this may be.

        Raises NotFound, Conflict (``stale_revision``, ``conflict``, ``consent_required``), Unavailable.
        """
        others = {other: theirs for other, theirs in companions.items() if other != ident}
        moves = [
            {
                "id": ident,
                "revision": revision,
                "masks": json.dumps([list(mask) for mask in masks]),
                "mask_author": "1" if mask_author else "",
            },
            *(
                {"id": other, "revision": theirs, "masks": "[]", "mask_author": ""}
                for other, theirs in others.items()
            ),
        ]
        payload = {
            "what": what,
            "moves": moves,
            "judged": str(seen.message.revision) if seen else None,
            "actor": actor.id,
            "by": self.pseudonym(actor),
            "via": actor.via,
            "code": ruling.code if ruling else None,
            "ruling": ruling_json(ruling) if ruling else None,
        }
        own, scoped = self._with_decisions([ident, *others]), self._nonce(what, actor, ident, nonce)
        if what == "withdraw":
            seen = seen or await self.look(ident)
            if seen and seen.message.state == "approved" and seen.message.revision == revision:
                await self.note_removal(ident, "withdrawn")
        answer = await self._change("decide", ident, own, payload, scoped, seen=seen)
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
        own = self._with_decisions(idents)
        answer = await self._change("undo", ident, own, payload, self._nonce("undo", actor, ident, nonce))
        if answer.word == "MISSING":
            raise Conflict("nothing_to_undo")
        return await self._settled(answer, ident)

    async def claim(self, actor: Actor, ident: str) -> Message:
        """A lease of two minutes; Conflict when a colleague holds it."""
        return await self._claim("claim", actor, ident)

    async def release(self, actor: Actor, ident: str) -> Message:
        return await self._claim("release", actor, ident)

    def _with_decisions(self, idents: Sequence[str]) -> list[str]:
        return [key for one in idents for key in (self.keys.message(one), self.keys.decisions(one))]

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

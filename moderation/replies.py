"""The place's answers to a message.

Owns the call of ``reply.lua``. Must not know how an answer travels to the channel (``outbox``).
"""

from __future__ import annotations

from typing import Final

from moderation.arrivals import Draft
from moderation.domain import Actor
from moderation.reading import fields
from moderation.transitions import Transitions

OUTBOX_SECONDS: Final = 10  # a reply can be taken back before it leaves


class Replies(Transitions):
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
        answer = await self._change(
            "reply", ident, [self.keys.message(ident), self.keys.reply(reply)], payload, scoped
        )
        await self._settled(answer, ident)
        return reply

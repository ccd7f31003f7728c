"""One item of a channel becomes a message, a new revision of one, or nothing.

Owns the call of ``receive.lua``. Must not know what a text may hold (``text``) nor which item is bad (``intake``).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from moderation import scripts
from moderation.arrivals import Arrival, Outcome, consent_of, outcome_of, stored
from moderation.errors import Unavailable
from moderation.seals import digest
from moderation.transitions import Transitions


class Receiving(Transitions):
    async def unknown_places(self, slugs: Sequence[str]) -> tuple[str, ...]:
        """Those of these that are no place of ours: what is sent there would be seen by nobody."""
        known = await self.connection.ask(self.connection.commands.hmget(self.keys.table("places"), [*slugs]))
        return tuple(slug for slug, row in zip(slugs, known, strict=True) if row is None)

    async def receive(
        self, arrival: Arrival, *, nonce: str | None = None, cursor: str | None = None
    ) -> tuple[str, Outcome]:
        """Take in one created or edited item; its message id and what became of it."""
        nonce = nonce or secrets.token_hex(8)
        ident = self.message_id(arrival.channel, arrival.upstream)
        said = self.message_id(arrival.channel, arrival.thread or arrival.upstream)
        for _ in range(scripts.ATTEMPTS):
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

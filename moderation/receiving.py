"""One item of a channel becomes a message, a new revision of one, or nothing.

Owns the call of ``receive.lua``. Must not know what a text may hold (``text``) nor which item is bad (``intake``).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from moderation import scripts
from moderation.arrivals import Arrival, Outcome, consent_of, outcome_of, stored
from moderation.domain import Message
from moderation.errors import Unavailable
from moderation.reading import Fields
from moderation.seals import digest
from moderation.transitions import Transitions


class Receiving(Transitions):
    async def unknown_places(self, slugs: Sequence[str]) -> tuple[str, ...]:
        """Those of these that are no place of ours: what is sent there would be seen by nobody."""
        (known,) = await self.connection.gather([("hmget", (self.keys.table("places"), [*slugs]))])
        return tuple(slug for slug, row in zip(slugs, known, strict=True) if row is None)

    async def receive(
        self, arrival: Arrival, *, nonce: str | None = None, cursor: str | None = None
    ) -> tuple[str, Outcome]:
        """Take in one created or edited item; its message id and what became of it."""
        (received,) = await self._receive([arrival], nonce or secrets.token_hex(8), cursor)
        return received

    async def receive_each(self, arrivals: Sequence[Arrival]) -> list[tuple[str, Outcome]]:
        """The same for items of different threads, in one trip and in this order."""
        return await self._receive(arrivals, secrets.token_hex(8), None)

    async def _receive(
        self, arrivals: Sequence[Arrival], nonce: str, cursor: str | None
    ) -> list[tuple[str, Outcome]]:
        idents = [self.message_id(arrival.channel, arrival.upstream) for arrival in arrivals]
        received: dict[str, Outcome] = {}
        for _ in range(scripts.ATTEMPTS):
            left = [(i, a) for i, a in zip(idents, arrivals, strict=True) if i not in received]
            seen = await self._threads_of(left)
            answers = await scripts.run_each(
                self.connection,
                "receive",
                [
                    self._call(ident, arrival, *found, nonce, cursor)
                    for (ident, arrival), found in zip(left, seen, strict=True)
                ],
            )
            for (ident, _), (before, _, _), answer in zip(left, seen, answers, strict=True):
                if answer.word == "OK":
                    # The script's word, or, when its answer was lost, ours.
                    was = answer.values[1] if len(answer.values) > 1 else before and before.state
                    if answer.detail == "edited" and was == "approved":
                        await self.note_removal(ident, "edited")
                    received[ident] = outcome_of(answer.detail)
            if len(received) == len(arrivals):
                return [(ident, received[ident]) for ident in idents]
        raise Unavailable(why="busy")

    async def _threads_of(
        self, items: Sequence[tuple[str, Arrival]]
    ) -> list[tuple[Message | None, str, Fields]]:
        """What is known of these items: the message, and the key and fields of its thread."""
        said = [self.message_id(arrival.channel, arrival.thread or arrival.upstream) for _, arrival in items]
        seen, threads = await asyncio.gather(
            self._look([ident for ident, _ in items]),
            self.connection.gather([("hgetall", (self.keys.thread(tid),)) for tid in said]),
        )
        # A message stays in the thread that it came in.
        known = {one.message.id: (one.message, one.message.tid, one.thread) for one in seen}
        return [
            known.get(ident, (None, tid, thread))
            for (ident, _), tid, thread in zip(items, said, threads, strict=True)
        ]

    def _call(
        self,
        ident: str,
        arrival: Arrival,
        before: Message | None,
        tid: str,
        thread: Fields,
        nonce: str,
        cursor: str | None,
    ) -> tuple[list[str], dict[str, object]]:
        root = thread.get("root", "")
        places = tuple(thread.get("places", "").split()) or arrival.places
        consent = consent_of(arrival, before, thread)
        k = self.keys
        keys = [
            k.message(ident),
            k.thread(tid),
            k.message(root or ident),
            k.number,
            k.channel(arrival.channel),
            k.receipt(digest(arrival.receipt or ident)),
            *k.group(places),
        ]
        return keys, {
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
            "consent": thread.get("consent", ""),
            "consent_at": thread.get("consent_at", ""),
            "held": "consent" if consent.state in ("needed", "withdrawn") else "",
            "fields": stored(arrival, consent),
        }

"""What the customer of a private chat said about showing it: for all turns at once, and those to come (P11).

Owns the thread-wide step; a single item's own consent is the store's business at intake. Must not know how a
channel asks for it.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from moderation import scripts
from moderation.errors import Unavailable
from moderation.reading import milliseconds
from moderation.store import Store


async def record(store: Store, channel: str, thread: str, *, given: bool, at: datetime) -> int:
    """The customer of a private chat agreed, or took it back: all its turns at once, and those to come.

    How many turns changed; 0 also when a later word is known already.
    """
    k, tid = store.keys, store.message_id(channel, thread)
    for _ in range(scripts.ATTEMPTS):
        known = await store.thread_fields(tid)
        members, places = known.get("members", "").split(), known.get("places", "").split()
        root = known.get("root", "")
        late = int(milliseconds(at)) - int(known.get("consent_at", "0"))
        if not given and (late > 0 or (late == 0 and known.get("consent") == "given")):
            for member in members:
                await store.note_removal(member, "edited")
        answer = await scripts.run(
            store.connection,
            "consent",
            [k.thread(tid), k.message(root or tid), *(k.message(m) for m in members), *k.group(places)],
            {
                "tid": tid,
                "root": root,
                "members": members,
                "count": len(places),
                "consent": "given" if given else "withdrawn",
                "at": milliseconds(at),
                "now": str(store.clock()),
                "nonce": secrets.token_hex(8),
            },
            replicated=True,
        )
        if answer.word == "OK":
            return int(answer.detail)
    raise Unavailable(why="busy")

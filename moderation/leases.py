"""Which one process has a thing to do now: poll a channel, empty an outbox.

Owns the call of ``lease.lua``. Must not know what is done under it.
"""

from __future__ import annotations

from moderation import scripts
from moderation.store import Store


async def hold(store: Store, thing: str, owner: str, seconds: float) -> bool:
    """Take or keep the lease of a thing (a channel, the outbox): whether it is ours."""
    answer = await scripts.run(
        store.connection,
        "lease",
        [store.keys.lease(thing)],
        {"owner": owner, "milliseconds": str(round(seconds * 1000))},
    )
    return answer.word == "OK"


async def let_go(store: Store, thing: str, owner: str) -> None:
    """Give the lease back at a clean stop, so that another need not wait for its end."""
    await scripts.run(store.connection, "lease", [store.keys.lease(thing)], {"owner": owner, "release": "1"})

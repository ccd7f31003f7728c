"""Items of a channel that could not be taken in: the upstream id, why, and when that was last seen.

Owns how such rows are kept: one for each id, however often a channel tells it again. Must not know why an item was put
aside, nor hold anything that it said.
"""

from __future__ import annotations

import json
from typing import Final

from moderation import scripts
from moderation.connection import Connection
from moderation.domain import Quarantined
from moderation.keys import Keys
from moderation.reading import known_instant

KEPT: Final = 200  # rows a channel
ID_KEPT: Final = 200  # of an upstream id, which may be anything


class Quarantine:
    """The quarantine of one channel."""

    def __init__(self, connection: Connection, keys: Keys, channel: str) -> None:
        self._connection = connection
        self._keys = [keys.quarantine(channel), keys.quarantine_order(channel)]

    async def put(self, upstream: str, code: str, field: str | None, at: int) -> None:
        """``at`` is in milliseconds."""
        ident = upstream[:ID_KEPT]
        row = json.dumps({"code": code, "at": at, "field": field})
        payload = {"id": ident, "row": row, "at": str(at), "most": KEPT}
        await scripts.run(self._connection, "put_aside", self._keys, payload)

    async def rows(self) -> tuple[Quarantined, ...]:
        """Newest first."""
        rows, order = self._keys
        known, idents = await self._connection.gather([("hgetall", (rows,)), ("zrevrange", (order, 0, -1))])
        found = [(ident, json.loads(known[ident])) for ident in idents if ident in known]
        return tuple(
            Quarantined(ident, row["code"], known_instant(str(row["at"])), row["field"])
            for ident, row in found
        )

    async def forget(self, upstream: str) -> None:
        """The id itself may name a person (P10)."""
        rows, order = self._keys
        ident = upstream[:ID_KEPT]
        await self._connection.gather([("hdel", (rows, ident)), ("zrem", (order, ident))])

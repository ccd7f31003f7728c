"""Items of a channel that could not be taken in: the upstream id, why, and since when.

Owns how such rows are kept. Must not know why an item was put aside, nor hold anything that it said.
"""

from __future__ import annotations

import json
from typing import Final

from moderation.connection import Connection
from moderation.domain import Quarantined
from moderation.reading import known_instant

KEPT: Final = 200  # rows a channel
ID_KEPT: Final = 200  # of an upstream id, which may be anything


async def put(
    connection: Connection, key: str, upstream: str, code: str, field: str | None, now: int
) -> None:
    row = json.dumps({"id": upstream[:ID_KEPT], "code": code, "at": now, "field": field})
    await connection.gather([("lpush", (key, row)), ("ltrim", (key, 0, KEPT - 1))])


async def rows(connection: Connection, key: str) -> tuple[Quarantined, ...]:
    """Newest first."""
    found = [json.loads(line) for line in await connection.ask(connection.commands.lrange(key, 0, -1))]
    return tuple(
        Quarantined(row["id"], row["code"], known_instant(str(row["at"])), row.get("field")) for row in found
    )


async def unset(connection: Connection, key: str, upstream: str) -> None:
    """Forget the rows of this upstream id: it may name a person (P10)."""
    rows = await connection.ask(connection.commands.lrange(key, 0, -1))
    mine = [row for row in rows if json.loads(row)["id"] == upstream[:ID_KEPT]]
    await connection.gather([("lrem", (key, 0, row)) for row in mine])

"""What is left of an item that could not be taken in: its upstream id, until that is erased.

Owns how such rows go. Must not know why an item was put aside.
"""

from __future__ import annotations

import json
from typing import Final

from moderation.connection import Connection

ID_KEPT: Final = 200  # of an upstream id, which may be anything


async def unset(connection: Connection, key: str, upstream: str) -> None:
    """Forget the rows of this upstream id: it may name a person (P10)."""
    rows = await connection.ask(connection.commands.lrange(key, 0, -1))
    mine = [row for row in rows if json.loads(row)["id"] == upstream[:ID_KEPT]]
    await connection.gather([("lrem", (key, 0, row)) for row in mine])

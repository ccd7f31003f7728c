"""What was erased leaves the engine's files too.

Owns when the append-only log is written anew: the engine itself does that when the log has doubled, which in a
small shop is years after an erasure. Must not know what was erased. A backup holds rewrites off, and is waited for;
what one that was killed left held is let go.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from moderation.connection import Connection
from server.backup import alone, let_go
from server.datafolder import DataBusy

LEAST_SECONDS: Final = 3600.0  # between two rewrites: an erasure may wait that long for its last trace


async def forget(connection: Connection, data: Path, *, least: float = LEAST_SECONDS) -> bool:
    """Have the log written anew if something was taken down since it was. Embedded engine only."""
    try:
        async with alone(data):
            await let_go(connection)
            return await _forget(connection, data, least)
    except DataBusy:
        return False


async def _forget(connection: Connection, data: Path, least: float) -> bool:
    removals = data / "removals.log"
    bases = [path.stat().st_mtime for path in (data / "engine" / "appendonlydir").glob("*.base.*")]
    if not bases or not removals.exists() or removals.stat().st_mtime < max(bases):
        return False
    if time.time() - max(bases) < least:
        return False
    commands = connection.commands
    said = await connection.ask(commands.info("persistence"))
    if said["aof_rewrite_in_progress"] or said["aof_rewrite_scheduled"]:
        return False
    await connection.ask(commands.bgrewriteaof())
    return True

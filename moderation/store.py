"""The store of one organisation: all that may be asked of it and done to it, in one object.

Owns how it is opened. What it does stands in the files that it is made of, one a subject: what is asked in ``reads``,
each state change in the file of its subject, one Lua script each.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Self

from moderation.airtime import Airtimes
from moderation.channels import Channels
from moderation.connection import Connection
from moderation.decisions import Decisions
from moderation.leaving import Leaving
from moderation.reads import Reads
from moderation.receiving import Receiving
from moderation.removals import Removals
from moderation.replies import Replies
from moderation.seals import Seals


class Store(Receiving, Decisions, Replies, Leaving, Channels, Airtimes):
    @classmethod
    async def open(
        cls,
        connection: Connection,
        organisation: str,
        *,
        removals: Path | None = None,
        receipts_key: bytes | None = None,
    ) -> Self:
        """``removals``: the file beside the data that take-downs are also written to. ``receipts_key``: kept
        outside the engine; without one, receipts hang on the organisation's secret."""
        key = Reads(connection, organisation).keys.secret
        await connection.ask(connection.commands.set(key, secrets.token_hex(32), nx=True))
        secret = (await connection.ask(connection.commands.get(key))).encode()
        seals = Seals(secret, receipts_key or secret)
        return cls(connection, organisation, seals, Removals(removals) if removals else None)

    async def close(self) -> None:
        await self.connection.close()

    async def probe(self) -> None:
        """Raises Unavailable unless the engine is reached and takes a write now."""
        await self.connection.ask(self.connection.commands.set(self.keys.probe, "1"))

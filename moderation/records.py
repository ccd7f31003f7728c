"""How the roster keeps its records: rows of a table, and doors that a secret opens for a while.

Owns these two shapes. Must not know what a row means. Every secret is random, given out once, and kept as its SHA-256.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from moderation import scripts
from moderation.connection import Connection
from moderation.errors import NotFound
from moderation.keys import Keys
from moderation.seals import digest


class Records:
    def __init__(self, connection: Connection, organisation: str) -> None:
        self._connection = connection
        self._keys = Keys(organisation)

    async def _rows(self, table: str) -> list[dict[str, Any]]:
        (raw,) = await self._connection.gather([("hvals", (self._keys.table(table),))])
        return [json.loads(line) for line in raw]

    async def _row(self, table: str, ident: str) -> dict[str, Any] | None:
        return (await self._pick((table, ident)))[0]

    async def _pick(self, *wanted: tuple[str, str]) -> list[dict[str, Any] | None]:
        """Several rows in one trip, by table and id."""
        found = await self._connection.gather(
            [("hget", (self._keys.table(table), ident)) for table, ident in wanted]
        )
        return [json.loads(raw) if raw else None for raw in found]

    async def _put(self, table: str, ident: str, row: Mapping[str, Any]) -> None:
        value = json.dumps(row, ensure_ascii=False, default=str)
        await self._connection.gather([("hset", (self._keys.table(table), ident, value))])

    async def _put_new(self, table: str, ident: str, row: Mapping[str, Any]) -> bool:
        value = json.dumps(row, ensure_ascii=False, default=str)
        key = self._keys.table(table)
        if await self._connection.ask(self._connection.commands.hsetnx(key, ident, value)):
            return True
        # redis-py repeats a call whose answer was lost: our own row is no clash.
        return bool(await self._connection.ask(self._connection.commands.hget(key, ident)) == value)

    async def _amend(self, table: str, ident: str, place: str, changes: Mapping[str, Any]) -> None:
        """Change fields of a row, and tell who follows the place's desk feed. Raises NotFound."""
        nonce = secrets.token_hex(16)
        while True:
            before = await self._connection.ask(
                self._connection.commands.hget(self._keys.table(table), ident)
            )
            if before is None:
                raise NotFound
            answer = await scripts.run(
                self._connection,
                "amend",
                [self._keys.table(table), *self._keys.group([place])],
                {
                    "id": ident,
                    "before": before,
                    "after": json.dumps({**json.loads(before), **changes}, ensure_ascii=False, default=str),
                    "what": f"{table.removesuffix('s')}.changed",
                    "nonce": nonce,
                    "now": int(time.time() * 1000),
                },
            )
            if answer.word == "MISSING":
                raise NotFound
            if answer.word == "OK":
                return

    async def _open_door(self, kind: str, secret: str, row: Mapping[str, Any], seconds: int) -> None:
        key = self._keys.door(kind, digest(secret))
        await self._connection.ask(self._connection.commands.set(key, json.dumps(row), ex=seconds))

    async def _door(self, kind: str, secret: str) -> dict[str, Any] | None:
        (raw,) = await self._connection.gather([("get", (self._keys.door(kind, digest(secret)),))])
        return json.loads(raw) if raw else None

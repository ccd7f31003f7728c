"""The whole product for a bench: real people, channel, screens and engine, all of it on the servers' core.

Owns how it is started and filled. Whoever measures speaks to it from outside, as programs do.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from tests.bench import machine
from tests.bench.servers import TEXT
from tests.support.process import Running, running
from tests.support.product import PASSWORD, SECRET, Product

BODY: Final = 40_000  # of text in one signed body, which may have 64 kB
HELLO: Final = '{"t":"hello","rid":"r1"}'
# All that was approved goes on hanging: what leaves for being too much is an event that nobody asked for.
SETTINGS: Final = """
[organisation]
slug = "lumiere"
name = "Maison Lumière"

[[place]]
slug = "grenoble"
name = "Grenoble, place Victor-Hugo"
wall_max = 1000

[[channel]]
slug = "avis"
kind = "webhook"
places = ["grenoble"]
secret = "env:AVIS_SECRET"
"""


@dataclass
class Caller:
    """A program that keeps one connection: no more HTTP than it needs, so that its own time is small."""

    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter
    _head: str

    @classmethod
    async def open(cls, port: int, token: str) -> Self:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        return cls(reader, writer, f"Host: bench\r\nAuthorization: Bearer {token}\r\n")

    async def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} /api/v1/{path} HTTP/1.1\r\n{self._head}Content-Type: application/json\r\n"
        self._writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        answered = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.lower().split(": ", 1) for line in answered.split("\r\n")[1:-2])
        said = await self._reader.readexactly(int(fields.get("content-length", "0")))
        status = int(answered.split(" ", 2)[1])
        assert status < 300, f"{method} {path}: {status} {said.decode()}"
        return json.loads(said) if said else None

    async def approve(self, ident: str) -> None:
        await self.call("POST", f"messages/{ident}/approve", {"revision": 1})

    def close(self) -> None:
        self._writer.close()


@dataclass
class Measured:
    """A product that runs, seen from a bench."""

    process: Running
    product: Product
    _sent: int = 0

    @property
    def port(self) -> int:
        return self.process.port

    @property
    def pids(self) -> tuple[int, int]:
        """The server and its engine."""
        return self.process.pid, self.process.engine_pid

    async def screens(self, count: int) -> Sequence[str]:
        """Device tokens of new screens."""
        said = await self.process.run(
            "screen", "create", "--place", "grenoble", "--name", "Vitrine", "--count", str(count)
        )
        return said.split()

    async def pending(self, count: int, text: str = TEXT) -> Sequence[str]:
        """So many new messages by the signed webhook; their ids, oldest first."""
        before = {each["id"] for each in await self._waiting()}
        at_once = max(1, BODY // len(json.dumps(text)))
        for start in range(0, count, at_once):
            several = range(start, min(count, start + at_once))
            await self.product.send(*({"id": f"u{self._sent + n}", "text": text} for n in several))
        self._sent += count
        return [each["id"] for each in await self._waiting() if each["id"] not in before]

    async def _waiting(self) -> list[dict[str, Any]]:
        found, after = list[dict[str, Any]](), ""
        async with self.callers(1) as (caller,):
            while True:
                page = await caller.call("GET", f"messages?state=pending&limit=200{after}")
                found += page["messages"]
                if not page["next"]:
                    return found
                after = f"&after={page['next']}"

    @asynccontextmanager
    async def callers(self, count: int) -> AsyncIterator[Sequence[Caller]]:
        """Programs of a moderator. The server ends a connection that says nothing for 5 s, so they don't wait."""
        token = self.product.tokens["moderator"]
        opened = [await Caller.open(self.port, token) for _ in range(count)]
        try:
            yield opened
        finally:
            for caller in opened:
                caller.close()


@asynccontextmanager
async def product() -> AsyncIterator[Measured]:
    """`complicity serve` with its embedded engine, `always` synced, on the servers' core."""
    with tempfile.TemporaryDirectory(prefix="complicity-bench-") as folder, machine.pinned(machine.SERVER):
        environment = {"AVIS_SECRET": SECRET, "DOOR": PASSWORD}
        async with running(Path(folder), settings=SETTINGS, environment=environment) as process:
            machine.pin(machine.CLIENT)  # only what it starts stays there
            await process.run("user", "add", "Malik", "--role", "moderator", "--password-env", "DOOR")
            token = await process.run("token", "create", "--role", "moderator", "--user", "Malik")
            measured = Measured(process, Product(process.url, {"moderator": token}, process.data))
            assert urlsplit(process.url).port == process.port
            yield measured

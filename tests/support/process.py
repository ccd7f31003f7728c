"""The product as people run it: `complicity serve` or `complicity demo`, in a process of its own.

Owns how it is started, killed and looked at from outside. Must not reach into it: whatever a test wants to
know, it asks as a person or a program would, by HTTP, by socket, or by a command beside it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from tests.support.engines import free_port
from tests.support.walls import eventually

ROOT: Final = Path(__file__).resolve().parents[2]
STARTS_WITHIN: Final = 120.0  # seconds; on two busy cores
PAGE: Final = 200


def alive(pid: int) -> bool:
    """Whether this process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


@dataclass
class Running:
    """One folder, one port, one life after another."""

    folder: Path
    arguments: tuple[str, ...] = ("serve",)
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    ready: dict[str, Any] = field(default_factory=dict)
    module: str = "server.cli"  # or one of the tests that runs it and watches
    _process: asyncio.subprocess.Process | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    @property
    def pid(self) -> int:
        return int(self.ready["pid"])

    @property
    def engine_pid(self) -> int:
        """Of the engine that now answers; 0 while there is none."""
        try:
            return int(json.loads((self.data / "engine.json").read_text(encoding="utf-8"))["pid"])
        except (FileNotFoundError, json.JSONDecodeError):
            return 0

    def replaced(self, engine: int) -> bool:
        """Whether another engine now answers for that one."""
        return self.engine_pid not in (0, engine)

    def _command(self, *arguments: str) -> list[str]:
        settings = self.folder / "wall.toml"
        config = ["--config", str(settings)] if settings.exists() else []
        return [sys.executable, "-m", self.module, *arguments, *config, "--data", str(self.data)]

    async def _spawn(self, *arguments: str) -> asyncio.subprocess.Process:
        with (self.folder / "stderr.log").open("ab") as errors:
            return await asyncio.create_subprocess_exec(
                *self._command(*arguments),
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), **self.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                limit=1 << 20,
            )

    async def start(self) -> None:
        """Until it says that it is ready."""
        self._process = await self._spawn(*self.arguments, "--port", str(self.port), "--json")
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), STARTS_WITHIN)
        assert line, self.complaints
        self.ready = json.loads(line)

    async def kill(self) -> None:
        """Without a word (kill -9); returns when it and its engine are gone."""
        engine = self.engine_pid
        os.kill(self.pid, signal.SIGKILL)
        assert self._process is not None
        await self._process.wait()
        await eventually(lambda: not alive(engine))

    async def stop(self) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), 20)
        except TimeoutError:
            self._process.kill()
            raise

    async def run(self, *arguments: str) -> str:
        """A command beside it; what it printed."""
        process = await self._spawn(*arguments)
        said, _ = await process.communicate()
        assert process.returncode == 0, self.complaints
        return said.decode().strip()

    def listens(self) -> bool:
        """Whether the door is open."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    @property
    def complaints(self) -> str:
        """What it wrote on standard error."""
        return (self.folder / "stderr.log").read_text(encoding="utf-8", errors="replace")

    def client(self, token: str, **options: Any) -> httpx.AsyncClient:
        """A program with this token."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, timeout=20, **options)


@asynccontextmanager
async def running(
    folder: Path,
    *arguments: str,
    settings: str = "",
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
    module: str = "server.cli",
) -> AsyncIterator[Running]:
    """`complicity ARGUMENTS` until the end of the block; `settings` is its wall.toml."""
    if settings:
        (folder / "wall.toml").write_text(settings, encoding="utf-8")
    process = Running(folder, arguments or ("serve",), environment or {}, port or free_port(), module=module)
    try:
        await process.start()
        yield process
    finally:
        await process.stop()


async def everything(client: httpx.AsyncClient, path: str, items: str, **query: str) -> list[dict[str, Any]]:
    """All pages of a list of the API."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        asked = {**query, "limit": str(PAGE), **({"after": after} if after else {})}
        page = (await client.get(path, params=asked)).raise_for_status().json()
        found += page[items]
        if (after := page["next"]) is None:
            return found

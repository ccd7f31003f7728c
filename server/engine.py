"""The engine: the one that the settings name, or a child of ours that is watched and started again.

Owns its state, its address and its durability. Must not know what is stored, and opens no client of its own:
it asks through `moderation.connection`.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from moderation.connection import connect, end
from moderation.errors import Unavailable
from server.binary import LEAST, EngineFailed, find_binary
from server.child import Child
from server.datafolder import DataBusy, DataFolder, Published, runtime_folder
from server.disk import DiskGuard

log = logging.getLogger("complicity.engine")

State = Literal["stopped", "starting", "ready", "lost"]

PATIENCE: Final = 15.0  # seconds that a start waits for the data folder
WAITS: Final = "Waiting up to %.0f s for another process that is using the data in %s."
FIRST_DELAY: Final = 0.05
LONGEST_DELAY: Final = 5.0
HEALTHY: Final = 30.0  # seconds of life after which a restart is prompt again
GLANCE: Final = 1.0  # seconds between looks at the disk


class Engine:
    """An async context, or `start` and `stop`.

    ``shared``: `engine.json` says where it is, and for which ``server``, so that commands work beside it. One that
    a command starts for its own duration is not shared: it would end under whoever joined it.
    """

    def __init__(
        self,
        data: Path,
        *,
        url: str = "",
        binary: Path | None = None,
        shared: bool = False,
        server: str = "",
        patience: float = PATIENCE,
        disk: DiskGuard | None = None,
    ) -> None:
        self.data = data = data.resolve()
        self.embedded = not url
        self.url = url
        self.state: State = "stopped"
        self._binary = binary
        self._shared = shared
        self._server = server
        self._patience = patience
        self._folder = DataFolder(data)
        self._disk = disk or DiskGuard(data)
        self._runtime: Path | None = None
        self._child: Child | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def accepting(self) -> bool:
        """Whether there is room to take more in. No decision is ever refused for want of room."""
        return not self.embedded or self._disk.look()

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> str:
        """Its address, once it answers and is durable. Raises DataBusy, EngineFailed or Unavailable."""
        self.state = "starting"
        try:
            await (self._start_child() if self.embedded else check_reachable(self.url))
        except BaseException:
            await self.stop()
            raise
        self.state = "ready"
        return self.url

    async def stop(self) -> None:
        """End the child, and leave nothing behind but the data."""
        await end(self._tasks)
        self._tasks = []
        await self._end_child()
        if self._runtime:
            if self._shared:
                self._folder.withdraw()
            shutil.rmtree(self._runtime, ignore_errors=True)
            self._runtime = None
        self._folder.release()
        self.state = "stopped"

    async def _start_child(self) -> None:
        deadline, waits = time.monotonic() + self._patience, False
        while not self._folder.take():
            if time.monotonic() > deadline:
                raise DataBusy(data=str(self.data))
            if self._patience and not waits:
                waits = True
                log.warning(WAITS, self._patience, self.data)
            await asyncio.sleep(0.05)
        self._folder.withdraw()  # of a server that was killed; the lock says that its engine is dead too
        self._disk.look()
        self._binary = self._binary or find_binary()
        self._runtime = runtime_folder()
        self.url = f"unix://{self._runtime / 'engine.sock'}"
        await self._launch(self._binary, self._runtime)
        self._tasks = [
            asyncio.create_task(self._supervise(self._binary, self._runtime), name="engine supervisor"),
            asyncio.create_task(self._watch_disk(), name="engine disk"),
        ]

    async def _launch(self, binary: Path, runtime: Path) -> None:
        assert self._folder.lock is not None  # noqa: S101 - taken above
        self._child = await Child.spawn(
            binary,
            folder=self.data / "engine",
            socket=runtime / "engine.sock",
            log=self.data / "engine.log",
            lock=self._folder.lock,
        )
        await self._child.until_ready()
        if self._shared:
            self._folder.publish(Published(self._child.socket, self._child.pid, self._server))

    async def _end_child(self) -> None:
        if self._child:
            await self._child.end()
            self._child = None

    async def _supervise(self, binary: Path, runtime: Path) -> None:
        delay = FIRST_DELAY
        while True:
            since = time.monotonic()
            status = await self._child.wait() if self._child else None
            self.state = "lost"
            if time.monotonic() - since > HEALTHY:
                delay = FIRST_DELAY
            log.warning("The engine is gone (status %s); it is started again in %.2f s.", status, delay)
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY)
            try:
                await self._launch(binary, runtime)
            except Exception as error:  # a supervisor that ended would never try again
                log.error("The engine did not come back: %s", error)
                await self._end_child()
            else:
                self.state = "ready"

    async def _watch_disk(self) -> None:
        room = True
        while True:
            try:
                if room != (room := self._disk.look()):
                    log.warning(
                        "The disk has room again." if room else "The disk is nearly full: intake is refused."
                    )
            except OSError as error:
                log.error("The disk can't be looked at: %s", error)
            await asyncio.sleep(GLANCE)


async def check_reachable(url: str) -> None:
    """Raises Unavailable when it does not answer, EngineFailed when it is too old."""
    connection = await connect(url)
    try:
        said = await connection.ask(connection.commands.info("server"))
    finally:
        await connection.close()
    if tuple(int(part) for part in said["redis_version"].split(".")[:2]) < LEAST:
        raise EngineFailed(why=f"its version is {said['redis_version']}, and 7.0 is the least")


@asynccontextmanager
async def engine_for_command(data: Path, *, url: str = "", patience: float = PATIENCE) -> AsyncIterator[str]:
    """The address of an engine for a command: the running server's, or one for the command's own duration."""
    if url:
        await check_reachable(url)
        yield url
        return
    deadline, waits = time.monotonic() + patience, False
    while True:
        beside = DataFolder(data).published()
        if beside and beside.socket.exists() and await _answers(beside.url):
            yield beside.url
            return
        engine = Engine(data, patience=0)
        try:
            await engine.start()
            break
        except DataBusy:  # a server that is starting, or another command
            if time.monotonic() > deadline:
                raise
            if not waits:
                waits = True
                log.warning(WAITS, patience, data)
            await asyncio.sleep(0.1)
    try:
        yield engine.url
    finally:
        await engine.stop()


async def _answers(url: str) -> bool:
    try:
        await check_reachable(url)
    except Unavailable:
        return False
    return True

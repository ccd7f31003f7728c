"""The socket as the hub's fan-out needs it: uvicorn's websocket protocol, opened for direct writes.

Owns every use of uvicorn's inner parts (pinned; ``tests/displays/test_transport.py`` holds them) and the
limits of a connection that stopped reading. One prebuilt frame is written to ten thousand sockets without a
task, a copy or a compressor each. Must not know what the frames say.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame
from websockets.http11 import Request

from displays.fanout import Batch, Outlet

EXTENSION: Final = "complicite.outlet"
LINGER_SECONDS: Final = 5.0  # for the closing frame to leave; then the connection is cut
UNSENT_MS: Final = 30_000  # the kernel drops a peer that takes nothing for this long
# What the kernel keeps of a line whose peer takes nothing: without this it is 4 MB and more, and each further frame for
# a full peer has it move them about, on the time of all others.
UNSENT_BYTES: Final = 128 * 1024
UP_LIMIT: Final = 64 * 1024  # the longest frame that a screen may send
# Frames of any kind in so many seconds: more than `sockets` lets anybody say. The smallest has six bytes, so one read
# of asyncio's holds 43,000; they are parsed by the slice, lest they be parsed for a second before anybody counts.
FLOOD: Final = 2_000
FLOOD_SECONDS: Final = 10.0
SLICE: Final = 1024

# What uvicorn is started with, so that the promises above hold.
UVICORN: Final[dict[str, Any]] = {
    "ws_per_message_deflate": False,  # a compressor a connection: a tenth of the speed, 34 kB more a screen
    "ws_max_size": UP_LIMIT,
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 20.0,
}


class DirectWebSocket(WebSocketsSansIOProtocol):
    """Puts itself into the scope as an ``Outlet`` once the handshake request has been read.

    While nothing waits in the transport, a frame goes to the kernel from here: the way through asyncio's checks
    takes a third of what the kernel takes, most of it for fetching their objects from memory. Whatever the
    kernel does not take at once, and all after it, is the transport's.
    """

    clear: bool = False  # nothing waits, and nobody has said goodbye
    direct: int = -1  # the socket, while it may be written to: never under TLS, nor once it is closing
    counted: int = 0  # frames that came since …
    counted_since: float = 0.0
    farewell: Callable[[], bytes] = bytes  # a frame that goes out before the server closes at a stop

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions = cast("dict[str, object]", self.scope["extensions"])
            extensions[EXTENSION] = self
            self.transport.set_write_buffer_limits(high=0)  # one byte that waits is told to pause_writing
            if self.scheme == "ws":
                self.direct = self.transport.get_extra_info("socket").fileno()
                self.clear = True

    def data_received(self, data: bytes) -> None:
        for at in range(0, len(data), SLICE):
            super().data_received(data[at : at + SLICE])
            if self.transport.is_closing():
                return

    def handle_events(self) -> None:
        now = self.loop.time()
        if now - self.counted_since > FLOOD_SECONDS:
            self.counted_since, self.counted = now, 0
        self.counted += len(self.conn.events)
        if self.counted > FLOOD:  # no goodbye: whoever sends this reads none
            self._leave()
            self.transport.abort()
            return
        super().handle_events()

    def deliver(self, batch: Batch, cap: int) -> bool:
        frame = batch.framed
        if self.clear:
            try:
                sent = os.write(self.direct, frame)
            except OSError:  # full, or broken: the transport finds out
                sent = 0
            if sent < len(frame):
                self.transport.write(frame[sent:])
            return True
        transport = self.transport
        if self.close_sent or transport.is_closing():
            return True  # it is leaving; its endpoint will say so
        if transport.get_write_buffer_size() > cap:
            return False
        transport.write(frame)
        return True

    def pause_writing(self) -> None:
        super().pause_writing()
        self.clear = False

    def resume_writing(self) -> None:
        super().resume_writing()
        self.clear = self.direct >= 0

    def _leave(self) -> None:
        """From now on the transport decides whether anything is still written."""
        self.clear, self.direct = False, -1

    def close(self, code: int, reason: str) -> None:
        if self.close_sent or self.transport.is_closing():
            return
        self._leave()
        self._closing_frame(code, reason)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.stop_keepalive()
        if self.read_paused:  # else the peer's answer would never be seen
            self.read_paused = False
            self.transport.resume_reading()
        # abort, not close: uvicorn's own way waits for a buffer that a dead peer never empties.
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def shutdown(self) -> None:
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(self.farewell())
        self._leave()
        super().shutdown()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def keepalive_timeout(self) -> None:
        self._leave()
        super().keepalive_timeout()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def handle_close(self, event: Frame) -> None:
        self._leave()
        super().handle_close(event)

    def handle_parser_exception(self) -> None:
        self._leave()
        super().handle_parser_exception()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()  # its number may soon be another socket's
        super().connection_lost(exc)

    def _closing_frame(self, code: int, reason: str) -> None:
        try:
            self.conn.send_close(code, reason)
        except InvalidState:
            return
        finally:
            self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()))


class TextOutlet:
    """The same for any other ASGI server: a bounded queue and one task that sends text frames."""

    def __init__(self, send: Callable[[MutableMapping[str, Any]], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: asyncio.Queue[bytes | tuple[int, str]] = asyncio.Queue()
        self._unsent = 0
        self._closing = False

    def deliver(self, batch: Batch, cap: int) -> bool:
        if self._closing:
            return True
        if self._unsent > cap:
            return False
        for payload in batch.payloads:
            self._unsent += len(payload)
            self._waiting.put_nowait(payload)
        return True

    def close(self, code: int, reason: str) -> None:
        if not self._closing:
            self._closing = True
            self._waiting.put_nowait((code, reason))

    async def run(self) -> None:
        """Send until closed. A peer that takes nothing for long enough ends it."""
        while True:
            item = await self._waiting.get()
            async with asyncio.timeout(UNSENT_MS / 1000):
                if isinstance(item, tuple):
                    await self._send({"type": "websocket.close", "code": item[0], "reason": item[1]})
                    return
                await self._send({"type": "websocket.send", "text": item.decode()})
            self._unsent -= len(item)


@asynccontextmanager
async def outlet_of(
    scope: MutableMapping[str, Any], send: Callable[[MutableMapping[str, Any]], Awaitable[None]]
) -> AsyncIterator[Outlet]:
    """The way out of an accepted websocket: direct under our uvicorn protocol, a task elsewhere."""
    direct = scope.get("extensions", {}).get(EXTENSION)
    if isinstance(direct, DirectWebSocket):
        yield direct
        return
    outlet = TextOutlet(send)
    sending = asyncio.create_task(outlet.run())
    try:
        yield outlet
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


def harden(listening: socket.socket) -> None:
    """Accepted connections inherit it: little waits in the kernel, and if nobody takes it the connection ends.

    asyncio sets TCP_NODELAY where a socket says that its protocol is TCP; those that come from `create_server` say 0,
    and the second write of an answer waited 40 ms for the first to be acknowledged.
    """
    if listening.family not in (socket.AF_INET, socket.AF_INET6):
        return
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in (("TCP_USER_TIMEOUT", UNSENT_MS), ("TCP_NOTSENT_LOWAT", UNSENT_BYTES)):
        if hasattr(socket, name):  # where the system has it
            listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

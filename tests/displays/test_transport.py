"""The contract with uvicorn: what ``server/transport.py`` uses of its inner parts keeps working.

Prebuilt frames of all header sizes, with pings in between, are read by two strict clients; a peer that stops
reading is dropped without holding up the others; and any other ASGI server gets the same through tasks.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from displays.fanout import BACKLOG_CAP, Batch, Listener, Outlet, fan_out
from server.listening import listen
from server.settings import Server
from server.transport import FLOOD, UNSENT_BYTES, UNSENT_MS, DirectWebSocket, outlet_of
from tests.support.walls import eventually, serving

SIZES = (30, 125, 126, 127, 1_000, 65_535, 65_536, 120_000)
PAYLOADS = tuple(("é" + "x" * (size - 2)).encode() for size in SIZES)


class Room:
    """An endpoint that lets everybody in and only receives."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self.left = 0

    async def __call__(self, websocket: WebSocket) -> None:
        await websocket.accept()
        async with outlet_of(websocket.scope, websocket.send) as outlet:
            self.listeners.append(Listener(outlet))
            while (await websocket.receive())["type"] != "websocket.disconnect":
                pass
        self.left += 1

    def outlets(self) -> Iterator[Outlet]:
        return (listener.outlet for listener in self.listeners)


@asynccontextmanager
async def room(**options: object) -> AsyncIterator[tuple[Room, str]]:
    opened = Room()
    app = Starlette(routes=[WebSocketRoute("/", opened.__call__)])
    async with serving(app, **options) as (_, port):
        yield opened, f"ws://127.0.0.1:{port}/"


@pytest.mark.parametrize("ws", [{}, {"ws": "websockets-sansio"}], ids=["direct", "any-server"])
async def test_a_strict_client_reads_every_size_with_pings_mixed_in(ws: dict[str, str]) -> None:
    async with (
        room(ws_ping_interval=0.01, **ws) as (opened, url),
        connect(url, compression=None, max_size=None, ping_interval=0.01) as client,
    ):
        await eventually(lambda: opened.listeners)
        for _ in range(20):
            for payload in PAYLOADS:
                await fan_out(Batch.of([payload]), opened.listeners)
                assert await client.recv() == payload.decode()
        await fan_out(Batch.of(PAYLOADS), opened.listeners)  # joined: one write, many frames
        for payload in PAYLOADS:
            assert await client.recv() == payload.decode()


NODE = """
const assert = require('node:assert')
const {createHash, randomBytes} = require('node:crypto')
const net = require('node:net')
const sizes = JSON.parse(process.argv[2]), socket = net.connect(+process.argv[1], '127.0.0.1')
const key = randomBytes(16).toString('base64')
socket.write(`GET / HTTP/1.1\\r\\nHost: x\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n` +
  `Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: ${key}\\r\\n\\r\\n`)
let read = Buffer.alloc(0), open = false, seen = 0
socket.on('data', (chunk) => {
  read = Buffer.concat([read, chunk])
  if (!open) {
    const end = read.indexOf('\\r\\n\\r\\n')
    if (end < 0) return
    const proof = createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
    assert(read.subarray(0, end).toString().includes(proof))
    read = read.subarray(end + 4); open = true
  }
  for (;;) {
    if (read.length < 2) return
    const [head, short] = read
    assert.equal(short & 0x80, 0, 'a server never masks')
    let at = 2, size = short
    if (short === 126) { if (read.length < 4) return; size = read.readUInt16BE(2); at = 4; assert(size > 125) }
    if (short === 127) {
      if (read.length < 10) return
      size = Number(read.readBigUInt64BE(2)); at = 10; assert(size > 65535, 'the shortest header that fits')
    }
    if (read.length < at + size) return
    const body = read.subarray(at, at + size); read = read.subarray(at + size)
    if (head === 0x89) { assert(size < 126); continue }
    assert.equal(head, 0x81, 'one final text frame, no extension bits')
    assert.equal(size, sizes[seen])
    new TextDecoder('utf-8', {fatal: true}).decode(body)
    if (++seen === sizes.length) { console.log('all'); process.exit(0) }
  }
})
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
async def test_a_strict_client_in_node_reads_every_size() -> None:
    async with room(ws_ping_interval=0.01) as (opened, url):
        port = url.rsplit(":", 1)[1].strip("/")
        client = await asyncio.create_subprocess_exec(
            "node", "-e", NODE, port, json.dumps([*SIZES, *SIZES]), stdout=asyncio.subprocess.PIPE
        )
        await eventually(lambda: opened.listeners)
        for payload in PAYLOADS:
            await fan_out(Batch.of([payload]), opened.listeners)
            await asyncio.sleep(0)
        await fan_out(Batch.of(PAYLOADS), opened.listeners)
        out, _ = await asyncio.wait_for(client.communicate(), 20)
        assert (client.returncode, out) == (0, b"all\n")


SHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def _deaf(url: str) -> socket.socket:
    """A client that shakes hands and then never reads again."""
    port = int(url.rsplit(":", 1)[1].strip("/"))
    client = socket.create_connection(("127.0.0.1", port))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.sendall(SHAKE)
    return client


async def test_a_screen_that_stops_reading_is_dropped_and_delays_nobody() -> None:
    async with room() as (opened, url), connect(url, compression=None, max_size=None) as good:
        await eventually(lambda: opened.listeners)
        with _deaf(url):
            await eventually(lambda: len(opened.listeners) == 2)
            payload = b"x" * 60_000
            sent = 0
            while opened.left == 0:
                await fan_out(Batch.of([payload]), opened.listeners)
                sent += 1
                assert await asyncio.wait_for(good.recv(), 5) == payload.decode()
            # Its backlog never grew beyond the cap and one batch; the kernel's own buffers come on top.
            assert sent * len(payload) < 4 * BACKLOG_CAP
            await eventually(lambda: opened.left == 1)
        await fan_out(Batch.of([b"still here"]), opened.listeners)
        assert await good.recv() == "still here"


async def test_p4_whatever_the_kernel_takes_at_once_every_byte_comes_in_order() -> None:
    """Frames that go straight to the kernel, parts of them, and what waits behind them in the transport."""
    async with room(ws_ping_interval=0.01) as (opened, url), _shaken(url) as (reader, _):
        await eventually(lambda: opened.listeners)
        outlet = opened.listeners[0].outlet
        assert isinstance(outlet, DirectWebSocket)
        outlet.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        ways, sent = set(), []
        for n in range(20):
            payload = f"{n}:".encode() + b"x" * (n * 79_190 % 900_000)
            sent.append(payload)
            ways.add(outlet.clear)
            outlet.deliver(Batch.of([payload]), 1 << 30)
            if n % 10 == 9:  # the peer wakes up and reads all of it
                for expected in sent:
                    assert await asyncio.wait_for(_text(reader), 5) == expected
                sent.clear()
                await eventually(lambda: outlet.clear)
        assert ways == {True, False}


@asynccontextmanager
async def _shaken(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A client after its handshake."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1].strip("/")))
    writer.write(SHAKE)
    await reader.readuntil(b"\r\n\r\n")
    yield reader, writer
    writer.close()


async def _text(reader: asyncio.StreamReader) -> bytes:
    """The next text frame; pings in between are dropped."""
    while True:
        head, size = await reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await reader.readexactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await reader.readexactly(8), "big")
        payload = await reader.readexactly(size)
        if head != 0x89:
            assert head == 0x81
            return payload


@pytest.mark.parametrize(
    "goodbye",
    [b"\x88\x82\0\0\0\0\x03\xe8", b"\x88\x81\0\0\0\0\x03", b"\xc1\x80\0\0\0\0"],
    ids=["close", "malformed close", "reserved bit"],
)
async def test_nothing_follows_a_closing_frame(goodbye: bytes) -> None:
    """RFC 6455, 5.5.1: whoever has sent one sends no data any more, also in the same turn of the loop."""
    async with room() as (opened, url), _shaken(url) as (reader, _):
        await eventually(lambda: opened.listeners)
        outlet = opened.listeners[0].outlet
        assert isinstance(outlet, DirectWebSocket)
        outlet.data_received(goodbye)
        outlet.deliver(Batch.of([b"late"]), 1 << 30)
        said = await asyncio.wait_for(reader.read(), 5)
        assert said[:1] == b"\x88"
        assert len(said) == 2 + said[1]
        assert outlet.direct == -1  # its descriptor may be another's by now


@pytest.mark.parametrize("frame", [b"\x89\x80\0\0\0\0", b"\x00\x80\0\0\0\0", b"\x81\x80\0\0\0\0"],
                         ids=["pings", "fragments", "texts"])  # fmt: skip
async def test_p6_a_flood_of_empty_frames_is_cut_before_it_holds_up_the_others(frame: bytes) -> None:
    """Six bytes each: what the kernel gives at once took a second to read, on the time of every screen."""
    async with room() as (opened, url), _shaken(url) as (reader, writer):
        await eventually(lambda: bool(opened.listeners))
        begun = b"\x01\x80\0\0\0\0" if frame[0] == 0 else b""
        writer.write(begun + frame * 40_000)
        with suppress(ConnectionError):
            assert len(await reader.read()) < 2 * FLOOD * 2  # a pong has two bytes
        await eventually(lambda: opened.left == 1)


async def test_nothing_small_waits_for_an_acknowledgement() -> None:
    with listen(Server(port=0)) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="a kernel without it")
async def test_the_kernel_cuts_a_peer_that_takes_nothing() -> None:
    """What is set on the product's listening socket holds for each connection of it."""
    with listen(Server(port=0)) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNSENT_MS
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == UNSENT_BYTES


async def test_a_slow_screen_that_reads_on_learns_why() -> None:
    async with room() as (opened, url), connect(url, compression=None, max_size=None, max_queue=1) as slow:
        await eventually(lambda: opened.listeners)
        while opened.left == 0:
            await fan_out(Batch.of([b"x" * 100_000]), opened.listeners)
            await asyncio.sleep(0)
        with suppress(ConnectionClosed):
            async for _ in slow:
                pass
        assert slow.close_code == 4408

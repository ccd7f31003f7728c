"""A request that does not arrive ends its connection; one that is answered slowly does not."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect

from server.listening import http_server
from server.patience import PatientHTTP
from server.settings import Server
from tests.support.walls import serving


class Hasty(PatientHTTP):
    patience = 0.3


async def slow(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, then takes its time."""
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(0.6)  # twice what a client gets
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: wall.test\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: wall.test\r\nContent-Length: 100\r\n\r\nab",
    ],
    ids=["nothing", "head", "body"],
)
async def test_a_request_that_trickles_is_cut_off(begun: bytes) -> None:
    async with serving(slow, http=Hasty) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)

        async def trickle() -> None:
            while True:
                await asyncio.sleep(0.05)  # one byte now and then
                writer.write(b"x" if begun else b"")

        task = asyncio.create_task(trickle())
        try:
            async with asyncio.timeout(5):
                with suppress(ConnectionError):
                    await reader.read()  # to the end of the connection
        finally:
            task.cancel()
            writer.close()


@pytest.mark.parametrize(("size", "answered"), [(1, False), (1_000, True)])
async def test_p6_a_body_in_crumbs_is_not_read_to_its_end(size: int, answered: bool) -> None:
    """Six bytes a chunk: a quarter of a megabyte of them, from one connection, held up every screen for seconds."""
    chunk = b"%x\r\n%s\r\n" % (size, b"a" * size)
    async with serving(slow, http=PatientHTTP) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: wall.test\r\nConnection: close\r\n")
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n" + chunk * (60_000 // size) + b"0\r\n\r\n")
        said = b""
        with suppress(ConnectionError):
            said = await reader.read()
        assert said.startswith(b"HTTP/1.1 200") == answered
        writer.close()


async def test_a_slow_answer_is_not_the_clients_fault() -> None:
    async with serving(slow, http=Hasty) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):  # the second on the same connection
            writer.write(b"GET / HTTP/1.1\r\nHost: wall.test\r\n\r\n")
            async with asyncio.timeout(5):
                assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_a_websocket_lives_on() -> None:
    """Once the deadline of its handshake has passed, it still hears."""

    async def says_later(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await asyncio.sleep(0.6)
        await send({"type": "websocket.send", "text": "still here"})
        await receive()

    async with serving(says_later, http=Hasty) as (_, port), connect(f"ws://127.0.0.1:{port}/") as client:
        assert await client.recv() == "still here"


def test_the_product_runs_with_it() -> None:
    server = http_server(slow, Server(), lambda: None)
    assert server.config.http is PatientHTTP

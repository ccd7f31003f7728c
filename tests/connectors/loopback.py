"""A real HTTP server on loopback that fails to order: what the emulators of outside services stand on.

Owns sockets and faults. Must not know what the service does: that is `answer`. A fault `after_effect` lets the service
do what it was asked, and then spoils only what the caller hears of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # in small letters
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Response:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def answered(value: object, status: int = 200) -> Response:
    return Response(
        status=status, body=json.dumps(value).encode(), headers={"Content-Type": "application/json"}
    )


@dataclass
class Fault:
    """`drop` closes without an answer, `hang` never answers, `garble` answers what is no JSON, `drip` never ends."""

    status: int = 0
    drop: bool = False
    hang: bool = False
    garble: bool = False
    drip: bool = False
    after_effect: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = ""  # only these; empty: all
    times: int = 1


class Loopback:
    """One service. `async with` runs it; `requests` is what it heard."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, request: Request) -> Response:
        raise NotImplementedError

    def fail(self, **how: Any) -> None:
        self.faults.append(Fault(**how))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port or self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Gone, as a service that is down: its port is remembered for a new start."""
        if self._server is None:
            return
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._one(reader, writer)
        finally:
            self._open.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *rows = head.rstrip("\r\n").split("\r\n")
        method, target, _ = line.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (r.partition(":") for r in rows)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        parts = urlsplit(target)
        request = Request(
            method=method, path=parts.path, query=dict(parse_qsl(parts.query)), headers=headers, body=body
        )
        self.requests.append(request)
        fault = self._due(method)
        has_effect = fault is None or fault.after_effect
        response = self.answer(request) if has_effect else Response()
        if fault is not None:
            if fault.drop:
                return
            if fault.hang:
                await asyncio.Event().wait()
            if fault.garble:
                response = Response(body=b"<html>")
            if fault.drip:
                await self._drip(writer)
            if fault.status:
                response = Response(status=fault.status, body=b"{}", headers=fault.headers)
        writer.write(_head(response) + response.body)
        await writer.drain()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)  # slow, and never silent

    def _due(self, method: str) -> Fault | None:
        for fault in self.faults:
            if fault.method in ("", method):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None


def _head(response: Response) -> bytes:
    phrase = HTTPStatus(response.status).phrase
    headers = {**response.headers, "Content-Length": str(len(response.body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")

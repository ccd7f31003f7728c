"""A crowd of screens in one process: many sockets, one epoll, frames counted by their first bytes.

Light, so that it is not what is measured: no JSON is parsed and no object is made for a frame, and a read that
equals the one before (a broadcast is the same bytes for all) is not even looked at. Where what the screens end up
with matters, they record what they hear, and it is replayed afterwards. ``python -m tests.bench.crowd`` takes errands,
``Crowd`` is the hand that gives them.
"""

from __future__ import annotations

import base64
import json
import os
import select
import socket
import sys
import time
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.bench import machine, replay
from tests.bench.errands import Errands, helper, say

READ: Final = 65_536
EVENT: Final = b'{"t":"ev"'
BEAT: Final = b'{"t":"hb"'
PATIENCE: Final = 60.0
A_SOURCE: Final = 4_000  # sockets from one address of loopback


@dataclass(eq=False, slots=True)
class Seat:
    """One screen: its socket, what was read of a frame that is not whole yet, what it has counted."""

    socket: socket.socket
    left: bytes = b""
    events: int = 0
    shaken: bool = False
    ready: bool = False
    entered: int = 0  # nanoseconds
    removed: int = 0  # when it first heard of a removal
    record: list[bytes] | None = None


class Loop:
    def __init__(self) -> None:
        self._poll = select.epoll()
        self._seats: dict[int, Seat] = {}
        self._arrived = array("q")  # when each event was read, nanoseconds
        self._same = b""  # the last whole read that held nothing but events …
        self._count = 0  # … and how many
        self._hello = b""
        self._unready = 0
        self._let_in = 0
        self._records: list[list[bytes]] = []
        self._deaf: list[Seat] = []
        self._known: dict[bytes, bytes] = {}  # one object for what thousands have heard

    def run(self) -> None:
        self._poll.register(0, select.EPOLLIN)
        pending = b""
        while True:
            for fd, _ in self._poll.poll():
                if fd == 0:
                    said = os.read(0, 1 << 20)
                    if not said:
                        return
                    pending += said
                else:
                    self._read(fd)
            while b"\n" in pending:
                line, _, pending = pending.partition(b"\n")
                say(self._do(**json.loads(line)))

    def _do(self, do: str, **more: Any) -> dict[str, Any]:
        match do:
            case "open":
                return self._open(**more)
            case "expect":
                return self._expect(**more)
            case "back":
                return self._back(**more)
            case "deafen":
                return self._deafen(**more)
            case "removed":
                return self._removed(**more)
            case "held":
                return {"held": Counter(" ".join(replay.held(record)) for record in self._records)}
            case "close":
                return self._close()
        raise ValueError(do)

    # errands

    def _open(
        self,
        port: int,
        requests: Sequence[str],
        hello: str = "",
        at_once: int = 200,
        records: bool = False,
        half: bool = False,
    ) -> dict[str, Any]:
        """One socket a request. In means: has shaken hands, and after a ``hello`` has heard a heartbeat.

        With ``half`` it says so when half of them are in.
        """
        if records and not self._records:
            self._records = [[] for _ in requests]
        self._hello = masked(hello.encode()) if hello else b""
        began = time.monotonic()
        waiting = list(enumerate(requests))[::-1]
        self._unready = 0
        failed = 0
        while waiting or self._unready:
            while waiting and self._unready < at_once:
                n, request = waiting.pop()
                self._connect(n, port, request, self._records[n] if records else None)
                self._unready += 1
            if half and len(waiting) + self._unready <= len(requests) / 2:
                half = False
                say({"half": True})
            if not self._turn(began + PATIENCE):
                failed = self._unready + len(waiting)
                break
        self._let_in += len(requests)
        return {"seconds": time.monotonic() - began, "failed": failed}

    def _expect(self, events: int) -> dict[str, Any]:
        """Until every socket has counted so many more. Times are of the monotonic clock, which all processes share."""
        seats = list(self._seats.values())
        if len(seats) < self._let_in:
            raise RuntimeError(f"{self._let_in - len(seats)} sockets were closed")
        wanted, end = events * len(seats), time.monotonic() + PATIENCE
        while len(self._arrived) < wanted and self._turn(end):
            pass
        ordered = sorted(self._arrived)
        lacking = sum(seat.events != events for seat in seats)
        for seat in seats:
            seat.events = 0
        self._arrived = array("q")
        self._same = b""
        last = len(ordered) - 1
        return {
            "lacking": lacking,
            "p50": ordered[last // 2] if ordered else 0,
            "p99": ordered[last * 99 // 100] if ordered else 0,
            "last": ordered[-1] if ordered else 0,
            "cpu": time.process_time(),
        }

    def _back(self, port: int, requests: Sequence[str]) -> dict[str, Any]:
        """All of them lose their line, and come back in the same moment from where they were."""
        self._close()
        again = replay.hello(self._records[0])
        for record in self._records:
            record.append(replay.AGAIN)
        return self._open(port, requests, again, len(requests), records=True, half=True)

    def _deafen(self, count: int) -> dict[str, Any]:
        """So many stop reading, for good, and are not counted any more."""
        for fd in list(self._seats)[:count]:
            self._poll.unregister(fd)
            self._deaf.append(self._seats.pop(fd))
        self._let_in -= count
        return {}

    def _removed(self, since: int) -> dict[str, Any]:
        """When those who were in by ``since`` heard of a removal."""
        times = sorted(seat.removed for seat in self._seats.values() if seat.entered <= since)
        return {
            "count": len(times),
            "p50": times[len(times) // 2],
            "last": times[-1],
            "never": times.count(0),
        }

    def _close(self) -> dict[str, Any]:
        for fd in list(self._seats):
            self._drop(fd)
        self._let_in = 0
        return {}

    # sockets

    def _connect(self, n: int, port: int, request: str, record: list[bytes] | None) -> None:
        one = socket.socket()
        one.setblocking(False)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Gone without TIME_WAIT: the next table wants the same ports.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        one.bind((f"127.0.1.{1 + n // A_SOURCE}", 0))
        one.connect_ex(("127.0.0.1", port))
        seat = Seat(one, left=request.encode(), record=record)  # until it is connected: what it will say
        self._seats[one.fileno()] = seat
        self._poll.register(one.fileno(), select.EPOLLOUT)

    def _turn(self, end: float) -> bool:
        events = self._poll.poll(max(0.0, end - time.monotonic()))
        for fd, event in events:
            if fd == 0:
                continue  # the parent waits for us
            if event & select.EPOLLOUT:
                self._connected(fd)
            else:
                self._read(fd)
        return bool(events) or time.monotonic() < end

    def _connected(self, fd: int) -> None:
        seat = self._seats[fd]
        seat.socket.send(seat.left)
        seat.left = b""
        self._poll.modify(fd, select.EPOLLIN)

    def _read(self, fd: int) -> None:
        seat = self._seats[fd]
        try:
            data = seat.socket.recv(READ)
        except OSError:
            data = b""
        if data == self._same and not seat.left and data:
            seat.events += self._count
            now = time.monotonic_ns()
            for _ in range(self._count):
                self._arrived.append(now)
            return
        if not data:
            self._drop(fd)
            return
        if not seat.shaken:
            self._shake(seat, data)
            return
        self._take(seat, data)

    def _shake(self, seat: Seat, data: bytes) -> None:
        data = seat.left + data
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            seat.left = data
            return
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise RuntimeError(head.decode())
        seat.left, seat.shaken = b"", True
        if self._hello:
            seat.socket.send(self._hello)
        else:
            self._in(seat)
        if rest:
            self._take(seat, rest)

    def _in(self, seat: Seat) -> None:
        if not seat.ready:
            seat.ready = True
            seat.entered = time.monotonic_ns()
            self._unready -= 1

    def _take(self, seat: Seat, data: bytes) -> None:
        whole = data
        data = seat.left + data
        at, count, others = 0, 0, False
        while len(data) - at >= 2:
            head, size, begin = data[at], data[at + 1], at + 2
            if size == 126:
                size, begin = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                size, begin = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if len(data) < begin + size:
                break
            if seat.record is not None and head == 0x81:
                self._note(seat, data[begin : begin + size])
            if head == 0x81 and data.startswith(EVENT, begin):
                count += 1
            else:
                others = True
                self._other(seat, head, data[begin : begin + size])
            at = begin + size
        if not seat.left and at == len(data) and not others and seat.record is None:
            self._same, self._count = whole, count
        seat.left = data[at:]
        now = time.monotonic_ns()
        seat.events += count
        for _ in range(count):
            self._arrived.append(now)

    def _note(self, seat: Seat, payload: bytes) -> None:
        assert seat.record is not None
        seat.record.append(self._known.setdefault(payload, payload))
        if not seat.removed and payload.startswith(EVENT) and b'"op":"put"' not in payload[:200]:
            seat.removed = time.monotonic_ns()

    def _other(self, seat: Seat, head: int, payload: bytes) -> None:
        if head == 0x89:
            seat.socket.send(masked(payload, 0x8A))
        elif head == 0x81 and payload.startswith(BEAT):
            self._in(seat)

    def _drop(self, fd: int) -> None:
        seat = self._seats.pop(fd)
        self._poll.unregister(fd)
        seat.socket.close()


def masked(payload: bytes, head: int = 0x81) -> bytes:
    """A client's frame. A mask of zeros is a mask, and costs nothing."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes((head,)) + length + b"\0\0\0\0" + payload


# The bench's hand -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Round:
    """When the frames of one round came, in seconds of the monotonic clock."""

    p50: float
    p99: float
    last: float
    lacking: int  # sockets that did not get all
    cpu: float  # seconds of processor that the crowd has used so far


@dataclass(frozen=True, slots=True)
class Removed:
    """When screens heard that something is off, in seconds of the monotonic clock."""

    count: int  # who were in by then
    never: int
    p50: float
    last: float


@dataclass
class Crowd:
    process: Errands
    size: int = 0

    async def open(
        self,
        port: int,
        path: str,
        tokens: Sequence[str],
        *,
        hello: str = "",
        at_once: int = 200,
        records: bool = False,
    ) -> float:
        """Seconds until all are in."""
        requests = [handshake(path, token) for token in tokens]
        answer = await self.process.ask(
            "open", port=port, requests=requests, hello=hello, at_once=at_once, records=records
        )
        return self._all_in(answer, len(tokens))

    async def back(
        self, port: int, path: str, tokens: Sequence[str], halfway: Callable[[], Awaitable[None]]
    ) -> float:
        """Seconds until all are in again; ``halfway`` happens when half of them are."""
        requests = [handshake(path, token) for token in tokens]
        assert "half" in await self.process.ask("back", port=port, requests=requests)
        await halfway()
        return self._all_in(await self.process.heard(), len(tokens))

    def _all_in(self, answer: Mapping[str, Any], count: int) -> float:
        if answer["failed"]:
            raise RuntimeError(f"{answer['failed']} of {count} screens did not get in")
        self.size = count
        return float(answer["seconds"])

    async def deafen(self, count: int) -> None:
        await self.process.ask("deafen", count=count)
        self.size -= count

    async def removed(self, since: float) -> Removed:
        answer = await self.process.ask("removed", since=int(since * 1e9))
        return Removed(answer["count"], answer["never"], answer["p50"] / 1e9, answer["last"] / 1e9)

    async def held(self) -> Mapping[tuple[str, ...], int]:
        """How many screens hold these cards."""
        answer = await self.process.ask("held")
        return {tuple(cards.split()): count for cards, count in answer["held"].items()}

    async def expect(self, events: int) -> Round:
        answer = await self.process.ask("expect", events=events)
        return Round(
            answer["p50"] / 1e9, answer["p99"] / 1e9, answer["last"] / 1e9, answer["lacking"], answer["cpu"]
        )

    async def close(self) -> None:
        await self.process.ask("close")


@asynccontextmanager
async def crowd() -> AsyncIterator[Crowd]:
    async with helper("tests.bench.crowd", core=machine.CLIENT) as process:
        yield Crowd(process)


def handshake(path: str, token: str) -> str:
    lines = [
        f"GET {path} HTTP/1.1", "Host: bench", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Protocol: wall.v1",
    ]  # fmt: skip
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, "", ""])


if __name__ == "__main__":
    machine.many_files()
    sys.setswitchinterval(1)
    say({"pid": os.getpid()})
    Loop().run()

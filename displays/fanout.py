"""The way out: one batch of frames, built once, written to every listener.

Owns the framing, the cap on a listener's backlog, and the yielding. It never waits for a listener: whoever
does not keep up is closed (4408) and comes back when it can. Must not know what the frames say, nor
starlette or uvicorn: an ``Outlet`` is whatever the server puts behind a socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from displays.protocol import SLOW

BACKLOG_CAP: Final = 256 * 1024  # bytes that a listener may owe us, beyond what it was given at its start
YIELD_EVERY: Final = 500  # writes; about 3 ms, so that a broadcast never holds up a withdrawal's POST


@dataclass(frozen=True, slots=True)
class Batch:
    """``payloads`` one by one, for an outlet that frames itself; ``framed`` is all of them, ready."""

    payloads: tuple[bytes, ...]
    framed: bytes

    @classmethod
    def of(cls, payloads: Iterable[bytes]) -> Batch:
        several = tuple(payloads)
        return cls(several, b"".join(map(framed, several)))


class Outlet(Protocol):
    """One listener's socket, as the fan-out needs it. Neither call waits."""

    def deliver(self, batch: Batch, cap: int) -> bool:
        """Write; False, and nothing written, when more than ``cap`` bytes are still unsent."""

    def close(self, code: int, reason: str) -> None:
        """Say goodbye and drop the connection even if its buffer never drains."""


@dataclass(eq=False, slots=True)
class Listener:
    """A socket that was let in. ``cap`` allows for the snapshot that it may still be swallowing."""

    outlet: Outlet
    cap: int = BACKLOG_CAP

    def start(self, batch: Batch) -> None:
        self.cap = BACKLOG_CAP + len(batch.framed)
        self.write(batch)

    def write(self, batch: Batch) -> None:
        if not self.outlet.deliver(batch, self.cap):
            self.outlet.close(SLOW, "slow")


def framed(payload: bytes) -> bytes:
    """RFC 6455: one final text frame, unmasked, as a server sends it."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


async def fan_out(batch: Batch, listeners: Sequence[Listener]) -> None:
    for start in range(0, len(listeners), YIELD_EVERY):
        if start:
            await asyncio.sleep(0)
        for listener in listeners[start : start + YIELD_EVERY]:
            if not listener.outlet.deliver(batch, listener.cap):
                listener.outlet.close(SLOW, "slow")

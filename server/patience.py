"""How long a request may take to arrive, and in how many pieces.

Owns the one deadline that uvicorn has not, for the head and the body of a request, from the connection (or the
answer before) on. Whoever sends a byte now and then would hold a connection for ever, and a few thousand of them
all that the server has. And the number of pieces of a body, since each costs its own turn of h11's parser: a quarter
of a megabyte in chunks of one byte, read at once, is two seconds in which no screen hears of a removal. Must not know
what is asked for; a websocket is watched elsewhere, by pings.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PIECES: Final = 1_000  # of a body: on a line of the world a quarter of a megabyte comes in two hundred


class Pieces(h11.Connection):
    """Reads no further in a body of crumbs."""

    pieces: int = 0

    def next_event(self) -> Any:
        if self.pieces > PIECES:
            return h11.NEED_DATA
        event = super().next_event()
        if isinstance(event, h11.Data):
            self.pieces += 1
        elif isinstance(event, h11.Request):
            self.pieces = 0
        return event


class PatientHTTP(H11Protocol):
    patience: ClassVar[float] = 30.0  # seconds: 64 kB over a line of 2 kB/s
    _deadline: asyncio.TimerHandle | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.conn: Pieces = Pieces(h11.SERVER)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.pieces > PIECES:
            self.transport.abort()

    def on_response_complete(self) -> None:
        self._begin()
        super().on_response_complete()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """The connection is another protocol's from now on, and h11 goes on believing that a body is to come."""
        self._end()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._end()
        self._deadline = self.loop.call_later(self.patience, self._late)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        """A request that is whole and still being answered is not the client's fault."""
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self.transport.abort()

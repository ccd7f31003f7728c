"""Everybody who listens to one feed of one place, and how far they have been told.

Owns the order in which things reach a listener: its start first, then every later frame once, without a
hole. Must not know the store, nor what a frame says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from displays.coding import encode
from displays.fanout import Batch, Listener, fan_out
from displays.protocol import DeskDown, Down
from moderation.domain import Cursor

Feed = Literal["wall", "desk"]
FEEDS: Final[tuple[Feed, ...]] = ("wall", "desk")


@dataclass(frozen=True, slots=True)
class Numbered:
    """One frame, ready to be sent, and the cursor that it brings its listener to."""

    cursor: Cursor
    payload: bytes

    @property
    def offset(self) -> int:
        return self.cursor.offset


@dataclass(eq=False, slots=True)
class Audience:
    place: str
    feed: Feed
    head: Cursor  # as of the last frame that was told
    early: set[str] = field(default_factory=set)  # threads told ahead of their entry, see ``delivery``
    life: int = 0  # grows when the feed was lost; a start computed in an earlier life is void
    live: dict[Listener, None] = field(default_factory=dict)  # a set that keeps its order
    # Registered, their start still being read: what is told meanwhile waits here.
    joining: dict[Listener, list[Numbered]] = field(default_factory=dict)
    # Their start reached further than we have told: they skip up to there.
    ahead: dict[Listener, int] = field(default_factory=dict)
    # One writer at a time: a fan-out yields in between, and a heartbeat must not overtake an event.
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def empty(self) -> bool:
        return not (self.live or self.joining or self.ahead)

    def welcomed(self, listener: Listener) -> bool:
        return listener in self.live or listener in self.ahead

    def register(self, listener: Listener) -> list[Numbered]:
        self.leave(listener)
        waiting: list[Numbered] = []
        self.joining[listener] = waiting
        return waiting

    def leave(self, listener: Listener) -> None:
        self.live.pop(listener, None)
        self.joining.pop(listener, None)
        self.ahead.pop(listener, None)

    def admit(self, listener: Listener, offset: int) -> None:
        """Its start has been written and reaches to ``offset``."""
        del self.joining[listener]
        if offset > self.head.offset:
            self.ahead[listener] = offset
        else:
            self.live[listener] = None

    async def tell(self, frames: Sequence[Numbered]) -> None:
        """What follows the head, in order, to everybody."""
        async with self.writing:
            self.head = head = frames[-1].cursor
            for waiting in self.joining.values():
                waiting.extend(frames)
            targets = tuple(self.live)
            for listener, offset in tuple(self.ahead.items()):
                if rest := [frame.payload for frame in frames if frame.offset > offset]:
                    listener.write(Batch.of(rest))
                if head.offset >= offset:
                    del self.ahead[listener]
                    self.live[listener] = None
            if targets:
                await fan_out(Batch.of(frame.payload for frame in frames), targets)

    async def say(self, frame: Callable[[Cursor], Down | DeskDown]) -> None:
        """A frame about the head that is no entry of the feed, to those who are up to date."""
        async with self.writing:
            await fan_out(Batch.of([encode(frame(self.head))]), tuple(self.live))

    async def announce(self, payloads: Sequence[bytes]) -> None:
        """What takes no offset, to everybody who was welcomed. Whoever joins is told with the welcome."""
        async with self.writing:
            await fan_out(Batch.of(payloads), (*self.live, *self.ahead))

    async def start_over(self, head: Cursor, frame: Down | DeskDown) -> None:
        """The feed is not the one that was told: screens ask again. A desk fetches, and goes on listening."""
        async with self.writing:
            self.head = head
            self.early.clear()
            self.life += 1
            targets = (*self.live, *self.ahead)
            if self.feed == "wall":
                self.live.clear()
                self.ahead.clear()
            await fan_out(Batch.of([encode(frame)]), targets)

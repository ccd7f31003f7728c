"""The order in which a listener is told, and what a device may claim; with outlets that are lists."""

from __future__ import annotations

from displays.audience import Audience, Numbered
from displays.fanout import Batch, Listener
from displays.protocol import SLOW, Resync
from moderation.domain import Cursor


class Ears:
    """An outlet that remembers. ``deaf`` is one whose backlog is over any cap."""

    def __init__(self, *, deaf: bool = False) -> None:
        self.heard: list[bytes] = []
        self.deaf = deaf
        self.closed: int | None = None

    def deliver(self, batch: Batch, cap: int) -> bool:
        if self.deaf:
            return False
        self.heard += batch.payloads
        return True

    def close(self, code: int, reason: str) -> None:
        self.closed = code


def entries(first: int, last: int) -> list[Numbered]:
    return [
        Numbered(Cursor(epoch="e", offset=n, nonce=f"n{n}"), str(n).encode()) for n in range(first, last + 1)
    ]


def audience() -> Audience:
    return Audience("grenoble", "wall", Cursor(epoch="e", offset=10, nonce="n10"))


async def test_p6_who_started_further_than_was_told_skips_up_to_there_and_misses_nothing() -> None:
    crowd, ears = audience(), Ears()
    listener = Listener(ears)
    crowd.register(listener)
    crowd.admit(listener, 13)  # its snapshot was read after entry 13
    await crowd.tell(entries(11, 12))
    await crowd.tell(entries(13, 14))
    await crowd.tell(entries(15, 15))
    assert ears.heard == [b"14", b"15"]


async def test_p6_what_is_told_while_a_start_is_read_waits() -> None:
    crowd, ears = audience(), Ears()
    listener = Listener(ears)
    waiting = crowd.register(listener)
    await crowd.tell(entries(11, 12))
    assert [frame.offset for frame in waiting] == [11, 12]
    assert ears.heard == []
    crowd.admit(listener, 12)
    await crowd.tell(entries(13, 13))
    assert ears.heard == [b"13"]


async def test_p6_a_new_life_of_the_feed_lets_nobody_go_on() -> None:
    crowd, ears = audience(), Ears()
    listener = Listener(ears)
    crowd.register(listener)
    crowd.admit(listener, 10)
    await crowd.start_over(Cursor(epoch="f", offset=0, nonce=""), Resync("epoch"))
    assert (crowd.life, crowd.empty) == (1, True)
    assert ears.heard == [b'{"t":"resync","why":"epoch"}']


async def test_the_slow_are_closed_and_the_others_served() -> None:
    crowd, slow, good = audience(), Ears(deaf=True), Ears()
    for ears in (slow, good):
        listener = Listener(ears)
        crowd.register(listener)
        crowd.admit(listener, 10)
    await crowd.tell(entries(11, 11))
    assert (slow.closed, good.closed, good.heard) == (SLOW, None, [b"11"])

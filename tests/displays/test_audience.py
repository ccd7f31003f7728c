"""The order in which a listener is told, and what a device may claim; with outlets that are lists."""

from __future__ import annotations

from displays.audience import Audience, Numbered
from displays.devices import CARDS_KEPT, Device
from displays.fanout import Batch, Listener
from displays.protocol import SLOW, Ack, Airtime, Resync
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


def test_p2_a_device_never_claims_a_report_twice_nor_more_time_than_has_passed() -> None:
    device = Device("d1", "grenoble")
    device.connected(Listener(Ears()), mono=100.0)

    def report(n: int, seconds: float, mono: float) -> float:
        device.heard(Ack(1, (), (Airtime(n, "m1", 1, 0, seconds),)), head=1, mono=mono)
        return device.airtime.get(("m1", 1), 0.0)

    assert report(1, 8, mono=110) == 8
    assert report(1, 2, mono=120) == 8  # the number was used
    assert report(2, 60, mono=120) == 8  # only 12 s are left
    assert report(2, 5, mono=120) == 8  # and that number is used too
    assert report(3, 12, mono=120) == 20
    assert report(4, -5, mono=130) == 20


def test_airtime_is_kept_for_the_cards_that_were_shown_last() -> None:
    device = Device("d1", "grenoble")
    device.connected(Listener(Ears()), mono=0.0)
    for n in range(CARDS_KEPT + 5):
        device.heard(Ack(1, (), (Airtime(n, f"m{n}", 1, 0, 1.0),)), head=1, mono=10.0 + n)
    assert len(device.airtime) == CARDS_KEPT
    assert ("m0", 1) not in device.airtime
    assert (f"m{CARDS_KEPT + 4}", 1) in device.airtime

"""What a person tells a wall to do reaches its screens: with the real engine, the real server and real sockets."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest_asyncio

from displays.coding import encode, parse_down
from displays.fanout import Batch
from displays.protocol import Blanked, Do, Heartbeat, Led, Pinned, Welcome
from moderation.conducting import Conducting
from moderation.roster import Roster
from moderation.store import Store
from tests.displays.test_hub import approved
from tests.support.people import MANAGER, OWNER, STAFF
from tests.support.walls import TestScreen, Wall, eventually, wall

PLACE = "grenoble"


@pytest_asyncio.fixture
async def here(store: Store, roster: Roster) -> AsyncIterator[Wall]:
    async with wall(store, roster) as started:
        yield started


@pytest_asyncio.fixture
async def conducting(store: Store, roster: Roster) -> Conducting:
    return Conducting(store, roster)


async def device(roster: Roster, place: str = PLACE) -> str:
    _, bare = await roster.create_screen(place, "Vitrine")
    return bare


def led(screen: TestScreen) -> Led:
    return screen.said(Led)[-1]


async def test_p6_a_blank_is_heard_by_twenty_screens_within_a_second(
    here: Wall, roster: Roster, conducting: Conducting
) -> None:
    async with AsyncExitStack() as stack:
        screens = [
            await stack.enter_async_context(TestScreen.open(here.url, await device(roster)))
            for _ in range(20)
        ]
        elsewhere = await stack.enter_async_context(TestScreen.open(here.url, await device(roster, "lyon")))
        await eventually(lambda: all(screen.replica.joined for screen in (*screens, elsewhere)))
        began = time.monotonic()
        done = (await conducting.blank(MANAGER, PLACE)).blank
        await eventually(lambda: all(led(screen).blank for screen in screens))
        assert time.monotonic() - began < 1
        assert done is not None
        assert done.until is not None
        assert {led(screen).blank for screen in screens} == {Blanked(done.until.timestamp())}
        await conducting.unblank(OWNER, PLACE)
        await eventually(lambda: not any(led(screen).blank for screen in screens))
        assert elsewhere.said(Led) == [Led("normal", "normal")]


async def test_p6_a_joiner_hears_of_a_blank_before_any_card(
    here: Wall, store: Store, roster: Roster, conducting: Conducting
) -> None:
    await approved(store)
    await conducting.blank(MANAGER, PLACE)
    async with TestScreen.open(here.url, await device(roster)) as screen:
        await eventually(lambda: screen.replica.joined)
        first, second = screen.heard[:2]
        assert isinstance(first, Welcome)
        assert isinstance(second, Led)
        assert second.blank is not None


async def test_p6_a_blank_survives_the_server(store: Store, roster: Roster, conducting: Conducting) -> None:
    token = await device(roster)
    await conducting.blank(MANAGER, PLACE)
    await conducting.confirm(MANAGER, PLACE)
    for _ in range(2):
        await _blank_after_joining(store, roster, token)


async def _blank_after_joining(store: Store, roster: Roster, token: str) -> None:
    async with wall(store, roster) as here, TestScreen.open(here.url, token) as screen:
        await eventually(lambda: screen.replica.joined)
        assert led(screen).blank == Blanked(None)


async def test_a_pin_a_hold_and_a_pace_are_told(
    here: Wall, store: Store, roster: Roster, conducting: Conducting
) -> None:
    card = await approved(store)
    async with TestScreen.open(here.url, await device(roster)) as screen:
        await eventually(lambda: screen.replica.joined)
        pinned = (await conducting.pin(MANAGER, PLACE, card.id)).kept
        assert pinned is not None
        await eventually(lambda: led(screen).pin == Pinned(card.id, pinned.until.timestamp()))
        await conducting.hold(STAFF, PLACE, minutes=2)
        await eventually(lambda: led(screen).pin is None and led(screen).hold is not None)
        every_hour = [("00:00", "12:00", "lively"), ("12:00", "00:00", "lively")]
        await conducting.pace(MANAGER, PLACE, "calm", every_hour)
        await eventually(lambda: (led(screen).pace, led(screen).usual) == ("lively", "calm"))
        assert list(led(screen).hours) == every_hour


async def test_another_time_zone_is_another_pace(here: Wall, roster: Roster, conducting: Conducting) -> None:
    place = await roster.place(PLACE)
    assert place is not None
    await roster.change_place(replace(place, timezone="UTC"))
    hour = datetime.now(UTC).hour
    now, then = (f"{(hour + more) % 24:02}:00" for more in (-1, 2))
    async with TestScreen.open(here.url, await device(roster)) as screen:
        await eventually(lambda: screen.replica.joined)
        await conducting.pace(MANAGER, PLACE, "calm", [(now, then, "lively")])
        await eventually(lambda: led(screen).pace == "lively")
        await roster.change_place(replace(place, timezone="Asia/Tokyo"))
        await eventually(lambda: led(screen).pace == "calm")


async def test_an_order_is_done_once_or_not_at_all(
    here: Wall, roster: Roster, conducting: Conducting
) -> None:
    token = await device(roster)
    await conducting.order(MANAGER, PLACE, "reload")  # nobody hears it
    async with TestScreen.open(here.url, token) as screen:
        await eventually(lambda: screen.replica.joined)
        for what in ("next", "test"):
            await conducting.order(MANAGER, PLACE, what)
        await eventually(lambda: [done.what for done in screen.said(Do)] == ["next", "test"])
    async with TestScreen.open(here.url, token) as screen:  # and it is not repeated
        await eventually(lambda: screen.replica.joined)
        await conducting.order(STAFF, PLACE, "reload")
        await eventually(lambda: [done.what for done in screen.said(Do)] == ["reload"])


async def test_p6_leading_a_wall_takes_no_offset(
    here: Wall, store: Store, roster: Roster, conducting: Conducting
) -> None:
    async with TestScreen.open(here.url, await device(roster)) as screen:
        await eventually(lambda: screen.replica.joined)
        await conducting.blank(MANAGER, PLACE)
        await eventually(lambda: led(screen).blank)
        await approved(store)
        await eventually(lambda: screen.texts)  # the next offset is the next card
        assert {beat.s for beat in screen.said(Heartbeat)} == {0}


async def test_the_pages_of_the_staff_hear_that_it_changed(here: Wall, conducting: Conducting) -> None:
    heard: list[bytes] = []

    class Page:
        def deliver(self, batch: Batch, cap: int) -> bool:
            heard.extend(batch.payloads)
            return True

        def close(self, code: int, reason: str) -> None:
            raise AssertionError(reason)

    await here.hub.attend([PLACE], Page())
    await conducting.blank(MANAGER, PLACE)
    await eventually(lambda: any(b'"what":"place.conducted"' in payload for payload in heard))


def test_the_frames_are_read_as_they_are_written() -> None:
    for frame in (
        Led("calm", "normal", (("10:00", "12:00", "calm"),), Pinned("m1", 12.5), None, Blanked(13.0)),
        Led("normal", "normal", hold=14.0, blank=Blanked(None)),
        Do(7, "test"),
    ):
        assert parse_down(encode(frame)) == frame

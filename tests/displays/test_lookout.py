"""A screen that is lost while its place is open is told once in the log and at once on every page of the staff."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from displays.fanout import Listener
from displays.fleet import Fleet
from displays.lookout import GRACE, Lookout, overdue
from displays.protocol import Heartbeat, LostScreen
from moderation.domain import Place
from moderation.hours import read_week
from moderation.roster import Roster, Screen
from moderation.store import Store
from tests.support.walls import TestScreen, Wall, eventually, wall

PARIS = Place(slug="grenoble", name="Grenoble")
SHOP = replace(
    PARIS, hours=read_week(["9-12, 14-19"] * 6 + [""])
)  # in November Paris is an hour ahead of UTC
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    """A moment by the clock of the shop."""
    return MONDAY + timedelta(days=day, hours=hour - 1, minutes=minute)


@pytest.mark.parametrize(
    ("since", "now", "alarming"),
    [
        (at(10), at(10, 1), False),
        (at(10), at(10, 2), True),
        (at(8), at(9, 1), False),  # silent all night: the grace begins at the opening
        (at(8), at(9, 2), True),
        (at(11), at(13), False),  # lunch
        (at(11), at(14, 1), False),
        (at(11), at(14, 2), True),
        (at(18), at(19), False),  # closed
        (at(10, day=5), at(12, day=6), False),  # Sunday
        (at(10, day=5), at(9, 2, day=7), True),
    ],
)
def test_a_screen_is_missed_in_opening_hours_only(since: datetime, now: datetime, alarming: bool) -> None:
    assert overdue(since, SHOP, now) is alarming


def test_without_hours_a_place_is_always_open() -> None:
    assert overdue(at(2), PARIS, at(2, 2))


async def silent(roster: Roster, screen: Screen, since: datetime) -> None:
    said = {"connected": False, "silent_since": since.isoformat(), "noted_at": since.isoformat()}
    await roster.note_screens({screen.id: said})


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = [line.getMessage() for line in caplog.records if line.name == "complicity.screens"]
    caplog.clear()
    return found


class Nowhere:
    def deliver(self, batch: object, cap: int) -> bool:
        return True

    def close(self, code: int, reason: str) -> None:
        pass


async def test_a_loss_is_logged_once_and_so_is_its_end(
    roster: Roster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "complicity.screens")
    await roster.open_hours("grenoble", SHOP.hours, "house")
    (door, _), (till, _), _ = [
        await roster.create_screen("grenoble", name) for name in ("porte", "caisse", "never there")
    ]
    fleet = Fleet(roster)
    lookout = Lookout(roster, fleet, at(8))
    fleet.attach(till, Listener(Nowhere()))
    await silent(roster, door, at(10))
    assert await lookout.look(at(10, 1)) == frozenset()
    assert (lookout.lost, lookout.silent, said(caplog)) == ({}, {"grenoble": 1}, [])

    assert await lookout.look(at(10, 2)) == {"grenoble"}
    assert lookout.lost == {"grenoble": (LostScreen(door.id, "porte", at(10)),)}
    assert said(caplog) == ["screen porte (grenoble) is lost: silent since 2026-11-23T09:00:00+00:00"]
    assert await lookout.look(at(11)) == frozenset()
    assert said(caplog) == []

    assert await lookout.look(at(20)) == {"grenoble"}  # closing time: no alert, and no word that it is back
    assert (lookout.lost, lookout.silent, said(caplog)) == ({}, {"grenoble": 1}, [])
    assert await lookout.look(at(9, 2, day=1)) == {"grenoble"}
    assert (len(lookout.lost["grenoble"]), said(caplog)) == (1, [])

    listener = Listener(Nowhere())
    fleet.attach(door, listener)
    assert await lookout.look(at(9, 3, day=1)) == {"grenoble"}
    assert (lookout.lost, lookout.silent) == ({}, {})
    assert said(caplog) == ["screen porte (grenoble) is back after 82980 s"]


async def test_after_a_start_screens_have_a_moment_to_come_back(roster: Roster) -> None:
    screen, _ = await roster.create_screen("grenoble", "porte")
    await silent(roster, screen, at(9))
    lookout = Lookout(roster, Fleet(roster), at(12))
    await lookout.look(at(12) + GRACE - timedelta(seconds=1))
    assert not lookout.lost
    await lookout.look(at(12) + GRACE)
    assert lookout.lost["grenoble"] == (LostScreen(screen.id, "porte", at(9)),)


async def test_a_server_that_slept_blames_no_screen(
    store: Store, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its machine was suspended, or its clock set: what no screen can have said meanwhile is not missed."""
    screen, token = await roster.create_screen("grenoble", "porte")
    ahead = timedelta(0)

    def later() -> datetime:
        return datetime.now(UTC) + ahead

    for module in ("hub", "fleet", "lookout"):
        monkeypatch.setattr(f"displays.{module}.utc_now", later)
    async with wall(store, roster, heartbeat=0.1) as here, TestScreen.open(here.url, token) as one:
        await eventually(lambda: one.replica.joined)
        report = {"t": "report", "app": "", "width": 1920, "height": 1080, "ratio": 1, "orientation": "landscape",
                  "state": "live", "theme": "day", "painted": None, "errors": [], "uptime": 1}  # fmt: skip
        await one.socket.send(json.dumps(report))
        await eventually(lambda: here.hub.facts(screen).report)
        ahead = timedelta(minutes=20)
        await eventually(lambda: here.hub.lookout.silent)  # it has looked since, and misses the screen …
        assert not here.hub.lookout.lost  # … but calls nobody yet
        for _ in range(13):  # two minutes of its own, in steps that are no sleep
            ahead += timedelta(seconds=10)
            beats = len(one.said(Heartbeat))
            await eventually(lambda beats=beats: len(one.said(Heartbeat)) > beats + 1)  # type: ignore[misc]
        await eventually(lambda: here.hub.lookout.lost)


async def test_nobody_waits_for_a_screen_that_was_revoked(
    roster: Roster, caplog: pytest.LogCaptureFixture
) -> None:
    screen, _ = await roster.create_screen("grenoble", "porte")
    await silent(roster, screen, at(9))
    lookout = Lookout(roster, Fleet(roster), at(8))
    await lookout.look(at(10))
    assert lookout.lost
    said(caplog)
    await roster.revoke_screen(screen.id)
    assert await lookout.look(at(10, 1)) == {"grenoble"}
    assert (lookout.lost, said(caplog)) == ({}, [])


@asynccontextmanager
async def desk(here: Wall, roster: Roster, place: str) -> AsyncIterator[list[dict[str, Any]]]:
    """What a page of the staff last heard of lost screens; empty before it heard anything."""
    person = await roster.add_person(secrets.token_hex(4), "staff", places=[place])
    cookie = f"session={await roster.open_session(person)}"
    url = here.url.replace("/ws/screen", "/ws/desk")
    headers = {"Cookie": cookie, "Origin": here.origin}
    async with connect(url, subprotocols=[Subprotocol("desk.v1")], additional_headers=headers) as socket:
        heard: list[dict[str, Any]] = []

        async def read() -> None:
            async for text in socket:
                frame = json.loads(text)
                if frame["t"] == "hb":
                    heard[:] = [frame]

        reading = asyncio.create_task(read())
        try:
            yield heard
        finally:
            reading.cancel()


async def test_the_staff_of_its_place_hear_of_a_lost_screen_and_that_it_is_back(
    store: Store, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("displays.lookout.GRACE", timedelta(0))
    screen, token = await roster.create_screen("grenoble", "Vitrine")

    def lost(heard: list[dict[str, Any]]) -> list[str]:
        return [one["name"] for frame in heard for one in frame["lost"]]

    async with (
        wall(store, roster, heartbeat=0.1) as here,
        desk(here, roster, "grenoble") as mine,
        desk(here, roster, "lyon") as other,
    ):
        async with TestScreen.open(here.url, token) as one:
            await eventually(lambda: one.replica.joined and mine and other)
            assert lost(mine) == []
        await eventually(lambda: lost(mine) == ["Vitrine"])
        (told,) = mine[0]["lost"]
        facts = here.hub.facts(screen)
        assert facts.silent_since is not None
        assert datetime.fromisoformat(told["since"]) == facts.silent_since.replace(microsecond=0)
        async with desk(here, roster, "lyon") as later:
            await eventually(lambda: later)
            assert lost(other) == lost(later) == []
        async with TestScreen.open(here.url, token) as one:
            await eventually(lambda: one.replica.joined)
            await eventually(lambda: lost(mine) == [])

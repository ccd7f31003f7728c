"""What a screen may say of its own health, and what becomes of it: kept, bounded, known after a restart."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from displays.coding import encode, parse_up
from displays.devices import LAG, SILENCE, Device, Facts
from displays.fanout import Listener
from displays.protocol import Ack, Leaf, Report
from displays.reader import Malformed
from displays.reporting import report_out
from moderation.roster import Roster, Screen
from moderation.store import Store
from tests.support.walls import TestScreen, eventually, wall

REPORT = Report(
    app="0123456789ab",
    width=1080,
    height=1920,
    ratio=1.5,
    orientation="portrait",
    state="live",
    theme="night",
    painted=Leaf("m1", 4, 2, 3),
    errors=("TypeError: x is not a function main.js:12",),
    uptime=86_400,
)
NOON = datetime(2026, 11, 22, 12, 0, 30, 123456, tzinfo=UTC)


class Nowhere:
    def deliver(self, batch: object, cap: int) -> bool:
        return True

    def close(self, code: int, reason: str) -> None:
        pass


def wire(**changed: Any) -> str:
    said: dict[str, Any] = json.loads(encode(REPORT))
    return json.dumps(said | changed)


def test_a_report_survives_its_json() -> None:
    for report in (
        REPORT,
        replace(REPORT, painted=None, errors=(), state="dark", over="blank"),
        replace(REPORT, painted=None, state="house", over="test"),
    ):
        assert parse_up(encode(report)) == report
    assert parse_up(wire(novel=[1])) == REPORT


@pytest.mark.parametrize(
    "changed",
    [
        {"app": "x" * 65}, {"app": None}, {"width": 0}, {"height": 100_001}, {"width": True}, {"ratio": 0},
        {"ratio": float("nan")}, {"orientation": "up"}, {"state": "asleep"}, {"theme": "auto"}, {"uptime": -1},
        {"painted": {"id": "m1", "version": 4, "page": 4, "pages": 3}}, {"painted": {"id": "m1", "version": 4}},
        {"painted": {"id": "m" * 65, "version": 4, "page": 1, "pages": 1}}, {"errors": ["x"] * 9},
        {"errors": ["x" * 201]}, {"errors": [1]}, {"errors": "x"}, {"over": "curtain"}, {"over": True},
    ],
)  # fmt: skip
def test_a_report_is_parsed_strictly_and_bounded(changed: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        parse_up(wire(**changed))


def test_what_a_screen_says_can_be_kept() -> None:
    """A text that was cut in the middle of an emoji ends in half of it, which UTF-8 can't hold."""
    for said in (
        wire(errors=["Error: \ud83d"]),
        wire(painted={"id": "\ud83d", "version": 1, "page": 1, "pages": 1}),
    ):
        report = parse_up(said)
        assert isinstance(report, Report)
        json.dumps(report_out(report), ensure_ascii=False).encode()


@given(
    st.sampled_from(sorted(json.loads(encode(REPORT)))),
    st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5),
)
def test_whatever_a_report_says_is_a_report_or_malformed(name: str, junk: object) -> None:
    with suppress(Malformed):
        parse_up(wire(**{name: junk}))


def test_what_is_noted_is_what_was_known() -> None:
    device = Device("s", "grenoble", lease=120)
    listener = Listener(Nowhere())
    device.connected(listener, NOON)
    device.heard(Ack(7), 9, NOON)
    device.reported(REPORT, NOON)
    facts = device.facts(NOON)
    assert (facts.connected, facts.silent_since, facts.dark_from) == (True, None, None)
    row = json.loads(json.dumps(facts.row(noted_at=NOON, lease=120)))
    assert Facts.noted(row, NOON) == facts

    device.left(listener, NOON)
    gone = device.facts(NOON)
    assert (gone.silent_since, gone.dark_from) == (NOON, NOON + timedelta(seconds=120))
    row = json.loads(json.dumps(gone.row(noted_at=NOON, lease=120)))
    assert Facts.noted(row, NOON + timedelta(days=1)) == gone


def test_of_a_killed_process_no_screen_is_called_dark_too_soon() -> None:
    """It could not note that its screens left, and may have renewed their leases until its end."""
    row = Facts(connected=True).row(noted_at=NOON, lease=120)
    assert Facts.noted(row, NOON + SILENCE / 2).connected
    later = Facts.noted(row, NOON + SILENCE)
    assert (later.connected, later.silent_since) == (False, NOON)
    assert later.dark_from == NOON + SILENCE + timedelta(seconds=120)


def test_a_row_of_an_earlier_version_can_be_read() -> None:
    old = {"connected": False, "acked": 1, "painted": None, "silent_since": "2026-11-22T12:00:30Z"}
    facts = Facts.noted({**old, "noted_at": "2026-11-22T12:00:31Z", "report": {"app": 1}}, NOON)
    assert (facts.silent_since, facts.report) == (NOON.replace(microsecond=0), None)


def test_a_frozen_page_is_silent_however_well_its_connection_looks() -> None:
    device = Device("s", "grenoble")
    device.connected(Listener(Nowhere()), NOON)
    assert device.facts(NOON + 2 * SILENCE).silent_since is None  # it never said that it would report
    device.reported(REPORT, NOON)
    assert device.facts(NOON + SILENCE).silent_since is None
    assert device.facts(NOON + SILENCE + timedelta(seconds=1)).silent_since == NOON
    device.reported(REPORT, NOON + timedelta(hours=1))
    device.heard(Ack(3), 3, NOON + timedelta(hours=1))
    device.told(4, NOON + timedelta(hours=1))
    stuck = NOON + timedelta(hours=1) + LAG + timedelta(seconds=1)
    assert device.facts(stuck).silent_since == NOON + timedelta(hours=1)


def test_a_screen_that_follows_a_busy_wall_is_well() -> None:
    """Each answer comes after the next entry, hour after hour: it is behind, but never for long."""
    device, now = Device("s", "grenoble"), NOON
    device.connected(Listener(Nowhere()), now)
    device.heard(Ack(1), 1, now)
    for offset in range(2, 30):
        device.told(offset, now)
        now += timedelta(seconds=10)
        device.heard(Ack(offset), offset + 1, now)
        assert device.facts(now).silent_since is None
    device.told(40, now)  # until it takes nothing more
    for _ in range(10):
        now += timedelta(seconds=10)
        device.heard(Ack(30), 41, now)
        device.told(41, now)
    assert device.facts(now).silent_since == now - timedelta(seconds=100)


async def test_a_report_is_known_at_once_beside_and_after_the_process_that_heard_it(
    store: Store, roster: Roster
) -> None:
    screen, token = await roster.create_screen("grenoble", "Vitrine")

    async def known() -> Screen:
        found = await roster.screen(screen.id)
        assert found is not None
        return found

    async with wall(store, roster, heartbeat=0.1) as here, wall(store, roster, heartbeat=0.1) as beside:
        async with TestScreen.open(here.url, token) as one:
            await eventually(lambda: one.replica.joined)
            await one.socket.send(encode(REPORT).decode())
            await eventually(lambda: here.hub.facts(screen).report == REPORT)

            async def told() -> bool:
                facts = beside.hub.facts(await known())
                return facts.connected and facts.report == REPORT

            await eventually(told)
        async with TestScreen.open(beside.url, token) as one:  # the same screen, now with the other process
            await eventually(lambda: one.replica.joined)
            await one.socket.send(encode(replace(REPORT, state="dark")).decode())

            async def moved() -> bool:
                facts = here.hub.facts(await known())
                return facts.connected and facts.report is not None and facts.report.state == "dark"

            await eventually(moved)
    async with wall(store, roster) as after:
        facts = after.hub.facts(await known())
        assert (facts.connected, facts.report) == (False, replace(REPORT, state="dark"))
        assert facts.silent_since is not None
        assert facts.dark_from == facts.silent_since + timedelta(seconds=300)


async def test_a_screen_that_tells_nonsense_of_itself_is_sent_away(store: Store, roster: Roster) -> None:
    _, token = await roster.create_screen("grenoble", "Vitrine")
    async with wall(store, roster) as here, TestScreen.open(here.url, token) as one:
        await eventually(lambda: one.replica.joined)
        await one.socket.send(wire(errors=["x" * 201]))
        await eventually(lambda: one.closed == 4406)

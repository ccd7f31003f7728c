"""What the browser works out by itself is what the ground floor says: when a place is open, how large type is."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser

from moderation.hours import Week, is_open, read_week
from moderation.mounting import COMFORTS, Mounting
from tests.browser.test_rules_of_the_wall import run
from tests.browser.wallserver import WallServer

pytestmark = pytest.mark.asyncio(loop_scope="session")

ZONES = (
    "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC",
    "Pacific/Apia",
)  # fmt: skip
# Around the nights when clocks are changed, where a rule goes wrong if it ever does.
NIGHTS = tuple(
    datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 29), (10, 25), (3, 8), (11, 1), (4, 5))
)


def week_of(luck: random.Random) -> Week:
    def day() -> str:
        start, length = luck.randrange(0, 24 * 60), luck.randrange(30, 11 * 60)
        end = (start + length) % (24 * 60)
        return f"{start // 60}:{start % 60:02}-{end // 60}:{end % 60:02}"

    while True:
        try:
            return read_week([day() if luck.random() < 0.8 else "" for _ in range(7)])
        except Exception:
            continue


async def test_a_place_is_open_in_the_browser_when_it_is_on_the_server(
    browser: Browser, wall: WallServer
) -> None:
    luck = random.Random(5)
    cases = []
    for _ in range(3000):
        now = luck.choice(NIGHTS) + timedelta(minutes=luck.randrange(-3 * 1440, 3 * 1440))
        cases.append((week_of(luck), luck.choice(ZONES), now))
    said = await run(
        browser, wall,
        """async (text) => {
          const { isOpen } = await import("/static/js/screen/hours.js");
          return JSON.parse(text).map(([week, zone, now]) => isOpen(week, zone, now));
        }""",
        json.dumps([(week, zone, now.timestamp() * 1000) for week, zone, now in cases]),
    )  # fmt: skip
    expected = [is_open(*case) for case in cases]
    assert 0.1 < sum(expected) / len(expected) < 0.9
    assert said == expected


async def test_tomorrow_is_the_next_day_of_the_calendar(browser: Browser, wall: WallServer) -> None:
    luck = random.Random(6)
    cases = []
    for _ in range(1000):
        now = luck.choice(NIGHTS) + timedelta(minutes=luck.randrange(-2 * 1440, 2 * 1440))
        cases.append((now + timedelta(minutes=luck.randrange(1, 4 * 1440)), luck.choice(ZONES), now))
    said = await run(
        browser, wall,
        """async (text) => {
          const { coming } = await import("/static/js/shared/dates.js");
          return JSON.parse(text).map(([when, zone, now]) => coming(new Date(when), zone, new Date(now)));
        }""",
        json.dumps([(when.timestamp() * 1000, zone, now.timestamp() * 1000) for when, zone, now in cases]),
    )  # fmt: skip

    def days(when: datetime, zone: str, now: datetime) -> int:
        return (when.astimezone(ZoneInfo(zone)).date() - now.astimezone(ZoneInfo(zone)).date()).days

    for case, text in zip(cases, said, strict=True):
        assert text.startswith("demain ") == (days(*case) == 1), (case, text)
        assert (text.count("\u00a0") == 2) == (days(*case) < 2), (case, text)


async def test_a_page_reloads_in_the_longest_time_in_which_nobody_looks(
    browser: Browser, wall: WallServer
) -> None:
    week = read_week(["9-12, 14-19"] * 6 + [""])
    noon = datetime(2026, 11, 20, 12, 30, tzinfo=UTC).timestamp() * 1000  # Friday, 13:30 in Paris
    spans = await run(
        browser, wall,
        """async ([week, noon]) => {
          const { quiet } = await import("/static/js/screen/hours.js");
          return [week, null, Array(7).fill([[0, 1440]])].map((each) => quiet(each, "Europe/Paris", noon));
        }""",
        [week, noon],
    )  # fmt: skip
    shown = [
        [datetime.fromtimestamp(span[end] / 1000, UTC).strftime("%d %H:%M") for end in ("from", "to")]
        for span in spans
    ]
    assert shown == [["20 18:00", "21 08:00"], ["21 02:00", "21 04:00"], ["21 02:00", "21 04:00"]]


async def test_type_and_ruler_are_as_large_as_the_ground_floor_says(
    browser: Browser, wall: WallServer
) -> None:
    sizes = ((1920, 1080), (1080, 1920), (3840, 2160), (1366, 768), (1280, 1024))
    cases = [
        (Mounting(diagonal=diagonal, distance=distance, comfort=comfort), size)
        for diagonal in (24, 43, 55, 85)
        for distance in (1, 2.5, 3, 5)
        for comfort in COMFORTS
        for size in sizes
    ]
    said = await run(
        browser, wall,
        """async (text) => {
          const { bodySize, capitals, ruler } = await import("/static/js/screen/mounting.js");
          return JSON.parse(text).map(([settings, [width, height]]) => ({
            body: bodySize(settings, width, height), capitals: capitals(settings), ...ruler(settings, width, height),
          }));
        }""",
        json.dumps([(mounting.row(), size) for mounting, size in cases]),
    )  # fmt: skip
    for (mounting, (width, height)), answer in zip(cases, said, strict=True):
        pixel = mounting.diagonal * 25.4 / math.hypot(width, height)
        assert answer["body"] == math.ceil(mounting.letters / pixel - 1e-9)
        assert answer["capitals"] == pytest.approx(mounting.capitals)
        assert answer["centimetres"] == mounting.ruler
        assert answer["pixels"] == pytest.approx(mounting.ruler * 10 / pixel)
        assert answer["pixels"] < min(width, height)

"""The pure rule of pages in the browser (P4); whose turn it is has a reference (`test_programme.py`)."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.wallserver import WallServer

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def run(browser: Browser, wall: WallServer, code: str, argument: object = None) -> Any:
    page: Page = await browser.new_page()
    try:
        await page.goto(f"{wall.url}/screen")
        return await page.evaluate(code, argument)
    finally:
        await page.close()


async def test_p4_pages_hold_every_line_and_no_page_is_longer_than_a_minute(
    browser: Browser, wall: WallServer
) -> None:
    luck = random.Random(7)
    cases = [
        {
            "left": stops(luck, luck.randrange(1, 120)),
            "right": stops(luck, luck.randrange(0, 60)),
            "room": {"left": luck.randrange(4, 14) * 50, "right": luck.randrange(4, 14) * 50, "line": 50},
        }
        for _ in range(300)
    ]
    said = await run(
        browser, wall,
        """async (text) => {
          const cases = JSON.parse(text);
          const { spreads, countWords } = await import("/static/js/screen/reading.js");
          const { dwell } = await import("/static/js/screen/programme.js");
          return JSON.stringify({ short: dwell(1, "lively"), words: countWords("Un merci, une idée : 日本語"),
                   all: cases.map(({ left, right, room }) => spreads(left, right, room)
                     .map((s) => ({ ...s, dwell: dwell(s.words, "calm") }))) });
        }""",
        json.dumps(cases),
    )  # fmt: skip
    answers = json.loads(said)
    assert answers["short"] == 8
    assert answers["words"] == 7
    for case, pages in zip(cases, answers["all"], strict=True):
        assert all(page["dwell"] <= 60 for page in pages)
        for side in ("left", "right"):
            ends = [stop["end"] for stop in case[side]]  # type: ignore[index]
            shown = [page[side] for page in pages if page[side] is not None]
            seen = {end for page in shown for end in ends if page["from"] < end <= page["to"]}
            assert seen == set(ends)
            assert all(page["to"] - page["from"] <= case["room"][side] for page in shown)  # type: ignore[index]
        words = sum(stops[-1]["words"] for stops in (case["left"], case["right"]) if stops)  # type: ignore[index]
        assert sum(page["words"] for page in pages) == pytest.approx(words)


def stops(luck: random.Random, lines: int) -> list[dict[str, float]]:
    total, found = 0.0, []
    for number in range(1, lines + 1):
        total += luck.choice((0, 3, 6, 6, 7, 8))
        found.append({"end": number * 50, "next": number * 50, "words": total, "turn": 0})
    return found

"""P4 at its limits: 40,000 code points in any script, or one word of them, are paged whole and legibly."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from playwright.async_api import Browser

from displays.protocol import Hung
from moderation.mounting import Mounting
from tests.browser.cards import BY_NAME, PARAGRAPH
from tests.browser.kiosk import MEASURES, kiosk
from tests.browser.wallserver import WallServer

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDE, UPRIGHT = (1920, 1080), (1080, 1920)
MOST: Final = 40_000  # code points, the contract's limit


def filled(unit: str) -> str:
    return (unit * (MOST // len(unit) + 1))[:MOST].strip()


def babel() -> str:
    """All of them in one text, with blank lines and runs without a blank."""
    luck = random.Random(4)
    units = ["mot ", "كلمة ", "漢字", "\n", "\n\n", "W" * 70, "👩\u200d👩\u200d👧", "e\u0301\u0302", "שלום "]
    return filled("".join(luck.choice(units) for _ in range(9000)))


TEXTS: Final[Mapping[str, str]] = {
    "prose": filled(PARAGRAPH),
    "one word": "W" * MOST,
    "one narrow word": "i" * MOST,
    "arabic": filled("انتظرت نصف ساعة عند الصندوق ثم ساعدني كريم في إصلاح المصباح. شكراً له! "),
    "cjk": filled("周末排队等了二十五分钟，六个收银台只开了两个。"),
    "emoji": "😀" * 60,
    "emoji without end": filled("👩\u200d👩\u200d👧🏳️\u200d🌈🇫🇷"),
    "a line a letter": filled("a\n"),
    "babel": babel(),
}
# The card laid out by the screen's own modules, every page of it turned to, and what could then be read.
LAY_OUT: Final = """
async (text) => {
  const card = JSON.parse(text);
  const { fit, sheet, turnTo } = await import("/static/js/screen/layout.js");
  const { dwell } = await import("/static/js/screen/programme.js");
  const wall = document.getElementById("wall");
  const legible = parseFloat(getComputedStyle(document.querySelector(".ruler")).fontSize);
  const made = sheet(card, { zone: "Europe/Paris", now: () => new Date(), waitHours: 48 });
  wall.append(made.article);
  const began = performance.now();
  const pages = fit(made, legible);
  const took = performance.now() - began;
  let unread = null, over = [];
  for (let i = 0; i < pages.length; i += 1) {
    turnTo(made, pages, i);
    const now = lines();
    if (unread === null) unread = now.map((window) => new Set(window.all));
    now.forEach((window, w) => window.seen.forEach((line) => unread[w].delete(line)));
    if (i < 5) over = over.concat(measure().over);
  }
  const words = Array.from(made.article.querySelectorAll(".words"));
  const found = {
    took, over, unread: unread.map((left) => left.size), pages: pages.length,
    longest: Math.max(...pages.map((page) => dwell(page.words, "calm"))),
    texts: words.map((each) => each.textContent),
    small: words.filter((each) => parseFloat(getComputedStyle(each).fontSize) < legible - 0.01).length,
    counted: pages.reduce((sum, page) => sum + page.words, 0),
  };
  made.article.remove();
  return JSON.stringify(found);
}
"""


async def laid_out(browser: Browser, wall: WallServer, text: str, size: tuple[int, int]) -> dict[str, Any]:
    typical = BY_NAME["typical"]
    answer = typical.turns[0]
    card = {
        "id": "long", "version": 1, "text": text, "masks": [], "author": {"name": "Camille"},
        "channel": "Avis", "declared": {}, "published_at": typical.published_at,
        "experience_at": None, "approved_at": typical.approved_at,
        "turns": [{"id": "r", "by": "place", "name": "Léa", "text": answer.text, "masks": [], "at": answer.at}],
    }  # fmt: skip
    async with kiosk(browser, f"{wall.url}/screen", size, reduced_motion="reduce") as seen:
        await seen.until_state("house")
        await seen.page.evaluate("document.documentElement.dataset.state = 'live'")
        found: dict[str, Any] = json.loads(
            await seen.page.evaluate(
                f"(text) => {{ {MEASURES}; return ({LAY_OUT})(text); }}", json.dumps(card)
            )
        )
    assert found["texts"] == [text, answer.text], "whole and unedited"
    return found


CASES: Final = [*((name, WIDE) for name in TEXTS), ("prose", UPRIGHT), ("babel", UPRIGHT)]


@pytest.mark.parametrize(
    ("name", "size"), CASES, ids=[f"{name}-{'wide' if size == WIDE else 'upright'}" for name, size in CASES]
)
async def test_p4_the_longest_texts_are_paged_whole_and_legible(
    browser: Browser, wall: WallServer, name: str, size: tuple[int, int]
) -> None:
    found = await laid_out(browser, wall, TEXTS[name], size)
    print(f"{name}: {found['pages']} pages, laid out in {found['took']:.0f} ms")
    assert found["unread"] == [0, 0], "a line that no page shows"
    assert found["longest"] <= 60
    assert found["small"] == 0, "under the legible size"
    assert found["over"] == []
    assert found["pages"] > 20 or name == "emoji"


@pytest.mark.parametrize(
    "empty", ["\n", " \n", "\u2800\n"], ids=["nothing", "a blank", "a letter without ink"]
)
async def test_p4_of_empty_lines_in_a_row_one_is_painted_and_no_page_is_empty(
    browser: Browser, wall: WallServer, empty: str
) -> None:
    paragraphs = ["Un bonjour.", "Une question ?", "Au revoir."]
    found = await laid_out(browser, wall, ("\n" + empty * 900).join(paragraphs), WIDE)
    as_usual = await laid_out(browser, wall, "\n\n".join(paragraphs), WIDE)
    assert (found["pages"], found["unread"]) == (as_usual["pages"], [0, 0])


async def test_p4_no_line_begins_with_what_closes_the_one_before(browser: Browser, wall: WallServer) -> None:
    """French punctuation after the ordinary space that people type: the text is theirs, the line is ours."""
    typed = "Pourquoi « travaux » ? Vous avez raison : la caisse 3 rouvre ; c’est promis ! " * 4
    wall.hang(replace(BY_NAME["short"], text=typed.strip()))
    async with kiosk(browser, f"{wall.url}/screen", UPRIGHT) as seen:
        await seen.until_hangs("short")
        tied = (
            "() => [...document.querySelectorAll('.words .tied')].map((one) => one.getClientRects().length)"
        )
        pieces = await seen.page.evaluate(tied)
        assert len(pieces) == 4 * 4
        assert set(pieces) == {1}
        assert await seen.page.evaluate("() => document.querySelector('.words').textContent") == typed.strip()


async def test_p4_what_is_held_together_never_leaves_a_narrow_column(
    browser: Browser, wall: WallServer
) -> None:
    """Large type on a small screen that is read from far: a word is wider than its column, and breaks."""
    wall.hung = Hung(
        "Loin", Mounting(diagonal=24, distance=5, comfort="grand"), None, "house", "Europe/Paris"
    )
    wall.hang(
        replace(BY_NAME["short"], text="« Anticonstitutionnellement ! » Grand-Couronne-sur-Seine, 14 h 30.")
    )
    async with kiosk(browser, f"{wall.url}/screen", UPRIGHT, reduced_motion="reduce") as seen:
        await seen.until_hangs("short")
        assert (await seen.measured())["over"] == []


async def test_width_goes_to_what_there_is_to_read(browser: Browser, wall: WallServer) -> None:
    """Words and answer stand beside each other as equals; where one is much longer, it has more of the width."""
    widths = "() => ['said', 'answer'].map((one) => document.querySelector(`article .${one}`).clientWidth)"
    async with kiosk(browser, f"{wall.url}/screen", WIDE, reduced_motion="reduce") as seen:
        said: dict[str, float] = {}
        for name in ("typical", "very-long", "three-answers"):
            wall.cards = {name: BY_NAME[name]}
            await seen.page.reload()
            await seen.until_hangs(name)
            words, answer = await seen.page.evaluate(widths)
            said[name] = words / (words + answer)
        assert said["typical"] == pytest.approx(1 / 2, abs=0.01)
        assert said["very-long"] == pytest.approx(2 / 3, abs=0.01)
        assert said["three-answers"] == pytest.approx(1 / 3, abs=0.01)


async def test_a_conversation_takes_a_page_more_rather_than_small_type(
    browser: Browser, wall: WallServer
) -> None:
    wall.hang(BY_NAME["chat"])
    async with kiosk(browser, f"{wall.url}/screen", WIDE, reduced_motion="reduce") as seen:
        await seen.until_hangs("chat")
        found = await seen.measured()
        assert min(found["body"]) >= 1.3 * found["legible"]

"""The wall at its sizes, painted into `.gallery/` and measured: legible, whole, nothing over anything."""

from __future__ import annotations

import asyncio
import os
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser

from displays.protocol import Card
from tests.browser.cards import BY_NAME, CARDS, at
from tests.browser.kiosk import Kiosk, kiosk
from tests.browser.wallserver import WallServer

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.gallery]

GALLERY = Path(__file__).parents[2] / ".gallery" / "screen"
SIZES = {
    "1920x1080": (1920, 1080),
    "1080x1920": (1080, 1920),
    "3840x2160": (3840, 2160),
    "1366x768": (1366, 768),
    "1280x1024": (1280, 1024),
}
STILL: Final[dict[str, Any]] = {"reduced_motion": "reduce"}  # nothing is measured in the middle of a fade
WALL_CONTRAST = 7.0
LEGIBLE = 43 / 1080  # 22 arc-minutes at 3 m on 55 inches
PAGES_LOOKED_AT = 4  # of a text with forty


async def measure(seen: Kiosk, least: float | None = None) -> None:
    """``least``: the size of body text, in pixels, where a person said how the screen hangs."""
    found = await seen.measured()
    assert found["over"] == []
    faint = [text for text in found["texts"] if text["contrast"] < WALL_CONTRAST]
    assert not faint
    assert found["legible"] is None or found["legible"] >= (least or found["short"] * LEGIBLE) - 0.5
    assert all(size >= found["legible"] - 0.5 for size in found["body"])


async def uncut(seen: Kiosk) -> None:
    """No letter reaches out of the window that shows its line: without windows the same words are painted."""
    windows = "value => document.querySelectorAll('.window').forEach((one) => { one.style.overflow = value })"
    heads = "value => document.querySelectorAll('.head').forEach((one) => { one.style.visibility = value })"
    await seen.page.evaluate(heads, "hidden")  # the round corners of stamps are smoothed otherwise there
    for _ in range(3):  # between two pictures a minute may end
        before = await seen.page.screenshot()
        await seen.page.evaluate(windows, "visible")
        after = await seen.page.screenshot()
        await seen.page.evaluate(windows, "")
        if before == after:
            break
    else:
        raise AssertionError("letters are cut")
    await seen.page.evaluate(heads, "")


async def paint(seen: Kiosk, size: str, name: str) -> None:
    GALLERY.mkdir(parents=True, exist_ok=True)
    await seen.page.screenshot(path=GALLERY / f"{name}-{size}.png")


async def whole(seen: Kiosk, card: Card) -> None:
    """P4: the painted text is the card's text, and its pages leave no line out."""
    texts = [card.text, *(turn.text for turn in card.turns)]
    painted = await seen.page.evaluate(
        "[...document.querySelectorAll('article .words:not(.wordless)')].map((e) => e.textContent)"
    )
    for text in texts:
        assert text == "" or text in painted
    pages = int((await seen.page.text_content("article .pager") or "1/1").rpartition("/")[2] or 1)
    lines = await seen.lines()
    shown = [set(window["seen"]) for window in lines]
    for number in range(2, pages + 1):
        await turn(seen, number)
        for known, window in zip(shown, await seen.lines(), strict=True):
            known |= set(window["seen"])
        if number <= PAGES_LOOKED_AT:
            await measure(seen)
    for known, window in zip(shown, lines, strict=True):
        assert known == set(window["all"])


async def turn(seen: Kiosk, number: int) -> None:
    """Time passes until the page has turned: the page's clock is ours."""
    for _ in range(10):
        if await seen.page.get_attribute("article", "data-page") == str(number):
            return
        await seen.page.clock.run_for(7000)  # less than the shortest page
    raise AssertionError(f"page {number} did not come within a minute")


@pytest.mark.parametrize("size", SIZES)
async def test_p4_every_card_hangs_whole_and_legible(browser: Browser, wall: WallServer, size: str) -> None:
    wall.heartbeat = wall.lease = 10_000  # time is moved by hand
    async with kiosk(browser, f"{wall.url}/screen", SIZES[size], clock=True, **STILL) as seen:
        for card in CARDS:
            if card.id == "very-long" and size != "1920x1080":
                continue
            hung = replace(card, approved_at=at(seconds=10)) if card.id == "fresh" else card
            wall.cards = {card.id: hung}
            await seen.page.reload()
            await seen.until_hangs(card.id)
            await seen.page.evaluate("document.fonts.ready")
            await paint(seen, size, card.id)
            await measure(seen)
            if await seen.page.is_hidden("article .pager") and card.id != "zalgo":
                await uncut(seen)
            await whole(seen, card)
            assert not seen.errors


@pytest.mark.parametrize("size", SIZES)
async def test_house_loop_and_pairing_code(browser: Browser, wall: WallServer, size: str) -> None:
    for paired, state in ((True, "house"), (False, "pairing")):
        wall.paired = paired
        for language in ("fr", "en"):
            async with kiosk(
                browser, f"{wall.url}/screen?lang={language}&demo=1", SIZES[size], **STILL
            ) as seen:
                await seen.until_state(state)
                await seen.page.evaluate("document.fonts.ready")
                await paint(seen, size, f"{state}-{language}")
                await measure(seen)
                assert not seen.errors


async def test_night(browser: Browser, wall: WallServer) -> None:
    wall.hang(next(card for card in CARDS if card.id == "fresh"))
    async with kiosk(browser, f"{wall.url}/screen", **STILL) as seen:
        await seen.until_hangs("fresh")
        await seen.page.evaluate("document.documentElement.dataset.theme = 'night'")
        await paint(seen, "1920x1080", "night")
        await measure(seen)


# Each letter by itself, in the face that the words have: as many different pictures as there are letters.
PICTURES: Final = """(letters) => {
  const face = getComputedStyle(document.querySelector("article .words")).fontFamily;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.font = `40px ${face}`;
  const painted = letters.map((letter) => {
    pen.clearRect(0, 0, 64, 64);
    pen.fillText(letter, 8, 44);
    return pen.getImageData(0, 0, 64, 64).data.join();
  });
  return new Set(painted).size;
}"""


@pytest.mark.parametrize("name", ["cjk", "arabic", "hebrew", "emoji"])
async def test_no_letter_is_painted_as_a_box(browser: Browser, wall: WallServer, name: str) -> None:
    if name == "cjk" and not await far_eastern():
        assert "CI" not in os.environ, "`make browser` brings fonts-noto-cjk"
        pytest.skip("no Chinese or Japanese face on this machine: `make browser` brings one")
    card = BY_NAME[name]
    letters = sorted({letter for letter in card.text if unicodedata.category(letter) in {"Lo", "So"}})
    wall.hang(card)
    async with kiosk(browser, f"{wall.url}/screen", **STILL) as seen:
        await seen.until_hangs(name)
        await seen.page.evaluate("document.fonts.ready")
        assert await seen.page.evaluate(PICTURES, letters) == len(letters)


async def far_eastern() -> bool:
    if (program := shutil.which("fc-list")) is None:
        return False
    asked = await asyncio.create_subprocess_exec(program, ":lang=ja", stdout=asyncio.subprocess.PIPE)
    return bool((await asked.communicate())[0])

"""The test card: that what it tells whoever hangs a screen is true of that screen."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from displays.protocol import Hung
from moderation.mounting import ROTATIONS, Mounting
from tests.browser.kiosk import kiosk
from tests.browser.wallserver import WallServer

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG: Final = 1_000_000
HUNG: Final = Hung("Entrée", Mounting(), None, "house", "Europe/Paris")
# From each edge of the window, how far the arms of the corners end from it.
MISSED: Final = """() => {
  const arms = [...document.querySelectorAll("#testcard .corner")].map((arm) => arm.getBoundingClientRect());
  const all = (side) => arms.map((arm) => arm[side]);
  return [Math.min(...all("left")), Math.min(...all("top")), innerWidth - Math.max(...all("right")),
    innerHeight - Math.max(...all("bottom"))];
}"""


async def test_the_corners_of_the_test_card_are_those_of_the_picture_at_every_minute(
    browser: Browser, wall: WallServer
) -> None:
    """The wall walks around the middle against burn-in; a card that went along would call a good television bad."""
    wall.hung, wall.heartbeat, wall.lease = HUNG, LONG, LONG
    shifts = set()
    async with kiosk(browser, f"{wall.url}/screen", (1366, 768), clock=True) as seen:
        await seen.until_state("house")
        for _ in range(8):
            for rotation in ROTATIONS:
                await wall.say(replace(HUNG, mounting=Mounting(rotation=rotation, diagonal=54)))
                await seen.page.wait_for_selector(f"html[data-rotation='{rotation}']")
                await seen.page.clock.run_for(500)
                await seen.page.wait_for_selector("#testcard:not([hidden])")
                assert await seen.page.evaluate(MISSED) == pytest.approx([0, 0, 0, 0], abs=0.01)
            shifts.add(await seen.page.evaluate("document.getElementById('stage').style.cssText"))
            await seen.page.clock.run_for(58_000)
    assert len(shifts) == 8


# How high a capital of the sample really is, in pixels.
CAPITAL: Final = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = getComputedStyle(document.querySelector("#testcard .sample")).font;
  return pen.measureText("H").actualBoundingBoxAscent;
}"""


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 1024)])
@pytest.mark.parametrize("hung", [Mounting(), Mounting(comfort="grand"), Mounting(diagonal=24, distance=1)])
async def test_a_ruler_finds_what_administration_and_test_card_say_of_the_letters(
    browser: Browser, wall: WallServer, hung: Mounting, size: tuple[int, int]
) -> None:
    """A ruler is laid on a letter, not on the size of its type, which is half as much again."""
    wall.hung = replace(HUNG, mounting=hung)
    said = round(hung.capitals)  # as the template does
    async with kiosk(browser, f"{wall.url}/screen#new", size, locale="fr-FR") as seen:
        await expect(seen.page.locator("#testcard")).to_contain_text(f"majuscules de {said}\u00a0mm au moins")
        await seen.page.evaluate("document.fonts.ready")
        pixel = hung.diagonal * 25.4 / math.hypot(*size)
        found = await seen.page.evaluate(CAPITAL) * pixel
        assert said - 0.5 < found < said + 0.5 + pixel


async def test_the_test_card_speaks_the_first_language_of_its_screen_also_in_its_numbers(
    browser: Browser, wall: WallServer
) -> None:
    """What stands around the cards takes turns; a card that is read once, with a rule in the hand, does not."""
    wall.hung = replace(HUNG, mounting=Mounting(languages=("en", "fr"), distance=2.5))
    async with kiosk(browser, f"{wall.url}/screen#new", locale="fr-FR") as seen:
        card = seen.page.locator("#testcard[lang=en]")
        await expect(card).to_contain_text("read from 2.5\u00a0m")
        await expect(card).to_contain_text("without effort from 2.5\u00a0m")
        await wall.say(replace(HUNG, mounting=Mounting(languages=("fr", "en"), distance=2.5)))
        card = seen.page.locator("#testcard[lang=fr]")
        await expect(card).to_contain_text("lu à 2,5\u00a0m")
        await expect(card).to_contain_text("sans effort à 2,5\u00a0m")

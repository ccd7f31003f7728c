"""The wall as it may hang, and the forms that say how: painted into `.gallery/`, measured, and read by axe."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import pytest
from playwright.async_api import Browser

from displays.protocol import Hung
from moderation.hours import read_week
from moderation.mounting import Mounting
from tests.browser import axe
from tests.browser.cards import BY_NAME
from tests.browser.house import OLD_TABLET, PHONE, WIDE, House
from tests.browser.kiosk import kiosk
from tests.browser.test_gallery_pages import look
from tests.browser.test_gallery_screen import SIZES, STILL, measure, paint
from tests.browser.wallserver import WallServer

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.gallery]

PLAIN: Final = Hung("Entrée, côté rue", Mounting(), None, "house", "Europe/Paris")
CLOSED: Final = replace(PLAIN, hours=read_week([""] * 7))
BOTH: Final = ("fr", "en")
HANGS: Final = {
    "plain": PLAIN,
    "grand": replace(PLAIN, mounting=Mounting(comfort="grand")),
    "near": replace(PLAIN, mounting=Mounting(diagonal=24, distance=1)),
    "night": replace(PLAIN, mounting=Mounting(theme="night")),
    "rotated-90": replace(PLAIN, mounting=Mounting(rotation=90)),
    "rotated-180": replace(PLAIN, mounting=Mounting(rotation=180)),
    "rotated-270": replace(PLAIN, mounting=Mounting(rotation=270, theme="night", comfort="grand")),
    "bilingual": replace(PLAIN, mounting=Mounting(languages=BOTH)),
    "closed": CLOSED,
    "closed-night": replace(CLOSED, mounting=Mounting(theme="night", languages=BOTH)),
    "dark": replace(CLOSED, closed="black"),
}

STATES: Final = {"closed": "house", "closed-night": "house", "dark": "dark"}


def letters(hung: Hung, size: str) -> float:
    """How high the words are at least on such a screen, in its pixels."""
    return hung.mounting.letters / (hung.mounting.diagonal * 25.4 / math.hypot(*SIZES[size]))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", HANGS)
async def test_a_wall_as_it_may_hang(browser: Browser, wall: WallServer, size: str, name: str) -> None:
    wall.hung = HANGS[name]
    wall.hang(BY_NAME["typical"])
    async with kiosk(browser, f"{wall.url}/screen", SIZES[size], bypass_csp=True, **STILL) as seen:
        await seen.until_state(STATES.get(name, "live"))
        await seen.page.evaluate("document.fonts.ready")
        await paint(seen, size, f"hangs-{name}")
        await measure(seen, letters(wall.hung, size))
        if name != "dark":  # where there is nothing to be heard or seen
            assert await axe.faults(seen.page) == []
        assert not seen.errors


@pytest.mark.parametrize("size", SIZES)
async def test_the_test_card(browser: Browser, wall: WallServer, size: str) -> None:
    for name in ("plain", "grand", "night", "rotated-90"):
        wall.hung = HANGS[name]
        async with kiosk(browser, f"{wall.url}/screen#new", SIZES[size], bypass_csp=True, **STILL) as seen:
            await seen.page.wait_for_selector("#testcard:not([hidden])")
            await seen.page.evaluate("document.fonts.ready")
            await paint(seen, size, f"testcard-{name}")
            await measure(seen, letters(wall.hung, size))
            assert await axe.faults(seen.page) == []


@pytest.mark.parametrize("size", SIZES)
async def test_a_wall_that_hears_nobody(browser: Browser, wall: WallServer, size: str) -> None:
    """The house loop of a cut line, and the code of a screen that was taken away."""
    wall.lease, wall.hung = 3, PLAIN
    wall.hang(BY_NAME["typical"])
    async with kiosk(browser, f"{wall.url}/screen", SIZES[size], bypass_csp=True, **STILL) as seen:
        await seen.until_hangs("typical")
        wall.answering = False
        await wall.cut()
        await seen.until_state("house")
        await seen.page.wait_for_selector("#since:not([hidden])")
        await paint(seen, size, "offline")
        await measure(seen, letters(wall.hung, size))
        assert await axe.faults(seen.page) == []
        wall.paired, wall.refusing = False, 4403
        await wall.cut(4403)
        await seen.until_state("pairing", 40)
        await seen.page.wait_for_selector("[data-revoked]:not([hidden])")
        await seen.page.wait_for_selector('[data-code="ABCD2345"]')
        await paint(seen, size, "revoked")
        await measure(seen, letters(wall.hung, size))
        assert await axe.faults(seen.page) == []


@pytest.mark.parametrize("language", ["fr-FR", "en-GB"])
async def test_the_forms_that_say_how(house: House, language: str) -> None:
    async with kiosk(house.browser, f"{house.product.url}/screen") as seen:
        shown = seen.page.locator("[data-code]:not([data-code=''])")
        await shown.wait_for()
        code = await shown.get_attribute("data-code")
        body = {"code": code, "place": "grenoble", "name": "Entrée, côté rue"}
        screen = await house.product.post("screens/pair", body)
    for size in (WIDE, OLD_TABLET, PHONE):
        for path, wrong in (
            (f"/admin/screen/{screen['id']}", ("#diagonal", "500")),
            ("/admin/hours/grenoble", ("#hours_wed", "le matin")),
            ("/admin/screens", ("#code", "ABCD2345")),
        ):
            async with house.at(path, "manager", size=size, language=language, bypass_csp=True) as page:
                name = path.split("/")[2]
                if name == "screens":
                    await page.wait_for_selector(".picture-note")
                await look(page, "admin", f"hanging-{name}-{language[:2]}")
                assert await axe.faults(page) == []
                await page.fill(*wrong)
                if name == "screens":
                    await page.fill("#name", "Vitrine")
                if name == "hours":
                    await page.select_option("#given", "yes")
                await page.click("button.first")
                await page.wait_for_selector(f"{wrong[0]}[aria-invalid=true]")
                if name == "screens" and size != PHONE:  # there they stand too far below the form to be drawn
                    await page.wait_for_selector(".picture-note")
                await look(page, "admin", f"hanging-{name}-wrong-{language[:2]}")
                assert await axe.faults(page) == []
        async with house.at("/tablet", "manager", size=size, language=language, bypass_csp=True) as page:
            await page.click("#show-pair")
            await page.wait_for_selector("#screens a")
            await look(page, "tablet", f"hanging-pair-{language[:2]}")
            assert await axe.faults(page) == []

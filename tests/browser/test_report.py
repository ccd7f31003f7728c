"""What a screen tells of its own health: what it paints, how, and what went wrong, without a customer's words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.async_api import Browser

from displays.protocol import Blanked, Do, Hung, Leaf, Led
from moderation.hours import read_week
from moderation.mounting import Mounting
from tests.browser.cards import BY_NAME
from tests.browser.kiosk import kiosk
from tests.browser.wallserver import WallServer
from tests.support.walls import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHORT, LONG = BY_NAME["short"], BY_NAME["very-long"]


async def test_a_screen_tells_what_it_paints_and_how(browser: Browser, wall: WallServer) -> None:
    wall.hang(LONG)
    async with kiosk(browser, f"{wall.url}/screen", (1080, 1920), device_scale_factor=2) as seen:
        await seen.until_hangs(LONG.id)
        await eventually(lambda: wall.reports and wall.reports[-1].painted)
        told = wall.reports[-1]
        pager = str(await seen.page.text_content(".pager"))
        page, pages = map(int, pager.split("/"))
        assert told.painted == Leaf(LONG.id, LONG.version, page, pages)
        assert (told.width, told.height, told.ratio, told.orientation) == (1080, 1920, 2, "portrait")
        assert (told.state, told.theme, told.errors) == ("live", "day", ())
        assert f"-{told.app}/" in await seen.page.evaluate("document.querySelector('script[src]').src")
        await wall.remove(LONG.id)
        await eventually(lambda: (wall.reports[-1].state, wall.reports[-1].painted) == ("house", None))


async def test_a_screen_tells_what_lies_over_its_wall(browser: Browser, wall: WallServer) -> None:
    """The state is the contract's five words: neither the test card nor a person's darkness is one of them."""
    wall.hang(SHORT)
    wall.hung = Hung("Entrée", Mounting(), None, "house", "Europe/Paris")

    async def until_told(over: str | None, state: str) -> None:
        await eventually(
            lambda: wall.reports and (wall.reports[-1].over, wall.reports[-1].state) == (over, state)
        )

    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await until_told(None, "live")
        await wall.say(Do(1, "test"))
        await until_told("test", "house")
        await wall.lead(Led("normal", "normal", blank=Blanked(None)))
        await until_told("blank", "dark")
        await wall.lead(Led("normal", "normal"))
        await until_told("test", "house")
        await wall.put(replace(SHORT, id="news"))
        await until_told(None, "live")
        await wall.say(replace(wall.hung, hours=read_week([""] * 7), closed="black"))
        await until_told(None, "dark")
        assert not seen.errors


async def test_a_screen_at_rest_reports_once_a_minute(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    wall.heartbeat = wall.lease = 1_000_000
    async with kiosk(browser, f"{wall.url}/screen", clock=True) as seen:
        await seen.until_state("live")
        while not (wall.reports and wall.reports[-1].painted):
            await seen.page.clock.run_for(500)
        before = len(wall.reports)
        started = wall.reports[-1].uptime
        while len(wall.reports) < before + 3:
            await seen.page.clock.run_for(5000)
        gaps = [report.uptime - started for report in wall.reports[before:]]
        assert gaps == pytest.approx([60, 120, 180], abs=6)


async def test_p12_errors_are_told_without_a_customers_words(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs(SHORT.id)
        await seen.page.evaluate(
            """(text) => {
              setTimeout(() => JSON.parse(text));
              setTimeout(() => JSON.parse(`{"text": ${text}}`));
              setTimeout(() => { throw text; });
              for (let i = 0; i < 3; i += 1) Promise.reject(new Error(`no card «${text}»`));
              Promise.reject(text);
            }""",
            SHORT.text,
        )
        await eventually(lambda: wall.reports and len(wall.reports[-1].errors) >= 3)
        errors = wall.reports[-1].errors
        assert any(error.startswith("SyntaxError: Unexpected token") for error in errors)
        assert "Error: no card" in errors
        assert "thrown: string" in errors
        assert len(errors) == len(set(errors))
        told = " ".join(errors)
        assert not [word for word in SHORT.text.split() if len(word) > 3 and word.strip("!.,") in told]
        assert SHORT.text[:9] in seen.errors[0], "the browser itself quotes what it stumbled over"

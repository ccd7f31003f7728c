"""What a screen does when things happen to it: news, removals, cuts, sleep, other tabs, a line that lies."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from playwright.async_api import Browser

from displays.protocol import Heartbeat, Hung, Put
from moderation.domain import Cursor
from moderation.mounting import Mounting
from tests.browser.cards import BY_NAME, at, reply
from tests.browser.house import House
from tests.browser.kiosk import kiosk
from tests.browser.wallserver import WallServer
from tests.support.walls import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHORT, WORD, TYPICAL, UNANSWERED = (BY_NAME[name] for name in ("short", "one-word", "typical", "unanswered"))
FREEZE = """
(seconds) => {
  // Both clocks go on while nothing of ours runs, as in a tab that was frozen.
  const [date, mono] = [Date.now.bind(Date), performance.now.bind(performance)];
  Date.now = () => date() + seconds * 1000;
  performance.now = () => mono() + seconds * 1000;
}
"""


async def test_an_empty_wall_invites_to_write(browser: Browser, wall: WallServer) -> None:
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_state("house")
        assert await seen.says("Écrivez-nous")
        await wall.put(SHORT)
        await seen.until_hangs("short")
        assert await seen.state() == "live"
        assert not seen.errors


async def test_p6_a_new_card_takes_the_screen_within_a_second(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT, TYPICAL)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_state("live")
        began = time.monotonic()
        await wall.put(replace(WORD, approved_at=at(seconds=0)))
        await seen.until_hangs("one-word", 1)
        assert time.monotonic() - began < 1
        assert await seen.says("À l’instant")
        # Another new one waits until this one has been read.
        await wall.put(UNANSWERED)
        await seen.page.wait_for_timeout(1500)
        assert await seen.hangs() == ["one-word"]


async def test_p6_a_removed_card_is_off_at_once_and_that_is_told(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        await seen.page.wait_for_timeout(300)
        await wall.remove("short")
        await seen.until_state("house", 1)
        assert "Karim" not in await seen.page.content()
        await seen.page.wait_for_timeout(300)
        assert wall.acks[-1].s == wall.offset
        assert wall.acks[-1].shown == ()


async def test_the_answer_appears_beside_the_card(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        await wall.put(replace(SHORT, turns=(reply("Karim vous remercie.", stance="read"),)))
        await seen.page.wait_for_selector('article[data-version="2"] .answer', timeout=2000)
        assert await seen.says("Le magasin répond")
        await seen.page.wait_for_timeout(300)
        assert [(shown.id, shown.version) for shown in wall.acks[-1].shown] == [("short", 2)]


async def test_two_cards_take_turns(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT, WORD)
    wall.heartbeat = wall.lease = 10_000
    async with kiosk(browser, f"{wall.url}/screen", clock=True) as seen:
        await seen.until_state("live")
        turns = {"short": 0, "one-word": 0}
        last = None
        for _ in range(20):
            (hanging,) = await seen.hangs()
            turns[hanging] += hanging != last
            last = hanging
            await seen.page.clock.run_for(2000)
        assert min(turns.values()) >= 2
        assert abs(turns["short"] - turns["one-word"]) <= 1


async def test_p6_a_cut_shows_since_when_and_the_lease_ends_it(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    wall.lease = 4
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        wall.answering = False
        await wall.cut()
        await seen.until_state("stale", 2)
        assert await seen.hangs() == ["short"]
        await seen.page.wait_for_selector("#since:not([hidden])", timeout=1000)
        assert await seen.says("depuis")
        await seen.until_state("house", 7)
        assert await seen.hangs() == []
        wall.answering = True
        await wall.cut()
        await seen.until_hangs("short", 20)


async def test_p6_a_frozen_page_shows_nothing_until_it_is_welcomed(
    browser: Browser, wall: WallServer
) -> None:
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        wall.answering = False
        del wall.cards["short"]
        await seen.page.evaluate(FREEZE, 60)
        await seen.until_state("house", 2)
        wall.answering = True
        wall.offset += 1
        await wall.cut()
        await seen.page.wait_for_timeout(1500)
        assert await seen.hangs() == []


async def test_p6_a_missing_offset_asks_for_everything(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        hellos = len(wall.hellos)
        wall.offset += 5
        wall.cards = {"one-word": WORD}
        await wall.say(Put(Cursor(epoch="e1", offset=wall.offset, nonce=f"n{wall.offset}"), TYPICAL))
        await seen.until_hangs("one-word")
        assert wall.hellos[hellos].c is None
        assert await seen.hangs() == ["one-word"]


async def test_a_silent_gap_shows_in_the_heartbeat(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        wall.offset += 1
        wall.cards = {"one-word": WORD}
        await wall.say(Heartbeat(wall.offset, time.time()))
        await seen.until_hangs("one-word")


async def test_a_screen_comes_back_where_it_was(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        await wall.cut()
        await seen.until_state("stale", 2)
        await seen.until_state("live", 5)
        assert wall.hellos[-1].c == Cursor(epoch="e1", offset=wall.offset, nonce=f"n{wall.offset}")


@pytest.mark.parametrize(("code", "state"), [(4401, "pairing"), (4403, "pairing"), (4406, "house")])
async def test_after_some_codes_a_screen_does_not_return(
    browser: Browser, wall: WallServer, code: int, state: str
) -> None:
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        wall.paired, wall.refusing = False, code
        hellos = len(wall.hellos)
        await wall.cut(code)
        await seen.until_state(state, 2)
        assert await seen.hangs() == []
        wall.refusing = None
        await seen.page.wait_for_timeout(3000)
        assert len(wall.hellos) == hellos


async def test_a_picture_of_no_size_costs_neither_the_line_nor_the_wall(
    browser: Browser, wall: WallServer
) -> None:
    """A television that goes to standby, an output that is pulled out: the window has one pixel, or none."""
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        hellos = len(wall.hellos)
        await seen.page.set_viewport_size({"width": 1, "height": 1})
        await seen.until_state("house")
        await eventually(lambda: bool(wall.reports) and wall.reports[-1].width == 1)
        await seen.page.set_viewport_size({"width": 1920, "height": 1080})
        await seen.until_hangs("short")
        assert len(wall.hellos) == hellos
        assert seen.errors == []


async def test_a_replaced_screen_waits_five_minutes(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    wall.heartbeat = wall.lease = 10_000
    async with kiosk(browser, f"{wall.url}/screen", clock=True) as seen:
        await seen.until_hangs("short")
        hellos = len(wall.hellos)
        await wall.cut(4409)
        await seen.until_state("stale", 2)
        await seen.page.clock.run_for(1000)
        assert "ouvert dans une autre fenêtre" in (await seen.page.text_content("#since") or "")
        await seen.page.clock.run_for(290_000)
        assert len(wall.hellos) == hellos
        await seen.page.clock.run_for(20_000)
        await seen.until_state("live")
        await seen.page.clock.run_for(1000)
        assert not await seen.page.is_visible("#since")


async def test_pairing_by_code(browser: Browser, wall: WallServer) -> None:
    wall.paired = False
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.page.wait_for_selector('[data-code="ABCD2345"]')
        assert await seen.state() == "pairing"
        wall.hang(SHORT)
        wall.paired = True
        await seen.until_hangs("short")


async def test_a_browser_that_keeps_no_cookies_says_so_and_not_a_new_code_every_two_seconds(
    house: House,
) -> None:
    async with kiosk(house.browser, f"{house.product.url}/screen", locale="fr-FR") as seen:
        await seen.page.wait_for_selector("[data-code]:not([data-code=''])")
        await seen.page.context.clear_cookies()
        await seen.page.get_by_text("ne garde pas les cookies").wait_for()
        assert await seen.page.text_content("[data-code]") == ""


async def test_no_customer_text_in_any_browser_storage(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.until_hangs("short")
        held = await seen.page.evaluate(
            "async () => [localStorage.length, sessionStorage.length, document.cookie, "
            "(await indexedDB.databases()).length, (await caches.keys()).length]"
        )
        assert held == [0, 0, "", 0, 0]


async def test_less_motion_means_none(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen", reduced_motion="reduce") as seen:
        await seen.until_hangs("short")
        await wall.put(replace(WORD, approved_at=at(seconds=0)))
        await seen.until_hangs("one-word")
        running = await seen.page.evaluate(
            "document.getAnimations().filter((a) => a.playState === 'running').length"
        )
        assert running == 0


async def test_less_motion_means_none_on_an_empty_wall_too(browser: Browser, wall: WallServer) -> None:
    async with kiosk(browser, f"{wall.url}/screen", reduced_motion="reduce") as seen:
        await seen.until_state("house")
        charter = "getComputedStyle(document.querySelector('.charter li.shown')).animationName"
        assert await seen.page.evaluate(charter) == "none"


async def test_the_dom_does_not_grow(browser: Browser, wall: WallServer) -> None:
    wall.hang(SHORT, WORD, TYPICAL, UNANSWERED)
    wall.heartbeat = wall.lease = 100_000
    async with kiosk(browser, f"{wall.url}/screen", clock=True) as seen:
        await seen.until_state("live")
        most = 0
        for _ in range(20):
            await seen.page.clock.run_for(20_000)
            most = max(most, await seen.page.evaluate("document.querySelectorAll('article').length"))
        assert most <= 2


async def test_a_page_of_which_a_part_did_not_come_is_loaded_again(
    browser: Browser, wall: WallServer
) -> None:
    """A bad line in the middle of a start; no browser fetches a module twice, and a television has no kit."""
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen", clock=True) as seen:
        await seen.page.route("**/stage.js", lambda route: route.abort())
        await seen.page.reload()
        await seen.page.unroute("**/stage.js")
        assert await seen.state() == "house"
        await seen.page.clock.run_for("04:00")
        await seen.until_hangs("short", 20)


async def test_an_old_page_has_its_faces_also_when_the_server_was_updated(
    browser: Browser, wall: WallServer
) -> None:
    """An updated server gives no file of another release, and the first Arabic may come months after the start."""
    async with kiosk(browser, f"{wall.url}/screen") as seen:
        await seen.page.wait_for_function(
            "() => [...document.fonts].every((face) => face.status === 'loaded')"
        )
        await seen.page.route("**/static/**", lambda route: route.fulfill(status=404))
        await wall.put(BY_NAME["arabic"])
        await seen.until_hangs("arabic")
        assert await seen.page.evaluate("document.fonts.check('20px \"Noto Sans Arabic\"', '\u0633')")
        assert not seen.errors


UNHEARD_OF = """(() => {
  // As Chromium 87 answers to Europe/Kyiv, which is younger.
  const Real = Intl.DateTimeFormat;
  Intl.DateTimeFormat = function (language, options) {
    if (options && options.timeZone === "Europe/Paris") throw new RangeError("Invalid time zone");
    return new Real(language, options);
  };
})()"""


async def test_a_zone_that_is_younger_than_the_television_stops_nothing(
    browser: Browser, wall: WallServer
) -> None:
    """Its own clock stands in the same place."""
    wall.hung = Hung("Entrée", Mounting(), None, "house", "Europe/Paris")
    wall.hang(SHORT)
    async with kiosk(browser, f"{wall.url}/screen", script=UNHEARD_OF) as seen:
        await seen.page.reload()
        await seen.until_hangs("short")
        assert await seen.page.locator("#time").inner_text() != ""
        assert not seen.errors

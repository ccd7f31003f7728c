"""The conductor's panel on tablet and desk, with the real product behind it, and a real screen that obeys."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from moderation.hours import DAYS
from tests.browser.house import House, choose

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLACE = "places/grenoble"


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def free(house: House) -> AsyncIterator[None]:
    """Nothing is in force before and after: the product is shared by all tests of a worker."""
    yield
    for what in ("unblank", "free"):
        await house.product.post(f"{PLACE}/conduct/{what}", {})
    await house.product.post(f"{PLACE}/conduct/pace", {"pace": "normal"})


async def conduct(house: House) -> Any:
    return await house.product.get(f"{PLACE}/conduct")


async def open_panel(page: Page) -> None:
    await page.click("#show-conduct")
    await expect(page.locator("#conduct-said")).not_to_have_text("Un instant…")


async def test_a_manager_pins_holds_and_ends_it(house: House) -> None:
    message = await house.hanging("À épingler : l’ascenseur est réparé")
    async with house.wall("Entrée") as screen, house.at("/tablet", "manager") as page:
        await choose(page, message)
        await page.click(".pin")
        strip = page.locator("#conducted")
        await expect(strip).to_contain_text(
            re.compile(r"Épinglé par Manon jusqu’à \d+\sh\s\d\d, encore 10\smin")
        )
        await expect(strip).to_contain_text("l’ascenseur est réparé")
        assert (await conduct(house))["pin"]["id"] == message
        await expect(screen.locator(f"article[data-message='{message}']")).to_be_visible()
        await strip.get_by_role("button", name="Reprendre le programme").click()
        await expect(strip).to_be_hidden()
        assert (await conduct(house))["pin"] is None

        await open_panel(page)
        await page.click("[data-do=hold]")
        await expect(page.locator("#conduct-said")).to_contain_text("Gardé à l’écran par Manon")
        (held,) = (await conduct(house))["hold"]["cards"]
        text = (await house.product.get(f"messages/{held}"))["text"]
        await expect(page.locator("#conduct-pinned")).to_have_text(text)
        await screen.reload()  # what is kept outlasts a start of the screen
        await expect(screen.locator("article")).to_have_attribute("data-message", held)
        await page.click("[data-do=next]")  # who asks for the next one wants this one no longer
        await expect(page.locator("#conduct-said")).to_have_text(
            "Le mur suit son programme, au rythme normal."
        )
        await expect(page.locator("#conduct-done")).to_have_text("Le message suivant est à l’écran.")
        assert (await conduct(house))["hold"] is None


async def test_where_nothing_hangs_it_is_said_and_nothing_is_offered_that_could_not_act(house: House) -> None:
    async with house.at("/tablet", "owner") as page, house.at("/admin/hours/lyon", "owner") as hours:
        said, following = page.locator("#conduct-said"), page.locator("[data-do=next], [data-do=hold]")
        await page.click("#show-conduct")
        await page.select_option("#conduct-place", "lyon")
        await expect(said).to_have_text("Aucun écran n’est encore accroché ici.")
        for button in await following.all():
            await expect(button).to_be_disabled()
        await page.click("label:has(#pace-normal)")  # a pace can be set before there is a screen
        await house.product.screen("Caisse", "lyon")
        await page.reload()
        await page.click("#show-conduct")
        await page.select_option("#conduct-place", "lyon")
        await expect(said).to_contain_text("Aucun écran n’est connecté")
        tomorrow = (datetime.now(ZoneInfo("Europe/Paris")).weekday() + 1) % 7
        try:
            await hours.fill(f"[name=hours_{DAYS[tomorrow]}]", "9 h - 19 h")
            await hours.click("form.grid button.first")
            await expect(said).to_have_text(
                re.compile(r"Fermé jusqu’à demain 9\sh\s00\s: aucun message n’est à l’écran\."),
                timeout=15_000,
            )
            for button in await following.all():
                await expect(button).to_be_disabled()
        finally:
            await hours.goto(f"{house.product.url}/admin/hours/lyon")
            await hours.select_option("[name=given]", "no")
            await hours.click("form.grid button.first")


async def test_the_pace_and_its_hours_are_set_by_hand(house: House) -> None:
    async with house.wall("Vitrine"), house.at("/tablet", "manager") as page:
        await open_panel(page)
        await page.click("label:has(#pace-calm)")
        await expect(page.locator("#conduct-said")).to_have_text(
            "Le mur suit son programme, au rythme calme."
        )
        await page.click(".hours summary")
        await page.click("#hours-add")
        times = page.locator("#hours-rows input")
        await times.nth(0).fill("00:00")
        await times.nth(1).fill("23:59")
        await page.click("#hours-save")
        await expect(page.locator("#hours-save")).to_be_hidden()
        hours = [{"from": "00:00", "to": "23:59", "pace": "lively"}]
        pace = (await conduct(house))["pace"]
        assert (pace["usual"], pace["hours"]) == ("calm", hours)
        await page.reload()
        await open_panel(page)
        await page.click(".hours summary")
        await page.get_by_role("button", name="Retirer", exact=True).click()
        await page.click("#hours-save")
        await expect(page.locator("#conduct-said")).to_have_text(
            "Le mur suit son programme, au rythme calme."
        )
        assert (await conduct(house))["pace"]["hours"] == []


async def test_p6_a_wall_goes_dark_in_two_steps_and_a_colleague_lights_it(house: House) -> None:
    await house.hanging("Éteignez-moi")
    async with (
        house.at("/screen") as screen,
        house.at("/tablet", "manager") as page,
        house.at("/desk", "moderator") as desk,
    ):
        code = screen.locator("[data-code]")
        await expect(code).to_have_attribute("data-code", re.compile("^[A-Z0-9]{8}$"))
        body = {"code": await code.get_attribute("data-code"), "place": "grenoble", "name": "Vitrine"}
        await house.product.post("screens/pair", body, "manager")
        await expect(screen.locator("html")).to_have_attribute("data-state", "live", timeout=20_000)
        await open_panel(page)
        darken = page.locator("[data-do=blank]")
        await expect(darken).to_be_hidden()
        await page.click(".blanking summary")
        await expect(page.locator(".blanking")).to_contain_text("le registre public le dit")
        began = time.monotonic()
        await darken.click()
        await expect(screen.locator("html")).to_have_attribute("data-state", "dark")
        assert time.monotonic() - began < 1
        assert await screen.locator("article").count() == 0
        assert "Éteignez-moi" not in await screen.content()
        await expect(page.locator("#conduct-said")).to_contain_text("Mur éteint par Manon")
        await expect(darken).to_be_hidden()
        # The desk hears of it, and whoever protects people there may keep it dark or light it.
        strip = desk.locator("#conducted")
        await expect(strip).to_contain_text("Il se rallumera seul à")
        await strip.get_by_role("button", name="Garder éteint").click()
        await expect(page.locator("#conduct-said")).to_contain_text("jusqu’à ce que quelqu’un le rallume")
        await strip.get_by_role("button", name="Rallumer le mur").click()
        await expect(screen.locator("html")).to_have_attribute("data-state", "live")
        await expect(strip).to_be_hidden()
    entries = (await house.product.get(f"{PLACE}/ledger?limit=200"))["entries"]
    assert [e["what"] for e in entries if e["number"] is None][-3:] == [
        "blanked",
        "blank-confirmed",
        "unblanked",
    ]


async def test_what_is_over_goes_by_itself(house: House) -> None:
    async with house.at("/tablet", "manager") as page:
        await page.wait_for_selector(".line, .empty")
        await page.clock.install()
        await house.product.post(f"{PLACE}/conduct/hold", {"minutes": 2}, "manager")
        await expect(page.locator("#conducted")).to_contain_text("encore 2\u00a0min")
        await page.context.set_offline(True)
        await page.clock.fast_forward("01:05")
        await page.clock.run_for(1500)
        await expect(page.locator("#conducted")).to_contain_text("encore 1\u00a0min")
        await page.clock.fast_forward("01:00")
        await page.clock.run_for(1500)
        await expect(page.locator("#conducted")).to_be_hidden()


async def test_an_answer_that_comes_late_brings_nothing_back(house: House) -> None:
    late, arrived = asyncio.Event(), asyncio.Event()

    async def first_waits(route: Route) -> None:
        answer = await route.fetch()
        if not arrived.is_set():
            arrived.set()
            await late.wait()
        await route.fulfill(response=answer)

    async with house.at("/tablet", "manager") as page:
        said = page.locator("#conduct-said")
        await page.wait_for_selector(".line, .empty")
        await page.route("**/grenoble/conduct", first_waits)
        await page.click("#show-conduct")
        await arrived.wait()
        await page.click("label:has(#pace-calm)")
        await expect(page.locator("#pace-calm")).to_be_checked()
        await expect(page.locator("#conduct")).to_have_attribute("aria-busy", "false")
        now = await said.inner_text()
        async with page.expect_event(
            "requestfinished", lambda asked: asked.url.endswith("/grenoble/conduct")
        ):
            late.set()
        await page.evaluate("new Promise((done) => setTimeout(done))")
        await expect(page.locator("#pace-calm")).to_be_checked()
        assert await said.inner_text() == now


async def test_what_is_said_again_moves_no_focus_and_is_read_out_once(house: House) -> None:
    async with house.at("/tablet", "manager") as page:
        await page.wait_for_selector(".line, .empty")
        await page.clock.install()
        await house.product.post(f"{PLACE}/conduct/hold", {}, "manager")
        await expect(page.locator("#conducted")).to_contain_text("Gardé à l’écran")
        await page.click("#show-conduct")
        free = page.locator("#conduct-ends button")
        await free.focus()
        await page.evaluate(
            "window.changes = 0;"
            "new MutationObserver((all) => { window.changes += all.length; })"
            ".observe(document.getElementById('conduct-now'), { childList: true, subtree: true })"
        )
        await page.clock.run_for(3000)
        await expect(free).to_be_focused()
        assert await page.evaluate("window.changes") == 0


async def test_a_moderator_finds_only_the_darkness(house: House) -> None:
    async with house.at("/desk", "moderator") as page:
        await open_panel(page)
        found = page.locator("#conduct [data-do]")
        assert await found.evaluate_all("all => all.map(one => one.dataset.do)") == ["blank"]

"""The page of screens with none, a few and forty of them, painted into `.gallery/` and measured."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Final

import pytest
from playwright.async_api import Page, expect

from displays.coding import encode
from displays.protocol import Ack, Leaf, Report, Shown
from tests.browser import axe
from tests.browser.house import PHONE, WIDE, House
from tests.browser.test_gallery_pages import TEXTS, look
from tests.browser.test_health import revoke_all, take_down, telling
from tests.support.walls import TestScreen, eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.gallery]

SIZES: Final = (WIDE, PHONE)
WELL: Final = Report(
    app="0123456789ab",
    width=1920,
    height=1080,
    ratio=1,
    orientation="landscape",
    state="live",
    theme="day",
    painted=None,
    errors=(),
    uptime=500_000,
)
UPRIGHT: Final = replace(WELL, width=1080, height=1920, orientation="portrait", theme="night", uptime=4000)
ERRORS: Final = (
    "TypeError: Cannot read properties of undefined (reading programme.js:118",
    "RangeError: Invalid time value dates.js:54",
)


@asynccontextmanager
async def reporting(house: House, name: str, report: Report) -> AsyncIterator[None]:
    """A screen that is there, and says this of itself."""
    url = house.product.url.replace("http", "ws") + "/ws/screen"
    async with TestScreen.open(url, await house.product.screen(name)) as screen:
        await eventually(lambda: screen.replica.joined)
        await screen.socket.send(encode(report).decode())
        if report.painted is not None:
            await screen.ack(Ack(0, (Shown(report.painted.id, report.painted.version),)))
        yield


@asynccontextmanager
async def office(house: House, size: tuple[int, int], language: str = "fr-FR") -> AsyncIterator[Page]:
    async with house.at("/admin/screens", "owner", size=size, language=language, bypass_csp=True) as page:
        yield page
        assert await axe.faults(page) == []


async def painted(page: Page, pictures: int) -> None:
    await expect(page.locator(".picture article")).to_have_count(pictures)


async def hung(house: House, text: str, **fields: str) -> Leaf:
    ident = await house.hanging(text, **fields)
    version = (await house.product.get(f"messages/{ident}"))["version"]
    return Leaf(ident, version, 1, 1)


@pytest.mark.parametrize("language", ["fr-FR", "en-GB"])
async def test_no_screen(house: House, language: str) -> None:
    await revoke_all(house)
    for size in SIZES:
        async with office(house, size, language) as page:
            await look(page, "admin", f"screens-none-{language[:2]}")


@pytest.mark.parametrize("language", ["fr-FR", "en-GB"])
async def test_a_few_screens(house: House, language: str) -> None:
    await revoke_all(house)
    short = await hung(
        house, f"La cabine du fond n’a plus de rideau. {language}", name="Inès", kind="complaint"
    )
    answered = await hung(
        house, f"Vous ouvrez à quelle heure le dimanche ? {language}", name="Marc", kind="question"
    )
    reply = {
        "place": "grenoble",
        "text": "De 10 h à 13 h, toute l’année.",
        "stance": "done",
        "nonce": language,
    }
    await house.product.post(f"messages/{answered.id}/replies", reply, "manager")
    answered = replace(answered, version=(await house.product.get(f"messages/{answered.id}"))["version"])
    long = await hung(house, TEXTS["long"] + language, name="Camille")
    async with AsyncExitStack() as stack:
        for name, report in (
            ("Entrée", replace(WELL, painted=answered)),
            ("Caisses", replace(UPRIGHT, painted=replace(long, page=2, pages=9))),
            ("Réserve", replace(WELL, state="house", width=1366, height=768, errors=ERRORS)),
        ):
            await stack.enter_async_context(reporting(house, name, report))
        async with reporting(house, "Vitrine", replace(WELL, painted=short)):
            pass
        for size in SIZES:
            async with office(house, size, language) as page:
                for tile in await page.locator(".screen").all():
                    await tile.scroll_into_view_if_needed()
                await painted(page, 3)
                await page.evaluate("scrollTo(0, 0)")
                await look(page, "admin", f"screens-few-{language[:2]}")


async def test_forty_screens(house: House) -> None:
    await revoke_all(house)
    cards = [
        await hung(house, f"Message numéro {n}. {TEXTS['long'][: 40 * n]}".strip(), name="Zoé")
        for n in range(8)
    ]
    async with AsyncExitStack() as stack:
        for n in range(40):
            report = replace(UPRIGHT if n % 5 == 0 else WELL, painted=cards[n % 8])
            if n % 7 == 0:
                report = replace(report, state="dark", painted=None)
            await stack.enter_async_context(reporting(house, f"Rayon {n + 1:02}", report))
        for size in SIZES:
            async with office(house, size) as page:
                await page.wait_for_selector(".picture article")
                assert await page.locator(".picture article").count() < 20, "laid out only when near"
                for tile in await page.locator(".screen").all():
                    await tile.scroll_into_view_if_needed()
                await painted(page, 34)
                await page.evaluate("scrollTo(0, 0)")
                await look(page, "admin", "screens-forty-fr")


@pytest.mark.parametrize("language", ["fr-FR", "en-GB"])
async def test_what_desk_and_tablet_are_told_of_screens(house: House, language: str) -> None:
    """A lost one, and a text that is off one of two."""
    await revoke_all(house)
    lost = [{"id": str(n), "name": name, "since": "2026-01-02T11:03:30Z"} for n, name in enumerate("ABCDE")]
    for size in SIZES:
        message = await house.hanging(f"Le rayon peinture est trop bruyant. {language} {size[0]}")
        async with (
            reporting(house, "Vitrine", replace(WELL, painted=Leaf(message, 2, 1, 1))),
            house.at(
                f"/desk#approved/{message}", "manager", size=size, language=language, bypass_csp=True
            ) as page,
        ):
            for surface in ("desk", "tablet"):
                if surface == "desk":
                    await take_down(page, message)
                else:
                    await page.goto(house.product.url + "/tablet")
                await expect(page.locator("#taken-down")).to_contain_text("Vitrine")
                beat = await telling(page)
                beat(lost)
                await expect(page.locator("#lost")).to_contain_text("« C »" if language == "fr-FR" else "“C”")
                await expect(page.locator("#taken-down")).to_contain_text("Vitrine")
                await look(page, surface, f"screens-told-{language[:2]}")
                if (surface, size) != (
                    "desk",
                    PHONE,
                ):  # no size of the desk's: its heading is in the other column
                    assert await axe.faults(page) == []
        await revoke_all(house)

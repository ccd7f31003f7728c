"""What staff see of their screens: that one is lost, and that a text that they took down is off all of them."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from displays.i18n import t
from displays.protocol import Ack
from tests.browser.house import House, choose
from tests.support.walls import TestScreen, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def take_down(page: Page, message: str) -> None:
    await choose(page, message)
    await page.keyboard.press("d")
    await page.click('[data-focus="whole"]')
    await page.keyboard.press("8")


async def revoke_all(house: House) -> None:
    for screen in (await house.product.get("screens"))["screens"]:
        await house.product.delete(f"screens/{screen['id']}")


async def test_p6_whoever_takes_a_text_down_sees_it_leave_every_screen(house: House) -> None:
    await revoke_all(house)
    message = await house.hanging("Le parking est trop petit.")
    url = house.product.url.replace("http", "ws") + "/ws/screen"
    frozen = await house.product.screen("Vitrine")
    async with house.wall("Entrée") as wall, TestScreen.open(url, frozen) as other:
        await wall.wait_for_selector(f'article[data-message="{message}"]')
        await eventually(lambda: other.replica.joined)
        cursor = other.replica.cursor
        assert cursor is not None
        await other.ack(Ack(cursor.offset))  # and then no more: the page stands still
        async with house.at("/desk#approved/" + message, "manager") as desk:
            await take_down(desk, message)
            line = desk.locator("#taken-down")
            number = (await house.product.get(f"messages/{message}"))["number"]
            some = t("fr", "health.off_some", n=1, total=2, number=number)
            await expect(line).to_contain_text(some)
            await expect(line).to_contain_text("« Vitrine » ne l’a pas encore confirmé")
            await desk.goto(house.product.url + "/tablet")  # the tablet goes on where the desk was left
            line = desk.locator("#taken-down")
            await expect(line).to_contain_text(some)
            cursor = other.replica.cursor
            assert cursor is not None
            await other.ack(Ack(cursor.offset))
            await expect(line).to_contain_text(t("fr", "health.off_all", n=2, number=number))
            await expect(line).to_be_hidden(timeout=15_000)
        async with house.at("/tablet", "manager") as tablet:
            await expect(tablet.locator("#taken-down")).to_be_hidden()


async def test_a_silent_screen_is_told_with_the_end_of_its_lease(house: House) -> None:
    await revoke_all(house)
    message = await house.hanging("Plus de paniers à l’entrée.")
    url = house.product.url.replace("http", "ws") + "/ws/screen"
    async with TestScreen.open(url, await house.product.screen("Vitrine")) as screen:
        await eventually(lambda: screen.replica.joined)
        await screen.ack(Ack(1))
    async with house.at("/desk#approved/" + message, "manager") as desk:
        await take_down(desk, message)
        line = desk.locator("#taken-down")
        await expect(line).to_contain_text("ôté de 0 écran sur 1. « Vitrine » est muet depuis")
        await expect(line).to_contain_text("il n’affichera plus aucun message à")
        await desk.keyboard.press("u")  # it hangs again: nothing is to be followed
        await expect(line).to_be_hidden()


async def test_a_lost_screen_is_told_on_the_tablet_until_it_is_back(house: House) -> None:
    """That the server says so, and when, is tested with its own sockets (test_lookout.py)."""
    lost = [{"id": str(n), "name": name, "since": "2026-01-02T11:03:30Z"} for n, name in enumerate("ABCDE")]
    lines: list[WebSocketRoute] = []

    def join(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    async with house.at("/tablet", "manager") as page:
        await page.route_web_socket("**/ws/desk", join)
        await page.reload()
        await page.wait_for_selector("html[data-line=live]")
        alert = page.locator("#lost")
        await expect(alert).to_be_hidden()

        def beat(screens: list[dict[str, str]]) -> None:
            lines[-1].send(json.dumps({"t": "hb", "engine": True, "place": "grenoble", "lost": screens}))

        beat(lost[:1])
        await expect(alert).to_contain_text("L’écran « A » est muet depuis vendredi 2 janvier, 12 h 03.")
        assert await alert.locator("a").get_attribute("href") == "/admin/screens"
        beat(lost)
        await expect(alert).to_contain_text("« C »")
        await expect(alert).to_contain_text("Et 2 autres.")
        beat([])
        await expect(alert).to_be_hidden()

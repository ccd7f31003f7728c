"""What staff see of their screens: that one is lost, and that a text that they took down is off all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from displays.coding import encode
from displays.i18n import t
from displays.protocol import Ack, Leaf, Report
from tests.browser.house import House
from tests.support.walls import TestScreen, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def take_down(page: Page, message: str) -> None:
    """At a desk where it is open."""
    await page.wait_for_selector(f'#stage[data-message="{message}"]')
    await page.keyboard.press("d")
    await page.click('[data-focus="whole"]')
    await page.keyboard.press("8")


async def revoke_all(house: House) -> None:
    for screen in (await house.product.get("screens"))["screens"]:
        await house.product.delete(f"screens/{screen['id']}")


async def telling(page: Page) -> Callable[[list[dict[str, str]]], None]:
    """What is called with screens tells this page that they are lost; the server, which knows of none, is not heard."""
    lines: list[WebSocketRoute] = []

    def join(line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        server.on_message(lambda said: None if json.loads(said)["t"] == "hb" else line.send(said))
        lines.append(line)

    await page.route_web_socket("**/ws/desk", join)
    await page.reload()
    await page.wait_for_selector("html[data-line=live]")
    return lambda lost: lines[-1].send(
        json.dumps({"t": "hb", "engine": True, "place": "grenoble", "lost": lost})
    )


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
        await expect(line).to_contain_text("retiré de 0 écran sur 1. « Vitrine » est muet depuis")
        await expect(line).to_contain_text("il n’affichera plus aucun message à")
        await desk.keyboard.press("u")  # it hangs again: nothing is to be followed
        await expect(line).to_be_hidden()


async def test_a_lost_screen_is_told_on_the_tablet_until_it_is_back(house: House) -> None:
    """That the server says so, and when, is tested with its own sockets (test_lookout.py)."""
    lost = [{"id": str(n), "name": name, "since": "2026-01-02T11:03:30Z"} for n, name in enumerate("ABCDE")]

    async with house.at("/tablet", "manager") as page:
        beat = await telling(page)
        alert = page.locator("#lost")
        await expect(alert).to_be_hidden()
        beat(lost[:1])
        await expect(alert).to_contain_text("L’écran « A » est muet depuis vendredi 2 janvier, 12 h 03.")
        assert await alert.locator("a").get_attribute("href") == "/admin/screens"
        beat(lost)
        await expect(alert).to_contain_text("« C »")
        await expect(alert).to_contain_text("Et 2 autres.")
        beat([])
        await expect(alert).to_be_hidden()


async def test_the_picture_of_a_screen_is_what_its_wall_paints(house: House) -> None:
    """Element by element, at the wall's own size: the same lines, on the same page."""
    await revoke_all(house)
    await house.hanging(" ".join(["On m’a d’abord dit non, puis que si."] * 50), name="Camille")
    answered = await house.hanging("Vous ouvrez le dimanche ?", kind="question", stars="2")
    reply = {"place": "grenoble", "text": "De 10 h à 13 h.", "stance": "done", "nonce": "picture"}
    await house.product.post(f"messages/{answered}/replies", reply, "manager")
    measure = """() => {
      const picture = document.querySelector(".picture");
      const card = (picture ? picture.shadowRoot : document).querySelector("article.card[data-message]");
      if (!card) return null;
      const boxes = [...card.querySelectorAll("*")].map((one) => [one.className, one.offsetLeft, one.offsetTop,
        one.offsetWidth, one.offsetHeight, getComputedStyle(one).font, getComputedStyle(one).color].join(" "));
      const { message, version, page } = card.dataset;
      const flow = card.querySelector(".flow");
      return [message, version, page, card.clientWidth, card.clientHeight, flow.clientHeight, flow.style.transform,
        card.style.getPropertyValue("--size"), boxes.join("; "), card.innerText];
    }"""
    for size, scheme in (((1920, 1080), "day"), ((1080, 1920), "night")):
        async with (
            house.wall("Entrée", size, locale="fr-FR") as wall,
            house.at("/admin/screens", "owner") as admin,
        ):
            (screen,) = (await house.product.get("screens"))["screens"]
            if scheme == "night":
                await admin.goto(f"{house.product.url}/admin/screen/{screen['id']}")
                await admin.select_option("#theme", "night")
                await admin.locator("main form button.first").last.click()
                await admin.goto(f"{house.product.url}/admin/screens")
                await wall.wait_for_selector("html[data-theme=night]")
            await wall.wait_for_selector("article.card")
            seen: set[bool] = set()

            async def same(seen: set[bool] = seen) -> bool:
                """An answered card and others, each as it comes by."""
                there, here = await wall.evaluate(measure), await admin.evaluate(measure)
                if there is not None and there == here:
                    seen.add(there[0] == answered)
                    await house.product.post("places/grenoble/conduct/next", {})
                return len(seen) == 2

            await eventually(same, 90, every=0.3)
            frame = await admin.locator(".frame").bounding_box()
            view = await admin.locator(".picture").bounding_box()
            assert frame is not None
            assert view is not None
            assert view["width"] / view["height"] == pytest.approx(size[0] / size[1], rel=0.01)
            assert view["width"] <= frame["width"] + 1
            short = await house.hanging(
                f"Merci à l’équipe du matin, {scheme}."
            )  # news: the wall takes it at once
            await wall.wait_for_selector(f'article[data-message="{short}"]')
            await admin.wait_for_selector(f'.picture article[data-message="{short}"]')
            body = {"revision": 1, "reason": "unreadable", "passage": [0, 5]}
            await house.product.post(f"messages/{short}/withdraw", body)
            await expect(admin.locator(f'.picture article[data-message="{short}"]')).to_have_count(0)
        await revoke_all(house)


async def test_a_test_card_and_a_darkness_are_said_and_not_taken_for_the_wall(house: House) -> None:
    await revoke_all(house)
    message = await house.hanging("La porte du garage grince.", name="Jeanne")
    conduct = "places/grenoble/conduct"
    async with house.wall("Entrée"), house.at("/admin/screens", "owner") as admin:
        tile = admin.locator(".screen")
        article = tile.locator(f'.picture article[data-message="{message}"]')
        await expect(article).to_have_count(1)
        await expect(tile).to_contain_text("Jeanne, à l’instant")
        await house.product.post(f"{conduct}/test", {})
        await expect(tile.locator(".screen-state")).to_have_text("affiche la mire")
        await expect(tile.locator(".picture-note")).to_have_text("Il affiche sa mire.")
        await expect(tile.locator(".picture .broadsheet")).to_be_hidden()
        await expect(tile).not_to_contain_text("Jeanne")
        await house.product.post(f"{conduct}/blank", {})
        try:
            await expect(tile.locator(".screen-state")).to_have_text(
                re.compile(r"éteint par Odile depuis \d+\sh\s\d\d")
            )
            await expect(tile).not_to_contain_text("comme prévu")
        finally:
            await house.product.post(f"{conduct}/unblank", {})
    await revoke_all(house)


@pytest.mark.long
async def test_a_page_that_hears_no_server_says_of_when_it_speaks(house: House) -> None:
    """It was left open, and the machine with the server went off: nothing answers, not even with an error."""
    await revoke_all(house)
    await house.hanging("La rampe de l’escalier tient mal.", name="Jeanne")
    async with house.wall("Entrée"), house.at("/admin/screens", "owner") as admin:
        tile = admin.locator(".screen")
        await expect(tile).to_contain_text("Jeanne, à l’instant")
        await admin.route("**/admin/screens/live", lambda route: None)
        await admin.evaluate("() => { const now = Date.now; Date.now = () => now() + 5 * 60_000; }")
        await expect(tile.locator(".screen-state")).to_have_text(
            re.compile(r"^affiche le mur \(dernier état\s: \d+\sh\s\d\d\)$"), timeout=20_000
        )
        await expect(tile).to_contain_text(re.compile(r"Jeanne, il y a 5\smin"))
        assert float(await tile.locator(".frame").evaluate("(frame) => getComputedStyle(frame).opacity")) < 1
        await expect(admin.locator("#banner")).to_have_text("Pas de connexion au serveur.")
        await admin.unroute("**/admin/screens/live")
        await expect(tile.locator(".screen-state")).to_have_text("affiche le mur", timeout=20_000)
        await expect(admin.locator("#banner")).to_be_hidden()
    await revoke_all(house)


async def test_what_a_screen_can_not_be_known_to_paint_is_not_drawn(house: House) -> None:
    await revoke_all(house)
    gone = await house.hanging("Ce texte va partir.")
    version = (await house.product.get(f"messages/{gone}"))["version"]
    url = house.product.url.replace("http", "ws") + "/ws/screen"
    async with TestScreen.open(url, await house.product.screen("Vitrine")) as screen:
        await eventually(lambda: screen.replica.joined)
        report = Report(
            app="another", width=1280, height=720, ratio=1.5, orientation="landscape", state="live", theme="day",
            painted=Leaf(gone, version, 1, 1), errors=("TypeError: x main.js:1",), uptime=7200,
        )  # fmt: skip
        await screen.socket.send(encode(report).decode())
        async with house.at("/admin/screens", "manager") as admin:
            tile = admin.locator(".screen")
            await expect(tile.locator(".picture article")).to_contain_text("Ce texte va partir.")
            for said in ("affiche le mur", "1920 × 1080, en largeur", "another, pas celle du serveur", "2 h",
                         "TypeError: x main.js:1"):  # fmt: skip
                await expect(tile).to_contain_text(said.replace(" × ", "\u202f×\u202f"))
            body = {"revision": 1, "reason": "unreadable", "passage": [0, 5]}
            await house.product.post(f"messages/{gone}/withdraw", body)
            await expect(tile.locator(".picture article")).to_have_count(0)  # it stands still; we do not
            await expect(tile).to_contain_text("Il peint encore un texte qui n’est plus au mur.")
            await screen.socket.close()
            await expect(tile.locator(".screen-state")).to_contain_text("muet depuis")
            await expect(tile).not_to_contain_text("Ce texte")
            await revoke_all(house)
            await expect(tile).to_have_count(0)

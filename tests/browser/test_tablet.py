"""A manager on the shop floor: answers, promises, screens, with the real product behind the tablet."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from moderation.connection import connect
from moderation.outbox import Outbox
from moderation.store import Store
from server.engine import engine_for_command
from tests.browser.house import OLD_TABLET, PHONE, UPRIGHT, WIDE, House, choose

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("size", [WIDE, UPRIGHT])
async def test_three_taps_from_the_list_to_a_published_answer(house: House, size: tuple[int, int]) -> None:
    message = await house.hanging(f"Quand rouvre l’ascenseur ? {size}", kind="question")
    async with house.at("/tablet", "manager", size=size) as page:
        await choose(page, message)
        await page.fill("#answer", "Mardi, à l’ouverture.")
        await expect(page.locator("#count")).to_have_text("21 sur 200")
        await expect(page.locator(".preview .answer .words")).to_have_text("Mardi, à l’ouverture.")
        signed = await page.text_content(".preview .answer .dates bdi")
        await page.click(".publish")
        await expect(page.locator(".published h3")).to_have_text("Votre réponse est publiée.")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    replies = (await house.product.get(f"messages/{message}"))["replies"]
    assert [(reply["text"], reply["stance"]) for reply in replies] == [("Mardi, à l’ouverture.", None)]
    assert replies[0]["signed"] == signed, "the preview is signed as the wall is"


async def test_who_waits_longest_comes_first_and_the_answered_come_last(house: House) -> None:
    first, second = [await house.hanging(f"J’attends {n}") for n in range(2)]
    async with house.at("/tablet", "manager") as page:
        ids = "all => all.map(one => one.dataset.id)"
        before = await page.locator(f'.line[data-id="{second}"]').count()
        await expect(page.locator(f'.line[data-id="{second}"]')).to_be_visible()
        waiting = await page.eval_on_selector_all("#list ol:first-of-type .line", ids)
        assert waiting.index(first) < waiting.index(second), before
        reply = {"place": "grenoble", "text": "Voilà.", "nonce": "answered-first"}
        await house.product.post(f"messages/{first}/replies", reply, "manager")
        await expect(page.locator(f'#list .list-part ~ ol [data-id="{first}"]')).to_be_visible()


@pytest.mark.parametrize(
    ("stance", "field", "value", "stamp"),
    [
        ("planned", "due", "2031-12-03", "C’est prévu pour le 3 décembre 2031"),
        ("declined", "because", "le plancher ne le porte pas", "Ce ne sera pas fait"),
    ],
)
async def test_a_stance_asks_for_its_date_or_its_reason(
    house: House, stance: str, field: str, value: str, stamp: str
) -> None:
    message = await house.hanging(f"Une idée, {stance}", kind="idea")
    async with house.at("/tablet", "manager") as page:
        await choose(page, message)
        await page.fill("#answer", "Nous y avons pensé.")
        await page.check(f'[name="stance"][value="{stance}"]')
        await page.click(".publish")
        await expect(page.locator(f"#{field}-lacks")).not_to_be_empty()
        await expect(page.locator(f"#{field}")).to_be_focused()
        await page.fill(f"#{field}", value)
        await expect(page.locator(".preview .stamp")).to_have_text(stamp)
        await page.click(".publish")
        await expect(page.locator(".published")).to_be_visible()
    reply = (await house.product.get(f"messages/{message}"))["replies"][0]
    assert (reply["stance"], reply[field]) == (stance, value)


async def test_a_draft_outlives_the_page_and_only_the_managers_words_are_kept(house: House) -> None:
    message = await house.hanging("Un secret de client")
    async with house.at(f"/tablet#{message}", "manager") as page:
        await page.fill("#answer", "Je commence à")
        await page.reload()
        await expect(page.locator("#answer")).to_have_value("Je commence à")
        kept = await page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
        assert "secret de client" not in kept
        assert list(json.loads(kept)) == [f"complicite.draft.{message}"]
        await page.click(".publish")
        await expect(page.locator(".published")).to_be_visible()
        assert await page.evaluate("sessionStorage.length") == 0


async def test_what_happens_elsewhere_never_takes_the_words_from_under_the_hand(house: House) -> None:
    message = await house.hanging("À quatre mains")
    async with house.at(f"/tablet#{message}", "manager") as page:
        await page.fill("#answer", "J’écris pendant que")
        reply = {"place": "grenoble", "text": "Une autre réponse.", "nonce": "four-hands"}
        await house.product.post(f"messages/{message}/replies", reply, "owner")
        await expect(page.locator(".conversation .ours .words")).to_have_text("Une autre réponse.")
        await expect(page.locator("#answer")).to_be_focused()
        await expect(page.locator("#answer")).to_have_value("J’écris pendant que")
        body = {"revision": 1, "reason": "unreadable", "passage": [0, 2]}
        await house.product.post(f"messages/{message}/withdraw", body)
        await expect(page.locator(".thanks")).to_contain_text("retiré du mur")


@pytest.mark.parametrize("open_meanwhile", [True, False])
async def test_p10_an_erased_message_leaves_no_draft(house: House, open_meanwhile: bool) -> None:
    message = await house.hanging(f"À oublier {open_meanwhile}")
    async with house.at(f"/tablet#{message}", "manager") as page:
        await page.fill("#answer", "Cher Camille, au 12 rue")
        await page.reload()
        await expect(page.locator("#answer")).to_have_value("Cher Camille, au 12 rue")
        if not open_meanwhile:
            await page.goto("about:blank")
        await house.product.post(f"messages/{message}/erase", {})
        if not open_meanwhile:
            await page.goto(f"{house.product.url}/tablet")
        else:
            await expect(page.locator(".thanks")).to_contain_text("retiré du mur")
        await expect(page.locator("#list")).not_to_be_empty()
        await page.wait_for_function("() => sessionStorage.length === 0")


async def test_the_tablet_opens_where_this_device_worked_last(house: House) -> None:
    await house.hanging("À Grenoble")
    async with house.at("/tablet", "owner") as page:
        await expect(page.locator("#place")).to_have_value("grenoble")
        await page.select_option("#place", "lyon")
        await expect(page.locator("#list .empty")).to_contain_text("Lyon, rue de la République")
        await page.reload()
        await expect(page.locator("#place")).to_have_value("lyon")
        await page.click("#show-conduct")
        await expect(page.locator("#conduct-place")).to_have_value("lyon")
        await page.goto(f"{house.product.url}/desk")
        await expect(page.locator("#conduct-place")).to_have_value("lyon")
        await page.goto(f"{house.product.url}/admin/screens")
        await page.click(".hung a[href*=grenoble][href*=conduct]")
        await expect(page.locator("#conduct")).to_be_visible()
        await expect(page.locator("#conduct-place")).to_have_value("grenoble")


@pytest.mark.parametrize(("size", "most"), [(WIDE, 60), (OLD_TABLET, 60), (PHONE, 160)])
@pytest.mark.parametrize("path", ["/desk", "/tablet", "/admin/screens"])
async def test_the_head_leaves_the_page_its_room(
    house: House, path: str, size: tuple[int, int], most: int
) -> None:
    async with house.at(path, "owner", size=size) as page:
        heads = "all => all.reduce((sum, one) => sum + one.offsetHeight, 0)"
        high = await page.eval_on_selector_all("header.staff, nav.rooms", heads)
        assert high <= most + 50 * (path == "/admin/screens")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_desks_way_to_an_answer_leads_to_the_place_of_the_message(house: House) -> None:
    message = await house.hanging("Répondre d’où l’on lit")
    async with house.at(f"/desk#approved/{message}", "owner") as page:
        await page.evaluate("localStorage.setItem('complicite.place', 'lyon')")
        await expect(page.locator(f'#stage[data-message="{message}"]')).to_be_visible()
        await page.keyboard.press("r")
        await expect(page.locator("#answer")).to_be_visible()
        await expect(page.locator("#place")).to_have_value("grenoble")
        assert page.url == f"{house.product.url}/tablet#{message}"


async def test_new_messages_wait_to_be_pressed(house: House) -> None:
    await house.hanging("Déjà là")
    async with house.at("/tablet", "manager") as page:
        await expect(page.locator(".line").first).to_be_visible()
        before = await page.locator(".line").count()
        await house.hanging("Tout juste affiché")
        await expect(page.locator("#fresh")).to_contain_text("1 nouveau message au mur")
        assert await page.locator(".line").count() == before
        await page.click("#fresh")
        await expect(page.locator(".line")).to_have_count(before + 1)


async def test_a_tablet_where_nobody_waits_shows_at_once_who_comes(house: House) -> None:
    for message in await house.product.messages(state="approved"):
        body = {"revision": message["revision"], "reason": "unreadable", "passage": [0, len(message["text"])]}
        await house.product.post(f"messages/{message['id']}/withdraw", body)
    async with house.at("/tablet", "manager") as page:
        await expect(page.locator("#list .empty")).to_be_visible()
        first = await house.hanging("Le premier du matin")
        await expect(page.locator(f'.line[data-id="{first}"]')).to_be_visible()
        await expect(page.locator("#fresh")).to_be_hidden()


async def test_an_answer_without_connection_is_kept_and_published_once(house: House) -> None:
    message = await house.hanging("Pendant une coupure")
    async with house.at(f"/tablet#{message}", "manager") as page:
        await page.fill("#answer", "Une seule fois.")
        await page.context.set_offline(True)
        await page.click(".publish")
        await expect(page.locator("#answer-error")).to_contain_text(
            "Rien de ce que vous avez écrit n’est perdu"
        )
        await page.context.set_offline(False)
        await page.click(".publish")
        await expect(page.locator(".published")).to_be_visible()
    assert len((await house.product.get(f"messages/{message}"))["replies"]) == 1


async def test_a_screen_becomes_ours_by_its_code(house: House) -> None:
    async with house.at("/screen") as screen, house.at("/tablet", "manager") as tablet:
        code = screen.locator("[data-code]")
        await expect(code).to_have_attribute("data-code", re.compile("^[A-Z0-9]{8}$"))
        await tablet.click("#show-pair")
        await tablet.fill("#pair-code", "ZZZZZZZZ")
        await tablet.fill("#pair-title", "Entrée")
        await tablet.click("#pair-form .first")
        await expect(tablet.locator("#pair-error")).to_contain_text("code")
        await expect(tablet.locator("#pair-error")).to_be_in_viewport()
        await tablet.fill("#pair-code", (await code.get_attribute("data-code") or "").lower())
        await tablet.click("#pair-form .first")
        await expect(tablet.locator(".toast p")).to_contain_text("Entrée")
        await expect(screen.locator("html")).not_to_have_attribute("data-state", "pairing", timeout=20_000)


@pytest.mark.parametrize(
    ("language", "mark", "sentence"),
    [
        (
            "fr-FR",
            "Arrivée inconnue",
            "On ne sait pas si forum l’a reçue. Regardez là-bas avant de répondre à nouveau.",
        ),
        (
            "en-GB",
            "Delivery unknown",
            "We do not know whether forum has it. Look there before you answer again.",
        ),
    ],
)
async def test_an_answer_whose_fate_nobody_knows_is_put_to_a_person(
    house: House, language: str, mark: str, sentence: str
) -> None:
    text = f"Le banc est cassé. {language}"
    await house.product.send({"id": text, "text": text}, channel="forum")
    message = next(m for m in await house.product.messages(state="pending") if m["text"] == text)["id"]
    await house.product.post(f"messages/{message}/approve", {"revision": 1})
    reply = {"place": "grenoble", "text": "Nous le réparons.", "nonce": language}
    await house.product.post(f"messages/{message}/replies", reply, "manager")
    async with house.at("/tablet", "manager", language=language) as page:
        await choose(page, message)
        await lose(house.product.data, message)
        await expect(page.locator(".conversation .ours .quiet")).to_have_text(sentence)
        line = page.locator(f'.line[data-id="{message}"]')
        await expect(line.locator(".line-why")).to_have_text(sentence)
        await expect(line.locator(".settled")).to_have_text(mark)
    (told,) = (await house.product.get(f"messages/{message}", "manager"))["replies"]
    assert told["delivery"] == {"state": "unknown", "url": None, "error": "delivery_unknown"}


async def lose(data: Path, ident: str) -> None:
    """What the outbox writes down when it has looked often enough, beside the server and before its turn."""
    async with engine_for_command(data) as url:
        store = await Store.open(await connect(url), "lumiere")
        now = store.clock()
        store.clock = lambda: now + 11_000  # the ten seconds to take it back are over
        message = await store.message(ident)
        assert message is not None
        (reply,) = message.replies
        outbox = Outbox(store, "forum")
        assert await outbox.step("take", reply, message)
        assert await outbox.step("unknown", reply, message, error="delivery_unknown")
        await store.close()

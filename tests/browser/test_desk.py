"""A moderator's day at the desk, with the real product behind it."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.browser.house import House, choose, select
from tests.support.walls import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOP = "document.querySelector('.line').getBoundingClientRect().top"
INSIDE = "(room => room.scrollWidth <= room.clientWidth)(document.querySelector('.room'))"


# The widths of a line's words at which their last sign stands apart from the word before it.
PARTED = """(words) => {
  const place = (at) => {
    const range = document.createRange();
    const texts = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
    let node = texts.nextNode();
    for (; node.data.length <= at; node = texts.nextNode()) at -= node.data.length;
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    return range.getBoundingClientRect().top;
  };
  const last = words.textContent.length - 1;
  return Array.from({ length: 200 }, (_, i) => 200 + i).filter((width) => {
    words.style.width = `${width}px`;
    return Math.abs(place(last) - place(last - 2)) > 5;
  });
}"""


async def state(house: House, message: str) -> str:
    found: str = (await house.product.get(f"messages/{message}"))["state"]
    return found


async def lines(page: Page) -> list[str]:
    found: list[str] = await page.eval_on_selector_all(".line", "all => all.map(one => one.dataset.id)")
    return found


async def toast(page: Page, text: str) -> None:
    await expect(page.locator(".toast p")).to_have_text(text)


async def test_a_message_is_shown_and_undone_by_keyboard(house: House) -> None:
    await house.clear()
    first = await house.pending("Bonjour du matin", name="Camille", stars="4")
    second = await house.pending("Bonjour du soir", kind="idea")
    async with house.at("/desk", "moderator") as page:
        await expect(page.locator("#words")).to_have_text("Bonjour du matin")
        assert await lines(page) == [first, second]
        await page.keyboard.press("j")
        await expect(page.locator("#words")).to_have_text("Bonjour du soir")
        await page.keyboard.press("k")
        await page.keyboard.press("f")
        await toast(page, "Approuvé : il entre au programme du mur.")
        await expect(page.locator("#words")).to_have_text("Bonjour du soir")
        assert await state(house, first) == "approved"
        await page.keyboard.press("u")
        await toast(page, "Décision annulée.")
        assert await state(house, first) == "pending"
        assert await lines(page) == [first, second]


async def on_hold(page: Page, verb: str) -> asyncio.Event:
    """Decisions wait on their way to the server until the event is set."""
    gone_on = asyncio.Event()

    async def wait(route: Route) -> None:
        await gone_on.wait()
        await route.continue_()

    await page.route(f"**/{verb}", wait)
    return gone_on


async def test_the_hand_goes_on_before_the_server_has_answered(house: House) -> None:
    await house.clear()
    first, second = [await house.pending(f"Le {n} du jour") for n in ("premier", "deuxième")]
    async with house.at("/desk", "moderator") as page:
        await expect(page.locator("#words")).to_have_text("Le premier du jour")
        gone_on = await on_hold(page, "approve")
        await page.keyboard.press("f")
        await expect(page.locator("#words")).to_have_text("Le deuxième du jour")
        await expect(page.locator(f'.line[data-id="{first}"]')).to_contain_text("part…")
        assert await lines(page) == [first, second]
        await page.keyboard.press("u")  # of what is on its way, not of what was decided before it
        assert await state(house, first) == "pending"
        gone_on.set()
        await toast(page, "Décision annulée.")
        assert await lines(page) == [first, second]
        assert [await state(house, one) for one in (first, second)] == ["pending", "pending"]


async def test_one_press_decides_one_message(house: House) -> None:
    """The next one stands there at once: a key that is held, or a double click, must not show it unread."""
    await house.clear()
    waiting = [
        await house.pending(f"Le {n} de midi") for n in ("premier", "deuxième", "troisième", "dernier")
    ]
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/approve"):
            sent.append(request.url.split("/")[-2])

    async with house.at("/desk", "moderator") as page:
        page.on("request", note)
        show = page.locator('[data-command="approve"]')
        await page.wait_for_selector(f'#stage[data-message="{waiting[0]}"]')
        for _ in range(2):  # the second time it is down already: it repeats
            await page.keyboard.down("f")
        await page.keyboard.up("f")
        await page.wait_for_selector(f'#stage[data-message="{waiting[1]}"]')
        await show.dblclick()
        await page.wait_for_selector(f'#stage[data-message="{waiting[2]}"]')
        await show.focus()
        for _ in range(2):
            await page.keyboard.down("Enter")
        await page.keyboard.up("Enter")
        await expect(page.locator(".line")).to_have_count(1)
        assert sent == waiting[:3]
        assert await state(house, waiting[3]) == "pending"


async def test_a_hand_that_is_faster_than_the_server_undoes_what_it_meant(house: House) -> None:
    await house.clear()
    first, second = [await house.pending(f"Le {n} de la nuit") for n in ("premier", "deuxième")]
    async with house.at("/desk", "moderator") as page:
        await expect(page.locator("#words")).to_have_text("Le premier de la nuit")
        gone_on = await on_hold(page, "approve")
        await page.keyboard.press("f")
        await expect(page.locator("#words")).to_have_text("Le deuxième de la nuit")
        await page.keyboard.press("u")  # of the first, although the second follows at once
        await page.keyboard.press("f")
        await expect(page.locator(f'.line[data-id="{second}"]')).to_contain_text("part…")
        gone_on.set()

        async def as_meant() -> bool:
            return [await state(house, one) for one in (first, second)] == ["pending", "approved"]

        await eventually(as_meant)


async def test_a_decision_that_is_not_taken_leads_back_to_its_message(house: House) -> None:
    await house.clear()
    first, second = [await house.pending(f"Le {n} du soir") for n in ("premier", "deuxième")]
    async with house.at("/desk", "moderator") as page:
        await expect(page.locator("#words")).to_have_text("Le premier du soir")
        gone_on = await on_hold(page, "approve")
        await page.keyboard.press("f")
        await expect(page.locator("#words")).to_have_text("Le deuxième du soir")
        await house.product.post(f"messages/{first}/approve", {"revision": 1})  # a colleague was faster
        gone_on.set()
        back = page.locator(".toast button", has_text="Y revenir")
        await back.wait_for()
        assert await page.get_attribute("#stage", "data-message") == second  # nothing moves under the hand
        await back.click()
        await expect(page.locator("#words")).to_have_text("Le premier du soir")
        await expect(page.locator("#stage")).to_contain_text("Quelqu’un d’autre vient de l’afficher.")
        await page.keyboard.press("u")
        await toast(page, "Rien à annuler.")


async def test_p3_a_refusal_rests_on_a_passage_counted_in_code_points(house: House) -> None:
    text = "😀👍🏽 appelez-moi au 06 12 34 56 78, merci"
    message = await house.pending(text)
    start = text.index("06")
    async with house.at("/desk", "moderator") as page:
        sent: list[Any] = []
        page.on("request", lambda request: sent.append(body(request)) if "/refuse" in request.url else None)
        await choose(page, message)
        await select(page, start, start + 14)
        await page.keyboard.press("d")
        await expect(page.locator(".rests q")).to_have_text("06 12 34 56 78")
        await page.keyboard.press("3")
        await toast(page, "Refusé.")
    assert sent[0]["passage"] == [start, start + 14]
    assert sent[0]["reason"] == "personal-data"
    assert await state(house, message) == "refused"


def body(request: Request) -> Any:
    return json.loads(request.post_data or "{}")


async def test_p3_a_passage_behind_lines_that_are_not_painted_is_the_one_that_was_selected(
    house: House,
) -> None:
    text = "Deux mots." + "\n" * 61 + "😀 Appelez-moi au 06 12 34 56 78, merci"
    message = await house.pending(text)
    start = text.index("06")
    async with house.at("/desk", "moderator") as page:
        await choose(page, message)
        assert await page.locator("#words").evaluate("words => words.textContent") == text
        await select(page, start, start + 14)
        await page.keyboard.press("d")
        await expect(page.locator(".rests q")).to_have_text("06 12 34 56 78")
        await page.keyboard.press("3")
        await toast(page, "Refusé.")
    assert (await house.product.get(f"messages/{message}"))["ruling"]["passage"] == [start, start + 14]


async def test_the_arrows_go_over_empty_lines_to_the_next_word(house: House) -> None:
    message = await house.pending("Deux mots." + "\n" * 61 + "Appelez-moi")
    async with house.at("/desk", "moderator") as page:
        await choose(page, message)
        await page.keyboard.press("d")
        await page.keyboard.press("Home")
        for _ in range(3):
            await page.keyboard.press("ArrowRight")
        await expect(page.locator(".rests q")).to_contain_text("Appelez")


async def test_of_a_long_text_the_list_draws_what_its_lines_can_show(house: House) -> None:
    """Fifty of these, each sign a box of its own, took the desk seconds."""
    message = await house.pending("A ! " * 499 + "fin")
    async with house.at("/desk", "moderator") as page:
        words = page.locator(f'.line[data-id="{message}"] .line-words')
        await expect(words).to_have_text(re.compile("^A ! A ! .*…$"))
        assert await words.locator(".tied").count() < 200


async def test_p3_nothing_is_refused_without_passage_nor_without_the_law_it_cites(house: House) -> None:
    message = await house.pending("Un texte que la loi interdit")
    async with house.at("/desk", "moderator") as page:
        await choose(page, message)
        await page.keyboard.press("d")
        await page.keyboard.press("5")
        send = page.locator('.refusal [data-focus="send"]')
        await expect(send).to_have_attribute("aria-disabled", "true")
        await page.fill("#needs", "Loi de 1881, article 24")
        await page.click('[data-focus="whole"]')
        await expect(send).to_have_attribute("aria-disabled", "false")
        assert await state(house, message) == "pending"
        await send.click()
        await toast(page, "Refusé.")
    assert await state(house, message) == "refused"


async def test_a_passage_is_chosen_without_a_mouse(house: House) -> None:
    message = await house.pending("Insupportable crétin de vendeur")
    async with house.at("/desk", "moderator") as page:
        await choose(page, message)
        await page.keyboard.press("d")
        await expect(page.locator("#words")).to_be_focused()
        for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight"):
            await page.keyboard.press(key)
        passage = page.locator(".rests q")
        await expect(passage).to_contain_text("crétin de")
        await page.keyboard.press("1")
        await toast(page, "Refusé.")


async def test_a_french_keyboards_unshifted_digit_gives_the_reason(house: House) -> None:
    message = await house.pending("Achetez sur mon site")
    async with house.at("/desk", "moderator") as page:
        await choose(page, message)
        await page.keyboard.press("d")
        await page.click('[data-focus="whole"]')
        # The key between « 5 » and « 7 » types « - » on a French keyboard; its code says where it is.
        await page.evaluate(
            "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '-', code: 'Digit6', bubbles: true}))"
        )
        await toast(page, "Refusé.")


async def test_p4_a_mask_is_put_on_what_is_selected_and_taken_off_again(house: House) -> None:
    text = "🎉 Merci à Sophie du rayon 😀 papeterie"
    message = await house.pending(text, name="Camille Dupont")
    at = text.index("Sophie")
    async with house.at("/desk", "moderator") as page:
        await choose(page, message)
        for times in (1, 0, 1):
            await select(page, at, at + 6)
            await page.keyboard.press("m")
            await expect(page.locator("#words .masked")).to_have_count(times)
        await page.click('[data-command="mask-author"]')
        await page.keyboard.press("f")
        await toast(page, "Approuvé : il entre au programme du mur.")
    shown = await house.product.get(f"messages/{message}")
    assert shown["masks"] == [[at, at + 6]]
    assert shown["mask_author"] is True
    assert shown["text"] == text


async def test_hints_are_underlined_and_explained(house: House) -> None:
    message = await house.pending("Rappelez-moi au 06 12 34 56 78 demain")
    async with house.at("/desk", "moderator") as page:
        await choose(page, message)
        await expect(page.locator("#words .hinted")).to_have_text("06 12 34 56 78")
        await expect(page.locator(".note").first).to_contain_text("numéro de téléphone")


@pytest.mark.parametrize("size", [(1366, 768), (1280, 800)])
async def test_a_hint_is_in_sight_without_scrolling(house: House, size: tuple[int, int]) -> None:
    message = await house.pending(
        f"{size} " + "Une longue histoire. " * 40 + "Appelez le 06 12 34 56 78 demain"
    )
    async with house.at("/desk", "moderator", size=size) as page:
        await choose(page, message)
        hint = page.locator(".note", has_text="numéro de téléphone")
        await expect(hint).to_be_in_viewport(ratio=1)
        assert await page.evaluate(
            "document.querySelector('.note').getBoundingClientRect().bottom"
            " <= document.querySelector('.bar').getBoundingClientRect().top"
        )


async def test_the_list_never_jumps(house: House) -> None:
    await house.clear()
    known = await house.pending("Celui que je lis")
    async with house.at("/desk", "moderator") as page:
        await expect(page.locator("#words")).to_have_text("Celui que je lis")
        top = await page.evaluate(TOP)
        fresh = [await house.pending(f"Arrivée {n}") for n in range(2)]
        await expect(page.locator("#fresh")).to_have_text("2 nouveaux")
        assert await lines(page) == [known]
        assert await page.evaluate(TOP) == top
        await page.click("#fresh")
        await expect(page.locator(".line")).to_have_count(3)
        assert await lines(page) == [known, *fresh]
        await expect(page.locator("#words")).to_have_text("Celui que je lis")


async def test_an_empty_desk_shows_at_once_what_arrives(house: House) -> None:
    await house.clear()
    async with house.at("/desk", "moderator") as page:
        await expect(page.locator(".thanks")).to_be_visible()
        first = await house.pending("La première du matin")
        await expect(page.locator("#words")).to_have_text("La première du matin")
        await expect(page.locator("#fresh")).to_be_hidden()
        second = await house.pending("Arrivée derrière")
        await expect(page.locator("#fresh")).to_have_text("1 nouveau")
        await page.keyboard.press("f")  # the list is empty again: what waited comes in
        await expect(page.locator("#words")).to_have_text("Arrivée derrière")
    assert (await state(house, first), await state(house, second)) == ("approved", "pending")


async def test_the_key_for_the_next_message_fetches_the_new_ones_at_the_end(house: House) -> None:
    await house.clear()
    known = await house.pending("La seule")
    async with house.at("/desk", "moderator") as page:
        await expect(page.locator("#words")).to_have_text("La seule")
        fresh = [await house.pending(f"Nouvelle {n}") for n in range(2)]
        await expect(page.locator("#fresh")).to_have_text("2 nouveaux")
        await page.keyboard.press("j")
        await expect(page.locator("#words")).to_have_text("Nouvelle 0")
        assert await lines(page) == [known, *fresh]


async def test_what_a_colleague_decides_shows_at_once_and_stays_in_its_place(house: House) -> None:
    await house.clear()
    one, two = [await house.pending(f"À deux {n}") for n in range(2)]
    async with house.at("/desk", "moderator") as page:
        await expect(page.locator("#words")).to_have_text("À deux 0")
        await house.product.post(f"messages/{one}/approve", {"revision": 1}, "colleague")
        await expect(page.locator(f'[data-id="{one}"] .settled')).to_have_text("affiché")
        assert await lines(page) == [one, two]
        await page.keyboard.press("f")  # nothing: it is decided
        await page.keyboard.press("j")
        await expect(page.locator(".line")).to_have_count(1)
    assert await state(house, two) == "pending"


async def test_a_cut_line_is_said_and_loses_no_work(house: House) -> None:
    message = await house.pending("Pendant la coupure, Sophie")
    async with house.at("/desk", "moderator") as page:
        await choose(page, message)
        await select(page, 20, 26)
        await page.keyboard.press("m")
        await page.context.set_offline(True)
        await page.keyboard.press("f")
        await expect(page.locator("#banner")).to_contain_text("Rien de ce que vous avez écrit n’est perdu")
        await expect(page.locator("#words .masked")).to_have_text("Sophie")
        await page.context.set_offline(False)
        await page.keyboard.press("f")
        await toast(page, "Approuvé : il entre au programme du mur.")
    assert (await house.product.get(f"messages/{message}"))["masks"] == [[20, 26]]


async def test_what_hangs_is_taken_down_by_the_same_rules(house: House) -> None:
    message = await house.hanging("À retirer du mur")
    async with house.at("/desk", "moderator") as page:
        await page.click("#tab-approved")
        await choose(page, message)
        await page.keyboard.press("d")
        await page.click('[data-focus="whole"]')
        await page.keyboard.press("8")
        await toast(page, "Retiré du mur.")
        assert await state(house, message) == "withdrawn"
        await page.click("#tab-withdrawn")
        await choose(page, message)
        await page.click('[data-command="undo-this"]')
        await toast(page, "Décision annulée.")
    assert await state(house, message) == "approved"


async def test_single_keys_can_be_switched_off_and_only_that_is_stored(house: House) -> None:
    message = await house.pending("Sans les touches")
    async with house.at("/desk", "moderator") as page:
        await choose(page, message)
        await page.keyboard.press("?")
        await page.uncheck("#keys-on")
        await page.keyboard.press("Escape")
        await page.keyboard.press("f")
        await page.reload()
        await choose(page, message)
        await page.keyboard.press("f")
        await page.wait_for_timeout(300)
        stored = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert json.loads(stored) == [{"complicite.keys": "off"}, {}]
    assert await state(house, message) == "pending"


async def test_an_empty_queue_says_thank_you_and_where_people_write(house: House) -> None:
    await house.clear()
    for language, thanks in (
        ("fr-FR", "Tout est lu. Merci."),
        ("en-GB", "Everything has been read. Thank you."),
    ):
        async with house.at("/desk", "moderator", language=language) as page:
            await expect(page.locator(".thanks")).to_have_text(thanks)
            there = f"{house.product.url}/write/grenoble"
            await expect(page.locator(".invitation a")).to_have_attribute("href", there)
            await page.wait_for_function("() => document.querySelector('.invitation img').naturalWidth > 0")
            await page.click("#tab-refused")
            await expect(page.locator(".invitation")).to_have_count(0)


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
async def test_p12_foreign_text_is_inert_and_stays_in_its_box(house: House, size: tuple[int, int]) -> None:
    text = f"<img src=x onerror=alert(1)><script>alert(2)</script> {{{{7*7}}}} {'ﷺ' * 20} {'W' * 400} שלום {size}"
    message = await house.pending(text, name="<b>Z</b>")
    async with house.at("/desk", "moderator", size=size) as page:
        page.on("dialog", lambda _: pytest.fail("a script ran"))
        await choose(page, message)
        assert await page.locator("#words").text_content() == text
        assert await page.locator("#stage .card img, #stage script").count() == 0
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await page.evaluate(INSIDE)


async def test_no_line_of_the_list_is_a_lone_question_mark(house: House) -> None:
    await house.clear()
    message = await house.pending("Pourrait-on ouvrir plus tôt le samedi ?")
    async with house.at("/desk", "moderator") as page:
        await page.wait_for_selector(f'.line[data-id="{message}"]')
        assert await page.eval_on_selector(f'.line[data-id="{message}"] .line-words', PARTED) == []

"""The desk in a hand, on a phone; and what a hurried hand does to it: Enter twice, Ctrl-Z too early, a search."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.async_api import expect

from tests.browser.house import PHONE, House, choose, select
from tests.browser.test_desk import lines, state, toast

pytestmark = pytest.mark.asyncio(loop_scope="session")

APART: Final = """([one, others]) => {
  const a = document.querySelector(one).getBoundingClientRect();
  return [...document.querySelectorAll(others)].map((each) => each.getBoundingClientRect())
    .every((b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top);
}"""
NEEDED: Final = ".refusal button, .refusal p, .bar button, .note, .line"


async def test_a_phone_shows_the_list_then_the_message(house: House) -> None:
    await house.clear()
    message = await house.pending("Merci pour la chaise apportée à ma grand-mère." * 9, name="Lucas")
    await house.pending("Le suivant")
    async with house.at("/desk", "moderator", size=PHONE) as page:
        line = page.locator(f'.line[data-id="{message}"]')
        await expect(line).to_be_visible()
        await expect(page.locator("#words")).to_be_hidden()
        await line.click()
        words = page.locator("#words")
        await expect(words).to_be_visible()
        await expect(line).to_be_hidden()
        size = "() => parseFloat(getComputedStyle(document.getElementById('words')).fontSize)"
        assert await page.evaluate(size) >= 16  # asked of the page: the card may be drawn anew meanwhile
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        room = await page.locator(".room").bounding_box()
        assert room is not None
        assert room["height"] > PHONE[1] / 2
        await page.go_back()
        await expect(line).to_be_visible()
        await line.click()
        await page.click(".back")
        await expect(line).to_be_focused()
        await line.click()
        await page.click('[data-command="approve"]')
        await toast(page, "Approuvé : il entre au programme du mur.")
        await expect(words).to_have_text("Le suivant")
        assert await page.evaluate(APART, [".toast", NEEDED])


async def test_what_was_done_covers_nothing_that_is_needed_next(house: House) -> None:
    await house.clear()
    await house.pending("Rappelez-moi au 06 12 34 56 78")
    await house.pending("Écrivez à moi@exemple.fr " + "parce que oui." * 60)
    async with house.at("/desk", "moderator") as page:
        await expect(page.locator("#words")).to_be_visible()
        await page.keyboard.press("f")
        await toast(page, "Approuvé : il entre au programme du mur.")
        await expect(page.locator(".note button")).to_be_visible()
        assert await page.evaluate(APART, [".toast", NEEDED])
        await page.keyboard.press("d")
        assert await page.evaluate(APART, [".toast", NEEDED])
        await page.keyboard.press("Escape")
        await page.keyboard.press("z")
        assert await page.evaluate(APART, [".toast", ".bar button, .room"])


async def test_enter_after_the_passage_confirms(house: House) -> None:
    message = await house.pending("Rien que des insultes")
    async with house.at("/desk", "moderator") as page:
        await choose(page, message)
        await page.keyboard.press("d")
        await page.locator('[data-focus="whole"]').focus()
        await page.keyboard.press("Enter")
        await expect(page.locator('[data-focus="send"]')).to_be_focused()
        await expect(page.locator("#wanting")).to_have_text("Il manque le motif.")
        await page.keyboard.press("Enter")
        await expect(page.locator('[data-focus="reason-insult-threat"]')).to_be_focused()
        await page.click('[data-code="insult-threat"]')
        await page.locator('[data-focus="send"]').focus()
        await page.keyboard.press("Enter")
        await toast(page, "Refusé.")
    assert await state(house, message) == "refused"


async def test_ctrl_z_leaves_the_composing_before_it_undoes_anything(house: House) -> None:
    await house.clear()
    first, _ = [await house.pending(f"L’un après l’autre {n}") for n in range(2)]
    async with house.at("/desk", "moderator") as page:
        await expect(page.locator("#words")).to_be_visible()
        await page.keyboard.press("f")
        await toast(page, "Approuvé : il entre au programme du mur.")
        await page.keyboard.press("d")
        await page.keyboard.press("Control+z")
        await expect(page.locator(".refusal")).to_have_count(0)
        assert await state(house, first) == "approved"
        await page.keyboard.press("Control+z")
        await toast(page, "Décision annulée.")
    assert await state(house, first) == "pending"


async def test_a_search_that_hides_the_message_takes_it_off_the_stage(house: House) -> None:
    await house.clear()
    message = await house.pending("Celui qui reste")
    async with house.at("/desk", "moderator") as page:
        await expect(page.locator("#words")).to_be_visible()
        await page.fill("#search", "introuvable")
        await expect(page.locator("#stage .thanks")).to_have_text("Rien de tel dans cette liste.")
        await expect(page.locator("#stage [data-command]")).to_have_count(0)
        await page.locator("#list").focus()
        await page.keyboard.press("f")
        await page.fill("#search", "")
        await expect(page.locator("#words")).to_have_text("Celui qui reste")
        assert await lines(page) == [message]
    assert await state(house, message) == "pending"


async def test_p3_a_passage_begins_and_ends_with_a_letter(house: House) -> None:
    message = await house.pending("Insupportable crétin de vendeur")
    async with house.at("/desk", "moderator") as page:
        await choose(page, message)
        await select(page, 13, 21)
        await page.keyboard.press("d")
        await expect(page.locator(".rests q")).to_have_text("crétin", use_inner_text=False)
        assert await page.locator(".rests q").text_content() == "crétin"
        await page.keyboard.press("1")
        await toast(page, "Refusé.")
        await page.click("#tab-refused")
        await choose(page, message)
        await expect(page.locator(".ruled")).to_have_text(["Motif : Insulte ou menace", "Passage : crétin"])
        await expect(page.locator('[data-command="undo-this"]')).to_have_text("Annuler ma décision")
    assert (await house.product.get(f"messages/{message}"))["ruling"]["passage"] == [14, 20]
    async with house.at("/desk", "colleague") as page:
        await page.click("#tab-refused")
        await choose(page, message)
        await expect(page.locator('[data-command="approve"]')).to_be_visible()
        await expect(page.locator('[data-command="undo-this"]')).to_have_count(0)  # another person's decision


async def test_p4_a_mask_does_not_tell_how_long_a_name_is(house: House) -> None:
    message = await house.pending("Bravo à Al et à Alexandra, du rayon lampes", name="Zoé")
    async with house.at("/desk", "moderator") as page:
        await choose(page, message)
        for start, end in ((8, 10), (16, 25)):
            await select(page, start, end)
            await page.keyboard.press("m")
        masks = page.locator("#words .masked")
        await expect(masks).to_have_text(["Al", "Alexandra"])
        widths = await masks.evaluate_all("all => all.map((one) => one.getBoundingClientRect().width)")
        assert widths[0] == pytest.approx(widths[1], abs=0.5), "the length of a name shows"

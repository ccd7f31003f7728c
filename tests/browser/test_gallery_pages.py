"""The pages that people use, at their sizes, in both languages, painted into `.gallery/` and measured."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page, expect

from tests.browser.house import OLD_TABLET, House, choose

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.gallery]

GALLERY = Path(__file__).parents[2] / ".gallery"
LEAST_CONTRAST: Final = 4.5
TARGET: Final = 48
TEXTS: Final = {
    "short": "Merci !",
    "long": "On m’a d’abord dit que ce n’était pas possible, puis que si, puis de revenir lundi. " * 20,
    "foreign": "شكراً لكم، المتجر نظيف. תודה רבה לצוות. ありがとう 😀👍🏽 Đặng Thị Huyền",
    "unbroken": "https://exemple.fr/" + "x" * 300,
}
SIZES: Final = {
    "desk": ((1280, 800), (1440, 900), (1920, 1080)),
    "tablet": ((1280, 800), OLD_TABLET, (800, 1280)),
}
DOORS: Final = ("/sign-in", "/write/grenoble", "/nowhere")
ROOMS: Final = ("", "/places", "/people", "/screens", "/channels", "/tokens")
LEAVES: Final = ("/places", "/people")  # each leads to a page of one of its own

# What is read in ink too faint, what is pressed and too small, what is wider than the page, and what was wrong and is
# out of sight where the page stands.
MEASURE: Final = """(target) => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (colour) => colour.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
    if (element.closest("script, .unseen, .skip, .masked, [disabled], [aria-disabled=true], option")) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(paper(element))].sort((x, y) => y - x);
    texts.push({ text: walker.currentNode.data.trim().slice(0, 40), contrast: (a + 0.05) / (b + 0.05) });
  }
  const pressed = "button, select, textarea, input:not([type=hidden]):not([type=checkbox]):not([type=radio])";
  const small = [...document.querySelectorAll(pressed)].filter((one) => one.getClientRects().length)
    .filter((one) => !one.closest(".note") && one.getBoundingClientRect().height < target - 0.5)
    .map((one) => one.outerHTML.slice(0, 80));
  const unseen = [...document.querySelectorAll(".error, .trouble")].filter((one) => one.getClientRects().length)
    .filter((one) => one.getBoundingClientRect().top < 0 || one.getBoundingClientRect().bottom > innerHeight)
    .map((one) => one.textContent);
  return { texts, small, unseen, wide: document.documentElement.scrollWidth > innerWidth };
}"""


async def look(page: Page, surface: str, name: str) -> None:
    await page.wait_for_load_state()  # a page that a form led to has its sheets by now
    await page.evaluate("document.fonts.ready")
    folder = GALLERY / surface
    folder.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    assert size is not None
    file = folder / f"{name}-{size['width']}x{size['height']}.png"
    found = await page.evaluate(MEASURE, TARGET)
    await page.screenshot(path=file, full_page=surface not in SIZES)
    assert not found["wide"], file
    assert found["small"] == [], file
    assert found["unseen"] == [], file
    assert [text for text in found["texts"] if text["contrast"] < LEAST_CONTRAST] == [], file


@pytest.mark.parametrize("language", ["fr-FR", "en-GB"])
async def test_p4_desk_and_tablet_paint_every_text_whole(house: House, language: str) -> None:
    await house.clear()
    waits = {
        name: await house.pending(text + language, name="Camille", stars="2") for name, text in TEXTS.items()
    }
    hangs = {name: await house.hanging(text + language + ".", kind="idea") for name, text in TEXTS.items()}
    for size in SIZES["desk"]:
        async with house.at("/desk", "moderator", size=size, language=language) as page:
            for name, message in waits.items():
                await choose(page, message)
                assert await page.text_content("#words") == TEXTS[name] + language
                await look(page, "desk", f"{name}-{language[:2]}")
            await page.keyboard.press("d")
            await look(page, "desk", f"refusing-{language[:2]}")
    for size in SIZES["tablet"]:
        for name, message in hangs.items():
            async with house.at(f"/tablet#{message}", "manager", size=size, language=language) as page:
                await page.fill("#answer", TEXTS[name][:200])
                assert await page.text_content(".preview .said .words") == f"{TEXTS[name]}{language}."
                await look(page, "tablet", f"{name}-{language[:2]}")


@pytest.mark.parametrize("language", ["fr-FR", "en-GB"])
async def test_the_first_minute(house: House, language: str) -> None:
    await house.clear()
    for size in SIZES["desk"]:
        async with house.at("/desk", "moderator", size=size, language=language) as page:
            await page.wait_for_selector(".invitation img")
            await look(page, "desk", f"nothing-{language[:2]}")
    for size in SIZES["tablet"]:
        async with house.at("/tablet", "owner", size=size, language=language) as page:
            await page.select_option("#place", "lyon")
            await page.wait_for_selector(".invitation a")
            await look(page, "tablet", f"nothing-{language[:2]}")


@pytest.mark.parametrize("language", ["fr-FR", "en-GB"])
async def test_doors_forms_and_receipts(house: House, language: str) -> None:
    receipts = [await house.product.write(text, name="Zoé") for text in TEXTS.values()]
    for size in ((390, 844), (1280, 800)):
        for path in (*DOORS, *receipts):
            async with house.at(path, size=size, language=language) as page:
                name = path.strip("/").replace("/", "-")[:20]
                await look(page, "doors", f"{name}-{language[:2]}")


@pytest.mark.parametrize("language", ["fr-FR", "en-GB"])
async def test_administration(house: House, language: str) -> None:
    for size in ((1280, 800), (390, 844)):
        for room in ROOMS:
            async with house.at(f"/admin{room}", "owner", size=size, language=language) as page:
                await look(page, "admin", f"{room.strip('/') or 'overview'}-{language[:2]}")
        for room in LEAVES:
            async with house.at(f"/admin{room}", "owner", size=size, language=language) as page:
                if not await page.locator("tbody th a").count():  # the places of wall.toml are read-only
                    await page.fill("#name", "Annecy, le lac")
                    await page.fill("#slug", "annecy")
                    await page.click("button.first")
                await page.click("tbody th a")
                await page.wait_for_url("**/admin/p*/*")
                await look(page, "admin", f"{room.strip('/')}-one-{language[:2]}")
        async with house.at("/account", "moderator", size=size, language=language) as page:
            await look(page, "admin", f"account-{language[:2]}")
            await page.fill("#current", "not this one")
            await page.fill("#password", "a password that is new")
            await page.fill("#again", "a password that is new")
            await page.click("form.short button")
            await page.wait_for_selector("#current-error")
            await look(page, "admin", f"account-refused-{language[:2]}")


@pytest.mark.parametrize("language", ["fr-FR", "en-GB"])
async def test_the_wall_is_led(house: House, language: str) -> None:
    message = await house.hanging(TEXTS["long"] + language + "!")
    lead = "places/grenoble/conduct"
    for size in ((1280, 800), (800, 1280), (390, 844)):
        async with house.at(f"/tablet#{message}", "manager", size=size, language=language) as page:
            await page.click("#show-conduct")
            await expect(page.locator("#conduct-now")).to_have_attribute("data-state", "programme")
            await look(page, "conduct", f"programme-{language[:2]}")
            await page.click(".hours summary")
            await page.click("#hours-add")
            await page.click(".blanking summary")
            await look(page, "conduct", f"unfolded-{language[:2]}")
            await house.product.post(f"{lead}/pin", {"message": message})
            await expect(page.locator("#conduct-now")).to_have_attribute("data-state", "kept")
            await look(page, "conduct", f"pinned-{language[:2]}")
            await page.click("#conduct-close")
            await look(page, "conduct", f"strip-{language[:2]}")
            await house.product.post(f"{lead}/blank", {})
            await page.click("#show-conduct")
            await expect(page.locator("#conduct-now")).to_have_attribute("data-state", "blank")
            await look(page, "conduct", f"dark-{language[:2]}")
            for what in ("unblank", "free"):
                await house.product.post(f"{lead}/{what}", {})

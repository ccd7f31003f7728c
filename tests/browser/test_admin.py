"""The administration on a phone: nothing is cut, nothing scrolls sideways, names stay whole."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.async_api import expect

from tests.browser.house import OLD_TABLET, PHONE, House
from tests.browser.test_gallery_pages import ROOMS

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDER: Final = """() => [document.documentElement, ...document.querySelectorAll(".scroll, td, tbody th")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
  .map((one) => one.outerHTML.slice(0, 80))"""
# A name in one word is on one line: its letters, whatever the box of its link.
BROKEN: Final = """() => [...document.querySelectorAll("tbody .name")].filter((one) => {
  const range = document.createRange();
  range.selectNode([...one.querySelectorAll("a, span")].pop()?.firstChild ?? one.firstChild);
  const lines = new Set([...range.getClientRects()].map((line) => Math.round(line.top)));
  return !one.textContent.trim().includes(" ") && lines.size > 1;
}).map((one) => one.textContent)"""


@pytest.mark.parametrize("room", [room for room in ROOMS if room])
async def test_a_phone_shows_every_row_whole(house: House, room: str) -> None:
    async with house.at(f"/admin{room}", "owner", size=PHONE) as page:
        assert await page.evaluate(WIDER) == []
        assert await page.evaluate(BROKEN) == []


@pytest.mark.parametrize(("field", "typed"), [("code", "ABCD2345"), ("distance", "far away")])
async def test_what_was_wrong_is_seen_whatever_is_drawn_later(house: House, field: str, typed: str) -> None:
    for name in ("Entrée", "Vitrine"):
        await house.product.screen(name)
    async with house.at("/admin/screens", "owner", size=OLD_TABLET) as page:
        await page.fill("#code", "ABCD2345")
        await page.fill(f"#{field}", typed)
        await page.click("button.first")
        await page.wait_for_selector(f"#{field}-error")
        await expect(page.locator(".picture-note").first).to_be_visible()  # the screens in small, drawn later
        await expect(page.locator(f"#{field}-error")).to_be_in_viewport(ratio=1)

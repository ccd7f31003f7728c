"""P4: what the people of the house decide on looks as it will hang. Desk and tablet draw the wall itself, in small: the
same lines, type, paper and accent as a real screen of the usual size has."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from tests.browser.house import House, choose, select
from tests.support.walls import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

# The lines of each block of words as a browser broke them, heads in words, sizes at the wall's scale, and colours.
# A mask is six blocks on both sides, whatever the desk keeps under it.
PAINTED: Final = """() => {
  const article = document.querySelector("article.card:not(.leaving)");
  if (!article) return null;
  const sheet = article.closest(".broadsheet");
  const scale = sheet.getBoundingClientRect().width / sheet.offsetWidth;
  const lines = (block) => {
    const found = [];
    let bottom = -Infinity;
    const add = (text, rect) => {
      if (rect.top > bottom - 1) found.push("");
      bottom = rect.top > bottom - 1 ? rect.bottom : Math.max(bottom, rect.bottom);
      found[found.length - 1] += text;
    };
    const walk = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    let under = null;
    while (walk.nextNode()) {
      const mask = walk.currentNode.parentElement.closest(".mask, .masked");
      if (mask) {
        if (mask !== under) add("[mask]", mask.getBoundingClientRect());
        under = mask;
        continue;
      }
      under = null;
      for (let at = 0; at < walk.currentNode.data.length; at += 1) {
        const range = document.createRange();
        range.setStart(walk.currentNode, at);
        range.setEnd(walk.currentNode, at + 1);
        const rect = range.getClientRects()[0];
        if (rect && rect.width) add(walk.currentNode.data[at], rect);
      }
    }
    return found.map((line) => line.trim());
  };
  const style = getComputedStyle(article);
  return {
    lines: [...article.querySelectorAll(".words")].map(lines),
    heads: [...article.querySelectorAll(".head .name, .head .fact, .head .stamp")].map((one) => one.textContent),
    type: ["--size", "--line", "font-family"].map((one) => style.getPropertyValue(one)),
    width: Math.round(article.querySelector(".flow").getBoundingClientRect().width / scale),
    colours: [style.color, getComputedStyle(article.querySelector(".ours .name") ?? article).color],
  };
}"""
PAPER: Final = "(one) => getComputedStyle(document.querySelector(one)).backgroundColor"
TEXTS: Final = {
    "short": "Bravo à Alexandra, du rayon lampes : quel « sourire » !",
    "long": "On m’a d’abord dit non, puis que si ; j’ai rappelé le 06 12 34 56 78, et enfin : oui ! " * 14,
    "words": "Anticonstitutionnellement, l’interdépartementalisation des suspensions électroluminescentes.",
    "mixed": "مرحبا بكم في المتجر، كان البائع لطيفا جدا. Merci ! שלום לכולם 👏🏽",
}


async def hung(wall: Page, message: str, answered: bool = False) -> dict[str, Any]:
    await wall.wait_for_selector(f'article[data-message="{message}"]' + (".answered" if answered else ""))
    await wall.evaluate("document.fonts.ready")
    found: dict[str, Any] = await wall.evaluate(PAINTED)
    return found


@pytest.mark.parametrize("name", TEXTS)
async def test_p4_a_line_breaks_at_the_desk_where_it_breaks_on_the_wall(house: House, name: str) -> None:
    await house.clear()
    text = TEXTS[name].strip()
    message = await house.pending(text, name="Zoé", kind="thanks")
    async with (
        house.wall("Entrée", locale="fr-FR", timezone_id="Europe/Paris") as wall,
        house.at("/desk", "moderator") as desk,
    ):
        await choose(desk, message)
        await select(desk, 8, 17)
        await desk.keyboard.press("m")
        await expect(desk.locator("#words .masked")).to_have_count(1)
        assert await desk.text_content("#words") == text, "positions count in the whole text"
        await desk.evaluate("document.fonts.ready")
        prepared = await desk.evaluate(PAINTED)
        paper = await desk.evaluate(PAPER, ".picture")
        await desk.keyboard.press("f")
        assert prepared == await hung(wall, message)
        assert paper == await wall.evaluate(PAPER, "html")
        assert any("[mask]" in line for line in prepared["lines"][0])


async def test_p4_an_answer_is_written_beside_the_message_as_it_will_hang(house: House) -> None:
    message = await house.hanging("Vous ouvrez le dimanche avant Noël ?", kind="question", name="Zoé")
    said = "Oui, les trois dimanches de décembre, de 10 h à 19 h : c’est affiché à l’entrée."
    async with (
        house.wall("Entrée", locale="fr-FR", timezone_id="Europe/Paris") as wall,
        house.at(f"/tablet#{message}", "manager") as tablet,
    ):
        await tablet.fill("#answer", said)
        await tablet.check('[name="stance"][value="planned"]')
        await tablet.fill("#due", "2031-12-03")
        await tablet.evaluate("document.fonts.ready")
        prepared = await tablet.evaluate(PAINTED)
        await tablet.click(".publish")
        now = await hung(wall, message, answered=True)
        dated = now["heads"].pop()  # the day of the answer, which a draft has not yet
        assert prepared == now
        assert dated
        await expect(tablet.locator(".published")).to_be_visible()

        async def same() -> bool:
            return bool(await tablet.evaluate(PAINTED) == await wall.evaluate(PAINTED))

        await eventually(same)

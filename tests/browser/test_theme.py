"""Day and night: a page follows the machine, unless it says itself which it is."""

from __future__ import annotations

from typing import Final, Literal

import pytest

from tests.browser.house import House

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAPER: Final = {"day": "rgb(246, 241, 231)", "night": "rgb(22, 24, 29)"}
INK: Final = {"day": "rgb(22, 24, 29)", "night": "rgb(244, 239, 229)"}
SEEN: Final = """(theme) => {
  if (theme) document.documentElement.dataset.theme = theme;
  const { backgroundColor, color, colorScheme } = getComputedStyle(document.documentElement);
  return [backgroundColor, color, colorScheme];
}"""


@pytest.mark.parametrize("machine", ["light", "dark"])
@pytest.mark.parametrize("said", ["", "day", "night"])
async def test_a_page_has_one_theme_whole(
    house: House, machine: Literal["light", "dark"], said: Literal["", "day", "night"]
) -> None:
    theme = said or {"light": "day", "dark": "night"}[machine]
    async with house.at("/sign-in", color_scheme=machine) as page:
        scheme = {"day": "light", "night": "dark"}[theme]
        assert await page.evaluate(SEEN, said) == [PAPER[theme], INK[theme], scheme]

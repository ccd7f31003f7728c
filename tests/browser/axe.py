"""axe-core over a page: the rules of WCAG 2.2 AA and of good practice that a program can check.

Owns where it is found (`npm ci` brings it) and how it is asked. In CI a missing one is a failure, not a skip.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page

SCRIPT: Final = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASK: Final = """(tags) => axe.run(document, { runOnly: tags }).then((found) => found.violations.map(
  ({ id, impact, nodes }) => `${id} (${impact}): ${nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" ")}`,
))"""


async def faults(page: Page) -> list[str]:
    """What it finds; the page's context must be made with ``bypass_csp``, for axe is not of the house."""
    if not SCRIPT.exists():
        missing = "no axe-core: `npm ci` brings it"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    await page.evaluate(SCRIPT.read_text("utf-8"))
    found: list[str] = await page.evaluate(ASK, TAGS)
    return found

"""What no module, template or style sheet of ours may contain.

Screens are sometimes televisions of 2021: Chromium 87 and Safari 14 must be able to read what they are sent.
Customers' words must never become markup, and never reach a browser's storage.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import displays
from displays import vendor

ROOT = Path(displays.__file__).parent
MODULES = sorted((ROOT / "static" / "js").rglob("*.js"))
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# What the wall is made of, and what it shares with other pages.
ON_SCREEN = [path for path in MODULES if path.parent.name in {"screen", "shared"}]
SHEETS_ON_SCREEN = [
    path for path in SHEETS if path.stem in {"tokens", "fonts", "base", "wall", "screen", "testcard"}
]

SINKS = (
    r"\.(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc|setHTML"
)
STORAGE = r"localStorage|sessionStorage|indexedDB|\bcaches\b|document\.cookie"
TOO_NEW_SCRIPT = (
    r"\.at\(|replaceAll\(.*=>|structuredClone|Object\.hasOwn|findLast|\(\?<[=!]|^await |^\s+#\w+|static \{"
    r"|Promise\.any|\.toSorted|AbortSignal\.timeout|:is\(|requestIdleCallback|Segmenter"
)
TOO_NEW_STYLE = (
    r":is\(|:where\(|:has\(|@container|@layer|\binset:|^\s*aspect-ratio:|\d[dsl]v[hw]|color-mix|&\s*[:.]"
)


def lines(path: Path) -> list[str]:
    return re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S).splitlines()


def found(pattern: str, paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in paths
        for line in lines(path)
        if re.search(pattern, line) and not line.lstrip().startswith("//")
    ]


def test_p12_no_module_turns_a_string_into_markup() -> None:
    assert MODULES
    assert not found(SINKS, MODULES)


def test_no_customer_text_can_reach_a_browsers_storage_from_a_screen() -> None:
    """The worker keeps files; it sees no socket, so no card. test_offline.py looks into what it kept. What cards owe
    is kept as ids and whole seconds, by a module that is given nothing else; test_conduct.py looks into that."""
    worker, debts = ([path for path in ON_SCREEN if path.name == name] for name in ("worker.js", "debts.js"))
    assert worker
    assert debts
    assert not found(STORAGE, [path for path in ON_SCREEN if path not in (*worker, *debts)])
    assert not found(r"WebSocket|indexedDB|importScripts", worker)
    assert not found(r"import|document|fetch", debts)


def test_old_televisions_can_read_the_wall() -> None:
    assert not found(TOO_NEW_SCRIPT, ON_SCREEN)
    assert not found(TOO_NEW_STYLE, SHEETS_ON_SCREEN)
    for path in SHEETS_ON_SCREEN:
        for block in re.findall(r"{([^{}]*)}", path.read_text("utf-8")):
            flexible_gap = "display: flex" in block and re.search(r"(?<![-\w])gap:", block)
            assert not flexible_gap, f"{path.name}: Safari 14 has no gap in flex boxes"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_has_a_line_of_inline_script_or_style(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:|\|\s*safe\b", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_no_style_sheet_calls_another_host(path: Path) -> None:
    assert not re.search(r"https?:|url\(['\"]?//", path.read_text("utf-8"))


def test_faces_are_those_that_the_list_names() -> None:
    assert vendor.differences() == []

"""Templates are strict, and data in a page can't leave its element."""

from __future__ import annotations

import json

import pytest
from jinja2 import DictLoader, UndefinedError

from displays.rendering import Pages, data


def pages(**templates: str) -> Pages:
    made = Pages(organisation="Maison Lumière")
    made._environment.loader = DictLoader(templates)
    return made


def test_text_is_escaped_and_a_missing_value_raises() -> None:
    made = pages(page="{{ text }} {{ organisation }} {{ t('shared.skip') }}")
    assert made.render("page", "fr", text="<b>") == "&lt;b&gt; Maison Lumière Aller au contenu"
    with pytest.raises(UndefinedError):
        made.render("page", "fr")


def test_data_closes_no_element_and_reads_back_whole() -> None:
    value = {"text": "</script><!-- <script> & \u2028 \u2029 '\" 😀"}
    painted = str(data("boot", value))
    inside = painted.removeprefix('<script type="application/json" id="boot">').removesuffix("</script>")
    assert not set(inside) & set("<>&\u2028\u2029")
    assert json.loads(inside) == value

"""Pages from templates: autoescaped, strict, without a line of inline script or style.

Owns the jinja environment and what templates may call. Must not know HTTP, sockets or the store: it is
given plain values and gives back HTML. A page's data for its modules travels in
`<script type="application/json">`, which no browser runs and the content policy allows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from displays import i18n
from displays.release import address

# A JSON text inside <script> ends at "</script" and, in older parsers, at U+2028: neither may appear.
_INERT: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def data(name: str, value: object) -> Markup:
    """Data for the page's modules: `dom.data(name)` reads it back."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_INERT)
    inert = Markup(text)  # noqa: S704 - nothing in it can end the element
    return Markup('<script type="application/json" id="{}">{}</script>').format(name, inert)


class Pages:
    """Every page of the product. `globals_` are values that all of them may use (the organisation's name)."""

    def __init__(self, **globals_: object) -> None:
        self._environment = Environment(
            loader=PackageLoader("displays", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(data=data, static=address, **globals_)

    def render(self, name: str, language: str, **context: object) -> str:
        """One page in one language. Templates call `t`, `texts`, `day`, `time`, `moment` and `zone` in it."""
        return self._environment.get_template(name).render(
            language=language,
            languages=i18n.LANGUAGES,
            **_speech(language),
            **context,
        )


def _speech(language: str) -> dict[str, Callable[..., object]]:
    def texts(surfaces: Iterable[str], tongue: str = language) -> dict[str, str]:
        return dict(i18n.texts(tongue, *surfaces))

    def date_in(of: Callable[..., str]) -> Callable[..., str]:
        return lambda when, timezone="UTC": of(when, language, timezone)

    return {
        "t": partial(i18n.t, language),
        "texts": texts,
        "day": date_in(i18n.day),
        "time": date_in(i18n.time),
        "moment": date_in(i18n.moment),
        "stamp": i18n.stamp,
        "zone": lambda name: i18n.zone(name, language),
        "zones": lambda names: i18n.zones(names, language),
    }

"""What some of the public will post. Each must end as inert, readable text or in a clear refusal.

Owns this project's own list, and where a longer one is looked for that is not ours to copy.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

BESIDE: Final = Path(__file__).resolve().parents[3] / "shared" / "hostile" / "strings.jsonl"

OWN: Final = (
    # markup that runs
    "<script>document.title='pris'</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    '"><input autofocus onfocus=alert(1)>',
    "'-alert(1)-'",
    "</p></article></main><h1>Fermé définitivement</h1>",
    "</script><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<details open ontoggle=alert(1)>ouvert</details>",
    "<marquee onstart=alert(1)>défile</marquee>",
    "<base href=https://mal.example/><link rel=stylesheet href=//mal.example/a.css>",
    "<meta http-equiv=refresh content='0;url=https://mal.example'>",
    "<style>*{display:none!important}</style>",
    "<style>@import url(//mal.example/a.css);</style>",
    # requests and links
    "<a href='javascript:alert(1)'>cliquez</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<img src=//mal.example/pixel.gif width=1>",
    "<form action=https://mal.example><button>Gagnez</button></form>",
    "[cliquez](javascript:alert(1)) ![x](https://mal.example/x.png)",
    "https://mal.example/un/chemin",
    # templates, formats, encodings
    "{{7*7}} ${7*7} <%= 7*7 %> #{7*7} {% include '/etc/passwd' %}",
    "{0} %s %n %(x)s {} {a.__class__}",
    "&lt;script&gt;alert(1)&lt;/script&gt; &amp;#60;b&#62;",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "ligne\u2028séparée\u2029ici\x85là\x0b\x0c",
    "nul\x00cloche\x07échappe\x1b[2Jfin",
    "seul \ud800 et \udfff seul",
    # direction, width, height
    "\u202eslaiceps sel eriahc sap tnof",
    "abc\u2066\u2067\u202e renversé \u2069\u2069",
    "lettre\u0301" + "\u0301\u0316" * 200,
    "W" * 3000,
    "\u200b\u200b\u2060\ufeff",
    "\n" * 400 + "tout en bas",
    "\ufdfd" * 60,
    "🏴" + "\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f caché" + "\U000e0041" * 90,
    "👩\u200d❤️\u200d💋\u200d👩" * 120,
    "ᚠ ꧅ 𒐫𒈙𒐫𒈙 ௵ ﷽ ဪ",
    "مرحبا <b>hello</b> שלום",
)


def beside() -> tuple[str, ...]:
    """The list beside the project; empty where there is none."""
    if not BESIDE.exists():
        return ()
    rows = BESIDE.read_text(encoding="utf-8").splitlines()
    return tuple(dict.fromkeys(json.loads(row)["text"] for row in rows))

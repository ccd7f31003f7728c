"""The write page's channel: what a visitor typed becomes an item, once, with a receipt.

Owns the form token (one form, one place, half a day), the item's id and its receipt's secret. Must not know HTTP nor
how a page looks. Nobody is signed in here and nothing is kept: the token is sealed with the organisation's secret.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from moderation.domain import Incoming, Place
from moderation.errors import BadRequest, Invalid, NotAllowed
from moderation.text import WRITE_LIMIT, clean, graphemes

CHANNEL: Final = "write"
FORM_SECONDS: Final = 12 * 3600

Seal = Callable[..., str]  # the store's: nobody without the organisation's secret can make one


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of the page, as they came."""

    text: str = ""
    kind: str = ""
    stars: str = ""
    name: str = ""
    consent: bool = False


class FormTokens:
    """`nonce.issued.seal`: made by us, for one place."""

    def __init__(self, seal: Seal, now: Callable[[], float] = time.time) -> None:
        self._seal = seal
        self._now = now

    def issue(self, place: str) -> str:
        body = f"{secrets.token_urlsafe(16)}.{int(self._now())}"
        return f"{body}.{self._seal('write form', place, body)}"

    def open(self, place: str, token: str) -> str:
        """The nonce of a token of ours: limits count it first. Raises NotAllowed `form_expired`."""
        body, _, seal = token.rpartition(".")
        made = self._seal("write form", place, body)
        nonce, _, issued = body.partition(".")
        if not hmac.compare_digest(seal.encode("utf-8", "replace"), made.encode()):
            raise NotAllowed("form_expired")
        if self._now() - int(issued) > FORM_SECONDS:
            raise NotAllowed("form_expired")
        return nonce


def item_of(form: Form, place: Place, nonce: str) -> Incoming:
    """What the form says. Raises Invalid (`too_long`, `nothing_written`, `consent_missing`), BadRequest.

    The id is the form's nonce and what was written: pressed twice it is the same item, and another text written
    with the browser's back button is another one.
    """
    text = clean(form.text).text
    if graphemes(text) > WRITE_LIMIT:
        raise Invalid("too_long", limit=WRITE_LIMIT, field="text")
    if form.stars not in ("", "0", "1", "2", "3", "4", "5"):
        raise BadRequest(field="stars")
    stars = int(form.stars or 0) or None
    if not text and stars is None:
        raise Invalid("nothing_written", field="text")
    if form.kind and form.kind not in place.kinds:
        raise BadRequest("kind_unknown", field="kind")
    if not form.consent:
        raise Invalid("consent_missing", field="consent")
    written = json.dumps([form.text, form.kind, stars, form.name])
    return Incoming(
        id=f"{nonce}-{sha256(written.encode()).hexdigest()[:16]}",
        text=form.text,
        kind=form.kind or None,
        stars=stars,
        author_name=form.name or None,
        published_at=datetime.now(UTC),
    )


def receipt_of(secret: Seal, item: Incoming) -> str:
    """The secret of the item's receipt: 256 bits, always the same for the same item, kept only as its hash."""
    return secret(CHANNEL, item.id)

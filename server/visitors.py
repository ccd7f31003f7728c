"""The customer's pages: write without an account, and the receipt that tells what became of it.

Owns the form token (one form, one message), the receipt's secret and its steps. Must not know how a message is
decided. Nobody is signed in here, so nothing is bound to a cookie: the form token is what stands against
floods and double presses.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Final

import segno
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderation.domain import Incoming, Message, Place
from moderation.errors import BadRequest, Invalid, NotAllowed, NotFound, Problem, Unavailable
from moderation.intake import receive
from moderation.store import Store
from moderation.text import NAME_LIMIT, WRITE_LIMIT, graphemes
from server.bodies import number_of, read_form, text_of
from server.entrance import typed
from server.limits import WRITE_ADDRESS, WRITE_FORM, WRITE_PLACE, Limits
from server.pages import Painter
from server.problems import extra_headers
from server.services import Services
from server.views import Receipt, Step, Write

CHANNEL: Final = "write"
FORM_SECONDS: Final = 12 * 3600
PRIVATE: Final = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class FormTokens:
    """``nonce.issued.seal``: made by us for one place, good for half a day. Nothing is kept."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def issue(self, place: str) -> str:
        body = f"{secrets.token_urlsafe(16)}.{int(time.time())}"
        return f"{body}.{self._seal(place, body)}"

    def nonce(self, place: str, token: str) -> str:
        """The nonce of a token of ours, or NotAllowed ``bad_csrf``: the page has expired."""
        body, _, seal = token.rpartition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(place, body).encode()):
            raise NotAllowed("bad_csrf")
        nonce, _, issued = body.partition(".")
        if time.time() - int(issued) > FORM_SECONDS:
            raise NotAllowed("bad_csrf")
        return nonce

    def _seal(self, place: str, body: str) -> str:
        return self._store.seal("write form", place, body)


class Visitors:
    def __init__(self, services: Services, painter: Painter, limits: Limits) -> None:
        self._painter = painter
        self._store = services.store
        self._roster = services.roster
        self._limits = limits
        self._room = services.room
        self._base_url = services.settings.server.base_url
        self._languages = services.settings.organisation.languages
        self._tokens = FormTokens(services.store)

    async def write_page(self, request: Request) -> Response:
        return self._paint(request, await self._place(request))

    async def write(self, request: Request) -> Response:
        """One message, and the way to its receipt. Pressed twice it is the same message and receipt."""
        place = await self._place(request)
        form = await read_form(request)
        try:
            nonce = self._tokens.nonce(place.slug, text_of(form, "token"))
            await self._limits.spend(WRITE_FORM, nonce)
            await self._limits.spend(WRITE_PLACE, place.slug)
            await self._limits.spend(WRITE_ADDRESS, self._limits.address(request))
            secret = await self._receive(place, nonce, form)
        except Problem as problem:
            return self._paint(request, place, form, problem)
        return RedirectResponse(f"/receipt/{secret}", 303, headers=PRIVATE)

    async def receipt(self, request: Request) -> Response:
        secret = request.path_params["secret"]
        message = await self._store.receipt(secret)
        if message is None:
            raise NotFound
        places = {place.slug: place for place in await self._roster.places()}
        view = Receipt(
            message=message,
            steps=tuple(steps_of(message)),
            places=tuple(places[slug] for slug in message.places if slug in places),
            ruling=message.ruling if message.state in ("refused", "withdrawn") else None,
            passage=passage_of(message),
            link=f"{self._base_url}/receipt/{secret}",
        )
        frame = self._painter.frame(request, "receipt")
        return self._painter.paint(request, "receipt.html", frame, view, headers=PRIVATE)

    async def qr(self, request: Request) -> Response:
        """The way from the wall to the write page, as a picture that any size can print."""
        place = await self._place(request)
        out = BytesIO()
        code = segno.make(f"{self._base_url}/write/{place.slug}", error="m", micro=False)
        code.save(out, kind="svg", border=2, dark="#000", light="#fff", omitsize=True)
        return Response(out.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"})

    async def _place(self, request: Request) -> Place:
        place = await self._roster.place(request.path_params["place"])
        if place is None:
            raise NotFound
        return place

    async def _receive(self, place: Place, nonce: str, form: FormData) -> str:
        item = item_of(place, nonce, form)
        if not self._room():
            raise Unavailable("disk_full")
        secret = self._store.seal("receipt", CHANNEL, nonce)
        taken = await receive(
            self._store,
            CHANNEL,
            [place.slug],
            [item],
            languages=self._languages,
            kinds=place.kinds,
            receipt=lambda _: secret,
        )
        code = taken.received[0].code
        if code is not None:
            raise Invalid(code, limit=NAME_LIMIT if code == "too_long" else None)
        return secret

    def _paint(
        self,
        request: Request,
        place: Place,
        form: FormData | None = None,
        problem: Problem | None = None,
    ) -> Response:
        said = self._painter.said(request, problem) if problem else None
        token = form.get("token") if form and said and said.code != "bad_csrf" else None
        view = Write(
            place=place,
            token=token if isinstance(token, str) else self._tokens.issue(place.slug),
            limit=WRITE_LIMIT,
            values=typed(form, "text", "kind", "stars", "name", "consent") if form else {},
            problem=said,
        )
        return self._painter.paint(
            request,
            "write.html",
            self._painter.frame(request, "write"),
            view,
            status=said.status if said else 200,
            headers=extra_headers(problem) if problem else None,
        )


def item_of(place: Place, nonce: str, form: FormData) -> Incoming:
    """What the form says. The limits of this page are those of a reader: graphemes, not code points."""
    text = form.get("text", "")
    if not isinstance(text, str):
        raise BadRequest(field="text")
    if graphemes(text.strip()) > WRITE_LIMIT:
        raise Invalid("too_long", limit=WRITE_LIMIT, field="text")
    if not text_of(form, "consent"):
        raise Invalid("consent_missing", field="consent")
    kind = text_of(form, "kind") or None
    if kind is not None and kind not in place.kinds:
        raise BadRequest("kind_unknown", field="kind")
    now = datetime.now(UTC)
    return Incoming(
        id=nonce,
        text=text,
        kind=kind,
        stars=number_of(text_of(form, "stars"), "stars", 0, 1, 5) or None,
        author_name=text_of(form, "name", 1_000) or None,
        published_at=now,
    )


def steps_of(message: Message) -> Iterator[Step]:
    """What became of a message, in order, and what comes next (P9)."""
    yield Step(what="received", at=message.received_at)
    if message.state == "pending":
        yield Step(what="waiting", done=False)
        return
    if message.approved_at is not None and message.state in ("approved", "withdrawn"):
        yield Step(what="shown", at=message.approved_at)
    if message.state != "approved":
        yield Step(what=message.state, at=message.decided_at)
        return
    answers = [reply for reply in message.replies if reply.retracted_at is None]
    yield Step(what="answered", at=answers[0].posted_at if answers else None, done=bool(answers))


def passage_of(message: Message) -> str | None:
    """The words that the ruling rests on."""
    if message.ruling is None:
        return None
    if message.ruling.passage == "author":
        return message.author.name
    start, end = message.ruling.passage
    return message.text[start:end] or None

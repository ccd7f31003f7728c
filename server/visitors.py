"""The customer's pages: write without an account, and the receipt that tells what became of it.

Owns the limits in their order and a receipt's steps. Must not know how a form's token and item are made
(``connectors.write``) nor how a message is decided. Nobody is signed in here, so nothing is bound to a cookie.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Final

import segno
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.write import CHANNEL, Form, FormTokens, item_of, receipt_of
from displays.cards import united
from moderation.domain import Message, Place
from moderation.errors import Invalid, NotFound, Problem, Unavailable
from moderation.intake import receive
from moderation.text import NAME_LIMIT, WRITE_LIMIT
from server.bodies import FORM_LIMIT, read_form, text_of, typed
from server.limits import WRITE_ADDRESS, WRITE_FORM, WRITE_PLACE, Limits
from server.pages import Painter
from server.services import Services
from server.views import Piece, Receipt, Step, Write

PRIVATE: Final = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class Visitors:
    def __init__(self, services: Services, painter: Painter, limits: Limits) -> None:
        self._painter = painter
        self._store = services.store
        self._roster = services.roster
        self._limits = limits
        self._room = services.room
        self._base_url = services.settings.server.base_url
        self._languages = services.settings.organisation.languages
        self._tokens = FormTokens(services.store.seal)

    async def write_page(self, request: Request) -> Response:
        return self._paint(request, await self._place(request))

    async def write(self, request: Request) -> Response:
        """One message, and the way to its receipt. Pressed twice it is the same message and receipt."""
        place = await self._place(request)
        form = await read_form(request)
        try:
            nonce = self._tokens.open(place.slug, text_of(form, "token"))
            address = self._limits.address(request)
            await self._limits.spend(WRITE_FORM, nonce)
            # One address that has used up its own share must not use up the place's.
            await self._limits.check(WRITE_ADDRESS, address)
            await self._limits.spend(WRITE_PLACE, place.slug)
            await self._limits.spend(WRITE_ADDRESS, address)
            secret = await self._receive(place, nonce, form)
        except Problem as problem:
            return self._paint(request, place, form, problem)
        return RedirectResponse(f"/receipt/{secret}", 303, headers=PRIVATE)

    async def receipt(self, request: Request) -> Response:
        secret = request.path_params["secret"]
        message = await self._store.receipt(secret)
        if message is None:  # perhaps a secret with a letter too few: no less private
            missing = self._painter.failure(request, NotFound())
            missing.headers.update(PRIVATE)
            return missing
        places = {place.slug: place for place in await self._roster.places()}
        view = Receipt(
            message=message,
            pieces=tuple(pieces_of(message)),
            covered=covered(message),
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
        code.save(out, kind="svg", border=4, dark="#000", light="#fff", omitsize=True)
        return Response(out.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"})

    async def _place(self, request: Request) -> Place:
        place = await self._roster.place(request.path_params["place"])
        if place is None:
            raise NotFound
        return place

    async def _receive(self, place: Place, nonce: str, form: FormData) -> str:
        """Take the message in; the secret of its receipt."""
        if not self._room():
            raise Unavailable("disk_full")
        item = item_of(fields_of(form), place, nonce)
        secret = receipt_of(self._store.receipt_secret, item)
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
        if code is not None:  # the text was measured; what is left is the name
            raise Invalid(code, limit=NAME_LIMIT, field="name")
        return secret

    def _paint(
        self,
        request: Request,
        place: Place,
        form: FormData | None = None,
        problem: Problem | None = None,
    ) -> Response:
        said = self._painter.said(request, problem) if problem else None
        token = form.get("token") if form and said and said.code != "form_expired" else None
        view = Write(
            place=place,
            token=token if isinstance(token, str) else self._tokens.issue(place.slug),
            limit=WRITE_LIMIT,
            values=typed(form, "text", "kind", "stars", "name", "consent") if form else {},
            problem=said,
        )
        frame = self._painter.frame(request, "write")
        return self._painter.paint(request, "write.html", frame, view, problem=problem)


def fields_of(form: FormData) -> Form:
    return Form(
        text=text_of(form, "text", FORM_LIMIT, trim=False),
        kind=text_of(form, "kind"),
        stars=text_of(form, "stars"),
        name=text_of(form, "name", 1_000),
        consent=bool(text_of(form, "consent")),
    )


def steps_of(message: Message) -> Iterator[Step]:
    """What became of a message, in order, and what comes next (P9)."""
    yield Step(what="received", at=message.received_at)
    if message.state == "pending":
        yield Step(what="waiting", done=False)
        return
    if message.approved_at is not None and message.state in ("approved", "withdrawn"):
        yield Step(what="shown_masked" if covered(message) else "shown", at=message.approved_at)
        answers = [reply for reply in message.replies if reply.retracted_at is None]
        if answers:
            yield Step(what="answered", at=answers[0].posted_at)
        elif message.state == "approved":
            yield Step(what="answered", done=False)
    if message.state != "approved":
        yield Step(what=message.state, at=message.decided_at)


def covered(message: Message) -> bool:
    """Whether what hangs is not all that was written."""
    named = message.mask_author and message.author.name is not None
    return message.state == "approved" and (named or bool(message.masks))


def pieces_of(message: Message) -> Iterator[Piece]:
    read = 0
    for start, end in united(message.masks):
        if start > read:
            yield Piece(text=message.text[read:start])
        yield Piece(text=message.text[start:end], masked=True)
        read = end
    if message.text[read:]:
        yield Piece(text=message.text[read:])


def passage_of(message: Message) -> str | None:
    """The words that the ruling rests on."""
    if message.ruling is None:
        return None
    if message.ruling.passage == "author":
        return message.author.name
    start, end = message.ruling.passage
    return message.text[start:end] or None

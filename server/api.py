"""What each call about messages and replies does.

Owns the order of checks of CONTRACT.md: who, may they, is it well formed; the state of things is asked last,
by the store. Must not know what an action means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final, Literal, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from displays.cards import MASK, masked
from moderation.actions import Actions, Verb
from moderation.domain import HOLDS, STATES, Actor, Message, Span
from moderation.errors import BadRequest, NotFound
from moderation.reads import Seen
from moderation.roster import Roster
from server.auth import Doors
from server.bodies import number_of, read_json
from server.representation import message_json, reply_json
from server.shapes import (
    ApproveBody,
    AuthorField,
    MessagesJson,
    NoncedBody,
    RefuseBody,
    ReplyBody,
)

LISTED: Final = 50
MOST: Final = 200
CURSOR_END: Final = 2**53
Word = TypeVar("Word", bound=str)


class MessagesApi:
    def __init__(self, actions: Actions, roster: Roster, doors: Doors) -> None:
        self._actions = actions
        self._roster = roster
        self._doors = doors

    async def messages(self, request: Request) -> Response:
        actor = await self._doors.actor(request)
        asked = request.query_params
        place = asked.get("place")
        if place is not None and not actor.acts_in(place):
            raise NotFound(place=place)
        page = await self._actions.messages(
            actor,
            state=one_of(STATES, asked.get("state"), "state"),
            held=one_of(HOLDS, asked.get("held"), "held"),
            place=place,
            thread=asked.get("thread"),
            hangs=one_of(("true", "false"), asked.get("hangs"), "hangs") == "true",
            limit=number_of(asked.get("limit"), "limit", LISTED, 1, MOST),
            after=str(number_of(asked.get("after"), "after", 0, 0, CURSOR_END)),
        )
        listed: MessagesJson = {
            "messages": [message_json(seen_by(actor, message)) for message in page.items],
            "next": page.next,
        }
        return JSONResponse(listed)

    async def message(self, request: Request) -> Response:
        actor, message = await self._open(request, "read")
        return JSONResponse(message_json(seen_by(actor, message)))

    async def approve(self, request: Request) -> Response:
        actor, seen = await self._look(request, "approve")
        body = await read_json(request, ApproveBody)
        done = await self._actions.approve(
            actor,
            seen.message.id,
            revision=body.revision,
            masks=body.masks,
            mask_author=body.mask_author,
            companions=body.companions,
            nonce=body.nonce,
            seen=seen,
        )
        return JSONResponse(message_json(seen_by(actor, done)))

    async def refuse(self, request: Request) -> Response:
        return await self._against(request, "refuse")

    async def withdraw(self, request: Request) -> Response:
        return await self._against(request, "withdraw")

    async def _against(self, request: Request, verb: Literal["refuse", "withdraw"]) -> Response:
        """Taking down follows the rules of refusing."""
        actor, seen = await self._look(request, verb)
        body = await read_json(request, RefuseBody)
        act = self._actions.refuse if verb == "refuse" else self._actions.withdraw
        done = await act(
            actor,
            seen.message.id,
            revision=body.revision,
            reason=body.reason,
            passage=passage_of(body),
            law=body.law,
            subject=body.subject,
            nonce=body.nonce,
            seen=seen,
        )
        return JSONResponse(message_json(seen_by(actor, done)))

    async def undo(self, request: Request) -> Response:
        actor, message = await self._open(request, "undo")
        body = await read_json(request, NoncedBody, needed=False)
        undone = await self._actions.undo(actor, message.id, nonce=body.nonce)
        return JSONResponse(message_json(seen_by(actor, undone)))

    async def reply(self, request: Request) -> Response:
        actor, message = await self._open(request, "reply")
        body = await read_json(request, ReplyBody)
        person = await self._roster.person(actor.name)
        reply = await self._actions.reply(
            replace(actor, signed=self._doors.signature(person)) if person else actor,
            message.id,
            place=body.place,
            text=body.text,
            stance=body.stance,
            due=day_of(body.due),
            owner=body.owner,
            because=body.because,
            nonce=body.nonce,
        )
        return JSONResponse(reply_json(reply))

    async def erase(self, request: Request) -> Response:
        actor, message = await self._open(request, "erase")
        body = await read_json(request, NoncedBody, needed=False)
        await self._actions.erase(actor, message.id, nonce=body.nonce)
        return Response(status_code=204)

    async def _look(self, request: Request, verb: Verb) -> tuple[Actor, Seen]:
        """401, 403 and 404, before anything of the body is looked at."""
        actor = await self._doors.actor(request)
        return actor, await self._actions.look(actor, verb, request.path_params["id"])

    async def _open(self, request: Request, verb: Verb) -> tuple[Actor, Message]:
        actor, seen = await self._look(request, verb)
        return actor, seen.message


def seen_by(actor: Actor, message: Message) -> Message:
    """Raw text is for the staff of the place. An auditor reads what the wall shows."""
    if actor.role != "auditor":
        return message
    text, masks = masked(message.text, message.masks)
    name = MASK if message.mask_author and message.author.name else message.author.name
    url = None if message.mask_author else message.author.url
    return replace(
        message,
        text=text,
        masks=masks,
        author=replace(message.author, name=name, url=url),
        hints=(),
        claim=None,
        ruling=None,
        undoable_by=None,
    )


def passage_of(body: RefuseBody) -> Span | Literal["author"] | None:
    return "author" if isinstance(body.passage, AuthorField) else body.passage


def day_of(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as wrong:
        raise BadRequest(field="due") from wrong


def one_of(known: Sequence[Word], asked: str | None, name: str) -> Word | None:
    """One word of a closed list, None when it is not asked for, else ``bad_json``."""
    if asked is None or asked == "":
        return None
    for word in known:
        if word == asked:
            return word
    raise BadRequest(field=name, expected=list(known))

"""What each call about screens and the public ledger does.

Owns who may pair and revoke. Must not know how a pairing or a signature works.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from displays.hub import Hub
from moderation.domain import Actor, Role
from moderation.errors import NotAllowed, NotFound
from moderation.mounting import Mounting, length
from moderation.roster import Roster, Screen, code_typed
from moderation.store import Store
from moderation.text import clean_name
from server.api import CURSOR_END, LISTED, MOST
from server.auth import Doors
from server.bodies import number_of, read_json
from server.limits import PAIRING_TRIES, Limits
from server.representation import ledger_json, screen_json
from server.shapes import PairBody

PAIRS: Final[frozenset[Role]] = frozenset({"owner", "manager"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A code that somebody typed, and the screen it shall be."""

    code: str
    place: str
    name: str
    mounting: Mounting | None = None
    nonce: str | None = None


class ScreensApi:
    def __init__(self, roster: Roster, hub: Hub, doors: Doors, limits: Limits) -> None:
        self._roster = roster
        self._hub = hub
        self._doors = doors
        self._limits = limits

    async def pair(self, request: Request) -> Response:
        actor = await self._doors.actor(request)
        may_pair(actor)
        body = await read_json(request, PairBody)
        asked = Asked(
            code=body.code,
            place=body.place,
            name=clean_name(body.name)[0] or "",
            mounting=said(body),
            nonce=f"{actor.id} {body.nonce}" if body.nonce else None,
        )
        screen = await pair(self._roster, self._limits, request, actor, asked)
        return JSONResponse(screen_json(screen, self._hub.facts(screen)))

    async def screens(self, request: Request) -> Response:
        actor = await self._doors.actor(request)
        may_pair(actor)
        screens = [screen for screen in await self._roster.screens() if actor.acts_in(screen.place)]
        return JSONResponse({"screens": [screen_json(screen, self._hub.facts(screen)) for screen in screens]})

    async def revoke(self, request: Request) -> Response:
        actor = await self._doors.actor(request)
        may_pair(actor)
        screen = await revoke(self._roster, self._hub, actor, request.path_params["id"])
        return JSONResponse(screen_json(screen, self._hub.facts(screen)))


class LedgerApi:
    def __init__(self, store: Store, roster: Roster, *, demo: bool) -> None:
        self._store = store
        self._roster = roster
        self._demo = demo

    async def ledger(self, request: Request) -> Response:
        slug = request.path_params["slug"]
        if await self._roster.place(slug) is None:
            raise NotFound(place=slug)
        asked = request.query_params
        page = await self._store.ledger(
            slug,
            after=number_of(asked.get("after"), "after", 0, 0, CURSOR_END),
            limit=number_of(asked.get("limit"), "limit", LISTED, 1, MOST),
        )
        return JSONResponse(ledger_json(page, demo=self._demo), headers={"Cache-Control": "no-cache"})


def said(body: PairBody) -> Mounting | None:
    """How it hangs, where that was told. Raises Invalid, see ``Mounting.checked``."""
    if body.diagonal is None and body.distance is None:
        return None
    usual = Mounting()
    return Mounting(
        diagonal=usual.diagonal if body.diagonal is None else length(body.diagonal, "in"),
        distance=usual.distance if body.distance is None else length(body.distance, "m"),
        comfort=body.comfort,
    ).checked()


def may_pair(actor: Actor) -> None:
    if actor.role not in PAIRS:
        raise NotAllowed(role=actor.role)


async def pair(roster: Roster, limits: Limits, request: Request, actor: Actor, asked: Asked) -> Screen:
    """The screen behind a code. Five wrong codes of one person, and they wait for a minute."""
    if not actor.acts_in(asked.place):
        raise NotFound(place=asked.place)
    code = code_typed(asked.code)
    who = (actor.id, limits.address(request))
    for rule in PAIRING_TRIES:
        await limits.spend(rule, *who)
    screen = await roster.claim_pairing(code, asked.place, asked.name, asked.mounting, nonce=asked.nonce)
    for rule in PAIRING_TRIES:
        await limits.forgive(rule, *who)
    return screen


async def revoke(roster: Roster, hub: Hub, actor: Actor, ident: str) -> Screen:
    """Its token is worth nothing from now on, and its connection ends."""
    screen = await roster.screen(ident)
    if screen is None or not actor.acts_in(screen.place):
        raise NotFound
    await roster.revoke_screen(ident)
    hub.revoke(ident)
    return screen

"""What a call is told about a text on the screens: whether it is off each of them.

Owns the shape of that answer. Must not know how a screen is judged (``displays.standing``).
"""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict  # pydantic wants this one below Python 3.12

from displays.hub import Hub
from displays.standing import GONE, Word, standing
from moderation.actions import Actions
from moderation.domain import Message, Thread
from moderation.roster import Roster
from moderation.store import Store
from server.auth import Doors
from server.openapi import Row
from server.representation import maybe
from server.shapes import Time


class StandingJson(TypedDict):
    """``off``: it said so. ``dark``: cut off, its lease is over. ``silent``: cut off, its lease ends at ``dark_from``.
    ``waiting``: connected, has not said so yet. ``since``: when it was heard last."""

    id: str
    name: str
    place: str
    state: Word
    since: Time | None
    dark_from: Time | None


class TakenDownJson(TypedDict):
    """``hangs``: it is on a wall, so that nothing else is said. ``off`` of ``total`` screens do not show it."""

    id: str
    hangs: bool
    off: int
    total: int
    screens: list[StandingJson]


class TakenDownApi:
    def __init__(self, actions: Actions, store: Store, roster: Roster, hub: Hub, doors: Doors) -> None:
        self._actions = actions
        self._store = store
        self._roster = roster
        self._hub = hub
        self._doors = doors

    def rows(self) -> tuple[Row, ...]:
        return (
            Row(
                "GET",
                "/messages/{id}/screens",
                "readScreensOfMessage",
                "Whether a message that was taken down is off each screen",
                self.screens,
                answer=TakenDownJson,
                errors=(401, 403, 404),
            ),
        )

    async def screens(self, request: Request) -> Response:
        """Of all places of the message: it has one state for all of them."""
        actor = await self._doors.actor(request)
        message = await self._actions.open(actor, "look", request.path_params["id"])
        hangs = await self._hangs(message)
        found = [] if hangs else await self._standings(message)
        answer: TakenDownJson = {
            "id": message.id,
            "hangs": hangs,
            "off": sum(each["state"] in GONE for each in found),
            "total": len(found),
            "screens": found,
        }
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    async def _hangs(self, message: Message) -> bool:
        if message.state != "approved":
            return False
        for place in message.places:
            if isinstance((await self._store.truths(place, [message.tid])).get(message.tid), Thread):
                return True
        return False

    async def _standings(self, message: Message) -> list[StandingJson]:
        told = {place: await self._store.told(place, message.tid) for place in message.places}
        now = datetime.now(UTC)
        found: list[StandingJson] = []
        for screen in await self._roster.screens():
            if screen.place not in told:
                continue
            stands = standing(self._hub.facts(screen), told[screen.place], now)
            if stands is not None:
                found.append(
                    {
                        "id": screen.id,
                        "name": screen.name,
                        "place": screen.place,
                        "state": stands.word,
                        "since": maybe(stands.since),
                        "dark_from": maybe(stands.dark_from),
                    }
                )
        return found

"""What each call does that leads the wall of a place, and their rows in the table.

Owns their shapes, which are theirs alone. Must not know how a screen obeys. The verb is in the path, so that a role
is refused before the body is looked at, as everywhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Final, Protocol, TypeAlias

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict  # pydantic wants this one below Python 3.12

from displays.hub import Hub
from moderation.actions import Verb
from moderation.conduct import LONGEST_MINUTES, Conduct, Order, Pace, clock_time
from moderation.conducting import Conducting
from moderation.domain import Actor
from moderation.hours import is_open, opens_at
from moderation.roster import Roster
from server.auth import Doors
from server.bodies import read_json
from server.openapi import Row
from server.representation import maybe, time_json
from server.shapes import Body, Line, NoncedBody, Time, Whole

PATH: Final = "/places/{slug}/conduct"
ERRORS: Final = (400, 401, 403, 404, 413)
DayTime: TypeAlias = Annotated[str, Field(strict=True, pattern=r"^\d{2}:\d{2}$")]


class HoursBody(Body):
    start: DayTime = Field(alias="from")
    end: DayTime = Field(alias="to")
    pace: Pace


class PaceBody(NoncedBody):
    pace: Pace
    hours: tuple[HoursBody, ...] = ()


class HoldBody(NoncedBody):
    minutes: Whole = LONGEST_MINUTES


class PinBody(HoldBody):
    message: Line


HoursJson = TypedDict("HoursJson", {"from": str, "to": str, "pace": Pace})


class PaceJson(TypedDict):
    now: Pace
    usual: Pace
    hours: list[HoursJson]


class PinJson(TypedDict):
    id: str
    until: Time
    by: str


class HoldJson(TypedDict):
    """``cards``: what the screens showed when they were told to keep it, and still hangs here."""

    until: Time
    by: str
    cards: list[str]


class BlankJson(TypedDict):
    since: Time
    until: Time | None
    by: str


class ObeyingJson(TypedDict):
    """``distance``: metres, from which it is read."""

    connected: bool
    distance: float


class ToldJson(TypedDict):
    """``blank.until`` is null once it is confirmed."""

    place: str
    pace: PaceJson
    pin: PinJson | None
    hold: HoldJson | None
    blank: BlankJson | None


class ConductJson(ToldJson):
    """``opens_at`` is null where it is open, or no day has hours."""

    open: bool
    opens_at: Time | None
    screens: list[ObeyingJson]


Act: TypeAlias = Callable[[Actor, str, Request], Awaitable[Conduct]]


class Plain(Protocol):
    def __call__(self, actor: Actor, place: str, *, nonce: str | None) -> Awaitable[Conduct]: ...


class ConductApi:
    def __init__(self, conducting: Conducting, roster: Roster, hub: Hub, doors: Doors) -> None:
        self._conducting = conducting
        self._roster = roster
        self._hub = hub
        self._doors = doors

    def rows(self) -> tuple[Row, ...]:
        conducting = self._conducting

        def order(what: Order) -> Act:
            return self._plain("conduct", partial(conducting.order, what=what))

        def row(
            what: str, says: str, act: Act, body: type[BaseModel] = NoncedBody, errors: tuple[int, ...] = ()
        ) -> Row:
            return Row(
                "POST",
                f"{PATH}/{what}",
                f"{what}Wall",
                says,
                partial(self._answer, act),
                body=body,
                body_needed=body not in (NoncedBody, HoldBody),
                answer=ConductJson,
                errors=(*ERRORS, *errors),
            )

        look = Row(
            "GET",
            PATH,
            "readConduct",
            "What a person has told this wall to do",
            partial(self._answer, self._look),
            answer=ConductJson,
            errors=(401, 403, 404),
        )
        return (
            look,
            row(
                "pace", "How long pages stay, for all cards alike; by hours of the day", self._pace, PaceBody
            ),
            row("pin", "Keep this card on every screen, 10 minutes at most", self._pin, PinBody),
            row("hold", "Keep what each screen shows now, 10 minutes at most", self._hold, HoldBody),
            row(
                "free", "End a pin or a hold: the programme goes on", self._plain("conduct", conducting.free)
            ),
            row("next", "The next card, now; ends a pin or a hold", order("next")),
            row("test", "Show the test card for a minute", order("test")),
            row("reload", "Load the screens' pages again", order("reload")),
            row(
                "blank",
                "Darken every screen, for 30 minutes unless confirmed; public",
                self._plain("blank", conducting.blank),
            ),
            row(
                "confirm",
                "Stay dark until a person ends it; public",
                self._plain("blank", conducting.confirm),
                errors=(409,),
            ),
            row("unblank", "End the darkness; public", self._plain("blank", conducting.unblank)),
        )

    async def _answer(self, act: Act, request: Request) -> Response:
        actor = await self._doors.actor(request)
        slug = request.path_params["slug"]
        conduct = await act(actor, slug, request)
        place = await self._roster.place(slug)
        zone, week = (place.timezone, place.hours) if place else ("UTC", None)
        now = datetime.now(UTC)
        answer: ConductJson = {
            **conduct_json(slug, conduct, conduct.pace_at(now, zone)),
            "open": is_open(week, zone, now),
            "opens_at": maybe(opens_at(week, zone, now)),
            "screens": [
                {"connected": self._hub.facts(screen).connected, "distance": screen.mounting.distance}
                for screen in await self._roster.screens_in(slug)
            ],
        }
        return JSONResponse(answer)

    async def _painted(self, place: str) -> list[str]:
        """The cards that hang on its screens, each once."""
        facts = [self._hub.facts(screen) for screen in await self._roster.screens_in(place)]
        return list(dict.fromkeys(each.painted.id for each in facts if each.connected and each.painted))

    async def _look(self, actor: Actor, place: str, _: Request) -> Conduct:
        return await self._conducting.look(actor, place)

    async def _pace(self, actor: Actor, place: str, request: Request) -> Conduct:
        await self._conducting.open(actor, "conduct", place)
        body = await read_json(request, PaceBody)
        hours = [(window.start, window.end, window.pace) for window in body.hours]
        return await self._conducting.pace(actor, place, body.pace, hours, nonce=body.nonce)

    async def _pin(self, actor: Actor, place: str, request: Request) -> Conduct:
        await self._conducting.open(actor, "conduct", place)
        body = await read_json(request, PinBody)
        return await self._conducting.pin(actor, place, body.message, minutes=body.minutes, nonce=body.nonce)

    async def _hold(self, actor: Actor, place: str, request: Request) -> Conduct:
        await self._conducting.open(actor, "conduct", place)
        body = await read_json(request, HoldBody, needed=False)
        cards = await self._painted(place)
        return await self._conducting.hold(actor, place, cards=cards, minutes=body.minutes, nonce=body.nonce)

    def _plain(self, verb: Verb, act: Plain) -> Act:
        """A call that says nothing but what its path says."""

        async def answer(actor: Actor, place: str, request: Request) -> Conduct:
            await self._conducting.open(actor, verb, place)
            body = await read_json(request, NoncedBody, needed=False)
            return await act(actor, place, nonce=body.nonce)

        return answer


def conduct_json(place: str, conduct: Conduct, now: Pace) -> ToldJson:
    kept, blank = conduct.kept, conduct.blank
    hours: list[HoursJson] = [
        {"from": clock_time(window.start), "to": clock_time(window.end), "pace": window.pace}
        for window in conduct.hours
    ]
    return {
        "place": place,
        "pace": {"now": now, "usual": conduct.pace, "hours": hours},
        "pin": {"id": kept.id, "until": time_json(kept.until), "by": kept.by} if kept and kept.id else None,
        "hold": {"until": time_json(kept.until), "by": kept.by, "cards": list(kept.cards)}
        if kept and not kept.id
        else None,
        "blank": {"since": time_json(blank.since), "until": maybe(blank.until), "by": blank.by}
        if blank
        else None,
    }

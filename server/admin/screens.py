"""The screens: which hang where, a new one by its code, and the end of one. A manager has this room too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from displays.coding import card_out
from displays.devices import Facts
from moderation.conducting import Conducting
from moderation.roster import Screen
from server.admin.room import FormRoom, Hall, Office, filled_in, pressed
from server.api_places import PAIRS, Asked, pair, revoke
from server.bodies import text_of
from server.limits import Limits
from server.pages import CODE_MINUTES
from server.records import mounting_of, named
from server.representation import maybe, screen_json, time_json
from server.services import Services
from server.views import AdminScreens, ScreenRow


class Screens(FormRoom):
    path = "/admin/screens"
    roles = PAIRS
    fields = ("code", "place", "name", "diagonal", "distance", "comfort")

    def __init__(self, hall: Hall, services: Services, limits: Limits) -> None:
        super().__init__(hall)
        self._hub = services.hub
        self._conducting = Conducting(services.store, services.roster)
        self._limits = limits

    async def view(self, office: Office) -> AdminScreens:
        mine = {place.slug for place in office.places}
        screens = [screen for screen in await self.hall.roster.screens() if screen.place in mine]
        return AdminScreens(
            screens=tuple(self._row(screen) for screen in screens),
            places=office.places,
            minutes=CODE_MINUTES,
        )

    async def live(self, request: Request) -> Response:
        """What the page's pictures are drawn from: what each screen says of itself, and what it says that it paints."""
        office = await self.enter(request, touch=False)  # a page that asks by itself is nobody at work
        mine = {place.slug for place in office.places}
        screens = [screen for screen in await self.hall.roster.screens() if screen.place in mine]
        seen = [(screen, self._hub.facts(screen)) for screen in screens]
        cards = {}
        for place in sorted(mine):
            painted = {ident for screen, facts in seen if screen.place == place for ident in said(facts)}
            hang = await self._hub.cards(place, sorted(painted)) if painted else ()
            cards[place] = {card.id: card_out(card) for card in hang}
        dark = {screen.place for screen, facts in seen if facts.report and facts.report.over == "blank"}
        body = {
            "now": time_json(datetime.now(UTC)),
            "screens": [self._live_row(screen, facts) for screen, facts in seen],
            "cards": cards,
            "blank": {place: await self._darkened(place) for place in dark},
        }
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    async def _darkened(self, place: str) -> dict[str, str] | None:
        """By whom, since when."""
        blank = (await self._conducting.now(place)).blank
        return {"since": time_json(blank.since), "by": blank.by} if blank else None

    def _live_row(self, screen: Screen, facts: Facts) -> dict[str, object]:
        return {
            **screen_json(screen, facts),
            "dark_from": maybe(facts.dark_from),
            "lost": any(one.id == screen.id for one in self._hub.lookout.lost.get(screen.place, ())),
            "mounting": screen.mounting.row(),
        }

    def _row(self, screen: Screen) -> ScreenRow:
        facts = self._hub.facts(screen)
        return ScreenRow(
            id=screen.id,
            name=screen.name,
            place=screen.place,
            connected=facts.connected,
            silent_since=facts.silent_since,
        )

    @filled_in
    async def pair(self, office: Office, form: FormData) -> Response:
        asked = Asked(
            code=text_of(form, "code"),
            place=text_of(form, "place"),
            name=named(form, "name", needed=False),
            mounting=mounting_of(form) if text_of(form, "diagonal") or text_of(form, "distance") else None,
        )
        actor = office.session.person.actor()
        await pair(self.hall.roster, self._limits, office.request, actor, asked)
        return self.done("paired")

    @pressed
    async def revoke(self, office: Office, form: FormData) -> Response:
        actor, ident = office.session.person.actor(), office.request.path_params["id"]
        await revoke(self.hall.roster, self._hub, actor, ident)
        return self.done("revoked")


def said(facts: Facts) -> Iterator[str]:
    """The cards that a screen says it painted: as it acknowledged the last, and as it reports now."""
    for leaf in (facts.painted, facts.report and facts.report.painted):
        if leaf:
            yield leaf.id

"""The owner's pages: places, people, screens, tokens, and how the channels are.

Owns these forms and who may open which page (a manager only sees screens). Must not know how records are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contract import Connector, Pushed
from displays.hub import Hub
from moderation.domain import ROLES, Place, Quarantined, Role
from moderation.errors import BadRequest, Invalid, NotAllowed, NotFound, Problem
from moderation.roster import Roster, Session
from moderation.store import Store
from server.api_places import PAIRS, Asked, pair, revoke
from server.auth import Doors
from server.bodies import number_of, text_of
from server.entrance import password_of, typed
from server.limits import Limits
from server.pages import Painter, enter
from server.passwords import LEAST, Passwords
from server.problems import extra_headers
from server.records import TIMEZONES, named, new_place
from server.services import Services
from server.settings import Channel, Settings
from server.views import (
    Admin,
    AdminChannels,
    AdminPeople,
    AdminPlaces,
    AdminScreens,
    AdminTokens,
    Caution,
    ChannelHealth,
    PersonRow,
    PlaceSummary,
    ScreenRow,
    TokenRow,
)
from server.views import Problem as Said

LATEST: Final = 10  # items put aside, of each channel, with their reason
OWNER: Final[frozenset[Role]] = frozenset({"owner"})
EVERYWHERE: Final[frozenset[Role]] = frozenset({"owner", "auditor"})


@dataclass(frozen=True, slots=True)
class Office:
    """Who is in, and what they typed: the start of every admin call."""

    request: Request
    session: Session
    places: tuple[Place, ...]


class AdminPages:
    def __init__(
        self, services: Services, painter: Painter, doors: Doors, limits: Limits, passwords: Passwords
    ) -> None:
        self._settings: Settings = services.settings
        self._store: Store = services.store
        self._roster: Roster = services.roster
        self._hub: Hub = services.hub
        self._connectors: Mapping[str, Connector] = services.connectors
        self._painter = painter
        self._doors = doors
        self._limits = limits
        self._passwords = passwords

    # what there is

    async def overview(self, request: Request) -> Response:
        office = await self._enter(request, PAIRS)
        screens = await self._roster.screens()
        summaries = []
        for place in office.places:
            mine = [screen for screen in screens if screen.place == place.slug]
            summaries.append(
                PlaceSummary(
                    place=place,
                    waiting=await self._store.count(place.slug, "pending"),
                    shown=await self._store.count(place.slug, "approved"),
                    screens=len(mine),
                    connected=sum(self._hub.facts(screen).connected for screen in mine),
                )
            )
        view = Admin(
            places=tuple(summaries),
            cautions=await self._cautions(),
            channels=await self._channel_health(office),
        )
        return self._paint(office, "admin.html", "admin", view)

    async def places(self, request: Request) -> Response:
        return await self._paint_places(await self._enter(request))

    async def people(self, request: Request) -> Response:
        return await self._paint_people(await self._enter(request))

    async def screens(self, request: Request) -> Response:
        return await self._paint_screens(await self._enter(request, PAIRS))

    async def channels(self, request: Request) -> Response:
        office = await self._enter(request, PAIRS)
        view = AdminChannels(channels=await self._channel_health(office))
        return self._paint(office, "admin_channels.html", "admin-channels", view)

    async def tokens(self, request: Request) -> Response:
        return await self._paint_tokens(await self._enter(request))

    # what is changed

    async def add_place(self, request: Request) -> Response:
        office = await self._enter(request)
        form = await self._doors.form(request, office.session)
        try:
            await self._roster.add_place(new_place(form))
        except Problem as problem:
            return await self._paint_places(office, form, problem)
        return done("/admin/places", "added")

    async def add_person(self, request: Request) -> Response:
        office = await self._enter(request)
        form = await self._doors.form(request, office.session)
        try:
            role = role_of(form)
            await self._roster.add_person(
                named(form, "name"),
                role,
                password=await self._passwords.hash(password_of(form)),
                places=None if role in EVERYWHERE else places_of(form),
                first_name=named(form, "first_name", needed=False),
            )
        except Problem as problem:
            return await self._paint_people(office, form, problem)
        return done("/admin/people", "added")

    async def remove_person(self, request: Request) -> Response:
        office = await self._enter(request)
        await self._doors.form(request, office.session)
        person = next((p for p in await self._roster.people() if p.id == request.path_params["id"]), None)
        if person is None:
            raise NotFound
        if person.id == office.session.person.id:
            raise NotAllowed  # nobody locks themselves out
        await self._roster.remove_person(person.name)
        return done("/admin/people", "removed")

    async def pair_screen(self, request: Request) -> Response:
        office = await self._enter(request, PAIRS)
        form = await self._doors.form(request, office.session)
        try:
            await pair(
                self._roster,
                self._limits,
                request,
                office.session.person.actor(),
                Asked(
                    code=text_of(form, "code"),
                    place=text_of(form, "place"),
                    name=named(form, "name", needed=False),
                ),
            )
        except Problem as problem:
            return await self._paint_screens(office, form, problem)
        return done("/admin/screens", "paired")

    async def revoke_screen(self, request: Request) -> Response:
        office = await self._enter(request, PAIRS)
        await self._doors.form(request, office.session)
        await revoke(self._roster, self._hub, office.session.person.actor(), request.path_params["id"])
        return done("/admin/screens", "revoked")

    async def add_token(self, request: Request) -> Response:
        """The bare token is painted once, in the answer itself: it is in no address and no store."""
        office = await self._enter(request)
        form = await self._doors.form(request, office.session)
        try:
            _, bare = await self._roster.create_token(
                role_of(form),
                place=text_of(form, "place") or None,
                person=text_of(form, "name") or None,
                days=number_of(text_of(form, "days"), "days", 365, 1, 3650),
            )
        except Problem as problem:
            return await self._paint_tokens(office, form, problem)
        return await self._paint_tokens(office, bare=bare)

    async def revoke_token(self, request: Request) -> Response:
        office = await self._enter(request)
        await self._doors.form(request, office.session)
        await self._roster.revoke_token(request.path_params["id"])
        return done("/admin/tokens", "revoked")

    # how it is painted

    async def _paint_places(
        self, office: Office, form: FormData | None = None, problem: Problem | None = None
    ) -> Response:
        view = AdminPlaces(
            places=office.places,
            timezones=TIMEZONES,
            values=typed(form, "name", "slug", "timezone", "lease_seconds", "wall_days", "wall_max")
            if form
            else {},
            problem=self._said(office, problem),
        )
        return self._paint(office, "admin_places.html", "admin-places", view, problem)

    async def _paint_people(
        self, office: Office, form: FormData | None = None, problem: Problem | None = None
    ) -> Response:
        people = tuple(
            PersonRow(
                id=person.id,
                name=person.name,
                first_name=person.first_name,
                role=person.role,
                places=person.places,
                me=person.id == office.session.person.id,
            )
            for person in await self._roster.people()
        )
        view = AdminPeople(
            people=people,
            roles=ROLES,
            places=office.places,
            least=LEAST,
            values=typed(form, "name", "first_name", "role", "place") if form else {},
            problem=self._said(office, problem),
        )
        return self._paint(office, "admin_people.html", "admin-people", view, problem)

    async def _paint_screens(
        self, office: Office, form: FormData | None = None, problem: Problem | None = None
    ) -> Response:
        mine = {place.slug for place in office.places}
        rows = []
        for screen in await self._roster.screens():
            if screen.place in mine:
                facts = self._hub.facts(screen)
                rows.append(
                    ScreenRow(
                        id=screen.id,
                        name=screen.name,
                        place=screen.place,
                        connected=facts.connected,
                        silent_since=facts.silent_since,
                    )
                )
        view = AdminScreens(
            screens=tuple(rows),
            places=office.places,
            values=typed(form, "code", "place", "name") if form else {},
            problem=self._said(office, problem),
        )
        return self._paint(office, "admin_screens.html", "admin-screens", view, problem)

    async def _paint_tokens(
        self,
        office: Office,
        form: FormData | None = None,
        problem: Problem | None = None,
        *,
        bare: str | None = None,
    ) -> Response:
        rows = tuple(
            TokenRow(
                id=token.id,
                name=token.person,
                role=token.role,
                place=token.places[0] if token.places else None,
                expires_at=token.expires_at,
            )
            for token in await self._roster.tokens()
        )
        view = AdminTokens(
            tokens=rows,
            roles=ROLES,
            places=office.places,
            bare=bare,
            values=typed(form, "name", "role", "place", "days") if form else {},
            problem=self._said(office, problem),
        )
        return self._paint(office, "admin_tokens.html", "admin-tokens", view, problem)

    def _paint(
        self, office: Office, template: str, page: str, view: object, problem: Problem | None = None
    ) -> Response:
        frame = self._painter.staff_frame(office.request, page, office.session, office.places)
        said = self._said(office, problem)
        return self._painter.paint(
            office.request,
            template,
            frame,
            view,
            status=said.status if said else 200,
            headers=extra_headers(problem) if problem else None,
        )

    def _said(self, office: Office, problem: Problem | None) -> Said | None:
        return self._painter.said(office.request, problem) if problem else None

    async def _enter(self, request: Request, roles: frozenset[Role] = OWNER) -> Office:
        session, places = await enter(request, self._doors, self._roster, roles)
        return Office(request, session, places)

    async def _cautions(self) -> tuple[Caution, ...]:
        server, organisation = self._settings.server, self._settings.organisation
        found = {
            "insecure_address": not server.secure and not server.loopback,
            "no_controller": not organisation.controller,
            "no_contact": not organisation.contact,
            "engine_down": not self._hub.engine,
        }
        known = [place.slug for place in await self._roster.places()]
        return (
            *(Caution(code=code) for code, true in found.items() if true),
            *(
                Caution(code="place_unknown", params={"channel": channel, "place": place})
                for channel, place in self._settings.astray(known)
            ),
        )

    async def _channel_health(self, office: Office) -> tuple[ChannelHealth, ...]:
        mine = {place.slug for place in office.places}
        found = []
        for channel in self._settings.channels:
            if mine & set(channel.places):
                noted = await self._store.channel(channel.slug)
                aside = await self._store.quarantined(channel.slug)
                pushed = isinstance(self._connectors.get(channel.slug), Pushed)
                found.append(channel_health(channel, noted, aside, pushed=pushed))
        return tuple(found)


def done(path: str, what: str) -> Response:
    return RedirectResponse(f"{path}?done={what}", 303)


def role_of(form: FormData) -> Role:
    asked = text_of(form, "role")
    for role in ROLES:
        if role == asked:
            return role
    raise BadRequest(field="role")


def places_of(form: FormData) -> tuple[str, ...]:
    slugs = tuple(value for value in form.getlist("place") if isinstance(value, str) and value)
    if not slugs:
        raise Invalid("empty", field="place")
    return slugs


def channel_health(
    channel: Channel, noted: Mapping[str, str], aside: Sequence[Quarantined], *, pushed: bool
) -> ChannelHealth:
    """What the runner, or the last delivery, noted: ``last_at``, and ``error`` while it is lost."""
    last_at, error = noted.get("last_at"), noted.get("error") or None
    return ChannelHealth(
        slug=channel.slug,
        kind=channel.kind,
        places=channel.places,
        state="lost" if error else "working" if last_at else "new",
        last_at=datetime.fromisoformat(last_at) if last_at else None,
        error=error,
        quarantined=len(aside),
        latest=tuple(aside[:LATEST]),
        incoming=f"/api/v1/channels/{channel.slug}/incoming" if pushed else None,
    )

"""What all rooms of the administration share: who is let in, how a page is painted, and the way of a form.

Owns that way: whoever is in sends the fields of one of our pages, and is led on, or sees what they typed again with
what was wrong. Must not know what any room is about.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import ClassVar, Final, TypeVar

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderation.domain import ROLES, Place, Role
from moderation.errors import BadRequest, NotFound, Problem
from moderation.roster import Roster, Session
from server.auth import Doors
from server.bodies import text_of, typed
from server.pages import Painter, enter
from server.views import Form

OWNER: Final[frozenset[Role]] = frozenset({"owner"})


@dataclass(frozen=True, slots=True)
class Hall:
    """What every room needs."""

    painter: Painter
    doors: Doors
    roster: Roster


@dataclass(frozen=True, slots=True)
class Office:
    """Who is in, and the places that are theirs."""

    request: Request
    session: Session
    places: tuple[Place, ...]


class Room(ABC):
    """One page: ``path`` is its address and names its template."""

    path: ClassVar[str]
    roles: ClassVar[frozenset[Role]] = OWNER

    def __init__(self, hall: Hall) -> None:
        self.hall = hall

    @abstractmethod
    async def view(self, office: Office) -> object:
        """What the page shows."""

    async def page(self, request: Request) -> Response:
        office = await self.enter(request)
        return self.paint(office, await self.view(office))

    async def enter(self, request: Request, *, touch: bool = True) -> Office:
        session, places = await enter(request, self.hall.doors, self.hall.roster, self.roles, touch=touch)
        return Office(request, session, places)

    def paint(self, office: Office, view: object, problem: Problem | None = None) -> Response:
        name = self.path.strip("/").replace("/", "-")
        frame = self.hall.painter.staff_frame(office.request, name, office.session, office.places)
        template = f"{name.replace('-', '_')}.html"
        return self.hall.painter.paint(office.request, template, frame, view, problem=problem)

    def done(self, what: str) -> Response:
        return RedirectResponse(f"{self.path}?done={what}", 303)


class FormRoom(Room):
    """A room where something is made: its page has a form with these fields."""

    fields: ClassVar[tuple[str, ...]]

    @abstractmethod
    async def view(self, office: Office) -> Form: ...


R = TypeVar("R", bound=Room)
F = TypeVar("F", bound=FormRoom)


def pressed(
    deed: Callable[[R, Office, FormData], Awaitable[Response]],
) -> Callable[[R, Request], Awaitable[Response]]:
    """A button of a row: what it does is done by whoever is in and has the page's CSRF token."""

    @wraps(deed)
    async def endpoint(room: R, request: Request) -> Response:
        office = await room.enter(request)
        return await deed(room, office, await room.hall.doors.form(request, office.session))

    return endpoint


def filled_in(
    deed: Callable[[F, Office, FormData], Awaitable[Response]],
) -> Callable[[F, Request], Awaitable[Response]]:
    """The room's form: what is refused is painted again, with what was typed and what was wrong."""

    @wraps(deed)
    async def with_another_try(room: F, office: Office, form: FormData) -> Response:
        try:
            return await deed(room, office, form)
        except Problem as problem:
            said = room.hall.painter.said(office.request, problem)
            view = replace(await room.view(office), values=typed(form, *room.fields), problem=said)
            return room.paint(office, view, problem)

    return pressed(with_another_try)


def place_named(office: Office) -> Place:
    """The place in the address, among those of whoever is in."""
    found = next((each for each in office.places if each.slug == office.request.path_params["slug"]), None)
    if found is None:
        raise NotFound
    return found


def role_of(form: FormData) -> Role:
    asked = text_of(form, "role")
    for role in ROLES:
        if role == asked:
            return role
    raise BadRequest(field="role")

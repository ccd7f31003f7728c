"""The ways in: signing in and out, the first run, a demo's links.

Owns these pages and where each leads. Must not know how a password or a session is kept.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderation.errors import NotFound, Problem
from moderation.roster import Roster, Setup, new_person
from moderation.seals import digest
from server.auth import DEVICE_SECONDS, Doors
from server.bodies import read_form, text_of, typed
from server.limits import SET_UP, Limits
from server.pages import HOME, Painter
from server.passwords import LEAST, Passwords
from server.records import TIMEZONES, named, new_place, password_of
from server.services import Demo
from server.views import SetUp, SetUpOver, SignIn

# A path of ours and nothing else: browsers read a backslash as a slash and drop control characters.
_OURS: Final = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")


class Entrance:
    def __init__(
        self,
        painter: Painter,
        doors: Doors,
        roster: Roster,
        limits: Limits,
        passwords: Passwords,
        demo: Demo | None,
    ) -> None:
        self._painter = painter
        self._doors = doors
        self._roster = roster
        self._limits = limits
        self._passwords = passwords
        self._entries = demo.entries if demo else {}
        self._finishing: set[str] = set()  # digests of the set-up links by which somebody came to the end

    async def sign_in_page(self, request: Request) -> Response:
        session = await self._doors.session(request)
        target = within(request.query_params.get("next", ""))
        if session is not None:
            return RedirectResponse(target or HOME[session.person.role], 303)
        return self._paint_sign_in(request, SignIn(next=target))

    async def sign_in(self, request: Request) -> Response:
        self._doors.check_origin(request)
        form = await read_form(request)
        name, target = text_of(form, "name"), within(text_of(form, "next", 2_000))
        try:
            person, secret = await self._doors.sign_in(name, password_of(form), self._limits.address(request))
        except Problem as problem:
            view = SignIn(next=target, values={"name": name}, problem=self._painter.said(request, problem))
            return self._paint_sign_in(request, view, problem)
        # A session from before is not taken over: whoever planted it would share this one.
        response = RedirectResponse(target or HOME[person.role], 303)
        await self._doors.sign_out(request, response)
        self._doors.admit(response, secret)
        return response

    async def sign_out(self, request: Request) -> Response:
        session = await self._doors.session(request)
        response = RedirectResponse("/sign-in", 303)
        if session is not None:
            await self._doors.form(request, session)
            await self._doors.sign_out(request, response)
        return response

    async def set_up_page(self, request: Request) -> Response:
        if not await self._set_up_open(request):
            return await self._set_up_over(request)
        return self._paint_set_up(request, SetUp(least=LEAST, timezones=TIMEZONES))

    async def set_up(self, request: Request) -> Response:
        """The owner and the first place, both or neither; whoever did it is signed in."""
        if not await self._set_up_open(request):
            return await self._set_up_over(request)
        self._doors.check_origin(request)
        secret = secret_of(request)
        form = await read_form(request)
        try:
            person = new_person(
                named(form, "name"),
                "owner",
                first_name=named(form, "first_name"),
                password=await self._passwords.hash(password_of(form)),
            )
            place = new_place(form, name="place_name", slug="place_slug")
            # Before it is finished: of two presses, the second may be answered first.
            self._finishing.add(digest(secret))
            await self._roster.finish_setup(secret, Setup(person=person, place=place))
        except Problem as problem:
            if not await self._roster.setup_open(secret):
                return await self._set_up_over(request)
            view = SetUp(
                least=LEAST,
                timezones=TIMEZONES,
                values=typed(form, "name", "first_name", "place_name", "place_slug", "timezone"),
                problem=self._painter.said(request, problem),
            )
            return self._paint_set_up(request, view, problem)
        response = RedirectResponse("/admin", 303)
        self._doors.admit(response, await self._roster.open_session(person))
        return response

    async def enter(self, request: Request) -> Response:
        """A demo's link: signs in by redirect and changes nothing else."""
        entry = self._entries.get(digest(secret_of(request)))
        if entry is None:
            raise NotFound
        response = RedirectResponse(entry.path, 303)
        if entry.person is not None:
            person = await self._roster.person(entry.person)
            if person is None:
                raise NotFound
            self._doors.admit(response, await self._roster.open_session(person))
        if entry.device is not None:
            self._doors.cookies.write(response, "device", entry.device, DEVICE_SECONDS)
        return response

    async def _set_up_open(self, request: Request) -> bool:
        await self._limits.spend(SET_UP, self._limits.address(request))
        return await self._roster.setup_open(secret_of(request))

    async def _set_up_over(self, request: Request) -> Response:
        """A second press, a step back: whoever finished the set-up is told so; others, that the link is closed."""
        session = await self._doors.session(request)
        owner = session is not None and session.person.role == "owner"
        finished = digest(secret_of(request)) in self._finishing and await self._roster.any_owner()
        view = SetUpOver(done=owner or finished, signed_in=owner)
        frame = self._painter.frame(request, "set-up")
        problem = None if view.done else NotFound()
        return self._painter.paint(request, "setup_over.html", frame, view, problem=problem)

    def _paint_sign_in(self, request: Request, view: SignIn, problem: Problem | None = None) -> Response:
        frame = self._painter.frame(request, "sign-in")
        return self._painter.paint(request, "sign_in.html", frame, view, problem=problem)

    def _paint_set_up(self, request: Request, view: SetUp, problem: Problem | None = None) -> Response:
        frame = self._painter.frame(request, "set-up")
        return self._painter.paint(request, "setup.html", frame, view, problem=problem)


def secret_of(request: Request) -> str:
    return str(request.path_params["secret"])


def within(target: str) -> str:
    """Where to go after signing in: a path of ours, or nowhere."""
    return target if _OURS.fullmatch(target) else ""

"""The pages that people open.

Owns which address shows which page, to whom, and what the page is given. The contexts are the frozen classes
of ``server.views``, one a template: every template gets ``frame`` and ``view`` and nothing else.

Boot data, ``frame.boot`` (JSON for the page's module), by page:

desk, tablet   {"language", "csrf", "base_url", "demo", "me": {"id", "name", "role",
and admin      "places", "signed"}, "codes": [refusal codes], "places": [{"slug", "name", "timezone", "lease_seconds",
               "wall_days", "wall_max", "kinds", "stances"}], "now"}; ``signed`` is how the
               wall signs this person; ``now`` is RFC 3339: relative times are kept against the server's clock
screen         {"language", "languages", "base_url", "organisation", "demo", "paired": bool, "place": null or
               {"slug", "name", "timezone", "lease_seconds", "kinds", "stances", "write_url", "write_qr"}};
               ``write_qr`` is the path of an SVG. Pairing: POST /screen/pairing -> {"code", "expires_in"},
               or {"state": "paired"} where the browser is a screen already;
               GET /screen/pairing -> {"state": "waiting" | "paired" | "expired"}; at ``paired`` the device
               cookie is set and the page loads itself again
others         None
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from displays.rendering import Pages
from moderation.domain import REFUSAL_CODES, Place, Role
from moderation.errors import NotAllowed, Problem, SignedOut
from moderation.roster import PAIRING_SECONDS, Person, Roster, Session
from moderation.store import Store
from server import cautions
from server.auth import Cookies, Doors, signature
from server.problems import answered, extra_headers, language_of, problem_json
from server.representation import time_json
from server.settings import Settings
from server.views import Desk, Failure, Frame, Me, Tablet
from server.views import Problem as Said

LANGUAGE_SECONDS = 365 * 86400
CODE_MINUTES = PAIRING_SECONDS // 60
DESK_ROLES: frozenset[Role] = frozenset({"owner", "moderator", "manager"})
TABLET_ROLES: frozenset[Role] = frozenset({"owner", "manager", "staff"})
HOME: Mapping[Role, str] = {
    "owner": "/desk",
    "moderator": "/desk",
    "manager": "/tablet",
    "staff": "/tablet",
    "auditor": "/account",
}


class Painter:
    """Puts a view into its frame, in the person's language."""

    def __init__(self, pages: Pages, settings: Settings, cookies: Cookies, *, demo: bool) -> None:
        self._pages = pages
        self._organisation = settings.organisation
        self._base_url = settings.server.base_url
        self._local = cautions.unreachable(settings)
        self._cookies = cookies
        self._demo = demo
        self._channels = {each.slug: each.name for each in settings.channels if each.name}

    def language(self, request: Request) -> str:
        return language_of(request, self._organisation.languages)

    def frame(
        self,
        request: Request,
        page: str,
        *,
        session: Session | None = None,
        places: Sequence[Place] = (),
        boot: Mapping[str, object] | None = None,
    ) -> Frame:
        return Frame(
            page=page,
            language=self.language(request),
            languages=self._organisation.languages,
            path=request.url.path,
            organisation=self._organisation.name,
            base_url=self._base_url,
            local=self._local,
            controller=self._organisation.controller,
            contact=self._organisation.contact,
            csrf=session.csrf if session else "",
            me=me(session.person, places) if session else None,
            demo=self._demo,
            done=request.query_params.get("done"),
            boot=boot,
        )

    def staff_frame(self, request: Request, page: str, session: Session, places: Sequence[Place]) -> Frame:
        """The frame of a signed-in page, with the boot data of desk, tablet and admin."""
        person = me(session.person, places)
        boot = {
            "language": self.language(request),
            "csrf": session.csrf,
            "base_url": self._base_url,
            "demo": self._demo,
            "me": {
                "id": session.person.id,
                "name": person.name,
                "role": person.role,
                "places": list(person.places),
                "signed": signature(session.person, self._organisation.languages[0]),
            },
            "codes": list(REFUSAL_CODES),
            "places": [place_boot(place) for place in places],
            "channels": self._channels,
            "now": time_json(datetime.now(UTC)),
        }
        return self.frame(request, page, session=session, places=places, boot=boot)

    def paint(
        self,
        request: Request,
        template: str,
        frame: Frame,
        view: object,
        *,
        problem: Problem | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """``problem``: what was wrong, which the view says; here it gives the status."""
        html = self._pages.render(template, frame.language, frame=frame, view=view)
        response = HTMLResponse(html, headers=headers)
        if problem is not None:
            response.status_code = answered(problem)[0]
            response.headers.update(extra_headers(problem))
        if request.query_params.get("lang") == frame.language:
            self._cookies.write(response, "lang", frame.language, LANGUAGE_SECONDS)
        return response

    def said(self, request: Request, problem: Problem) -> Said:
        """What was wrong, for a form that is painted again."""
        body = problem_json(problem, self.language(request))
        return Said(
            status=body["status"],
            code=problem.kind,
            title=body["title"],
            params=body["params"],
        )

    def failure(self, request: Request, problem: Problem) -> Response:
        """An error for a person: a page in their language, with the code and no trace."""
        view = Failure(problem=self.said(request, problem), back=self._came_from(request))
        return self.paint(request, "error.html", self.frame(request, "error"), view, problem=problem)

    def _came_from(self, request: Request) -> str:
        """The page of ours whose form was sent; nothing for a page that was only opened."""
        address = request.headers.get("referer", "")
        path = address.removeprefix(self._base_url)
        return path if request.method == "POST" and path != address and path.startswith("/") else ""


class StaffPages:
    """The desk and the tablet; what both share with admin is who may come in."""

    def __init__(self, painter: Painter, doors: Doors, roster: Roster, store: Store) -> None:
        self._painter = painter
        self._doors = doors
        self._roster = roster
        self._store = store

    async def home(self, request: Request) -> Response:
        session = await self._doors.session(request)
        return RedirectResponse(HOME[session.person.role] if session else "/sign-in", 303)

    async def desk(self, request: Request) -> Response:
        session, places = await enter(request, self._doors, self._roster, DESK_ROLES)
        frame = self._painter.staff_frame(request, "desk", session, places)
        view = Desk(places=places, first=await self._first(places), codes=REFUSAL_CODES)
        return self._painter.paint(request, "desk.html", frame, view)

    async def tablet(self, request: Request) -> Response:
        session, places = await enter(request, self._doors, self._roster, TABLET_ROLES)
        frame = self._painter.staff_frame(request, "tablet", session, places)
        view = Tablet(places=places, first=await self._first(places), minutes=CODE_MINUTES)
        return self._painter.paint(request, "tablet.html", frame, view)

    async def _first(self, places: Sequence[Place]) -> str:
        """The place to begin with: a new one, still without screens and messages, comes after the others."""
        hung = {screen.place for screen in await self._roster.screens()} if len(places) > 1 else set()
        for place in places:
            if len(places) == 1 or place.slug in hung or await self._store.count(place.slug, "approved"):
                return place.slug
        return places[0].slug if places else ""


async def enter(
    request: Request, doors: Doors, roster: Roster, roles: frozenset[Role], *, touch: bool = True
) -> tuple[Session, tuple[Place, ...]]:
    """Whoever is signed in with one of these roles, and their places. Raises SignedOut, NotAllowed."""
    session = await doors.session(request, touch=touch)
    if session is None:
        raise SignedOut
    if session.person.role not in roles:
        raise NotAllowed(role=session.person.role)
    actor = session.person.actor()
    return session, tuple(place for place in await roster.places() if actor.acts_in(place.slug))


def me(person: Person, places: Sequence[Place]) -> Me:
    return Me(name=person.name, role=person.role, places=tuple(place.slug for place in places))


def place_boot(place: Place) -> dict[str, object]:
    return {
        "slug": place.slug,
        "name": place.name,
        "timezone": place.timezone,
        "lease_seconds": place.lease_seconds,
        "wall_days": place.wall_days,
        "wall_max": place.wall_max,
        "kinds": list(place.kinds),
        "stances": list(place.stances),
    }

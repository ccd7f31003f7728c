"""The application: services in, an ASGI application out.

Owns the order of the layers around every request and how an error becomes an answer. Must not know what any
address does.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderation.conducting import Conducting
from moderation.errors import Problem, SignedOut
from server import openapi, routes
from server.admin import administration
from server.api import MessagesApi
from server.api_channels import ChannelsApi
from server.api_conduct import ConductApi
from server.api_places import LedgerApi, ScreensApi
from server.api_taken_down import TakenDownApi
from server.assets import Assets
from server.auth import Doors
from server.entrance import Entrance
from server.health import Health
from server.kiosk import Kiosk
from server.limits import Limits
from server.metrics import CountRequests, Metrics
from server.pages import Painter, StaffPages
from server.passwords import Passwords
from server.problems import http_problem, language_of, problem_response
from server.security import SecurityHeaders, headers_for, keep_secrets_out_of_logs
from server.services import Services
from server.sockets import Sockets
from server.visitors import Visitors


def build(services: Services) -> Starlette:
    """The whole application. It opens and closes nothing: ``services`` are the caller's to start and stop."""
    keep_secrets_out_of_logs()
    settings, store, roster, hub = services.settings, services.store, services.roster, services.hub
    demo = services.demo is not None
    limits, passwords = Limits(settings.server.trusted_proxies), Passwords()
    doors = Doors(settings, roster, limits, passwords)
    painter = Painter(services.pages, settings, doors.cookies, demo=demo)
    metrics = Metrics(store, roster, hub, behind_proxy=bool(settings.server.trusted_proxies))
    table = routes.rows(
        MessagesApi(services.actions, roster, doors),
        ScreensApi(roster, hub, doors, limits),
        LedgerApi(store, roster, demo=demo),
        ChannelsApi(services),
        ConductApi(Conducting(store, roster), roster, hub, doors),
        TakenDownApi(services.actions, store, roster, hub, doors),
    )
    described = openapi.document(
        table,
        title=settings.organisation.name,
        server=settings.server.base_url,
        cookie=doors.cookies.name("session"),
    )
    headers = headers_for(settings.server.base_url)
    answers = Answers(painter, settings.organisation.languages, headers)
    application = Starlette(
        routes=[
            # First: the router tries one after the other, and thousands of screens may ask for this one at once.
            *Sockets(hub, roster, settings.server.origins, settings.server.secure).routes(),
            *routes.api(table, described),
            *routes.pages(
                StaffPages(painter, doors, roster, store),
                Entrance(painter, doors, roster, limits, passwords, services.demo),
                administration(services, painter, doors, limits, passwords),
                Kiosk(painter, doors, roster, limits, settings, demo=demo),
                Visitors(services, painter, limits),
            ),
            *routes.machinery(Health(store), metrics, Assets()),
        ],
        middleware=[
            Middleware(SecurityHeaders, headers=headers),
            Middleware(CountRequests, metrics=metrics),
        ],
        exception_handlers={
            Problem: answers.problem,
            HTTPException: answers.refused,
            Exception: answers.broken,
        },
    )
    application.router.redirect_slashes = False  # it would send to whichever host the request names
    return application


class Answers:
    """An error for a program is problem+json, for a person a page."""

    def __init__(self, painter: Painter, languages: tuple[str, ...], headers: Mapping[str, str]) -> None:
        self._painter = painter
        self._languages = languages
        self._headers = headers

    async def problem(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, Problem):
            error = Problem()
        if for_program(request):
            return problem_response(error, language_of(request, self._languages))
        if isinstance(error, SignedOut):
            target = f"?{urlencode({'next': request.url.path})}" if request.method == "GET" else ""
            return RedirectResponse(f"/sign-in{target}", 303)
        return self._painter.failure(request, error)

    async def refused(self, request: Request, error: Exception) -> Response:
        """What the router refuses by itself."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return await self.problem(request, http_problem(status))

    async def broken(self, request: Request, error: Exception) -> Response:
        """A mistake of ours. The trace is in the log, never in the answer, which is made outside all layers."""
        response = await self.problem(request, Problem())
        response.headers.update(self._headers)
        return response


def for_program(request: Request) -> bool:
    path = request.url.path
    return path.startswith(("/api/", "/static/")) or path in (
        "/screen/pairing",
        "/metrics",
        "/readyz",
        "/healthz",
    )

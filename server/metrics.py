"""/metrics for Prometheus: what the server does, in numbers, never in names or texts.

Owns the registry of one application and who may read it: an API token, or a peer on loopback when nothing
stands between (no proxy in the settings, no forwarding header, no other host's name: a proxy on this machine that
nobody declared has all of its strangers on loopback). Routes are labelled by their pattern, so that
no secret of an address becomes a label.
"""

from __future__ import annotations

import time
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from displays.hub import Hub
from moderation.errors import SignedOut, Unavailable
from moderation.roster import Roster
from moderation.store import Store
from server.auth import bearer_of
from server.expected import is_loopback

FORWARDED: Final = ("forwarded", "x-forwarded-", "x-real-ip", "via", "true-client-ip", "cf-connecting-ip")
METHODS: Final = ("GET", "HEAD", "POST", "DELETE")
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    def __init__(self, store: Store, roster: Roster, hub: Hub, *, behind_proxy: bool) -> None:
        self._store = store
        self._roster = roster
        self._hub = hub
        self._behind_proxy = behind_proxy
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "complicity_http_requests", "Requests", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "complicity_http_seconds", "Time to answer", ["route"], buckets=BUCKETS, registry=self.registry
        )
        self._waiting = Gauge(
            "complicity_messages_waiting", "Messages nobody has decided", ["place"], registry=self.registry
        )
        self._screens = Gauge(
            "complicity_screens_connected", "Screens on this process", ["place"], registry=self.registry
        )
        self._silent = Gauge(
            "complicity_screens_silent", "Screens not heard, at any hour", ["place"], registry=self.registry
        )
        self._lost = Gauge(
            "complicity_screens_lost", "Screens not heard while open", ["place"], registry=self.registry
        )
        self._engine = Gauge("complicity_engine_up", "Whether the engine answers", registry=self.registry)

    async def page(self, request: Request) -> Response:
        if not self._direct(request):
            bearer = bearer_of(request)
            if bearer is None or await self._roster.token(bearer) is None:
                raise SignedOut
        self._engine.set(self._hub.engine)
        with suppress(Unavailable):  # then the numbers of before stand, and engine_up says why
            connected, lookout = self._hub.connected_by_place(), self._hub.lookout
            for place in await self._roster.places():
                self._screens.labels(place.slug).set(connected.get(place.slug, 0))
                self._silent.labels(place.slug).set(lookout.silent.get(place.slug, 0))
                self._lost.labels(place.slug).set(len(lookout.lost.get(place.slug, ())))
                self._waiting.labels(place.slug).set(await self._store.count(place.slug, "pending"))
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

    def _direct(self, request: Request) -> bool:
        """A peer on this machine that speaks for itself."""
        if self._behind_proxy or any(name.startswith(FORWARDED) for name in request.headers):
            return False
        try:
            direct = request.client is not None and ip_address(request.client.host).is_loopback
            return direct and is_loopback(request.url.hostname or "")
        except ValueError:
            return False


class CountRequests:
    """ASGI middleware: one count and one time an answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(time.perf_counter() - started)

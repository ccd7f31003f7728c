"""The two sockets: ``/ws/screen`` (wall.v1, for devices) and ``/ws/desk`` (desk.v1, for pages of the staff).

Owns who may open one: exact Origin, cookie or device token, and the close code that says why not. Each
endpoint lets in, hands its outlet to the hub, and then only receives. Must not know what a feed is.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from displays.coding import encode, parse_up
from displays.fanout import Batch, Listener, Outlet, framed
from displays.hub import Hub
from displays.protocol import (
    DESK,
    NOT_PAIRED,
    PROTOCOL,
    REVOKED,
    TOO_MANY,
    TRY_LATER,
    WALL,
    Ack,
    Hello,
    Report,
)
from displays.reader import Malformed
from moderation.errors import Unavailable
from moderation.roster import Roster, Screen, Session
from server.transport import LINGER_SECONDS, DirectWebSocket, outlet_of

HELLO_SECONDS: Final = 15.0
SESSION_SECONDS: Final = 30.0  # how late a desk's socket may notice that its session has ended
FRAMES: Final = 120  # a screen may say this many things in PACE_SECONDS
PACE_SECONDS: Final = 10.0
# When thousands come back at once, so many are let in at a time and in order: what a turn of the loop does stays
# short, and a withdrawal's POST gets through in the middle.
ADMITTED: Final = 32


class Left(Exception):
    """The peer has gone, or has been sent away: nothing more comes from it."""


@dataclass(frozen=True, slots=True)
class Sockets:
    hub: Hub
    roster: Roster
    origins: frozenset[str]  # exactly what browsers send
    secure: bool  # cookies carry the __Host- prefix
    # Never held while a peer is waited for.
    admitting: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(ADMITTED))

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/ws/screen", self.screen), WebSocketRoute("/ws/desk", self.desk)]

    async def screen(self, websocket: WebSocket) -> None:
        origin = websocket.headers.get("origin")
        if origin is not None and origin not in self.origins:
            await websocket.close()  # before accept: HTTP 403, another site learns nothing
            return
        spoken = WALL in websocket.scope["subprotocols"]
        await websocket.accept(WALL if spoken else None)
        async with outlet_of(websocket.scope, websocket.send) as outlet:
            with suppress(Left):
                if not spoken:
                    raise await _sent_away(websocket, outlet, PROTOCOL, "subprotocol")
                screen = await self._paired(websocket, outlet, origin)
                await self._serve_screen(websocket, outlet, screen)

    async def desk(self, websocket: WebSocket) -> None:
        if websocket.headers.get("origin") not in self.origins:
            await websocket.close()
            return
        spoken = DESK in websocket.scope["subprotocols"]
        await websocket.accept(DESK if spoken else None)
        async with outlet_of(websocket.scope, websocket.send) as outlet:
            with suppress(Left):
                if not spoken:
                    raise await _sent_away(websocket, outlet, PROTOCOL, "subprotocol")
                await self._serve_desk(websocket, outlet)

    # screens

    async def _paired(self, websocket: WebSocket, outlet: Outlet, origin: str | None) -> Screen:
        """Without an Origin only a Bearer token counts: a cookie alone may ride on another site's page."""
        scheme, _, bare = websocket.headers.get("authorization", "").partition(" ")
        token = bare.strip() if scheme.lower() == "bearer" else ""
        if not token and origin is not None:
            token = websocket.cookies.get(self._cookie("device"), "")
        try:
            async with self.admitting:
                screen = await self.roster.screen_by_token(token) if token else None
        except Unavailable:
            raise await self._later(websocket, outlet) from None
        if screen is None:
            raise await _sent_away(websocket, outlet, NOT_PAIRED, "not paired")
        if screen == "revoked":
            raise await _sent_away(websocket, outlet, REVOKED, "revoked")
        return screen

    async def _serve_screen(self, websocket: WebSocket, outlet: Outlet, screen: Screen) -> None:
        listener = self.hub.attach(screen, outlet)
        if isinstance(outlet, DirectWebSocket):
            outlet.farewell = self._farewell
        try:
            async with asyncio.timeout(HELLO_SECONDS) as patience:
                pace = _Pace()
                while True:
                    text = await _receive(websocket, outlet)
                    if not pace.allows():
                        raise await _sent_away(websocket, outlet, TOO_MANY, "too many frames")
                    if await self._heard(websocket, outlet, screen, listener, text, patience):
                        pace.forgives()
        except TimeoutError:
            raise await _sent_away(websocket, outlet, PROTOCOL, "no hello") from None
        finally:
            self.hub.leave(listener, screen)

    def _farewell(self) -> bytes:
        return framed(encode(self.hub.goodbye("restart")))

    async def _heard(
        self,
        websocket: WebSocket,
        outlet: Outlet,
        screen: Screen,
        listener: Listener,
        text: str,
        patience: asyncio.Timeout,
    ) -> bool:
        """Whether it only answers what it was told: that is as often as there is something to tell."""
        try:
            frame = parse_up(text)
        except Malformed as wrong:
            raise await _sent_away(websocket, outlet, PROTOCOL, str(wrong)[:100]) from None
        match frame:
            case Hello():
                patience.reschedule(None)  # if it has to wait now, it is for us
                try:
                    async with self.admitting:
                        await self.hub.hello(screen, listener, frame)
                except Unavailable:
                    raise await self._later(websocket, outlet) from None
            case Ack():
                return self.hub.ack(screen, listener, frame)
            case Report():
                self.hub.report(screen, listener, frame)
        return False

    async def _later(self, websocket: WebSocket, outlet: Outlet) -> Left:
        outlet.deliver(Batch.of([encode(self.hub.goodbye("engine"))]), 0)
        return await _sent_away(websocket, outlet, TRY_LATER, "engine")

    # desks

    async def _serve_desk(self, websocket: WebSocket, outlet: Outlet) -> None:
        secret = websocket.cookies.get(self._cookie("session"), "")
        try:
            session = await self.roster.session(secret) if secret else None
            if session is None or session.person.role == "auditor":  # who reads what hangs, and no more
                raise await _sent_away(websocket, outlet, NOT_PAIRED, "not signed in")
            listener = await self.hub.attend(await self._places(session), outlet)
        except Unavailable:
            raise await self._later(websocket, outlet) from None
        watch = asyncio.create_task(self._watch(secret, outlet))
        pace = _Pace()
        try:
            while True:  # a desk has nothing to say here; it acts over HTTP
                await _receive(websocket, outlet)
                if not pace.allows():
                    raise await _sent_away(websocket, outlet, TOO_MANY, "too many frames")
        finally:
            watch.cancel()
            self.hub.leave(listener)

    async def _places(self, session: Session) -> tuple[str, ...]:
        mine = session.person.places
        return mine if mine is not None else tuple(place.slug for place in await self.roster.places())

    async def _watch(self, secret: str, outlet: Outlet) -> None:
        """Signing out, or being removed, also ends what was already open."""
        while True:
            await asyncio.sleep(SESSION_SECONDS)
            with suppress(Unavailable):
                if await self.roster.session(secret, touch=False) is None:
                    outlet.close(NOT_PAIRED, "signed out")
                    return

    def _cookie(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name


class _Pace:
    """How much one socket may say. A window, not a bucket: an honest screen is far below."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._said = 0

    def allows(self) -> bool:
        now = time.monotonic()
        if now - self._since > PACE_SECONDS:
            self._since, self._said = now, 0
        self._said += 1
        return self._said <= FRAMES

    def forgives(self) -> None:
        self._said -= 1


async def _receive(websocket: WebSocket, outlet: Outlet) -> str:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise Left
    text = message.get("text")
    if text is None:
        raise await _sent_away(websocket, outlet, PROTOCOL, "text frames only")
    return str(text)


async def _sent_away(websocket: WebSocket, outlet: Outlet, code: int, reason: str) -> Left:
    """Close, and stay until the closing frame is out: an endpoint that returns first cuts it off."""
    outlet.close(code, reason)
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            for _ in range(FRAMES):  # whoever goes on talking is not listened to
                if (await websocket.receive())["type"] == "websocket.disconnect":
                    break
    return Left()

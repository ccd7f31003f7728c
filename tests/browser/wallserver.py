"""A server that speaks `wall.v1` as a test tells it to: also late, wrongly, or not at all.

The real hub is tested with the real pages elsewhere; it can't be made to fall silent, to skip an offset or
to hang up with any code at a given moment. This one can. The page, its texts and its styles are the product's.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
from dataclasses import replace
from typing import Self

import segno
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from displays.coding import encode, hung_out, parse_up
from displays.protocol import (
    Ack,
    Card,
    Down,
    Heartbeat,
    Hello,
    Hung,
    Led,
    Put,
    Removal,
    RemovalOp,
    Report,
    Snap,
    Stored,
    Welcome,
)
from displays.release import HEADER, release
from displays.rendering import Pages
from moderation.domain import Cursor, Place
from server.assets import Assets
from server.security import SecurityHeaders, headers_for
from server.views import Frame, Screen

PLACE = Place(slug="grenoble", name="Maison Lumière, Grenoble, place Victor-Hugo")


class WallServer:
    def __init__(self) -> None:
        self.cards: dict[str, Card] = {}
        self.offset = 0
        self.epoch = "e1"
        self.lease = 300
        self.heartbeat = 1
        self.paired = True
        self.answering = True  # False: accepts and says nothing
        self.led: Led | None = None  # what a person told this wall to do
        self.hung: Hung | None = None  # how this screen hangs
        self.ahead = 0.0  # seconds that its clock is ahead of this machine's
        self.away = False  # True: its pages are answered by a notice that they are not there
        self.asked = 0  # for the page
        self.refusing: int | None = None  # a close code for whoever connects
        self.hellos: list[Hello] = []
        self.acks: list[Ack] = []
        self.reports: list[Report] = []
        self.aired: int | None = None  # None: it says nothing of airtime
        self.storing = True  # False: airtime is taken in, and no word of it
        self.sockets: set[WebSocket] = set()
        self.code = "ABCD2345"
        self._server: uvicorn.Server | None = None

    # Being served -----------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        app = Starlette(
            routes=[
                Route("/screen", self._page),
                Route("/screen/pairing", self._begin, methods=["POST"]),
                Route("/screen/pairing", self._collect, methods=["GET"]),
                Route("/qr/write/grenoble.svg", self._qr),
                WebSocketRoute("/ws/screen", self._socket),
                Mount("/static", Assets()),
            ]
        )
        app.add_middleware(SecurityHeaders, headers=headers_for("http://127.0.0.1"))
        config = uvicorn.Config(app, port=0, log_level="warning", lifespan="off", ws="websockets-sansio")
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self._beats = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._beats.cancel()
        await self.cut()
        self._server.should_exit = True
        await self._task

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # What a test makes it say -----------------------------------------------------------------------

    def hang(self, *cards: Card) -> None:
        """Before anybody listens."""
        self.cards |= {card.id: card for card in cards}

    async def put(self, card: Card) -> None:
        version = self.cards[card.id].version + 1 if card.id in self.cards else card.version
        self.cards[card.id] = replace(card, version=version)
        await self.say(Put(self._next(), self.cards[card.id]))

    async def remove(self, card: str, op: RemovalOp = "withdraw") -> None:
        gone = self.cards.pop(card)
        await self.say(Removal(self._next(), op, card, gone.version + 1))

    async def lead(self, led: Led) -> None:
        self.led = led
        await self.say(led)

    async def say(self, frame: Down) -> None:
        for socket in list(self.sockets):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.send_text(encode(frame).decode())

    async def cut(self, code: int = 1012) -> None:
        for socket in list(self.sockets):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(code)

    # How it answers ---------------------------------------------------------------------------------

    def _next(self) -> Cursor:
        self.offset += 1
        return self._head()

    def _head(self) -> Cursor:
        return Cursor(epoch=self.epoch, offset=self.offset, nonce=f"n{self.offset}")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.heartbeat)
            if self.answering:
                await self.beat()

    async def beat(self) -> None:
        await self.say(Heartbeat(self.offset, time.time() + self.ahead))

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept("wall.v1")
        if self.refusing is not None:
            await socket.close(self.refusing)
            return
        self.sockets.add(socket)
        try:
            async for text in socket.iter_text():
                frame = parse_up(text)
                if isinstance(frame, Ack):
                    self.acks.append(frame)
                    await self._store(socket, frame)
                elif isinstance(frame, Report):
                    self.reports.append(frame)
                elif isinstance(frame, Hello):
                    self.hellos.append(frame)
                    if self.answering:
                        await self._welcome(socket, frame)
        finally:
            self.sockets.discard(socket)

    async def _store(self, socket: WebSocket, ack: Ack) -> None:
        if self.aired is not None and self.storing and ack.airtime:
            self.aired = max(self.aired, ack.airtime[-1].n)
            await socket.send_text(encode(Stored(self.aired)).decode())

    async def _welcome(self, socket: WebSocket, hello: Hello) -> None:
        known = hello.c is not None and hello.c == self._head()
        welcome = Welcome(
            hello.rid, PLACE.slug, self.heartbeat, self.lease, "resume" if known else "snapshot",
            None if known else "cold", time.time() + self.ahead, self.aired,
        )  # fmt: skip
        frames: list[Down] = [welcome, *(frame for frame in (self.led, self.hung) if frame)]
        if not known:
            frames.append(Snap(hello.rid, self._head(), tuple(self.cards.values())))
        frames.append(Heartbeat(self.offset, time.time() + self.ahead))
        for frame in frames:
            await socket.send_text(encode(frame).decode())

    async def _page(self, request: Request) -> Response:
        self.asked += 1
        if self.away:
            return HTMLResponse("", 503)
        language = request.query_params.get("lang", "fr")
        place: dict[str, object] | None = None
        if self.paired:
            place = {"slug": PLACE.slug, "name": PLACE.name, "timezone": PLACE.timezone}
            place["write_qr"] = "/qr/write/grenoble.svg"
        boot = {"language": language, "place": place, "screen": hung_out(self.hung) if self.hung else None}
        frame = Frame(
            page="screen", language=language, languages=("fr", "en"), path="/screen",
            organisation="Maison Lumière", base_url="https://mur.maison-lumiere.fr",
            demo="demo" in request.query_params, boot=boot,
        )  # fmt: skip
        view = Screen(place=PLACE if self.paired else None)
        html = Pages().render("screen.html", language, frame=frame, view=view)
        return HTMLResponse(html, headers={HEADER: release()})

    async def _begin(self, _: Request) -> Response:
        return JSONResponse({"code": self.code, "expires_in": 600})

    async def _collect(self, _: Request) -> Response:
        return JSONResponse({"state": "paired" if self.paired else "waiting"})

    async def _qr(self, _: Request) -> Response:
        code = segno.make("https://mur.maison-lumiere.fr/write/grenoble", micro=False)
        out = io.BytesIO()
        code.save(out, kind="svg", border=4, scale=4)
        return Response(out.getvalue(), media_type="image/svg+xml")

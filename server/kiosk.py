"""The screen's page and its pairing.

Owns the device cookie and the cookie that binds a code to the browser that shows it. Must not know the protocol
of the wall.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from displays.coding import hung_out
from displays.release import HEADER, release, worker
from displays.telling import hung
from moderation.domain import Place
from moderation.roster import PAIRING_SECONDS, Roster
from moderation.roster import Screen as Device
from server.auth import DEVICE_SECONDS, Doors
from server.limits import PAIRING_BEGIN, Limits
from server.pages import Painter, place_boot
from server.settings import Settings
from server.views import Screen

WORKER: Final = "/screen/worker.js"
COLLECT_SECONDS: Final = PAIRING_SECONDS + 60


class Kiosk:
    def __init__(
        self,
        painter: Painter,
        doors: Doors,
        roster: Roster,
        limits: Limits,
        settings: Settings,
        *,
        demo: bool,
    ) -> None:
        self._painter = painter
        self._doors = doors
        self._roster = roster
        self._limits = limits
        self._settings = settings
        self._demo = demo

    async def page(self, request: Request) -> Response:
        screen = await self._screen(request)
        device = screen if isinstance(screen, Device) else None
        place = await self._place(screen)
        spoken = device.mounting.languages if device else ()
        language = spoken[0] if spoken else self._painter.language(request)
        boot = {
            "language": language,
            "languages": list(self._settings.organisation.languages),
            "base_url": self._settings.server.base_url,
            "organisation": self._settings.organisation.name,
            "demo": self._demo,
            "paired": place is not None,
            "place": self._boot(place) if place else None,
            "worker": WORKER,
            "screen": hung_out(hung(device, place)) if device and place else None,
        }
        frame = replace(self._painter.frame(request, "screen", boot=boot), language=language)
        view = Screen(place=place, revoked=screen == "revoked")
        response = self._painter.paint(request, "screen.html", frame, view, headers={HEADER: release()})
        bare = self._doors.cookies.read(request, "device")
        if place and bare:  # browsers forget a cookie after 400 days; the page is loaded anew every night
            self._doors.cookies.write(response, "device", bare, DEVICE_SECONDS)
        return response

    async def worker(self, request: Request) -> Response:
        """The service worker: allowed beyond its own folder, and looked for anew each time."""
        headers = {"Service-Worker-Allowed": "/screen", "Cache-Control": "no-cache"}
        return Response(worker(), media_type="text/javascript", headers=headers)

    async def begin(self, request: Request) -> Response:
        self._doors.check_origin(request)
        await self._limits.spend(PAIRING_BEGIN, self._limits.address(request))
        if await self._place(await self._screen(request)):  # its page is one of before, that was kept
            return JSONResponse({"state": "paired"})
        code, secret = await self._roster.begin_pairing()
        response = JSONResponse({"code": code, "expires_in": PAIRING_SECONDS})
        self._doors.cookies.write(response, "pairing", secret, COLLECT_SECONDS)
        return response

    async def collect(self, request: Request) -> Response:
        """How the pairing stands. The token goes into a cookie that no script can read.

        ``forgotten``: this browser did not send back the cookie that came with its code.
        """
        secret = self._doors.cookies.read(request, "pairing")
        if not secret and await self._place(await self._screen(request)):  # another window of it was first
            return JSONResponse({"state": "paired"})
        found = await self._roster.collect_pairing(secret) if secret else "forgotten"
        if isinstance(found, str):
            return JSONResponse({"state": found})
        response = JSONResponse({"state": "paired", **({"test": True} if found.said else {})})
        self._doors.cookies.write(response, "device", found.token, DEVICE_SECONDS)
        self._doors.cookies.drop(response, "pairing")
        return response

    async def _screen(self, request: Request) -> Device | Literal["revoked"] | None:
        bare = self._doors.cookies.read(request, "device")
        return await self._roster.screen_by_token(bare) if bare else None

    async def _place(self, screen: Device | Literal["revoked"] | None) -> Place | None:
        return await self._roster.place(screen.place) if isinstance(screen, Device) else None

    def _boot(self, place: Place) -> dict[str, object]:
        return {
            **place_boot(place),
            "write_url": f"{self._settings.server.base_url}/write/{place.slug}",
            "write_qr": f"/qr/write/{place.slug}.svg",
        }

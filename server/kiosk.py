"""The screen's page and its pairing.

Owns the device cookie and the cookie that binds a code to the browser that shows it. Must not know the protocol
of the wall.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from moderation.domain import Place
from moderation.roster import PAIRING_SECONDS, Roster
from moderation.roster import Screen as Device
from server.auth import DEVICE_SECONDS, Doors
from server.limits import PAIRING_BEGIN, Limits
from server.pages import Painter, place_boot
from server.settings import Settings
from server.views import Screen

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
        place = await self._place(request)
        boot = {
            "language": self._painter.language(request),
            "languages": list(self._settings.organisation.languages),
            "base_url": self._settings.server.base_url,
            "organisation": self._settings.organisation.name,
            "demo": self._demo,
            "paired": place is not None,
            "place": self._boot(place) if place else None,
        }
        frame = self._painter.frame(request, "screen", boot=boot)
        return self._painter.paint(request, "screen.html", frame, Screen(place=place))

    async def begin(self, request: Request) -> Response:
        self._doors.check_origin(request)
        await self._limits.spend(PAIRING_BEGIN, self._limits.address(request))
        code, secret = await self._roster.begin_pairing()
        response = JSONResponse({"code": code, "expires_in": PAIRING_SECONDS})
        self._doors.cookies.write(response, "pairing", secret, COLLECT_SECONDS)
        return response

    async def collect(self, request: Request) -> Response:
        """How the pairing stands. The token goes into a cookie that no script can read."""
        secret = self._doors.cookies.read(request, "pairing")
        found = await self._roster.collect_pairing(secret) if secret else "expired"
        if found in ("waiting", "expired"):
            return JSONResponse({"state": found})
        response = JSONResponse({"state": "paired"})
        self._doors.cookies.write(response, "device", found, DEVICE_SECONDS)
        self._doors.cookies.drop(response, "pairing")
        return response

    async def _place(self, request: Request) -> Place | None:
        bare = self._doors.cookies.read(request, "device")
        screen = await self._roster.screen_by_token(bare) if bare else None
        return await self._roster.place(screen.place) if isinstance(screen, Device) else None

    def _boot(self, place: Place) -> dict[str, object]:
        return {
            **place_boot(place),
            "write_url": f"{self._settings.server.base_url}/write/{place.slug}",
            "write_qr": f"/qr/write/{place.slug}.svg",
        }

"""Signed intake: what a channel that pushes sends us.

Owns which channel an address means, the size of a delivery and the answer. Must not know how a signature or an
item is read: that is the connector's, and the order of it ``connectors.door``'s.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.contract import Pushed
from connectors.door import take
from moderation.errors import NotFound, Unavailable
from moderation.intake import Intake, Received
from server.bodies import read_body
from server.problems import BROADER
from server.services import Services
from server.shapes import IntakeJson, QuarantinedJson


class ChannelsApi:
    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._roster = services.roster
        self._connectors = services.connectors
        self._room = services.room
        self._languages = services.settings.organisation.languages
        self._base_url = services.settings.server.base_url

    async def incoming(self, request: Request) -> Response:
        connector = self._connectors.get(request.path_params["slug"])
        if not isinstance(connector, Pushed):
            raise NotFound
        body = await read_body(request, connector.body_limit)  # its size is checked before the HMAC
        if not self._room():
            raise Unavailable("disk_full")
        taken = await take(
            self._store,
            connector,
            request.headers,
            body,
            languages=self._languages,
            kinds=await self._roster.kinds(connector.places),
        )
        return JSONResponse(self._json(taken), status_code=202)

    def _json(self, taken: Intake) -> IntakeJson:
        return {
            "accepted": taken.accepted,
            "duplicates": taken.duplicates,
            "quarantined": [put_aside(one) for one in taken.quarantined],
            "receipts": [
                {"id": one.upstream, "url": f"{self._base_url}/receipt/{one.receipt}"}
                for one in taken.received
                if one.receipt is not None
            ],
        }


def put_aside(one: Received) -> QuarantinedJson:
    narrow = one.code or "problem"
    said: QuarantinedJson = {"id": one.upstream, "code": BROADER.get(narrow, (0, narrow))[1]}
    if said["code"] != narrow:
        said["why"] = narrow
    if one.field is not None:
        said["field"] = one.field
    return said

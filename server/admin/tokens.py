"""The API tokens: which there are, a new one, shown once, and the end of one."""

from __future__ import annotations

from dataclasses import replace

from starlette.datastructures import FormData
from starlette.responses import Response

from moderation.domain import ROLES
from server.admin.room import FormRoom, Office, filled_in, pressed, role_of
from server.bodies import text_of
from server.records import number_typed
from server.views import AdminTokens, TokenRow


class Tokens(FormRoom):
    path = "/admin/tokens"
    fields = ("name", "role", "place", "days")

    async def view(self, office: Office) -> AdminTokens:
        rows = tuple(
            TokenRow(
                id=token.id,
                name=token.person,
                role=token.role,
                place=token.places[0] if token.places else None,
                expires_at=token.expires_at,
            )
            for token in await self.hall.roster.tokens()
        )
        return AdminTokens(tokens=rows, roles=ROLES, places=office.places)

    @filled_in
    async def add(self, office: Office, form: FormData) -> Response:
        """The bare token is painted once, in the answer itself: it is in no address and no store."""
        _, bare = await self.hall.roster.create_token(
            role_of(form),
            place=text_of(form, "place") or None,
            person=text_of(form, "name") or None,
            days=number_typed(form, "days", 365, 1, 3650),
        )
        return self.paint(office, replace(await self.view(office), bare=bare))

    @pressed
    async def revoke(self, office: Office, form: FormData) -> Response:
        await self.hall.roster.revoke_token(office.request.path_params["id"])
        return self.done("revoked")

"""The places: what there is, and a new one. Those of wall.toml are read-only here."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.responses import Response

from server.admin.room import FormRoom, Office, filled_in
from server.records import TIMEZONES, new_place
from server.views import AdminPlaces


class Places(FormRoom):
    path = "/admin/places"
    fields = ("name", "slug", "timezone", "lease_seconds", "wall_days", "wall_max")

    async def view(self, office: Office) -> AdminPlaces:
        return AdminPlaces(places=office.places, timezones=TIMEZONES)

    @filled_in
    async def add(self, office: Office, form: FormData) -> Response:
        await self.hall.roster.add_place(new_place(form))
        return self.done("added")

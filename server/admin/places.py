"""The places: what there is, a new one, another name or time zone. Those of wall.toml are read-only here."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from moderation.conducting import Conducting
from server.admin.room import FormRoom, Hall, Office, filled_in, place_named
from server.records import TIMEZONES, new_place, place_said
from server.services import Services
from server.views import AdminPlace, AdminPlaces


class Places(FormRoom):
    path = "/admin/places"
    fields = ("name", "slug", "timezone", "lease_seconds", "wall_days", "wall_max")

    async def view(self, office: Office) -> AdminPlaces:
        return AdminPlaces(places=office.places, timezones=TIMEZONES)

    @filled_in
    async def add(self, office: Office, form: FormData) -> Response:
        await self.hall.roster.add_place(new_place(form))
        return self.done("added")


class Place(FormRoom):
    path = "/admin/place"
    fields = ("name", "timezone", "lease_seconds", "wall_days", "wall_max")

    def __init__(self, hall: Hall, services: Services) -> None:
        super().__init__(hall)
        self._leading = Conducting(services.store, services.roster)

    async def view(self, office: Office) -> AdminPlace:
        place = place_named(office)
        values = {field: str(getattr(place, field)) for field in self.fields}
        zones = {*TIMEZONES, place.timezone}  # its own too, under whatever name it was given
        return AdminPlace(place=place, timezones=tuple(zones), values=values)

    @filled_in
    async def change(self, office: Office, form: FormData) -> Response:
        slug = place_named(office).slug
        await self.hall.roster.change_place(place_said(form, slug))
        # A screen reads its place's name with its page.
        await self._leading.order(office.session.person.actor(), slug, "reload")
        return RedirectResponse("/admin/places?done=place_changed", 303)

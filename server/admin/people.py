"""The people of the house: who is there, who comes, who goes. Nobody removes themselves."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import FormData
from starlette.responses import Response

from moderation.domain import ROLES, Role
from moderation.errors import Invalid, NotAllowed, NotFound
from server.admin.room import FormRoom, Hall, Office, filled_in, pressed, role_of
from server.passwords import LEAST, Passwords
from server.records import named, password_of
from server.views import AdminPeople, PersonRow

EVERYWHERE: Final[frozenset[Role]] = frozenset({"owner", "auditor"})


class People(FormRoom):
    path = "/admin/people"
    fields = ("name", "first_name", "role", "place")

    def __init__(self, hall: Hall, passwords: Passwords) -> None:
        super().__init__(hall)
        self._passwords = passwords

    async def view(self, office: Office) -> AdminPeople:
        rows = tuple(
            PersonRow(
                id=person.id,
                name=person.name,
                first_name=person.first_name,
                role=person.role,
                places=person.places,
                me=person.id == office.session.person.id,
            )
            for person in await self.hall.roster.people()
        )
        return AdminPeople(people=rows, roles=ROLES, places=office.places, least=LEAST)

    @filled_in
    async def add(self, office: Office, form: FormData) -> Response:
        role = role_of(form)
        await self.hall.roster.add_person(
            named(form, "name"),
            role,
            password=await self._passwords.hash(password_of(form)),
            places=None if role in EVERYWHERE else places_of(form),
            first_name=named(form, "first_name", needed=False),
        )
        return self.done("added")

    @pressed
    async def remove(self, office: Office, form: FormData) -> Response:
        wanted = office.request.path_params["id"]
        person = next((each for each in await self.hall.roster.people() if each.id == wanted), None)
        if person is None:
            raise NotFound
        if person.id == office.session.person.id:
            raise NotAllowed  # nobody locks themselves out
        await self.hall.roster.remove_person(person.name)
        return self.done("removed")


def places_of(form: FormData) -> tuple[str, ...]:
    slugs = tuple(value for value in form.getlist("place") if isinstance(value, str) and value)
    if not slugs:
        raise Invalid("empty", field="place")
    return slugs

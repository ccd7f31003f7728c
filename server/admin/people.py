"""The people of the house: who is there, who comes, who goes; and what one of them may do from now on.

Nobody removes or changes themselves here: their own password is their account's business.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from moderation.domain import ROLES, Role
from moderation.errors import Invalid, NotAllowed, NotFound
from moderation.roster import Person as Known
from server.admin.room import FormRoom, Hall, Office, Room, filled_in, pressed, role_of
from server.passwords import LEAST, Passwords
from server.records import named, password_of
from server.views import AdminPeople, AdminPerson, PersonRow

log = logging.getLogger("complicity.doors")

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
            first_name=named(form, "first_name"),
            password=await self._passwords.hash(password_of(form)),
            places=places_of(form, role),
        )
        return self.done("added")

    @pressed
    async def remove(self, office: Office, form: FormData) -> Response:
        person = await another(self, office)
        await self.hall.roster.remove_person(person.name)
        return self.done("removed")


class Person(FormRoom):
    path = "/admin/person"
    fields = ("first_name", "role", "place")

    def __init__(self, hall: Hall, passwords: Passwords) -> None:
        super().__init__(hall)
        self._passwords = passwords

    async def view(self, office: Office) -> AdminPerson:
        person = await another(self, office)
        return AdminPerson(
            id=person.id,
            name=person.name,
            roles=ROLES,
            places=office.places,
            least=LEAST,
            values={
                "first_name": person.first_name,
                "role": person.role,
                "place": " ".join(person.places or ()),
            },
        )

    @filled_in
    async def change(self, office: Office, form: FormData) -> Response:
        """Their sessions end; nothing said anew changes nothing."""
        person, role, password = await another(self, office), role_of(form), password_of(form)
        said = replace(
            person,
            first_name=named(form, "first_name"),
            role=role,
            places=places_of(form, role),
            password=await self._passwords.hash(password) if password else person.password,
        )
        if said != person:
            await self.hall.roster.change_person(person, said)
            log.warning(
                "%s (%s) has changed the account of %s (%s): %s%s.",
                *(office.session.person.name, office.session.person.id, person.name, person.id, role),
                ", with a new password" if password else "",
            )
        return RedirectResponse("/admin/people?done=person_changed", 303)


async def another(room: Room, office: Office) -> Known:
    """Whom the address names. Nobody locks themselves out, or gives themselves another role."""
    wanted = office.request.path_params["id"]
    person = next((each for each in await room.hall.roster.people() if each.id == wanted), None)
    if person is None:
        raise NotFound
    if person.id == office.session.person.id:
        raise NotAllowed
    return person


def places_of(form: FormData, role: Role) -> tuple[str, ...] | None:
    if role in EVERYWHERE:
        return None
    slugs = tuple(value for value in form.getlist("place") if isinstance(value, str) and value)
    if not slugs:
        raise Invalid("place_needed", field="place")
    return slugs

"""The people of the organisation, and their sessions.

Owns these records. Must not know HTTP, cookies, or how a password is hashed.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from moderation import scripts
from moderation.domain import Actor, Role, Via
from moderation.errors import Conflict, NotFound
from moderation.places import Places
from moderation.reads import wall_clock
from moderation.seals import digest

# A working day: a tablet on the shop's counter lies still for hours between two customers, and whoever has to sign in
# each time lets it lie or writes the password on it. What bounds the risk instead (ASVS 5, 7.3): the absolute end, the
# CSRF token of every change, and that removing or changing a person ends their sessions at once.
SESSION_SECONDS: Final = 12 * 3600
IDLE_SECONDS: Final = 8 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """``places`` is None for whoever acts everywhere. ``password`` is a hash, None: can't sign in.

    ``lock`` is another after each change of the person: sessions opened under an older one are over.
    """

    id: str
    name: str
    first_name: str
    role: Role
    places: tuple[str, ...] | None
    password: str | None = None
    lock: str = ""

    def actor(self, via: Via = "session", *, signed: str = "") -> Actor:
        return Actor(
            id=self.id,
            name=self.name,
            role=self.role,
            places=self.places,
            via=via,
            signed=signed,
            first_name=self.first_name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    person: Person
    csrf: str


class People(Places):
    async def people(self) -> tuple[Person, ...]:
        return tuple(sorted((_person(raw) for raw in await self._rows("people")), key=lambda p: p.name))

    async def person(self, name: str) -> Person | None:
        raw = await self._row("people", name.casefold())
        return _person(raw) if raw else None

    async def add_person(
        self,
        name: str,
        role: Role,
        *,
        password: str | None = None,
        places: Sequence[str] | None = None,
        first_name: str = "",
    ) -> Person:
        """``password`` is already hashed. Raises Conflict ``name_taken``, NotFound for an unknown place."""
        await self._know(places)
        person = new_person(name, role, password=password, places=places, first_name=first_name)
        if not await self._put_new("people", name.casefold(), asdict(person)):
            raise Conflict("name_taken", field="name")
        return person

    async def change_person(self, before: Person, after: Person) -> Person:
        """The same person as ``after`` says, if they are still as ``before`` says; all their sessions end.

        Raises NotFound, Conflict (``person_changed``, ``last_owner``: somebody can always sign in as one).
        """
        await self._know(after.places)
        changed = replace(after, lock=secrets.token_hex(8))
        if not await self._change(before, changed):
            raise NotFound
        return changed

    async def remove_person(self, name: str) -> None:
        """Their sessions and tokens stop with them. Raises what ``change_person`` raises."""
        person = await self.person(name)
        if person is None:
            raise NotFound
        await self._change(person, None)

    async def _change(self, before: Person, after: Person | None) -> bool:
        """What a person is from now on, None: nobody. False if they had gone by then."""
        name, table = before.name.casefold(), self._keys.table("people")
        known = await self._connection.ask(self._connection.commands.hget(table, name))
        if known is None or (now := _person(json.loads(known))).id != before.id:
            return False
        if now != before:
            raise Conflict("person_changed")
        said = {"after": json.dumps(asdict(after), ensure_ascii=False)} if after else {}
        answer = await scripts.run(
            self._connection, "change_person", [table], {"name": name, "before": known, **said}
        )
        if answer.word == "LAST":
            raise Conflict("last_owner", field="role")
        if answer.word == "AGAIN":
            raise Conflict("person_changed")
        return answer.word == "OK"

    async def _know(self, places: Sequence[str] | None) -> None:
        for slug in places or ():
            if await self.place(slug) is None:
                raise NotFound(place=slug)

    async def any_owner(self) -> bool:
        return any(p.role == "owner" and p.password for p in await self.people())

    # sessions

    async def open_session(self, person: Person) -> str:
        """The secret of a new session, for a cookie."""
        secret, now = secrets.token_urlsafe(32), wall_clock()
        row = {
            "person": person.name,
            "id": person.id,
            "lock": person.lock,
            "csrf": secrets.token_urlsafe(24),
            "ends": now + SESSION_SECONDS * 1000,
        }
        await self._open_door("session", secret, row, IDLE_SECONDS)
        return secret

    async def session(self, secret: str, *, touch: bool = True) -> Session | None:
        """Whose session this is. Each look but one without ``touch`` keeps it from going idle; its end stays
        fixed."""
        row = await self._door("session", secret)
        if row is None or row["ends"] < wall_clock():
            return None
        person = await self.person(row["person"])
        if person is None or (person.id, person.lock) != (row["id"], row.get("lock", "")):
            return None
        if touch:
            key = self._keys.door("session", digest(secret))
            await self._connection.ask(self._connection.commands.expire(key, IDLE_SECONDS))
        return Session(person=person, csrf=row["csrf"])

    async def close_session(self, secret: str) -> None:
        await self._connection.ask(
            self._connection.commands.delete(self._keys.door("session", digest(secret)))
        )


def new_person(
    name: str,
    role: Role,
    *,
    password: str | None = None,
    places: Sequence[str] | None = None,
    first_name: str = "",
) -> Person:
    """A person with an id of their own. ``password`` is already hashed."""
    return Person(
        id=secrets.token_hex(8),
        name=name,
        first_name=first_name or name,
        role=role,
        places=tuple(places) if places is not None else None,
        password=password,
    )


def _person(raw: Mapping[str, Any]) -> Person:
    return Person(**{**raw, "places": None if raw["places"] is None else tuple(raw["places"])})

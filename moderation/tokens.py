"""API tokens: what programs sign in with, each for a person.

Owns these records. Must not know HTTP.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from moderation.domain import Actor, Role
from moderation.errors import Invalid, NotFound
from moderation.people import People, Person
from moderation.seals import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token: acts for a person with a role of its own, in one place or in all."""

    id: str
    person: str
    role: Role
    places: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime


class Tokens(People):
    async def create_token(
        self, role: Role, *, place: str | None = None, person: str | None = None, days: int = 365
    ) -> tuple[Token, str]:
        """A token and, once, its bare text. Without ``person`` it acts for one named after it.

        Raises NotFound, Invalid ``role_beyond``: nobody lends a role that they don't have.
        """
        if place is not None and await self.place(place) is None:
            raise NotFound(place=place)
        ident, bare = secrets.token_hex(4), secrets.token_urlsafe(32)
        if person is None:
            person = f"token-{ident}"
            acts_for = await self.add_person(person, role, places=[place] if place else None)
        else:
            found = await self.person(person)
            if found is None:
                raise NotFound(person=person)
            if not _lends(found, role):
                raise Invalid("role_beyond", name=found.name, theirs=found.role, role=role)
            acts_for = found
        now = datetime.now(UTC)
        token = Token(
            id=ident,
            person=person,
            role=role,
            places=(place,) if place else None,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        row = {
            **asdict(token),
            "created_at": now.isoformat(),
            "expires_at": token.expires_at.isoformat(),
            "digest": digest(bare),
            "person_id": acts_for.id,  # a namesake who comes later does not inherit it
        }
        await self._put("tokens", ident, row)
        await self._open_door("token", bare, {"id": ident}, days * 86400)
        return token, bare

    async def token(self, bare: str) -> Actor | None:
        """Who this token acts as: with its own role, and only where both it and its person may act."""
        door = await self._door("token", bare)
        row = await self._row("tokens", door["id"]) if door else None
        if row is None:
            return None
        token = _token(row)
        person = await self.person(token.person)
        if person is None or person.id != row["person_id"] or token.expires_at < datetime.now(UTC):
            return None
        if not _lends(person, token.role):
            return None
        places = token.places
        if person.places is not None:
            places = tuple(p for p in person.places if token.places is None or p in token.places)
        actor = person.actor("token")
        return replace(actor, role=token.role, places=places)

    async def tokens(self) -> tuple[Token, ...]:
        return tuple(sorted((_token(row) for row in await self._rows("tokens")), key=lambda t: t.created_at))

    async def revoke_token(self, ident: str) -> None:
        """Raises NotFound."""
        row = await self._row("tokens", ident)
        if row is None:
            raise NotFound
        await self._connection.gather(
            [
                ("hdel", (self._keys.table("tokens"), ident)),
                ("delete", (self._keys.door("token", row["digest"]),)),
            ]
        )


def _lends(person: Person, role: Role) -> bool:
    return role == person.role or person.role == "owner"


def _token(raw: Mapping[str, Any]) -> Token:
    return Token(
        id=raw["id"],
        person=raw["person"],
        role=raw["role"],
        places=None if raw["places"] is None else tuple(raw["places"]),
        created_at=datetime.fromisoformat(raw["created_at"]),
        expires_at=datetime.fromisoformat(raw["expires_at"]),
    )

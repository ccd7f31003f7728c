"""Who and what belongs to the organisation: places, people, tokens and screens, in one object; and the first run.

Owns the set-up. What else it does stands in the files that it is made of, one a subject.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Final

from moderation import scripts
from moderation.domain import Place
from moderation.errors import Conflict, NotFound
from moderation.people import SESSION_SECONDS, Person, Session, new_person
from moderation.screens import PAIRING_SECONDS, Screen, Screens, code_typed
from moderation.seals import digest
from moderation.tokens import Token, Tokens

__all__ = [
    "PAIRING_SECONDS",
    "SESSION_SECONDS",
    "Person",
    "Roster",
    "Screen",
    "Session",
    "Setup",
    "Token",
    "code_typed",
    "new_person",
]

SETUP_SECONDS: Final = 30 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the first-run page collects."""

    person: Person
    place: Place


class Roster(Tokens, Screens):
    async def begin_setup(self) -> str:
        """The secret of the set-up link: 30 minutes, only while there is no owner."""
        if await self.any_owner():
            raise Conflict("already_set_up")
        secret = secrets.token_urlsafe(32)
        await self._open_door("setup", secret, {}, SETUP_SECONDS)
        return secret

    async def setup_open(self, secret: str) -> bool:
        return await self._door("setup", secret) is not None and not await self.any_owner()

    async def finish_setup(self, secret: str, setup: Setup) -> None:
        """The owner and the first place, both or neither. Raises NotFound, Conflict (``already_set_up``,
        ``name_taken``)."""
        answer = await scripts.run(
            self._connection,
            "set_up",
            [
                self._keys.door("setup", digest(secret)),
                self._keys.table("people"),
                self._keys.table("places"),
            ],
            {
                "name": setup.person.name.casefold(),
                "person": json.dumps(asdict(setup.person), ensure_ascii=False),
                "slug": setup.place.slug,
                "place": json.dumps(asdict(setup.place), ensure_ascii=False),
            },
        )
        if answer.word == "MISSING":
            raise NotFound
        if answer.word == "TAKEN":
            raise Conflict("name_taken", field="name")
        if answer.word == "CONFLICT":
            raise Conflict("already_set_up")

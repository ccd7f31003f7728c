"""Who and what belongs to the organisation: places, people, sessions, tokens, screens, pairing, set-up.

Owns these records. Every secret is random, given out once, and kept as its SHA-256. Must not know HTTP,
cookies, or how a password is hashed.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from moderation import scripts
from moderation.connection import Connection
from moderation.domain import Actor, Place, Role, Via
from moderation.errors import Conflict, Invalid, NotFound
from moderation.reads import Reads, digest

# A working day: a tablet on the shop's counter lies still for hours between two customers, and whoever has to sign in
# each time lets it lie or writes the password on it. What bounds the risk instead (ASVS 5, 7.3): the absolute end, the
# CSRF token of every change, and that removing a person ends their sessions at once.
SESSION_SECONDS: Final = 12 * 3600
IDLE_SECONDS: Final = 8 * 3600
PAIRING_SECONDS: Final = 10 * 60
SETUP_SECONDS: Final = 30 * 60
# No 0 O 1 I L: read from a wall three metres away and typed on a tablet.
CODE_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """``places`` is None for whoever acts everywhere. ``password`` is a hash, None: can't sign in."""

    id: str
    name: str
    first_name: str
    role: Role
    places: tuple[str, ...] | None
    password: str | None = None

    def actor(self, via: Via = "session", *, signed: str = "") -> Actor:
        return Actor(id=self.id, name=self.name, role=self.role, places=self.places, via=via, signed=signed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    person: Person
    csrf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token: acts for a person with a role of its own, in one place or in all."""

    id: str
    person: str
    role: Role
    places: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One wall device. ``facts`` is what it last said of itself."""

    id: str
    place: str
    name: str
    created_at: datetime
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the first-run page collects."""

    person: Person
    place: Place


class Roster:
    def __init__(self, connection: Connection, organisation: str) -> None:
        self._reads = Reads(connection, organisation)
        self._connection = connection
        self._keys = self._reads.keys

    # places

    async def places(self) -> tuple[Place, ...]:
        """In order of their slugs."""
        return tuple(sorted((_place(raw) for raw in await self._rows("places")), key=lambda p: p.slug))

    async def place(self, slug: str) -> Place | None:
        raw = await self._row("places", slug)
        return _place(raw) if raw else None

    async def kinds(self, slugs: Sequence[str]) -> tuple[str, ...]:
        """What may be declared in any of these places."""
        places = [place for place in await self.places() if place.slug in slugs]
        return tuple(dict.fromkeys(kind for place in places for kind in place.kinds))

    async def add_place(self, place: Place) -> None:
        """Raises Conflict ``slug_taken``."""
        if not await self._put_new("places", place.slug, asdict(place)):
            raise Conflict("slug_taken", field="slug")

    async def sync_places(self, declared: Iterable[Place]) -> None:
        """Write what wall.toml declares; places made in the pages stay as they are."""
        for place in declared:
            await self._put("places", place.slug, asdict(replace(place, declared=True)))

    # people

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
        for slug in places or ():
            if await self.place(slug) is None:
                raise NotFound(place=slug)
        person = new_person(name, role, password=password, places=places, first_name=first_name)
        if not await self._put_new("people", name.casefold(), asdict(person)):
            raise Conflict("name_taken", field="name")
        return person

    async def remove_person(self, name: str) -> None:
        """Their sessions and tokens stop with them."""
        if not await self._connection.ask(
            self._connection.commands.hdel(self._keys.table("people"), name.casefold())
        ):
            raise NotFound

    async def any_owner(self) -> bool:
        return any(p.role == "owner" and p.password for p in await self.people())

    # sessions

    async def open_session(self, person: Person) -> str:
        """The secret of a new session, for a cookie."""
        secret, now = secrets.token_urlsafe(32), self._reads.clock()
        row = {
            "person": person.name,
            "id": person.id,
            "csrf": secrets.token_urlsafe(24),
            "ends": now + SESSION_SECONDS * 1000,
        }
        await self._open_door("session", secret, row, IDLE_SECONDS)
        return secret

    async def session(self, secret: str, *, touch: bool = True) -> Session | None:
        """Whose session this is. Each look but one without ``touch`` keeps it from going idle; its end stays
        fixed."""
        row = await self._door("session", secret)
        if row is None or row["ends"] < self._reads.clock():
            return None
        person = await self.person(row["person"])
        if person is None or person.id != row["id"]:
            return None
        if touch:
            key = self._keys.door("session", digest(secret))
            await self._connection.ask(self._connection.commands.expire(key, IDLE_SECONDS))
        return Session(person=person, csrf=row["csrf"])

    async def close_session(self, secret: str) -> None:
        await self._connection.ask(
            self._connection.commands.delete(self._keys.door("session", digest(secret)))
        )

    # tokens

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

    # screens

    async def create_screen(self, place: str, name: str) -> tuple[Screen, str]:
        """A screen and, once, its device token. Raises NotFound for an unknown place."""
        screen = await self._add_screen(place, name, secrets.token_hex(6))
        return screen, await self._device_token(screen.id)

    async def _add_screen(self, place: str, name: str, ident: str) -> Screen:
        if await self.place(place) is None:
            raise NotFound(place=place)
        row = {"id": ident, "place": place, "name": name, "created_at": datetime.now(UTC).isoformat()}
        await self._put("screens", ident, row)
        return _screen(row, None)

    async def _device_token(self, ident: str) -> str:
        """A new bare token of this screen. Only its hash is kept."""
        bare = secrets.token_urlsafe(32)
        await self._connection.ask(
            self._connection.commands.set(self._keys.door("screen", digest(bare)), json.dumps({"id": ident}))
        )
        return bare

    async def screen(self, ident: str) -> Screen | None:
        row = await self._row("screens", ident)
        return _screen(row, await self._row("screen-facts", ident)) if row else None

    async def screen_by_token(self, bare: str) -> Screen | Literal["revoked"] | None:
        """Whose device token this is; "revoked" when it was one."""
        door = await self._door("screen", bare)
        if door is None:
            return None
        return await self.screen(door["id"]) or "revoked"

    async def screens(self) -> tuple[Screen, ...]:
        facts = await self._connection.ask(
            self._connection.commands.hgetall(self._keys.table("screen-facts"))
        )
        found = [
            _screen(row, json.loads(facts[row["id"]]) if row["id"] in facts else None)
            for row in await self._rows("screens")
        ]
        return tuple(sorted(found, key=lambda s: (s.place, s.name, s.id)))

    async def revoke_screen(self, ident: str) -> None:
        """Raises NotFound. Its token is remembered as revoked, so that it can be told so."""
        removed, _ = await self._connection.gather(
            [
                ("hdel", (self._keys.table("screens"), ident)),
                ("hdel", (self._keys.table("screen-facts"), ident)),
            ]
        )
        if not removed:
            raise NotFound

    async def note_screen(self, ident: str, facts: Mapping[str, Any]) -> None:
        """What a screen last said of itself, replacing what it said before."""
        if await self._row("screens", ident) is not None:
            await self._put("screen-facts", ident, facts)

    # pairing

    async def begin_pairing(self) -> tuple[str, str]:
        """A code to show and the secret that binds it to the browser that shows it."""
        secret = secrets.token_urlsafe(32)
        while True:
            code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
            row = json.dumps({"browser": digest(secret)})
            key = self._keys.door("code", digest(code))
            if await self._connection.ask(
                self._connection.commands.set(key, row, ex=PAIRING_SECONDS, nx=True)
            ):
                break
        await self._open_door("pairing", secret, {"state": "waiting"}, PAIRING_SECONDS)
        return code, secret

    async def claim_pairing(self, code: str, place: str, name: str, *, nonce: str | None = None) -> Screen:
        """A person typed the code: its browser is a screen now. Raises Invalid ``code_unknown``, NotFound.

        A call that is repeated with its nonce is answered with the same screen.
        """
        if await self.place(place) is None:
            raise NotFound(place=place)
        ident = digest(nonce)[:12] if nonce else None
        known = await self.screen(ident) if ident else None
        if known is not None:
            return known
        typed = digest("".join(code.split()).replace("-", "").upper())
        raw = await self._connection.ask(self._connection.commands.get(self._keys.door("code", typed)))
        if raw is None or not await self._first_to_claim(typed, nonce):
            raise Invalid("code_unknown", field="code")
        screen = await self._add_screen(place, name, ident or secrets.token_hex(6))
        key = self._keys.door("pairing", json.loads(raw)["browser"])
        row = json.dumps({"state": "paired", "screen": screen.id})
        await self._connection.ask(self._connection.commands.set(key, row, ex=PAIRING_SECONDS))
        return screen

    async def _first_to_claim(self, code: str, nonce: str | None) -> bool:
        """One use; but who was cut off half-way may go on with the same nonce."""
        key, mine = self._keys.door("claimed", code), digest(nonce) if nonce else secrets.token_hex(16)
        commands = self._connection.commands
        if await self._connection.ask(commands.set(key, mine, ex=PAIRING_SECONDS, nx=True)):
            return True
        return bool(await self._connection.ask(commands.get(key)) == mine)

    async def collect_pairing(self, secret: str) -> str | Literal["waiting", "expired"]:
        """For the browser that showed the code: a device token, or how things stand.

        Made as it is handed out, so that none is kept in the clear; a browser that lost the answer asks again.
        """
        row = await self._door("pairing", secret)
        if row is None:
            return "expired"
        if row["state"] == "waiting":
            return "waiting"
        screen = await self.screen(row["screen"])
        return await self._device_token(screen.id) if screen else "expired"

    # the first run

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

    # rows and doors

    async def _rows(self, table: str) -> list[dict[str, Any]]:
        raw = await self._connection.ask(self._connection.commands.hvals(self._keys.table(table)))
        return [json.loads(line) for line in raw]

    async def _row(self, table: str, ident: str) -> dict[str, Any] | None:
        raw = await self._connection.ask(self._connection.commands.hget(self._keys.table(table), ident))
        return json.loads(raw) if raw else None

    async def _put(self, table: str, ident: str, row: Mapping[str, Any]) -> None:
        value = json.dumps(row, ensure_ascii=False, default=str)
        await self._connection.ask(self._connection.commands.hset(self._keys.table(table), ident, value))

    async def _put_new(self, table: str, ident: str, row: Mapping[str, Any]) -> bool:
        value = json.dumps(row, ensure_ascii=False, default=str)
        key = self._keys.table(table)
        if await self._connection.ask(self._connection.commands.hsetnx(key, ident, value)):
            return True
        # redis-py repeats a call whose answer was lost: our own row is no clash.
        return bool(await self._connection.ask(self._connection.commands.hget(key, ident)) == value)

    async def _open_door(self, kind: str, secret: str, row: Mapping[str, Any], seconds: int) -> None:
        key = self._keys.door(kind, digest(secret))
        await self._connection.ask(self._connection.commands.set(key, json.dumps(row), ex=seconds))

    async def _door(self, kind: str, secret: str) -> dict[str, Any] | None:
        raw = await self._connection.ask(self._connection.commands.get(self._keys.door(kind, digest(secret))))
        return json.loads(raw) if raw else None


def _lends(person: Person, role: Role) -> bool:
    return role == person.role or person.role == "owner"


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


def _place(raw: Mapping[str, Any]) -> Place:
    return Place(**{**raw, "kinds": tuple(raw["kinds"]), "stances": tuple(raw["stances"])})


def _person(raw: Mapping[str, Any]) -> Person:
    return Person(**{**raw, "places": None if raw["places"] is None else tuple(raw["places"])})


def _token(raw: Mapping[str, Any]) -> Token:
    return Token(
        id=raw["id"],
        person=raw["person"],
        role=raw["role"],
        places=None if raw["places"] is None else tuple(raw["places"]),
        created_at=datetime.fromisoformat(raw["created_at"]),
        expires_at=datetime.fromisoformat(raw["expires_at"]),
    )


def _screen(raw: Mapping[str, Any], facts: Mapping[str, Any] | None) -> Screen:
    return Screen(
        id=raw["id"],
        place=raw["place"],
        name=raw["name"],
        created_at=datetime.fromisoformat(raw["created_at"]),
        facts=facts or {},
    )

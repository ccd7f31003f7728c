"""The wall devices, and how a browser becomes one by a code that a person types.

Owns these records. Must not know what a screen shows, HTTP or cookies.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from moderation.domain import Place
from moderation.errors import Invalid, NotFound
from moderation.mounting import Mounting
from moderation.places import Places, place_of
from moderation.seals import digest

PAIRING_SECONDS: Final = 10 * 60
# No 0 O 1 I L: read from a wall three metres away and typed on a tablet.
CODE_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH: Final = 8
STALE_SECONDS: Final = 60 * 60  # how long a code that ran out is told from one that never was
STANDARD: Final = Mounting()


def code_typed(text: str) -> str:
    """A code without what people type around it. Raises Invalid ``code_missing``, ``code_length``: no try is needed."""
    code = "".join(text.split()).replace("-", "").upper()
    if not code:
        raise Invalid("code_missing", field="code")
    if len(code) != CODE_LENGTH:
        raise Invalid("code_length", field="code", length=CODE_LENGTH, typed=len(code))
    return code


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One wall device. ``mounting`` is what people said of it, ``facts`` what it last said of itself."""

    id: str
    place: str
    name: str
    created_at: datetime
    facts: Mapping[str, Any]
    mounting: Mounting = field(default_factory=Mounting)


@dataclass(frozen=True, slots=True)
class Paired:
    """What the browser behind a code is given; ``said``: a person told how it hangs, so they will look at it."""

    token: str
    said: bool


class Screens(Places):
    async def create_screen(self, place: str, name: str, mounting: Mounting = STANDARD) -> tuple[Screen, str]:
        """A screen and, once, its device token. Raises NotFound for an unknown place."""
        screen = await self._add_screen(place, name, mounting, secrets.token_hex(6))
        return screen, await self._device_token(screen.id)

    async def _add_screen(self, place: str, name: str, mounting: Mounting, ident: str) -> Screen:
        if await self.place(place) is None:
            raise NotFound(place=place)
        row = {
            "id": ident,
            "place": place,
            "name": name,
            "created_at": datetime.now(UTC).isoformat(),
            "mounting": mounting.row(),
        }
        await self._put("screens", ident, row)
        return _screen(row, None)

    async def _device_token(self, ident: str) -> str:
        """A new bare token of this screen. Only its hash is kept."""
        bare = secrets.token_urlsafe(32)
        door = self._keys.door("screen", digest(bare))
        await self._connection.gather([("set", (door, json.dumps({"id": ident})))])
        return bare

    async def screen(self, ident: str) -> Screen | None:
        row, facts = await self._pick(("screens", ident), ("screen-facts", ident))
        return _screen(row, facts) if row else None

    async def hanging(self, ident: str, place: str) -> tuple[Screen | None, Place | None]:
        """A screen and the place that it hangs in, in one trip: ten thousand ask this at once."""
        row, where = await self._pick(("screens", ident), ("places", place))
        return _screen(row, None) if row else None, place_of(where) if where else None

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

    async def screens_in(self, place: str) -> tuple[Screen, ...]:
        """Of the others nothing that they said of themselves is read: people who lead a wall ask this often."""
        rows = [row for row in await self._rows("screens") if row["place"] == place]
        facts = await self._pick(*(("screen-facts", row["id"]) for row in rows))
        found = [_screen(row, noted) for row, noted in zip(rows, facts, strict=True)]
        return tuple(sorted(found, key=lambda s: (s.name, s.id)))

    async def screen_ids(self) -> frozenset[str]:
        keys = await self._connection.ask(self._connection.commands.hkeys(self._keys.table("screens")))
        return frozenset(keys)

    async def several_screens(self, idents: Sequence[str]) -> tuple[Screen, ...]:
        """Those of these that are ours, in this order."""
        found = await self._pick(
            *(("screens", ident) for ident in idents), *(("screen-facts", ident) for ident in idents)
        )
        rows, facts = found[: len(idents)], found[len(idents) :]
        return tuple(_screen(row, noted) for row, noted in zip(rows, facts, strict=True) if row)

    async def hang_screen(self, ident: str, name: str, mounting: Mounting) -> Screen:
        """What it is called and how it hangs, from now on; it hears of it at once. Raises NotFound."""
        screen = await self.screen(ident)
        if screen is None:
            raise NotFound
        await self._amend("screens", ident, screen.place, {"name": name, "mounting": mounting.row()})
        return replace(screen, name=name, mounting=mounting)

    async def revoke_screen(self, ident: str) -> None:
        """Raises NotFound. Its token is remembered as revoked, so that it can be told so."""
        removed, *_ = await self._connection.gather(
            [
                ("hdel", (self._keys.table("screens"), ident)),
                ("hdel", (self._keys.table("screen-facts"), ident)),
                ("hdel", (self._keys.table("claims"), ident)),
            ]
        )
        if not removed:
            raise NotFound

    async def note_screens(self, facts: Mapping[str, Mapping[str, Any]]) -> None:
        """What screens last said of themselves, replacing what they said before: one write for all of them."""
        idents = list(facts)
        ours = await self._pick(*(("screens", ident) for ident in idents))
        rows = {
            ident: json.dumps(facts[ident], ensure_ascii=False, default=str)
            for ident, known in zip(idents, ours, strict=True)
            if known is not None
        }
        if rows:
            await self._connection.gather([("hset", (self._keys.table("screen-facts"), None, None, rows))])

    # pairing

    async def begin_pairing(self) -> tuple[str, str]:
        """A code to show and the secret that binds it to the browser that shows it."""
        secret = secrets.token_urlsafe(32)
        while True:
            code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
            row = json.dumps({"browser": digest(secret)})
            key, kept = self._keys.door("code", digest(code)), PAIRING_SECONDS + STALE_SECONDS
            if await self._connection.ask(self._connection.commands.set(key, row, ex=kept, nx=True)):
                break
        await self._open_door("pairing", secret, {"state": "waiting"}, PAIRING_SECONDS)
        return code, secret

    async def claim_pairing(
        self, code: str, place: str, name: str, mounting: Mounting | None = None, *, nonce: str | None = None
    ) -> Screen:
        """A person typed the code: its browser is a screen now.

        Raises Invalid, see ``code_typed``, and ``code_unknown``, ``code_used``, ``code_expired``; NotFound. A call that
        is repeated with its nonce is answered with the same screen.
        """
        if await self.place(place) is None:
            raise NotFound(place=place)
        ident = digest(nonce)[:12] if nonce else None
        known = await self.screen(ident) if ident else None
        if known is not None:
            return known
        typed = digest(code_typed(code))
        raw = await self._connection.ask(self._connection.commands.get(self._keys.door("code", typed)))
        if raw is None:
            raise Invalid("code_unknown", field="code")
        key = self._keys.door("pairing", json.loads(raw)["browser"])
        if not await self._connection.ask(self._connection.commands.exists(key)):
            raise Invalid("code_expired", field="code")
        if not await self._first_to_claim(typed, nonce):
            raise Invalid("code_used", field="code")
        screen = await self._add_screen(place, name, mounting or STANDARD, ident or secrets.token_hex(6))
        row = json.dumps({"state": "paired", "screen": screen.id, "said": mounting is not None})
        await self._connection.ask(self._connection.commands.set(key, row, ex=PAIRING_SECONDS))
        return screen

    async def _first_to_claim(self, code: str, nonce: str | None) -> bool:
        """One use; but who was cut off half-way may go on with the same nonce."""
        key, mine = self._keys.door("claimed", code), digest(nonce) if nonce else secrets.token_hex(16)
        commands = self._connection.commands
        if await self._connection.ask(commands.set(key, mine, ex=PAIRING_SECONDS, nx=True)):
            return True
        return bool(await self._connection.ask(commands.get(key)) == mine)

    async def collect_pairing(self, secret: str) -> Paired | Literal["waiting", "expired"]:
        """For the browser that showed the code: a device token, or how things stand.

        Made as it is handed out, so that none is kept in the clear; a browser that lost the answer asks again.
        """
        row = await self._door("pairing", secret)
        if row is None:
            return "expired"
        if row["state"] == "waiting":
            return "waiting"
        screen = await self.screen(row["screen"])
        return Paired(await self._device_token(screen.id), row.get("said", False)) if screen else "expired"


def _screen(raw: Mapping[str, Any], facts: Mapping[str, Any] | None) -> Screen:
    return Screen(
        id=raw["id"],
        place=raw["place"],
        name=raw["name"],
        created_at=datetime.fromisoformat(raw["created_at"]),
        facts=facts or {},
        mounting=Mounting.of(raw.get("mounting")),
    )

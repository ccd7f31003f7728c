"""Leading the wall of a place from the floor: who may, within which bounds, in one script.

Owns the verbs of the conductor. Must not know HTTP, nor how a screen obeys. Which card comes when stays the
programme's: a person may keep one in sight for minutes or go on to the next, and the programme pays that back.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from moderation import scripts
from moderation.actions import Verb, allow
from moderation.conduct import (
    BLANK_MINUTES,
    LONGEST_MINUTES,
    Conduct,
    Order,
    Pace,
    conduct,
    hours_json,
    hours_of,
)
from moderation.domain import Actor
from moderation.errors import Conflict, Invalid, NotFound
from moderation.roster import Roster
from moderation.store import Store

MINUTE: Final = 60_000  # milliseconds


class Conducting:
    def __init__(self, store: Store, roster: Roster) -> None:
        self._store = store
        self._roster = roster

    async def now(self, place: str) -> Conduct:
        """What is in force. A blank that has run out is written down as ended, once, by whoever looks first."""
        fields = await self._store.connection.ask(
            self._store.connection.commands.hgetall(self._store.keys.conduct(place))
        )
        ends = fields.get("blank_until")
        if ends and int(ends) <= self._store.clock():
            await self._run(place, secrets.token_hex(16), what="lapse")
            return await self.now(place)
        found = conduct(fields, datetime.fromtimestamp(self._store.clock() / 1000, UTC))
        if found.kept and found.kept.id and not await self._store.hanging_now(place, [found.kept.id]):
            return replace(found, kept=None)  # what was taken down is pinned no more
        if found.kept and found.kept.cards:
            hang = await self._store.hanging_now(place, list(found.kept.cards))
            cards = tuple(thread.root.id for thread in hang)
            return replace(found, kept=replace(found.kept, cards=cards))
        return found

    async def open(self, actor: Actor, verb: Verb, place: str) -> None:
        """Whether this person may do this here. Raises NotAllowed, then NotFound."""
        allow(actor, verb)
        if not actor.acts_in(place) or await self._roster.place(place) is None:
            raise NotFound(place=place)

    async def look(self, actor: Actor, place: str) -> Conduct:
        await self.open(actor, "look", place)
        return await self.now(place)

    async def pace(
        self,
        actor: Actor,
        place: str,
        pace: Pace,
        hours: Sequence[tuple[str, str, str]] = (),
        *,
        nonce: str | None = None,
    ) -> Conduct:
        """How long pages stay, for all cards alike; ``hours`` are windows of the day with a pace of their own."""
        await self.open(actor, "conduct", place)
        windows = hours_json(hours_of(hours))
        return await self._change(actor, place, "pace", nonce, pace=pace, hours=windows)

    async def pin(
        self,
        actor: Actor,
        place: str,
        message: str,
        *,
        minutes: int = LONGEST_MINUTES,
        nonce: str | None = None,
    ) -> Conduct:
        """Every screen of the place shows this card until then. It has to hang here."""
        await self.open(actor, "conduct", place)
        found = await self._store.message(message)
        if found is None or place not in found.places:
            raise NotFound(message=message)
        return await self._keep(actor, place, "pin", minutes, nonce, card=found.thread, tid=found.tid)

    async def hold(
        self,
        actor: Actor,
        place: str,
        *,
        cards: Sequence[str] = (),
        minutes: int = LONGEST_MINUTES,
        nonce: str | None = None,
    ) -> Conduct:
        """Every screen keeps the card that it shows now; ``cards``: which those are, for whoever asks."""
        await self.open(actor, "conduct", place)
        return await self._keep(actor, place, "hold", minutes, nonce, cards=json.dumps(cards))

    async def free(self, actor: Actor, place: str, *, nonce: str | None = None) -> Conduct:
        """The programme goes on: no pin, no hold."""
        await self.open(actor, "conduct", place)
        return await self._change(actor, place, "free", nonce)

    async def order(self, actor: Actor, place: str, what: Order, *, nonce: str | None = None) -> Conduct:
        """One thing now, to the screens that hear it; ``next`` also ends a pin or a hold."""
        await self.open(actor, "conduct", place)
        return await self._change(actor, place, what, nonce)

    async def blank(self, actor: Actor, place: str, *, nonce: str | None = None) -> Conduct:
        """Nothing to be seen, on every connected screen within a second; for half an hour, and publicly."""
        await self.open(actor, "blank", place)
        return await self._change(actor, place, "blank", nonce, lasts=BLANK_MINUTES * MINUTE)

    async def confirm(self, actor: Actor, place: str, *, nonce: str | None = None) -> Conduct:
        """It stays blank until a person ends it. Raises Conflict ``not_blank``: it may have ended just before."""
        await self.open(actor, "blank", place)
        return await self._change(actor, place, "confirm", nonce)

    async def unblank(self, actor: Actor, place: str, *, nonce: str | None = None) -> Conduct:
        await self.open(actor, "blank", place)
        return await self._change(actor, place, "unblank", nonce)

    async def _keep(
        self, actor: Actor, place: str, what: str, minutes: int, nonce: str | None, **card: str
    ) -> Conduct:
        if not 1 <= minutes <= LONGEST_MINUTES:
            raise Invalid("minutes_unknown", most=LONGEST_MINUTES)
        lasts, longest = minutes * MINUTE, LONGEST_MINUTES * MINUTE
        return await self._change(actor, place, what, nonce, lasts=lasts, longest=longest, **card)

    async def _change(
        self, actor: Actor, place: str, what: str, nonce: str | None, **more: object
    ) -> Conduct:
        # A caller's nonce counts for this person, this verb and this place only.
        scoped = self._store.seal("conduct", what, actor.id, place, nonce or secrets.token_hex(16))
        by, via = self._store.pseudonym(actor), actor.via
        word = await self._run(
            place, scoped, what=what, name=actor.first_name or actor.name, by=by, via=via, **more
        )
        if word == "MISSING":
            raise NotFound(message=more["card"])
        if word == "CONFLICT":
            raise Conflict("not_blank")
        return await self.now(place)

    async def _run(self, place: str, nonce: str, **payload: object) -> scripts.Word:
        keys = self._store.keys
        answer = await scripts.run(
            self._store.connection,
            "conduct",
            [keys.answer(nonce), keys.conduct(place), *keys.group([place])],
            {"now": str(self._store.clock()), "nonce": nonce, "secret": secrets.token_hex(16), **payload},
            replicated=True,
        )
        return answer.word

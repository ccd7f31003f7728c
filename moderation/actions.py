"""What people do to messages, and who may: the table of CONTRACT.md.

Owns roles, places and the rules of a decision (P1, P3). Must not know HTTP nor how a change is stored.
The order of checks is the contract's: who, which object, the body, the revision, the state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, Literal, Required, TypedDict, Unpack

from moderation.ageing import Ageing
from moderation.arrivals import Draft
from moderation.domain import (
    NO_COMPANIONS,
    REFUSAL_CODES,
    RESERVED_CODES,
    Actor,
    Held,
    Message,
    Page,
    Place,
    Reply,
    Role,
    Ruling,
    Span,
    State,
)
from moderation.errors import Conflict, Invalid, NotAllowed, NotFound
from moderation.reads import Seen
from moderation.roster import Roster
from moderation.store import Store
from moderation.text import WRITE_LIMIT, clean, graphemes

Passage = Span | Literal["author"]
Verb = Literal[
    "read", "approve", "refuse", "withdraw", "undo", "claim", "reply", "erase", "look", "conduct", "blank"
]

MAY: Final[Mapping[Verb, frozenset[Role]]] = {
    "read": frozenset({"owner", "moderator", "manager", "staff", "auditor"}),
    "approve": frozenset({"owner", "moderator"}),
    "refuse": frozenset({"owner", "moderator"}),
    "withdraw": frozenset({"owner", "moderator", "manager"}),
    "undo": frozenset({"owner", "moderator", "manager"}),
    "claim": frozenset({"owner", "moderator"}),
    "reply": frozenset({"owner", "manager", "staff"}),
    "erase": frozenset({"owner"}),
    # the wall of a place; who may take a text down may also darken it, since that protects people
    "look": frozenset({"owner", "moderator", "manager", "staff"}),
    "conduct": frozenset({"owner", "manager", "staff"}),
    "blank": frozenset({"owner", "moderator", "manager"}),
}


class Grounds(TypedDict, total=False):
    """What a person says when they refuse or take down, not yet checked. Checked, it is a ``Ruling``."""

    revision: Required[int]
    reason: Required[str | None]
    passage: Required[Passage | None]
    law: str | None
    subject: str | None
    nonce: str | None
    seen: Seen


def allow(actor: Actor, verb: Verb) -> None:
    """Raises NotAllowed."""
    if actor.role not in MAY[verb]:
        raise NotAllowed(role=actor.role)


class Actions:
    def __init__(
        self, store: Store, roster: Roster, *, takes_replies: Callable[[str], bool] = lambda _: False
    ) -> None:
        """``takes_replies``: whether the channel of this slug carries replies outside."""
        self._store = store
        self._roster = roster
        self._ageing = Ageing(store, roster)
        self._takes_replies = takes_replies

    async def close(self) -> None:
        """Ends what goes on by itself."""
        await self._ageing.close()

    async def open(self, actor: Actor, verb: Verb, ident: str) -> Message:
        """The message, if this actor may do this to it. Raises NotAllowed, then NotFound."""
        return (await self.look(actor, verb, ident)).message

    async def look(self, actor: Actor, verb: Verb, ident: str) -> Seen:
        """The same with what a decision is checked against: who looked already need not look twice."""
        allow(actor, verb)
        seen = await self._store.look(ident)
        if seen is None or not any(actor.acts_in(place) for place in seen.message.places):
            raise NotFound
        if actor.role == "auditor" and seen.message.state != "approved":
            raise NotFound
        return seen

    async def message(self, actor: Actor, ident: str) -> Message:
        return await self.open(actor, "read", ident)

    async def messages(
        self,
        actor: Actor,
        *,
        state: State | None = None,
        held: Held | None = None,
        place: str | None = None,
        thread: str | None = None,
        hangs: bool = False,
        limit: int = 50,
        after: str | None = None,
    ) -> Page[Message]:
        """What this actor may read, oldest first. Raises NotAllowed, NotFound."""
        allow(actor, "read")
        if actor.role == "auditor":
            if state not in (None, "approved") or held is not None:
                raise NotAllowed(role=actor.role)
            state = "approved"
        places = [p.slug for p in await self._roster.places() if actor.acts_in(p.slug)]
        if place is not None:
            if place not in places:
                raise NotFound(place=place)
            places = [place]
        if thread is not None:
            await self.open(actor, "read", thread)
        return await self._store.messages(
            places=places, state=state, held=held, thread=thread, hangs=hangs, limit=limit, after=after
        )

    async def approve(
        self,
        actor: Actor,
        ident: str,
        *,
        revision: int,
        masks: Sequence[Span] = (),
        mask_author: bool = False,
        companions: Mapping[str, int] = NO_COMPANIONS,
        nonce: str | None = None,
        seen: Seen | None = None,
    ) -> Message:
        """This person read exactly these revisions, and they may hang. Masks hide personal data, visibly."""
        seen = seen or await self.look(actor, "approve", ident)
        _check_masks(masks, seen.message, revision)
        for other in companions:
            if (await self.open(actor, "approve", other)).tid != seen.message.tid:
                raise NotFound(message=other)
        done = await self._store.decide(
            "approve",
            actor,
            ident,
            revision=revision,
            masks=masks,
            mask_author=mask_author,
            companions=companions,
            nonce=nonce,
            seen=seen,
        )
        for slug in done.places:
            self._ageing.soon(slug)
        return done

    async def refuse(self, actor: Actor, ident: str, **grounds: Unpack[Grounds]) -> Message:
        """Not shown, for a reason of the closed list and a passage that it rests on."""
        return await self._against("refuse", actor, ident, **grounds)

    async def withdraw(self, actor: Actor, ident: str, **grounds: Unpack[Grounds]) -> Message:
        """Taken down, by the rules of refusing."""
        return await self._against("withdraw", actor, ident, **grounds)

    async def _against(
        self,
        verb: Literal["refuse", "withdraw"],
        actor: Actor,
        ident: str,
        *,
        revision: int,
        reason: str | None,
        passage: Passage | None,
        law: str | None = None,
        subject: str | None = None,
        nonce: str | None = None,
        seen: Seen | None = None,
    ) -> Message:
        seen = seen or await self.look(actor, verb, ident)
        ruling = await self._ruling(actor, seen.message, revision, reason, passage, law, subject)
        return await self._store.decide(
            verb, actor, ident, revision=revision, ruling=ruling, nonce=nonce, seen=seen
        )

    async def undo(self, actor: Actor, ident: str, *, nonce: str | None = None) -> Message:
        """The actor's own last decision, if nothing followed."""
        await self.open(actor, "undo", ident)
        return await self._store.undo(actor, ident, nonce=nonce)

    async def claim(self, actor: Actor, ident: str) -> Message:
        await self.open(actor, "claim", ident)
        return await self._store.claim(actor, ident)

    async def release(self, actor: Actor, ident: str) -> Message:
        await self.open(actor, "claim", ident)
        return await self._store.release(actor, ident)

    async def reply(
        self,
        actor: Actor,
        ident: str,
        *,
        place: str,
        text: str,
        stance: str | None = None,
        due: date | None = None,
        owner: str | None = None,
        because: str | None = None,
        nonce: str | None = None,
    ) -> Reply:
        """The place's answer, beside the message at once."""
        message = await self.open(actor, "reply", ident)
        found = await self._roster.place(place)
        if found is None or place not in message.places or not actor.acts_in(place):
            raise NotFound(place=place)
        said = clean(text).text
        if not said:
            raise Invalid("empty")
        if graphemes(said) > WRITE_LIMIT:
            raise Invalid("too_long", limit=WRITE_LIMIT)
        _check_stance(found, stance, due, because)
        draft = Draft(
            place=place,
            text=said,
            stance=stance,
            due=due,
            owner=clean(owner).text or None if owner else None,
            because=clean(because).text or None if because else None,
            signed=actor.signed or actor.name,
            outside=self._takes_replies(message.channel),
        )
        reply = await self._store.reply(actor, ident, draft, nonce=nonce)
        answered = await self._store.message(ident)
        made = next((r for r in answered.replies if r.id == reply), None) if answered else None
        if made is None:
            raise Conflict(message=answered)
        return made

    async def erase(self, actor: Actor, ident: str, *, nonce: str | None = None) -> None:
        """Text and name go for good; the ledger keeps number, code and dates."""
        await self.open(actor, "erase", ident)
        await self._store.erase(ident, actor=actor, code=None, nonce=nonce)  # no code is theirs to give

    async def _ruling(
        self,
        actor: Actor,
        message: Message,
        revision: int,
        reason: str | None,
        passage: Passage | None,
        law: str | None,
        subject: str | None,
    ) -> Ruling:
        if not reason:
            raise Invalid("reason_required")
        if reason in RESERVED_CODES:
            raise Invalid("reason_reserved")
        if reason not in REFUSAL_CODES:
            raise Invalid("reason_unknown")
        if passage is None:
            raise Invalid("passage_required")
        _check_passage(passage, message, revision)
        law, subject = (clean(law).text if law else None), (clean(subject).text if subject else None)
        if reason == "illegal-other" and not law:
            raise Invalid("law_required")
        if reason == "not-about-this-place" and not subject:
            raise Invalid("subject_required")
        if reason == "duplicate-same-author" and not await self._names_another(actor, message, subject):
            raise Invalid("subject_required")
        return Ruling(code=reason, passage=passage, law=law, subject=subject)

    async def _names_another(self, actor: Actor, message: Message, subject: str | None) -> bool:
        """Whether ``subject`` is the id of another message that this actor may see."""
        if not subject or subject == message.id or not re.fullmatch(r"[a-z2-7]{20}", subject):
            return False
        other = await self._store.message(subject)
        return other is not None and any(actor.acts_in(place) for place in other.places)


def _check_spans(spans: Sequence[Span], length: int | None) -> None:
    """Sorted, disjoint, not empty, and inside a text of ``length`` (unknown: None)."""
    end = 0
    for start, stop in spans:
        if start < end or stop <= start or (length is not None and stop > length):
            raise Invalid("bad_positions")
        end = stop


def _still(message: Message, revision: int) -> bool:
    """Whether the text that positions are of is there to judge them in. If not, revision and state will be judged."""
    return revision == message.revision and message.state != "erased"


def _check_masks(masks: Sequence[Span], message: Message, revision: int) -> None:
    _check_spans(masks, len(message.text) if _still(message, revision) else None)


def _check_passage(passage: Passage, message: Message, revision: int) -> None:
    if not _still(message, revision):
        return
    if passage == "author":
        if message.author.name is None:
            raise Invalid("bad_positions")
    elif message.text:
        _check_spans([passage], len(message.text))
    elif passage != (0, 0):
        raise Invalid("bad_positions")


def _check_stance(place: Place, stance: str | None, due: date | None, because: str | None) -> None:
    if stance is not None and stance not in place.stances:
        raise Invalid("stance_unknown")
    if stance == "planned" and due is None:
        raise Invalid("due_required")
    if stance == "declined" and not (because and because.strip()):
        raise Invalid("because_required")

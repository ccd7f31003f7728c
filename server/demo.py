"""What a demo holds at its start: two shops, named fictional persons, and what they decided and answered.

Owns the demo's past. Must not know its links (`server.showing`). Nothing is written behind the house's back: every
message comes in by intake and every decision and answer is a person's action, at the hour it is said to have
happened, so walls, queues and ledger are what they would be.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from displays.i18n import t
from moderation.domain import Actor, Incoming, Message, Place, Span
from moderation.intake import receive
from moderation.roster import Person, Roster
from server.demo_past import PAST, Answer, Past
from server.services import Services
from server.settings import Channel

PLACES: Final = (
    Place(slug="grenoble", name="Grenoble, place Victor-Hugo"),
    Place(slug="lyon", name="Lyon, rue de la République"),
)

Step = tuple[datetime, Callable[[], Awaitable[object]]]


def channels(*, still: bool, seed: int) -> tuple[Channel, ...]:
    """Where new messages come from while the demo runs; `still`: nothing arrives by itself."""
    return tuple(
        Channel(
            slug=story,
            name=name,
            kind="demo",
            places=(place,),
            options={"story": story, "seed": seed, "still": still},
        )
        for story, name, place in (
            ("avis", "Avis en ligne", "grenoble"),
            ("chat", "Chat du site", "grenoble"),
            ("forum", "Forum", "lyon"),
        )
    )


async def furnish(services: Services, *, seed: int) -> None:
    """Fill an empty house; a house that has people is left as it is."""
    if await services.roster.people():
        return
    for place in PLACES:
        await services.roster.add_place(place)
    people = {person.name: person for person in await _hire(services.roster)}
    history = _History(services, people)
    clock = services.store.clock
    now = datetime.fromtimestamp(clock() / 1000, UTC)
    shuffled = random.Random(seed)  # noqa: S311 - so that no two seeds have the same hours
    steps = [step for past in PAST for step in history.steps(past, now, shuffled.uniform(-0.4, 0.4))]
    try:
        for at, act in sorted(steps, key=lambda step: step[0]):
            services.store.clock = partial(_milliseconds, at)
            await act()
    finally:
        services.store.clock = clock


async def _hire(roster: Roster) -> list[Person]:
    return [
        await roster.add_person("Odile Martel", "owner", first_name="Odile"),
        await roster.add_person("Malik Saadi", "moderator", first_name="Malik"),
        await roster.add_person("Noémie Jourdan", "moderator", first_name="Noémie"),
        await roster.add_person("Manon Vial", "manager", first_name="Manon", places=["grenoble"]),
        await roster.add_person("Sylvain Roche", "manager", first_name="Sylvain", places=["lyon"]),
        await roster.add_person("Karim Aït", "staff", first_name="Karim", places=["grenoble"]),
    ]


class _History:
    """Brings each past about, by the doors that everybody uses."""

    def __init__(self, services: Services, people: dict[str, Person]) -> None:
        self._store = services.store
        self._actions = services.actions
        self._languages = services.settings.organisation.languages
        self._people = people
        self._start = datetime.fromtimestamp(services.store.clock() / 1000, UTC)

    def steps(self, past: Past, now: datetime, shift: float) -> Iterator[Step]:
        """What happened to one message, and when: the same hours later, whatever the day."""
        said_at = now - timedelta(days=past.days, hours=-shift if past.days > 1 else 0)

        def at(hours: float) -> datetime:
            return min(said_at + timedelta(hours=hours), now - timedelta(minutes=1))

        yield at(0), partial(self._receive, past, past.said.incoming("past-", said_at))
        if past.fate == "waiting":
            return
        if past.fate in ("refused", "overturned"):
            yield at(past.after), partial(self._rule, past, "refuse")
        if past.fate == "overturned":
            yield at(past.after + 0.1), partial(self._undo, past)
        if past.fate != "refused":
            yield at(past.after + 0.2), partial(self._approve, past)
        if past.fate == "returned":
            edit = Incoming(
                id=f"past-{past.said.key}",
                event="edited",
                revision=2,
                text=past.edited,
                author_name=past.said.name,
                stars=past.said.stars,
                published_at=said_at,
            )
            yield at(past.after + 6), partial(self._receive, past, edit)
            yield at(past.after + 7), partial(self._approve, past)
        if past.fate == "withdrawn":
            yield at(past.after + 9), partial(self._rule, past, "withdraw")
        if past.fate == "taken_back":
            gone = Incoming(id=f"past-{past.said.key}", event="deleted")
            yield at(past.after + 20), partial(self._receive, past, gone)
        for answer in past.answers:
            yield at(past.after + answer.after), partial(self._reply, past, answer)

    async def _receive(self, past: Past, item: Incoming) -> None:
        await receive(self._store, past.channel, [past.place], [item], languages=self._languages)

    async def _approve(self, past: Past) -> None:
        message = await self._message(past)
        masks = [_span(message, past.mask)] if past.mask else []
        await self._actions.approve(
            self._actor(past.decided_by), message.id, revision=message.revision, masks=masks
        )

    async def _rule(self, past: Past, verb: str) -> None:
        message = await self._message(past)
        act = self._actions.refuse if verb == "refuse" else self._actions.withdraw
        await act(
            self._actor(past.decided_by),
            message.id,
            revision=message.revision,
            reason=past.code,
            passage=_span(message, past.passage),
            subject=past.subject,
        )

    async def _undo(self, past: Past) -> None:
        await self._actions.undo(self._actor(past.decided_by), (await self._message(past)).id)

    async def _reply(self, past: Past, answer: Answer) -> None:
        message = await self._message(past)
        await self._actions.reply(
            self._actor(answer.by),
            message.id,
            place=past.place,
            text=answer.text,
            stance=answer.stance,
            due=(self._start + timedelta(days=answer.due)).date() if answer.due else None,
            owner=answer.owner,
            because=answer.because,
        )

    async def _message(self, past: Past) -> Message:
        message = await self._store.message(self._store.message_id(past.channel, f"past-{past.said.key}"))
        if message is None:
            raise LookupError(past.said.key)
        return message

    def _actor(self, name: str) -> Actor:
        person = self._people[name]
        role = t(self._languages[0], f"role.{person.role}")
        return person.actor(signed=f"{person.first_name}, {role}")


def _span(message: Message, words: str) -> Span:
    start = message.text.index(words)
    return start, start + len(words)


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)

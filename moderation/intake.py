"""The way in: what a connector hands over is cleaned, marked with hints, and received.

Owns the rules of CONTRACT.md about an item. Must not know where an item comes from. A bad item is put
into quarantine with its code and the rest go on; its id is not used up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from moderation.arrivals import Arrival, Outcome
from moderation.domain import Author, Consent, Declared, Incoming
from moderation.errors import BadRequest, Invalid, Problem
from moderation.store import Store
from moderation.text import clean, clean_name, clean_url
from moderation.triage import hints

AT_ONCE: Final = 64  # items that are received in one trip
LARGE: Final = 4_000  # code points: longer texts, and all HTML, are cleaned off the event loop


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of one item. ``code`` says why it is in quarantine."""

    upstream: str
    outcome: Outcome | Literal["quarantined"]
    message: str | None = None
    code: str | None = None
    field: str | None = None  # the one to blame, where one is
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    received: tuple[Received, ...]

    @property
    def accepted(self) -> int:
        """Items that changed something."""
        return sum(r.outcome not in ("duplicate", "quarantined") for r in self.received)

    @property
    def duplicates(self) -> int:
        return sum(r.outcome == "duplicate" for r in self.received)

    @property
    def quarantined(self) -> tuple[Received, ...]:
        return tuple(r for r in self.received if r.outcome == "quarantined")


async def receive(
    store: Store,
    channel: str,
    places: Sequence[str],
    items: Sequence[Incoming],
    *,
    cursor: str | None = None,
    languages: Sequence[str] = ("fr", "en"),
    kinds: Sequence[str] | None = None,
    receipt: Callable[[Incoming], str | None] | None = None,
) -> Intake:
    """Take in items in the order given. ``cursor`` is saved with the last one.

    ``receipt`` mints the secret of an item's receipt; ``kinds`` are those the place declares.
    Raises Unavailable, and Invalid ``place_unknown`` for what has a cursor: what was not received may be handed over
    again, so the cursor must not pass it.
    """
    nowhere = await _nowhere(store, places)
    if nowhere and cursor is not None:
        raise nowhere
    results: list[Received] = []
    saved = cursor is None
    for run in _runs(items, alone=cursor is not None):
        last = cursor if len(results) + len(run) == len(items) else None
        ready: list[_Ready | Received] = []
        for item in run:
            try:
                if nowhere:
                    raise nowhere
                ready.append(await _prepared(channel, places, item, languages, kinds, receipt))
            except (Invalid, BadRequest) as problem:
                ready.append(await _put_aside(store, channel, item, problem))
        results += await _taken(store, channel, ready, last)
        saved = saved or (last is not None and isinstance(ready[-1], _Ready))
    if not saved and cursor is not None:
        await store.note_channel(channel, cursor=cursor)
    return Intake(tuple(results))


def _runs(items: Sequence[Incoming], *, alone: bool) -> Iterator[list[Incoming]]:
    """The items in order, as many at once as are received in one trip: of different threads, so that none builds on
    another. ``alone``: the last one goes by itself, as it moves the cursor past all others."""
    run: list[Incoming] = []
    threads: set[str] = set()
    for at, item in enumerate(items, 1):
        mine = {item.id, item.thread or item.id}
        apart = item.event == "deleted" or (alone and at == len(items))
        if run and (apart or len(run) == AT_ONCE or threads & mine):
            yield run
            run, threads = [], set()
        run.append(item)
        threads |= mine
        if apart:
            yield run
            run, threads = [], set()
    if run:
        yield run


async def _nowhere(store: Store, places: Sequence[str]) -> Invalid | None:
    """A message for a place that does not exist (yet) would be taken in and be seen by nobody."""
    missing = await store.unknown_places(places)
    return Invalid("place_unknown", place=", ".join(missing)) if missing else None


async def _put_aside(store: Store, channel: str, item: Incoming, problem: Problem) -> Received:
    field = problem.params.get("field")
    named = field if isinstance(field, str) else None
    await store.quarantine(channel, item.id, problem.kind, named)
    return Received(upstream=item.id, outcome="quarantined", code=problem.kind, field=named)


@dataclass(frozen=True, slots=True)
class _Ready:
    """An item that may be taken in: cleaned, or, with no arrival, deleted upstream."""

    item: Incoming
    arrival: Arrival | None = None
    receipt: str | None = None


async def _prepared(
    channel: str,
    places: Sequence[str],
    item: Incoming,
    languages: Sequence[str],
    kinds: Sequence[str] | None,
    receipt: Callable[[Incoming], str | None] | None,
) -> _Ready:
    if not item.id:
        raise BadRequest(field="id")
    if item.event == "deleted":
        return _Ready(item)
    secret = receipt(item) if receipt else None
    if item.format == "html" or len(item.text) > LARGE:
        arrival = await asyncio.to_thread(prepare, item, channel, places, languages, kinds, secret)
    else:
        arrival = prepare(item, channel, places, languages, kinds, secret)
    return _Ready(item, arrival, secret)


async def _taken(
    store: Store, channel: str, run: Sequence[_Ready | Received], cursor: str | None
) -> list[Received]:
    """What became of a run, in its order. A deletion, and what moves the cursor, is a run of one."""
    ready = [one for one in run if isinstance(one, _Ready)]
    arrivals = [one.arrival for one in ready if one.arrival]
    if len(arrivals) > 1:
        outcomes = await store.receive_each(arrivals)
    elif arrivals:
        outcomes = [await store.receive(arrivals[0], cursor=cursor)]
    else:
        outcomes = [
            await store.delete(channel, one.item.id, thread=one.item.thread, cursor=cursor) for one in ready
        ]
    done = iter(
        Received(upstream=one.item.id, outcome=outcome, message=message, receipt=one.receipt)
        for one, (message, outcome) in zip(ready, outcomes, strict=True)
    )
    return [next(done) if isinstance(one, _Ready) else one for one in run]


def prepare(
    item: Incoming,
    channel: str,
    places: Sequence[str],
    languages: Sequence[str] = ("fr", "en"),
    kinds: Sequence[str] | None = None,
    receipt: str | None = None,
) -> Arrival:
    """Clean one created or edited item. Raises Invalid (``too_long``, ``empty``, …), BadRequest."""
    if item.event == "edited" and item.revision is None:
        raise BadRequest(field="revision")
    if item.revision is not None and not 1 <= item.revision < 2**53:
        raise BadRequest(field="revision")
    if item.stars is not None and not 1 <= item.stars <= 5:
        raise BadRequest(field="stars")
    if item.kind is not None and kinds is not None and item.kind not in kinds:
        raise Invalid("kind_unknown", field="kind")
    cleaned = clean(item.text, item.format)
    name, removed = clean_name(item.author_name)
    if not cleaned.text and item.stars is None:
        raise Invalid("empty", field="text")
    consent = Consent()
    if item.private:
        consent = Consent(state="given" if item.consent_at else "needed", at=item.consent_at)
    return Arrival(
        channel=channel,
        places=tuple(places),
        upstream=item.id,
        thread=item.thread,
        revision=item.revision,
        by=item.by,
        author=Author(name=name, url=clean_url(item.author_url)),
        author_id=item.author_id,
        text=cleaned.text,
        declared=Declared(stars=item.stars, kind=item.kind),
        published_at=item.published_at,
        experience_at=item.experience_at,
        url=clean_url(item.url),
        hints=hints(cleaned.text, languages, removed=cleaned.removed + removed),
        consent=consent,
        receipt=receipt,
    )

"""What the store is handed: an item already cleaned, or a reply about to be made.

Owns these two shapes and how they become the fields of a hash. Must not know the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from moderation.domain import Author, By, Consent, Declared, Hint, Message
from moderation.reading import fields, hints_json, instant, milliseconds

Outcome = Literal["created", "edited", "consent", "deleted", "duplicate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One item, cleaned: what the store keeps of an Incoming."""

    channel: str
    places: tuple[str, ...]
    upstream: str
    thread: str | None = None
    revision: int | None = None
    by: By = "author"
    author: Author = field(default_factory=Author)
    author_id: str | None = None
    text: str = ""
    declared: Declared = field(default_factory=Declared)
    published_at: datetime | None = None
    experience_at: datetime | None = None
    url: str | None = None
    hints: tuple[Hint, ...] = ()
    consent: Consent = field(default_factory=Consent)
    receipt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A reply about to be made. ``outside``: the channel takes replies, so it waits in the outbox."""

    place: str
    text: str
    stance: str | None = None
    due: date | None = None
    owner: str | None = None
    because: str | None = None
    signed: str = ""
    outside: bool = False


def consent_of(arrival: Arrival, before: Message | None, thread: Mapping[str, str]) -> Consent:
    """What holds for this turn: its own consent, else what the customer said of the whole chat.

    A newer revision that no longer carries the consent takes it back (P11); one that does not say that it is
    private changes nothing about that.
    """
    if arrival.consent.state == "not_needed" and before is not None:
        return before.consent
    said, own = thread.get("consent"), arrival.consent.at
    if arrival.consent.state != "needed":
        later = instant(thread.get("consent_at")) if said == "withdrawn" and own else None
        return Consent(state="withdrawn", at=later) if later and own and later >= own else arrival.consent
    if said == "given":
        return Consent(state="given", at=instant(thread.get("consent_at")))
    if said == "withdrawn" or (before is not None and before.consent.state in ("given", "withdrawn")):
        return Consent(state="withdrawn", at=instant(thread.get("consent_at")))
    return arrival.consent


def stored(arrival: Arrival, consent: Consent) -> dict[str, str]:
    return fields(
        channel=arrival.channel,
        upstream=arrival.upstream,
        upstream_thread=arrival.thread,
        by=arrival.by,
        author_name=arrival.author.name,
        author_url=arrival.author.url,
        author_id=arrival.author_id,
        text=arrival.text,
        stars=arrival.declared.stars,
        kind=arrival.declared.kind,
        published_at=milliseconds(arrival.published_at) if arrival.published_at else None,
        experience_at=milliseconds(arrival.experience_at) if arrival.experience_at else None,
        url=arrival.url,
        hints=hints_json(arrival.hints),
        consent=consent.state,
        consent_at=milliseconds(consent.at) if consent.at else None,
    )


def outcome_of(word: str) -> Outcome:
    known: Mapping[str, Outcome] = {"created": "created", "edited": "edited", "consent": "consent"}
    return known.get(word, "duplicate")

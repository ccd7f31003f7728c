"""What a message is: the frozen types that cross every boundary.

Owns the vocabulary (DESIGN.md, section 3). Must not know redis, HTTP, sockets or pages.
All times are aware datetimes in UTC. Positions count Unicode code points, half-open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Generic, Literal, NamedTuple, TypeVar

from moderation.hours import Week
from moderation.mounting import Closed

State = Literal["pending", "approved", "refused", "withdrawn", "erased"]
Held = Literal["aside", "consent", "second_opinion"]
By = Literal["author", "place"]
Role = Literal["owner", "moderator", "manager", "staff", "auditor"]
Via = Literal["session", "token"]
Event = Literal["created", "edited", "deleted"]
ConsentState = Literal["not_needed", "needed", "given", "refused", "withdrawn"]
DeliveryState = Literal["none", "queued", "sending", "delivered", "failed", "unknown", "cancelled"]
Span = tuple[int, int]
T = TypeVar("T")

STATES: Final[tuple[State, ...]] = ("pending", "approved", "refused", "withdrawn", "erased")
HOLDS: Final[tuple[Held, ...]] = ("aside", "consent", "second_opinion")
ROLES: Final[tuple[Role, ...]] = ("owner", "moderator", "manager", "staff", "auditor")

# The closed list (P3). None of them means negative, harsh, exaggerated or off-brand.
REFUSAL_CODES: Final = (
    "insult-threat",
    "hate",
    "personal-data",
    "defamation-alleged",
    "illegal-other",
    "spam-ad",
    "not-about-this-place",
    "unreadable",
    "duplicate-same-author",
)
# Set by the author or the channel only, never by a person of the place.
RESERVED_CODES: Final = ("author-withdrew",)

# Defaults of a place, not constants of the code: a street or a hall declares its own.
DEFAULT_KINDS: Final = ("thanks", "idea", "question", "complaint")
DEFAULT_STANCES: Final = ("read", "studying", "planned", "done", "declined")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One shop floor (or street, or hall): its screens, its wall, its people."""

    slug: str
    name: str
    timezone: str = "Europe/Paris"
    lease_seconds: int = 300
    wall_days: int = 30
    wall_max: int = 200
    kinds: tuple[str, ...] = DEFAULT_KINDS
    stances: tuple[str, ...] = DEFAULT_STANCES
    declared: bool = False  # comes from wall.toml, so the pages show it read-only
    hours: Week | None = None  # None: nobody gave them, always open
    closed: Closed = "house"  # what hangs outside of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The named person (or the token that acts for one) behind an action.

    ``places`` is None for whoever acts everywhere (an owner).
    """

    id: str
    name: str
    role: Role
    places: tuple[str, ...] | None = None
    via: Via = "session"
    signed: str = ""  # how a reply is signed: first name and role
    first_name: str = ""  # what colleagues are told who it was

    def acts_in(self, place: str) -> bool:
        return self.places is None or place in self.places


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What a connector hands over: untrusted, before the text table of CONTRACT.md.

    ``id`` and ``thread`` are the channel's own; ``consent_at`` is when the author of a private
    item agreed to have it shown.
    """

    id: str
    event: Event = "created"
    revision: int | None = None
    thread: str | None = None
    by: By = "author"
    author_name: str | None = None
    author_url: str | None = None
    author_id: str | None = None
    text: str = ""
    format: Literal["text", "html"] = "text"
    stars: int | None = None
    kind: str | None = None
    published_at: datetime | None = None
    experience_at: datetime | None = None
    url: str | None = None
    private: bool = False
    consent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    name: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the author said it is; never guessed."""

    stars: int | None = None
    kind: str | None = None

    @property
    def label(self) -> str:
        """``stars-1`` … ``stars-5``, a kind, or ``none``: the ledger's and the figures' word."""
        return f"stars-{self.stars}" if self.stars else (self.kind or "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A triage remark for the moderator: where and why. Never a verdict."""

    code: str
    start: int
    end: int
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    state: ConsentState = "not_needed"
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    by: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    state: DeliveryState = "none"
    url: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The place's answer made here."""

    id: str
    message: str
    place: str
    text: str
    stance: str | None = None
    due: date | None = None
    owner: str | None = None
    because: str | None = None
    signed: str = ""
    posted_at: datetime
    retracted_at: datetime | None = None
    delivery: Delivery = field(default_factory=Delivery)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the last refusal or take-down rests on (P3). ``passage`` is a span or "author"."""

    code: str
    passage: Span | Literal["author"]
    law: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of one author in our care.

    ``thread`` is the id of the thread's first message, ``tid`` the store's own key of the thread.
    ``version`` is the thread's: whatever changes its card makes it grow, and the card on a screen
    carries the same number. ``revision`` is the author's text's.
    """

    id: str
    number: int
    thread: str
    tid: str
    by: By = "author"
    channel: str
    places: tuple[str, ...]
    state: State
    held: Held | None = None
    revision: int
    version: int
    author: Author
    text: str
    masks: tuple[Span, ...] = ()
    mask_author: bool = False
    declared: Declared
    published_at: datetime | None = None
    experience_at: datetime | None = None
    received_at: datetime
    decided_at: datetime | None = None
    approved_at: datetime | None = None
    url: str | None = None
    hints: tuple[Hint, ...] = ()
    replies: tuple[Reply, ...] = ()
    consent: Consent = field(default_factory=Consent)
    claim: Claim | None = None
    ruling: Ruling | None = None
    undoable_by: str | None = None  # the id of who decided last, while nothing followed
    upstream: str = ""
    upstream_thread: str | None = None
    airtime: Mapping[str, int] = field(default_factory=dict)  # seconds really painted, by place


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One thread that hangs: its approved first message, and what followed and may be seen.

    ``turns`` are approved messages and unretracted replies, in order of time. Text is still raw:
    only ``displays.cards`` turns it into what the public may see.
    """

    tid: str
    version: int
    root: Message
    turns: tuple[Message | Reply, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A thread that does not hang (any more). ``final``: never again (author, channel, erasure)."""

    tid: str
    id: str
    version: int
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place in a feed: which life of it, which entry, and that entry's nonce."""

    epoch: str
    offset: int
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One numbered event. Ids only, no text.

    wall: ``what`` is put, hide or withdraw, ``id`` the card's, ``tid`` set.
    desk: ``what`` is message.received, message.edited, message.approved, message.refused,
    message.withdrawn, message.undone, message.erased, message.claimed, message.released,
    message.replied; ``id`` the message's. Of the place: place.conducted, place.next, place.test,
    place.reload; ``version`` counts them. Of what is set up: screen.changed, place.changed; ``id`` its own.
    """

    cursor: Cursor
    what: str
    id: str
    tid: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WallSnapshot:
    """A wall and the head of its feed, read together by one script."""

    cursor: Cursor
    threads: tuple[Thread, ...]  # oldest approval first


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One public line. No text, no name: ``by`` is a pseudonym. ``hash`` is the sealer's.

    A line about the wall itself (``blanked``, ``blank-confirmed``, ``unblanked``) is about no message: it has no
    arrival, number, state or declared. ``via`` is ``clock`` where nobody did it.
    """

    seq: int
    arrival: int | None
    number: int | None
    at: datetime
    what: str
    code: str | None
    state: State | None
    declared: str | None
    by: str | None
    via: Via | Literal["channel", "clock"]
    second: str | None = None
    prev: str | None = None
    hash: str | None = None


class Quarantined(NamedTuple):
    """An item that could not be taken in, why, and the ``field`` to blame where one is."""

    id: str
    code: str
    at: datetime
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    items: tuple[T, ...]
    next: str | None


NO_COMPANIONS: Final[Mapping[str, int]] = {}

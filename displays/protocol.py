"""``wall.v1`` and ``desk.v1``: every frame, close code and reason.

Owns the shapes of what travels over a websocket; ``coding`` has their JSON. Must not know stores,
sockets or timers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from moderation.conduct import Order, Pace
from moderation.domain import Cursor
from moderation.hours import Week
from moderation.mounting import Closed, Mounting

WALL: Final = "wall.v1"
DESK: Final = "desk.v1"

HEARTBEAT_SECONDS: Final = 10

# Close codes. After the first three a screen does not come back by itself.
NOT_PAIRED: Final = 4401
REVOKED: Final = 4403
PROTOCOL: Final = 4406
SLOW: Final = 4408
REPLACED: Final = 4409  # a newer connection of the same device; wait five minutes
TOO_MANY: Final = 4429
RESTART: Final = 1012
TRY_LATER: Final = 1013  # the engine is away: nothing true can be said now

Mode = Literal["resume", "snapshot"]
Why = Literal["cold", "epoch", "trimmed", "fork", "ahead", "far"]
RemovalOp = Literal["hide", "withdraw"]


# What a screen may show ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What followed a first message. ``text`` is masked, ``masks`` are positions in it."""

    id: str
    by: Literal["author", "place"]
    name: str | None
    text: str
    masks: tuple[tuple[int, int], ...] = ()
    at: str | None = None
    stance: str | None = None
    due: str | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One thread as the public may see it. Dates are RFC 3339 in UTC."""

    id: str
    version: int
    text: str
    masks: tuple[tuple[int, int], ...] = ()
    author: str | None = None
    channel: str = ""
    kind: str | None = None
    stars: int | None = None
    published_at: str | None = None
    experience_at: str | None = None
    approved_at: str | None = None
    turns: tuple[Turn, ...] = ()


# Up: what a screen says ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    rid: str
    c: Cursor | None = None
    app: str | None = None
    caps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Airtime:
    n: int
    id: str
    version: int
    page: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Ack:
    s: int
    shown: tuple[Shown, ...] = ()
    airtime: tuple[Airtime, ...] = ()


State = Literal["pairing", "live", "stale", "house", "dark"]
Orientation = Literal["landscape", "portrait"]
Light = Literal["day", "night"]
Over = Literal["test", "blank"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """What hangs at this moment; ``page`` of ``pages``, from 1."""

    id: str
    version: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a screen is, in its own words: whenever that changes, and once a minute.

    ``width`` and ``height`` are pixels of the page as it is read, ``ratio`` those of the panel in each. ``errors`` are
    of our own code, with nothing in quotes: no customer's text. ``over``: what lies over the wall, the test card or the
    darkness that a person asked for; ``state`` is told beside it.
    """

    app: str
    width: int
    height: int
    ratio: float
    orientation: Orientation
    state: State
    theme: Light
    painted: Leaf | None
    errors: tuple[str, ...]
    uptime: float
    over: Over | None = None


# Down: what a screen hears ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Welcome:
    """``at`` (server's seconds) lets a screen date later heartbeats from its own hello.

    ``aired``: airtime of this device up to this ``n`` is stored. ``last``: the card that it painted last.
    """

    rid: str
    place: str
    hb: int
    lease: int
    mode: Mode
    why: Why | None = None
    at: float | None = None
    aired: int | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """``aired``: airtime up to this ``n`` is stored; what is above is to be told again."""

    n: int


@dataclass(frozen=True, slots=True)
class Snap:
    rid: str
    c: Cursor
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Put:
    c: Cursor
    card: Card


@dataclass(frozen=True, slots=True)
class Removal:
    """``hide``: off now, may return at a higher version. ``withdraw``: never again."""

    c: Cursor
    op: RemovalOp
    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    s: int
    at: float


@dataclass(frozen=True, slots=True)
class Resync:
    why: str


@dataclass(frozen=True, slots=True)
class Bye:
    why: str
    retry: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Pinned:
    id: str
    until: float


@dataclass(frozen=True, slots=True)
class Blanked:
    """``until`` is None while a person has confirmed it."""

    until: float | None


@dataclass(frozen=True, slots=True)
class Led:
    """``conduct``: what a person has told this wall to do, whole each time; moments in the server's seconds.

    It takes no offset of the feed. ``hours`` are times of the place's day, with the pace that holds between them.
    """

    pace: Pace
    usual: Pace
    hours: tuple[tuple[str, str, Pace], ...] = ()
    pin: Pinned | None = None
    hold: float | None = None
    blank: Blanked | None = None


@dataclass(frozen=True, slots=True)
class Do:
    """Once, now, or never: whoever was not connected does not do it later."""

    n: int
    what: Order


@dataclass(frozen=True, slots=True)
class Hung:
    """``screen``: how this device hangs, after each welcome and whenever a person changes it."""

    name: str
    mounting: Mounting
    hours: Week | None
    closed: Closed
    timezone: str


Up = Hello | Ack | Report
Down = Welcome | Stored | Snap | Put | Removal | Heartbeat | Resync | Bye | Led | Do | Hung


# desk.v1: ids only, the page fetches the rest over HTTP ------------------------------------------


@dataclass(frozen=True, slots=True)
class DeskWelcome:
    places: tuple[str, ...]
    hb: int = HEARTBEAT_SECONDS


@dataclass(frozen=True, slots=True)
class DeskEvent:
    place: str
    what: str
    id: str
    v: int


@dataclass(frozen=True, slots=True)
class LostScreen:
    id: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class DeskHeartbeat:
    """``engine`` is False while the engine does not answer: the page shows its banner. ``lost``: the place's screens
    that somebody should look after."""

    engine: bool = True
    place: str = ""
    lost: tuple[LostScreen, ...] = ()


DeskDown = DeskWelcome | DeskEvent | DeskHeartbeat | Resync

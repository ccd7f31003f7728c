"""What a connector is: what it declares, what it hands over, and how it says that it can't.

Owns the shapes between a channel and the rest of the house. Must not know any one channel, the store's keys, HTTP
servers or pages. A connector hands over neutral frozen structures (`Incoming`); nothing of an upstream library
leaves it, and it never decides, cleans or shortens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from moderation.domain import Incoming
from moderation.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What this kind of channel can do. What it does not declare is never asked of it."""

    pull: bool = False  # we ask for what is new
    push: bool = False  # it brings what is new
    reply: bool = False  # the place's answer can be carried there
    find: bool = False  # a reply whose answer was lost can be looked for there
    recheck: bool = False  # it can be asked what still stands
    edits: bool = False  # it tells when an author changes a text
    deletions: bool = False  # it tells when a text is taken away
    consent: bool = False  # it carries private chats, and their author's consent


class Configured(Protocol):
    """One `[[channel]]` of the settings, as far as a connector needs it. `options` are its kind's own keys."""

    @property
    def slug(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def places(self) -> tuple[str, ...]: ...
    @property
    def options(self) -> Mapping[str, object]: ...


class Key(NamedTuple):
    """A key of a kind's own in `[[channel]]`. A connector's class may list them as `keys`, by name: then they stand in
    the table of settings, and others are refused by name."""

    what: str
    default: str = "needed"  # as the table says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An item that could not even be read. Its id as far as it has one."""

    id: str
    code: str
    field: str | None = None  # the one that is wrong: "author.name"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWord:
    """The author of a private chat agreed, declined, or took it back: for the whole thread. The latest `at` holds."""

    thread: str
    given: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one delivery (or one look) held: what can be read, and what can't.

    `ask`: threads whose author may now be asked for consent.
    """

    items: tuple[Incoming, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    consents: tuple[ConsentWord, ...] = ()
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled(Parcel):
    """What is new, oldest first, and where to go on. An item may come again: receiving twice has one effect."""

    cursor: str | None = None


class Connector(Protocol):
    """One configured channel. Made from its settings; raises WrongSetting when they are not enough."""

    kind: ClassVar[str]
    abilities: Abilities
    slug: str
    places: tuple[str, ...]

    async def check(self) -> None:
        """Whether its credentials work. Raises CredentialsRefused or Unreachable, and nothing else."""


@runtime_checkable
class Pulls(Connector, Protocol):
    poll_seconds: float

    async def pull(self, cursor: str | None) -> Pulled:
        """What is new since `cursor` (None: never asked). Raises CredentialsRefused or Unreachable."""


@runtime_checkable
class Pushed(Connector, Protocol):
    body_limit: int  # bytes of a delivery; more is refused before it is read

    def open(self, headers: Mapping[str, str], body: bytes, now: float) -> Parcel:
        """Check who sent this and read it. Raises SignedOut, TooLarge or BadRequest; `headers` in small letters."""


@runtime_checkable
class Asks(Pushed, Protocol):
    async def ask(self, thread: str) -> None:
        """Ask the thread's author for consent, unless the question already stands there. Raises Trouble, Refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A reply about to be carried outside. `reply_id` is ours and never changes: a receiver may see it again.

    `tries` counts how often it was handed over before; `since` is when it was written here.
    """

    reply_id: str
    in_reply_to: str
    thread: str | None
    text: str
    signed: str  # first name and role, as on the wall
    since: datetime
    tries: int = 0

    @property
    def public(self) -> str:
        """As it is read where there is one field for all: the answer, a blank line, who gave it."""
        return f"{self.text}\n\n{self.signed}" if self.signed else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """It hangs there: its id in the channel, and its address if it has one."""

    id: str
    url: str | None = None


@runtime_checkable
class Replies(Connector, Protocol):
    async def send(self, outgoing: Outgoing) -> Sent:
        """Post it, once; the client's own repetition of POST is off.

        Raises Unreachable or RateLimited (surely not posted: it is tried again), Refused (surely not posted, and
        trying again is vain), CredentialsRefused, or AnswerLost (it may have been posted).
        """


@runtime_checkable
class Finds(Replies, Protocol):
    async def find(self, outgoing: Outgoing) -> Sent | None:
        """Whether an earlier try was posted after all. Raises Trouble when it can't tell.

        None: sending it (again) makes no second post, because it surely is not there, or because the receiver knows
        a `reply_id` again.
        """


@runtime_checkable
class Rechecks(Connector, Protocol):
    recheck_seconds: float

    async def recheck(self, upstream: Sequence[str]) -> tuple[Incoming | ConsentWord, ...]:
        """What became of these items that hang here: one `edited` or `deleted` for each that changed.

        Also a consent that was taken back while nobody told us.
        """


@runtime_checkable
class Closes(Connector, Protocol):
    def close(self) -> None:
        """The server stops: give back what outlives a call (a thread, a connection). Nothing is asked after it."""


class Trouble(Problem):
    """A channel that does not work now. The runner tries again, ever more slowly."""

    code = "channel_unreachable"


class Unreachable(Trouble):
    """The service is down, slow or limits us: nobody here has to do anything. `retry_after` in seconds, if told."""


class CredentialsRefused(Trouble):
    """The key is bad or was taken back: a person has to act."""

    code = "credentials_refused"


class RateLimited(Trouble):
    """Not now: `retry_after` says in how many seconds."""

    code = "channel_busy"


class AnswerLost(Trouble):
    """The call left and no answer came: whether it had its effect is unknown."""

    code = "answer_lost"


class Refused(Problem):
    """The channel will not take this reply, ever: `thread_locked`, `thread_gone`, `reply_too_long`, `reply_refused`."""

    code = "reply_refused"

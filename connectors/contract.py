"""What a connector is: what it declares, what it hands over, and how it says that it can't.

Owns the shapes between a channel and the rest of the house. Must not know any one channel, the store's keys, HTTP
servers or pages. A connector hands over neutral frozen structures (`Incoming`); nothing of an upstream library
leaves it, and it never decides, cleans or shortens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """New items, oldest first, and where to go on. An item may come again: receiving twice has one effect."""

    items: tuple[Incoming, ...] = ()
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An item that could not even be read. Its id as far as it has one."""

    id: str
    code: str
    field: str | None = None  # the one that is wrong: "author.name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one delivery held: what can be read, and what can't."""

    items: tuple[Incoming, ...] = ()
    rejected: tuple[Rejected, ...] = ()


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
    def open(self, headers: Mapping[str, str], body: bytes, now: float) -> Parcel:
        """Check who sent this and read it. Raises SignedOut, TooLarge or BadRequest; `headers` in small letters."""


class Trouble(Problem):
    """A channel that does not work now. The runner tries again, ever more slowly."""

    code = "channel_unreachable"


class Unreachable(Trouble):
    """The service is down, slow or limits us: nobody here has to do anything. `retry_after` in seconds, if told."""


class CredentialsRefused(Trouble):
    """The key is bad or was taken back: a person has to act."""

    code = "credentials_refused"

"""What the application is composed of: one frozen structure, handed down.

Owns nothing but the list. Whoever composes (``serving``, the command line, tests) fills it; whoever answers
requests takes what it needs from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.contract import Connector
from displays.hub import Hub
from displays.rendering import Pages
from moderation.actions import Actions
from moderation.roster import Roster
from moderation.store import Store
from server.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a demo's link opens: ``path``, as a person or as a screen."""

    path: str
    person: str | None = None  # their name
    device: str | None = None  # bare device token


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demo's links, by the SHA-256 of their secret. They hold until the demo stops."""

    entries: Mapping[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    settings: Settings
    store: Store
    roster: Roster
    actions: Actions
    hub: Hub
    pages: Pages
    connectors: Mapping[str, Connector] = field(default_factory=dict)  # by the channel's slug
    demo: Demo | None = None
    room: Callable[[], bool] = lambda: True  # whether the disk has room for more to be taken in

"""Which kinds of channel there are: ours, one line each, and those that an installed package brings.

Owns the lookup by kind. Must not know what a connector does. Third parties use the entry-point group
`complicity.connectors`: its name is the kind, its object is called with the channel's settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Final

from connectors.chatwoot import Chatwoot
from connectors.contract import Configured, Connector, Key
from connectors.demo import Demo
from connectors.feed import Feed
from connectors.reddit import Reddit
from connectors.webhook import Webhook
from moderation.errors import WrongSetting

GROUP: Final = "complicity.connectors"

Make = Callable[[Configured], Connector]

BUILT_IN: Final[Mapping[str, Make]] = {
    "chatwoot": Chatwoot,
    "demo": Demo,
    "feed": Feed,
    "reddit": Reddit,
    "webhook": Webhook,
}
# The write page is a channel of every house: its name in messages and limits can't be given to another.
RESERVED_SLUGS: Final = frozenset({"write"})


def kinds() -> tuple[str, ...]:
    return tuple(sorted({*BUILT_IN, *(entry.name for entry in entry_points(group=GROUP))}))


def build(channel: Configured) -> Connector:
    """The connector of one configured channel. Raises WrongSetting."""
    if channel.slug in RESERVED_SLUGS:
        raise WrongSetting(
            name=f"channel.{channel.slug}.slug", expected="another slug: this one is the write page's"
        )
    return _find(channel)(channel)


def keys_of(kind: str) -> Mapping[str, Key] | None:
    """A built-in kind's own keys; None for one that does not list them."""
    return getattr(BUILT_IN.get(kind), "keys", None)


def _find(channel: Configured) -> Make:
    if found := BUILT_IN.get(channel.kind):
        return found
    for entry in entry_points(group=GROUP, name=channel.kind):
        make: Make = entry.load()
        return make
    raise WrongSetting(name=f"channel.{channel.slug}.kind", expected=f"one of {', '.join(kinds())}")

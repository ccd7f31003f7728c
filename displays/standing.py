"""Whether a text that was taken down is off each screen.

Owns the rule: a screen that has acknowledged what took it off does not show it; nor does one that has heard nobody for
longer than its lease. All others may. Pure. Must not know a message, a store or a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from displays.devices import Facts

# ``off``: it said so. ``dark``: cut off, and its lease is over. ``silent``: cut off, its lease ends at ``dark_from``.
# ``waiting``: connected, and has not said so yet.
Word = Literal["off", "dark", "silent", "waiting"]
GONE: Final[frozenset[Word]] = frozenset({"off", "dark"})


@dataclass(frozen=True, slots=True)
class Standing:
    """``since``: when it was heard last; ``dark_from``: what it shows ends then at the latest, where that is known."""

    word: Word
    since: datetime | None = None
    dark_from: datetime | None = None


def standing(facts: Facts, offset: int, now: datetime) -> Standing | None:
    """Of one screen, when the wall was told at ``offset``; None of one that has never hung anything."""
    if facts.acked is not None and facts.acked >= offset:
        return Standing("off")
    if facts.connected:
        return Standing("waiting", facts.heard_at)
    if facts.silent_since is None or facts.dark_from is None:
        return None
    word: Word = "dark" if facts.dark_from <= now else "silent"
    return Standing(word, facts.silent_since, facts.dark_from)

"""Whether a listener may go on from where it stopped, or must start over.

Owns the rule; pure, so that the model test drives the very code that the product runs. Must not know
the engine or sockets. Without any one of these checks a screen can keep a card that was taken down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from moderation.domain import Cursor, FeedEntry

Why = Literal["cold", "epoch", "trimmed", "fork", "ahead", "far"]
FAR: Final = 500  # entries: beyond this a snapshot is cheaper than the tail


@dataclass(frozen=True, slots=True)
class Reset:
    """Start over with a snapshot, and why."""

    why: Why


@dataclass(frozen=True, slots=True)
class Tail:
    """Go on: what came after the cursor, in order; may be empty."""

    entries: tuple[FeedEntry, ...]


def verdict(
    cursor: Cursor | None, head: Cursor, *, first: int, nonce_at: str | None, far: int = FAR
) -> Why | None:
    """None when everything after ``cursor`` is still in the feed and ``cursor`` is of this very history.

    ``head`` is the last entry, ``first`` the oldest offset still kept (head + 1 when none is),
    ``nonce_at`` the nonce of the entry at the cursor's offset, None when that entry is no longer kept.
    """
    if cursor is None:
        return "cold"
    if cursor.epoch != head.epoch:
        return "epoch"
    if cursor.offset > head.offset:
        return "ahead"
    if cursor.offset == head.offset:
        return None if cursor.nonce == head.nonce else "fork"
    if cursor.offset < first or nonce_at is None:
        return "trimmed"
    if cursor.nonce != nonce_at:
        return "fork"
    if head.offset - cursor.offset > far:
        return "far"
    return None

"""What is told under an entry of the wall's feed: what is true of its card now, not what was true then.

Owns the step from entries and truths to numbered frames. Pure. Must not know who listens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from displays.audience import Numbered
from displays.cards import card
from displays.coding import encode
from displays.protocol import DeskEvent, Put, Removal, RemovalOp
from moderation.domain import Cursor, FeedEntry, Gone, Thread

NOWHERE: Final = ""  # the nonce of a cursor that nothing may be resumed from


def stamp(cursor: Cursor, tid: str, *, settled: bool, early: set[str]) -> Cursor:
    """The cursor to send: without its nonce while something of a later entry has already been told.

    An older replica may take over and never hear of that later entry; the screen that stopped here would
    match its history and keep what it was told too early. Without a nonce it gets a snapshot. ``early``
    holds the threads told ahead. The model test found this story.
    """
    if settled:
        early.discard(tid)
    else:
        early.add(tid)
    return replace(cursor, nonce=NOWHERE) if early else cursor


def wall_frames(
    entries: Sequence[FeedEntry],
    truths: Mapping[str, Thread | Gone],
    label: Callable[[str], str],
    early: set[str],
) -> list[Numbered]:
    """Each entry under its own offset."""
    frames = []
    for entry in entries:
        truth = truths.get(entry.tid) or Gone(
            tid=entry.tid, id=entry.id, version=entry.version, final=entry.what == "withdraw"
        )
        frame: Put | Removal
        if isinstance(truth, Thread):
            settled = entry.what == "put" and truth.version == entry.version
            cursor = stamp(entry.cursor, entry.tid, settled=settled, early=early)
            frame = Put(cursor, card(truth, label))
        else:
            removal = entry.what != "put"
            cursor = stamp(entry.cursor, entry.tid, settled=removal, early=early)
            op: RemovalOp = "withdraw" if truth.final else "hide"
            # A removal keeps its own version: the thread's may have grown where no wall was told of it, and
            # a screen must not hold a number that a lost future gave out.
            frame = Removal(cursor, op, entry.id, entry.version if removal else truth.version)
        frames.append(Numbered(cursor, encode(frame)))
    return frames


def desk_frames(place: str, entries: Sequence[FeedEntry]) -> list[Numbered]:
    return [
        Numbered(entry.cursor, encode(DeskEvent(place, entry.what, entry.id, entry.version)))
        for entry in entries
    ]

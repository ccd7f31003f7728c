"""What the public may see of a thread: the one place where a Thread becomes a wire card.

Owns masking and the choice of fields: what is not named here never leaves (upstream ids, addresses,
hints, rulings, consent, who decided). Must not know the feed, sockets or languages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from displays.coding import rfc3339
from displays.protocol import Card, Turn
from moderation.domain import Message, Reply, Span, Thread

MASK: Final = "\u2588" * 6  # always six: the length of a name must not leak


def united(masks: Iterable[Span]) -> list[Span]:
    """Spans that touch are one run: two marks side by side would tell where one word ended."""
    runs: list[Span] = []
    for start, end in sorted(masks):
        if runs and start <= runs[-1][1]:
            runs[-1] = (runs[-1][0], max(end, runs[-1][1]))
        elif start < end:
            runs.append((start, end))
    return runs


def masked(text: str, masks: Iterable[Span]) -> tuple[str, tuple[Span, ...]]:
    """The text with each masked run replaced, and where the replacements lie in the result."""
    parts: list[str] = []
    places: list[Span] = []
    read = written = 0
    for start, end in united(masks):
        kept = text[read:start]
        parts += (kept, MASK)
        written += len(kept)
        places.append((written, written + len(MASK)))
        written += len(MASK)
        read = end
    return "".join((*parts, text[read:])), tuple(places)


def card(thread: Thread, label: Callable[[str], str]) -> Card:
    """``label`` gives a channel's name for people, by its slug."""
    root = thread.root
    text, masks = masked(root.text, root.masks)
    return Card(
        id=root.id,
        version=thread.version,
        text=text,
        masks=masks,
        author=_author(root),
        channel=label(root.channel),
        kind=root.declared.kind,
        stars=root.declared.stars,
        published_at=rfc3339(root.published_at or root.received_at),
        experience_at=rfc3339(root.experience_at),
        approved_at=rfc3339(root.approved_at or root.decided_at),
        turns=tuple(_turn(turn) for turn in thread.turns),
    )


def _author(message: Message) -> str | None:
    if message.author.name is None:
        return None
    return MASK if message.mask_author else message.author.name


def _turn(turn: Message | Reply) -> Turn:
    if isinstance(turn, Reply):
        return Turn(
            id=turn.id,
            by="place",
            name=turn.signed or None,
            text=turn.text,
            at=rfc3339(turn.posted_at),
            stance=turn.stance,
            due=turn.due.isoformat() if turn.due else None,
            because=turn.because,
        )
    text, masks = masked(turn.text, turn.masks)
    at = rfc3339(turn.published_at or turn.received_at)
    return Turn(id=turn.id, by=turn.by, name=_author(turn), text=text, masks=masks, at=at)

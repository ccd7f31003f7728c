"""What was said in Chatwoot while nobody listened: it does not send a webhook again.

Owns how far back a walk goes and what its cursor holds. Must not know settings, signatures or the store. A walk reads
the conversations that changed since the last one, with an overlap: Chatwoot numbers a message before it shows it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from connectors.chatwoot_api import Api, Row, TooMuch, rows_of
from connectors.contract import Refused

log = logging.getLogger("complicity.channels")

OVERLAP: Final = 600  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far the last walk came."""

    at: int = 0  # the latest word of any conversation, by Chatwoot's clock
    after: int = 0  # every message up to this number was seen
    # Conversations of the overlap, as they then stood.
    seen: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str | None) -> Mark | None:
        """None: never asked, or not our writing."""
        try:
            held = json.loads(cursor or "")
            return cls(at=int(held["at"]), after=int(held["after"]), seen=dict(held["seen"]))
        except (ValueError, TypeError, KeyError):
            return None

    def write(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


async def begin(api: Api, inboxes: Sequence[int]) -> Mark:
    """From now on: what was said before the channel was set up was said to somebody else."""
    at = after = 0
    for inbox in inboxes:
        async for row in api.conversations(inbox):
            at = max(at, row["last_activity_at"])
            after = max([after, *(last["id"] for last in rows_of(row.get("messages") or (), "id"))])
            break  # the latest
    return Mark(at=at, after=after)


async def changed(api: Api, inboxes: Sequence[int], mark: Mark) -> tuple[list[Row], Mark]:
    """The conversations that changed since, each with its `messages`; and the mark for the next walk."""
    there: list[Row] = []
    for inbox in inboxes:
        async for row in api.conversations(inbox):
            if row["last_activity_at"] < mark.at - OVERLAP:
                break
            if row.get("inbox_id") == inbox:
                there.append(row)
    at = max([mark.at, *(row["last_activity_at"] for row in there)])
    after = mark.after
    found: list[Row] = []
    for row in there:
        if mark.seen.get(str(row["id"])) == _state(row):
            continue
        try:
            messages = [message async for message in api.messages(str(row["id"]), mark.after)]
        except (Refused, TooMuch) as unread:  # it went while we walked, or nobody reads it
            log.info("conversation %s is left out: %s", row["id"], unread)
            continue
        found.append({**row, "messages": messages})
        after = max(
            [after, *(m["id"] for m in messages if 0 < _seconds(m.get("created_at")) <= at - OVERLAP)]
        )
    seen = {str(row["id"]): _state(row) for row in there if row["last_activity_at"] >= at - OVERLAP}
    return found, Mark(at=at, after=after, seen=seen)


def _state(row: Row) -> float:
    """What changes with whatever changes in a conversation."""
    return _seconds(row.get("updated_at")) or float(row["last_activity_at"])


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0

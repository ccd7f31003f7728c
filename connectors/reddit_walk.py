"""The walk back through a listing, and what it remembers for the next one.

Owns where a walk ends and what the cursor holds. Must not know how a page is fetched. A walk is gathered whole before
anything of it is handed over, so whoever dies in the middle of one has moved nothing and starts it again.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.reddit_things import Page, Thing

KNOWN: Final = 500  # names a listing remembers: a whole page of known ones is found within the newest 200
ANCHORS: Final = 3

Fetch = Callable[[str | None], Awaitable[Page]]
Known = Mapping[str, int]  # a thing's name, and its revision when it was last handed over; newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The cursor: what is known of each listing. It counts only for the subreddits that it was made for."""

    of: str
    listings: Mapping[str, Known] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str | None, of: str) -> Marks:
        """Another set of subreddits starts anew: what a new one brings may lie below what the others made known."""
        try:
            held = json.loads(cursor) if cursor else {}
            if held.get("of") == of:
                return cls(of=of, listings={name: dict(known) for name, known in held["known"].items()})
        except (ValueError, TypeError, AttributeError, KeyError):
            pass  # not ours: everything is walked again, and receiving twice has one effect
        return cls(of=of)

    def write(self) -> str:
        return json.dumps({"of": self.of, "known": self.listings}, separators=(",", ":"))


async def walk(fetch: Fetch, known: Known) -> tuple[Thing, ...]:
    """What a listing shows, newest first, back to a whole page of known things.

    Not to the first known one: what a moderator releases late, or a filter holds back, appears below it. What is gone
    counts for nothing on a page, or a moderator's view of removed things would never end.
    """
    found: dict[str, Thing] = {}
    after: str | None = None
    anchors: list[str] = []
    while True:
        page = await fetch(after)
        if not page.things and anchors:
            # The thing we asked on from was deleted meanwhile, and Reddit then answers with nothing at all.
            after = anchors.pop()
            continue
        fresh = [thing for thing in page.things if thing.name not in found]
        found.update((thing.name, thing) for thing in fresh)
        standing = [thing for thing in page.things if not thing.gone]
        if not page.after or not fresh or (standing and all(thing.name in known for thing in standing)):
            return tuple(found.values())
        after = page.after
        anchors = [thing.name for thing in page.things[:-1]][-ANCHORS:]


def news(seen: tuple[Thing, ...], known: Known) -> tuple[Thing, ...]:
    """What of a walk is to be handed over: the new, the edited, and the known that is gone."""
    return tuple(
        thing
        for thing in seen
        if (thing.name in known if thing.gone else known.get(thing.name, 0) < thing.revision)
    )


def remember(seen: tuple[Thing, ...], known: Known) -> Known:
    """What is gone is forgotten: if it comes back it is new."""
    now = {thing.name: thing.revision for thing in seen if not thing.gone}
    gone = {thing.name for thing in seen if thing.gone}
    older = {name: revision for name, revision in known.items() if name not in now and name not in gone}
    return dict(list({**now, **older}.items())[:KNOWN])

"""The names of all keys of one organisation.

Owns the key layout. All keys share the hash tag ``{organisation}``: one slot, one primary, so a script
may touch any of them. Must not know what the values mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

# The order in which ``lua/_prelude.lua`` finds the keys of one place.
INDEXES = ("pending", "approved", "refused", "withdrawn", "erased", "aside", "consent", "second_opinion")


@dataclass(frozen=True, slots=True)
class Keys:
    organisation: str

    def _key(self, *parts: str) -> str:
        return f"{{{self.organisation}}}:" + ":".join(parts)

    # one for the organisation
    @property
    def secret(self) -> str:
        return self._key("secret")

    @property
    def probe(self) -> str:
        """Written to see whether the engine takes writes."""
        return self._key("probe")

    @property
    def number(self) -> str:
        return self._key("number")

    # messages, threads, replies
    def message(self, message: str) -> str:
        return self._key("m", message)

    def decisions(self, message: str) -> str:
        return self._key("d", message)

    def thread(self, tid: str) -> str:
        return self._key("t", tid)

    def reply(self, reply: str) -> str:
        return self._key("r", reply)

    def receipt(self, digest: str) -> str:
        return self._key("receipt", digest)

    def answer(self, nonce: str) -> str:
        """What a call with this nonce was answered, kept for a day."""
        return self._key("answer", nonce)

    # places
    def head(self, place: str) -> str:
        return self._key("p", place, "head")

    def feed(self, place: str, feed: str) -> str:
        return self._key("p", place, feed)

    def ledger(self, place: str) -> str:
        return self._key("p", place, "ledger")

    def wall(self, place: str) -> str:
        return self._key("p", place, "hung")

    def conduct(self, place: str) -> str:
        """What a person has told this wall to do."""
        return self._key("p", place, "conduct")

    def airtime(self, place: str) -> str:
        """Milliseconds painted here, by day and by what the author declared."""
        return self._key("p", place, "airtime")

    def index(self, place: str, index: str) -> str:
        return self._key("p", place, "is", index)

    def group(self, places: Iterable[str]) -> list[str]:
        """All keys of these places, in the order that ``_prelude.lua`` expects."""
        return [key for place in places for key in _group(self, place)]

    # channels
    def channel(self, slug: str) -> str:
        return self._key("c", slug)

    def outbox(self, slug: str) -> str:
        """Replies to carry to this channel, by when each is due."""
        return self._key("c", slug, "outbox")

    def asking(self, slug: str) -> str:
        """Threads whose author is still to be asked for consent."""
        return self._key("c", slug, "asking")

    def asked(self, slug: str) -> str:
        """Threads whose author was asked for consent: once is enough for ever."""
        return self._key("c", slug, "asked")

    def quarantine(self, slug: str) -> str:
        """Rows about what could not be taken in, by upstream id."""
        return self._key("c", slug, "quarantine", "rows")

    def quarantine_order(self, slug: str) -> str:
        """Those ids, by date."""
        return self._key("c", slug, "quarantine", "order")

    def lease(self, thing: str) -> str:
        """Which process has this to do now."""
        return self._key("lease", thing)

    # people, screens, doors
    def table(self, name: str) -> str:
        """A hash of records by id: places, people, tokens, screens."""
        return self._key("table", name)

    def door(self, kind: str, digest: str) -> str:
        """A secret that opens something for a while, by its SHA-256."""
        return self._key("door", kind, digest)


@lru_cache(1024)
def _group(keys: Keys, place: str) -> tuple[str, ...]:
    return (
        keys.head(place),
        keys.feed(place, "wall"),
        keys.feed(place, "desk"),
        keys.ledger(place),
        keys.wall(place),
        *(keys.index(place, index) for index in INDEXES),
    )

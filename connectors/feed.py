"""RSS and Atom: a source of reviews or posts that has no API, only a feed.

Owns how an entry is read, what of a feed is remembered between two looks, and where its address may lead. Must not know
the store. A feed only ever tells its latest entries: one that leaves it was not deleted, it is just old. feedparser is
slow and blocks, so it runs in a thread; its own cleaning is off, because HTML becomes text in intake.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
import socket
import sys
from calendar import timegm
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from ipaddress import ip_address
from time import struct_time
from typing import Any, ClassVar, Final, Literal, TypedDict
from urllib.parse import urljoin, urlsplit

import feedparser

from connectors.calls import Answer, Calls, asked, checked_url, is_loopback
from connectors.contract import Abilities, Configured, Key, Pulled, Unreachable
from connectors.webhook import ID_LIMIT
from moderation.domain import Incoming
from moderation.errors import Invalid, WrongSetting
from moderation.text import html_to_text

FEED_LIMIT: Final = 5 * 1024 * 1024
HOPS: Final = 3
ENTRIES: Final = 1_000  # of a feed, newest first: what is remembered of them is saved with every look
ACCEPT: Final = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9"

# Surrogates: 55296 to 57343.
_HALVES: Final = re.compile(
    rb"(?:&#(?:0*(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3])|[xX]0*[dD][89a-fA-F][0-9a-fA-F]{2});)+"
)

_LARGE: Final = re.compile(rb"&#(\d{7,}|[xX][0-9a-fA-F]{6,});?")
_ADDRESS: Final = re.compile(r"[<(]?[^\s<>()@]{1,100}@[^\s<>()@]{1,255}[>)]?")

Seen = Mapping[str, tuple[int, str]]  # an entry's id: its revision, and the fingerprint of what it said


class Said(TypedDict):
    text: str
    format: Literal["text", "html"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is kept between two looks: the cursor."""

    etag: str = ""
    modified: str = ""
    seen: Seen

    @classmethod
    def read(cls, cursor: str | None) -> Memory:
        given = json.loads(cursor or "{}")
        seen = {ident: (int(row[0]), str(row[1])) for ident, row in given.get("seen", {}).items()}
        return cls(etag=given.get("etag", ""), modified=given.get("modified", ""), seen=seen)

    def written(self) -> str:
        return json.dumps({"etag": self.etag, "modified": self.modified, "seen": self.seen})


class Feed:
    kind: ClassVar[str] = "feed"
    keys: ClassVar[Mapping[str, Key]] = {
        "feed_url": Key("RSS or Atom; https unless loopback."),
        "poll_seconds": Key("Between two looks, 1 to 86400.", "`300`"),
        "stars": Key("The element that holds 1 to 5, such as `im:rating`.", '`""`'),
    }

    def __init__(self, channel: Configured) -> None:
        self.slug = channel.slug
        self.places = channel.places
        self.abilities = Abilities(pull=True, edits=True)
        name = f"channel.{channel.slug}"
        self._url = checked_url(f"{name}.feed_url", channel.options.get("feed_url"))
        seconds = channel.options.get("poll_seconds", 300)
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 1 <= seconds <= 86_400:
            raise WrongSetting(name=f"{name}.poll_seconds", expected="a number from 1 to 86400")
        self.poll_seconds = float(seconds)
        stars = channel.options.get("stars", "")
        if not isinstance(stars, str):
            raise WrongSetting(name=f"{name}.stars", expected="the name of the element that holds 1 to 5")
        self._stars = stars.replace(":", "_").casefold()  # as feedparser calls it
        self._calls = Calls(limit=FEED_LIMIT)

    async def check(self) -> None:
        await self._entries(await self._fetch({}))

    async def pull(self, cursor: str | None) -> Pulled:
        known = Memory.read(cursor)
        answer = await self._fetch({"If-None-Match": known.etag, "If-Modified-Since": known.modified})
        if answer.status == 304:
            return Pulled(cursor=cursor)
        items, seen = [], {}
        for item in await self._entries(answer):
            print_ = fingerprint(item)
            revision, before = known.seen.get(item.id, (0, ""))
            if before != print_:
                revision += 1
                items.append(_revised(item, revision))
            seen[item.id] = (revision, print_)
        headers = answer.headers
        memory = Memory(etag=headers.get("etag", ""), modified=headers.get("last-modified", ""), seen=seen)
        return Pulled(items=tuple(items), cursor=memory.written())

    async def _entries(self, answer: Answer) -> Sequence[Incoming]:
        """Oldest first, each id once."""
        if answer.status in (404, 410):
            raise Unreachable(status=answer.status)
        return await asyncio.to_thread(entries, answer, self._stars)

    async def _fetch(self, conditions: Mapping[str, str]) -> Answer:
        """Feeds move, so their redirects are followed; but never from the outside to what only we can reach."""
        headers = {"Accept": ACCEPT, **{name: value for name, value in conditions.items() if value}}
        url = self._url
        for _ in range(HOPS + 1):
            answer = await self._calls.get(url, headers=headers)
            if answer.status not in (301, 302, 303, 307, 308):
                return asked(answer)
            url = await self._next(urljoin(url, answer.headers.get("location", "")))
        raise Unreachable(why="too_many_redirects")

    async def _next(self, url: str) -> str:
        try:
            checked_url("redirect", url)
        except WrongSetting as error:
            raise Unreachable(why="redirect") from error
        if is_loopback(urlsplit(self._url).hostname or ""):
            return url
        parts = urlsplit(url)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                parts.hostname, parts.port or 443, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise Unreachable(why="no_address") from error
        if not all(ip_address(str(row[4][0]).partition("%")[0]).is_global for row in found):
            raise Unreachable(why="redirect")
        return url


def _joined(halves: re.Match[bytes]) -> bytes:
    """An emoji written as the two numbers of its UTF-16 is no XML, and feedparser can't encode such a half."""
    numbers = [int(n[1:], 16) if n[:1] in b"xX" else int(n) for n in re.findall(rb"&#(\w+);", halves[0])]
    text = b"".join(n.to_bytes(2, "little") for n in numbers).decode("utf-16-le", "replace")
    return "".join(f"&#{ord(each)};" for each in text).encode()


def _known(reference: re.Match[bytes]) -> bytes:
    """A number that is no character: feedparser gives up the whole feed for it."""
    digits = reference[1].lstrip(b"xX").lstrip(b"0") or b"0"
    base = 16 if reference[1][:1] in b"xX" else 10
    return reference[0] if len(digits) <= 7 and int(digits, base) <= sys.maxunicode else b"&#65533;"


def entries(answer: Answer, stars: str = "") -> Sequence[Incoming]:
    """What a feed's document holds, oldest first. Raises Unreachable when it is no feed. Slow."""
    body = _LARGE.sub(_known, _HALVES.sub(_joined, answer.body))
    try:
        parsed = feedparser.parse(
            BytesIO(body),  # a stream, because bytes might name a file, and feedparser would open it
            response_headers={"content-type": answer.headers.get("content-type", "")},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # in ways of its own, as of the codec that somebody names
        raise Unreachable(why="no_feed") from error
    if not parsed.get("version"):
        raise Unreachable(why="no_feed")
    found: dict[str, Incoming] = {}
    for entry in parsed.entries[:ENTRIES]:
        item = _incoming(entry, stars)
        found.setdefault(item.id, item)
    beginning = datetime.min.replace(tzinfo=UTC)
    # As feeds are written; their dates, where they have one, say more.
    newest_first = reversed(found.values())
    return sorted(newest_first, key=lambda item: item.published_at or beginning)


def fingerprint(item: Incoming) -> str:
    told = [item.text, item.author_name, item.author_url, item.stars, item.url, str(item.published_at)]
    return sha256(json.dumps(told).encode()).hexdigest()[:24]


def _incoming(entry: Mapping[str, Any], stars: str) -> Incoming:
    title, text = _html(entry.get("title_detail")), _text(entry)
    given = str(entry.get(stars, "")).strip() if stars else ""
    published = _moment(entry.get("published_parsed")) or _moment(entry.get("updated_parsed"))
    return Incoming(
        id=_ident(str(entry.get("id") or entry.get("link") or ""), title, text, published),
        author_name=_author(entry),
        author_url=(entry.get("author_detail") or {}).get("href"),
        **_said(title, text),
        stars=int(given) if given in ("1", "2", "3", "4", "5") else None,
        published_at=published,
        url=entry.get("link"),
    )


def _ident(given: str, title: str, text: str, published: datetime | None) -> str:
    """Its own name. Without one it is known by title and date; without a date too by all that it says, because two
    reviews may well be called the same."""
    if given and len(given) <= ID_LIMIT:
        return given
    return sha256((given or f"{title}\n{published or text}").encode("utf-8", "replace")).hexdigest()


def _said(*parts: str) -> Said:
    """Each part is HTML of its own: an element around it would close a tag that it left open, as in « si a<b »."""
    try:
        return {"text": "\n".join(filter(None, map(html_to_text, parts))), "format": "text"}
    except Invalid:  # more than is read: intake says so, and puts it aside
        return {"text": "".join(parts), "format": "html"}


def _author(entry: Mapping[str, Any]) -> str | None:
    """An author with an address: feedparser takes its end for four letters at most, and the rest for a name.

    An address alone is no name, and nothing to hang in a shop: anonymous.
    """
    told, detail = str(entry.get("author") or ""), entry.get("author_detail") or {}
    name, address = detail.get("name"), detail.get("email")
    if not address or told == f"{name} ({address})":
        said = str(name or told)
        return None if _ADDRESS.fullmatch(said) else said or None
    bare = _ADDRESS.sub("", told).strip()
    return (bare[1:-1].strip() if bare[:1] + bare[-1:] == "()" else bare) or None


def _text(entry: Mapping[str, Any]) -> str:
    """The whole text if the feed has it, else the summary. Of two forms of it the first is the sender's choice."""
    contents = entry.get("content") or [entry.get("summary_detail")]
    return _html(contents[0])


def _html(detail: Mapping[str, Any] | None) -> str:
    value = (detail or {}).get("value") or ""
    if (detail or {}).get("type") == "text/plain":
        return html.escape(value, quote=False).replace("\n", "<br>")
    return str(value)


def _moment(given: struct_time | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(given), UTC) if given else None
    except (ValueError, OverflowError, OSError):
        return None


def _revised(item: Incoming, revision: int) -> Incoming:
    return item if revision == 1 else replace(item, event="edited", revision=revision)

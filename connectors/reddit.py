"""Reddit: the submissions and comments of some subreddits, and the place's answers below them.

Owns a channel's settings, what is asked when, and how a reply is looked for. Must not know PRAW (`reddit_api`), nor
the shape of Reddit's answers (`reddit_things`). Every call runs in the account's own thread (`reddit_worker`), one
request at a time, so that a reply need not wait for the end of a walk and nothing here blocks the event loop.

Off until it is configured. Shop screens are probably commercial use of Reddit's API, which needs Reddit's written
approval; and what was deleted there must be deleted here: README.md, Reddit.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar
from urllib.parse import urlsplit

from connectors.calls import checked_url
from connectors.contract import (
    Abilities,
    AnswerLost,
    Configured,
    CredentialsRefused,
    Key,
    Outgoing,
    Pulled,
    Refused,
    Sent,
    Unreachable,
)
from connectors.reddit_pace import Pace, pace_of
from connectors.reddit_things import NAME, Page, Thing, read_page, read_thing
from connectors.reddit_walk import Known, Marks, news, remember, walk
from connectors.reddit_worker import NotBegun, Stuck, Worker
from moderation.domain import Incoming
from moderation.errors import WrongSetting

if TYPE_CHECKING:
    from connectors.reddit_api import Api

R = TypeVar("R")

LISTINGS: Final = ("new", "comments")  # submissions, comments
PAGE: Final = 100  # Reddit's most, for a listing and for `info`
LONGEST: Final = 10_000  # characters of a comment
SETTLE: Final = 60.0  # seconds in which a POST that was not answered may still take effect
SKEW: Final = 120.0  # seconds that Reddit's clock may be behind ours
HISTORY: Final = 10  # pages of our own comments: Reddit has no more
TURNS: Final = 10  # how far back a conversation is followed

SUBREDDIT: Final = re.compile(r"[A-Za-z0-9_]{2,50}")


class Reddit:
    kind: ClassVar[str] = "reddit"
    keys: ClassVar[Mapping[str, Key]] = {
        "subreddits": Key("One or more names, without r/."),
        "client_id": Key("Of the script app, best as `env:NAME`."),
        "client_secret": Key("Of the script app, best as `env:NAME`."),
        "username": Key("Of the account that answers, best as `env:NAME`."),
        "password": Key("Of that account, best as `env:NAME`."),
        "poll_seconds": Key("Between two looks, 1 to 3600.", "`15`"),
        "recheck_seconds": Key("Between two looks at what hangs; unset: as `poll_seconds`.", "unset"),
        "timeout_seconds": Key("Of one request; unset: `PRAWCORE_TIMEOUT`, else 16.", "unset"),
        "settle_seconds": Key(
            "Seconds in which a comment that was not answered may still appear. Only tests lower it: sooner, one that "
            "Reddit takes late is posted twice.",
            "`60`",
        ),
        "user_agent": Key("Unset: the form that Reddit asks for.", "unset"),
        "reddit_url": Key("Another base, without a path.", '`"https://www.reddit.com"`'),
        "oauth_url": Key("Another base, without a path.", '`"https://oauth.reddit.com"`'),
    }

    def __init__(self, channel: Configured, *, settle: float | None = None) -> None:
        read = _Options(channel)
        self.slug = channel.slug
        self.places = channel.places
        self.abilities = Abilities(pull=True, reply=True, find=True, recheck=True, edits=True, deletions=True)
        self.poll_seconds = read.number("poll_seconds", 1.0, 3600.0, 15.0)
        # What hangs is looked at as often as the listings are: 100 things a request.
        self.recheck_seconds = read.number("recheck_seconds", 1.0, 3600.0, self.poll_seconds)
        self._subreddits = read.subreddits()
        self._user = read.text("username")
        self._site = read.address("reddit_url", "https://www.reddit.com")
        oauth_url = read.address("oauth_url", "https://oauth.reddit.com")
        self._pace = pace_of(oauth_url, self._user)
        timeout = read.number("timeout_seconds", 0.1, 120.0) if "timeout_seconds" in channel.options else None
        # For what no time-out of a socket ends: a name that is looked up for ever, an answer that drips. A read may
        # be repeated twice, each time with a token before it, and wait behind the reads of others.
        self._patience = 30 + 8 * (timeout or 30)
        self._worker: Worker[Api] = Worker(
            f"reddit {channel.slug}",
            partial(
                _make,
                client_id=read.text("client_id"),
                client_secret=read.text("client_secret"),
                username=self._user,
                password=read.text("password"),
                user_agent=read.text("user_agent", _agent(self._user)),
                reddit_url=self._site,
                oauth_url=oauth_url,
                timeout=timeout,
                pace=self._pace,
            ),
        )
        self._settle = read.number("settle_seconds", 1.0, 3600.0, SETTLE) if settle is None else settle
        # A try of an earlier life of ours may be under way still.
        self._settled: dict[str, float] = {}
        self._born = monotonic() + self._settle
        self._carried: dict[str, str] = {}  # comment to reply: two equal replies are not taken for one

    async def check(self) -> None:
        me = await self._read(lambda api: api.me())
        name = me.get("name") if isinstance(me, dict) else None
        if not isinstance(name, str) or name.lower() != self._user.lower():
            raise CredentialsRefused(why="another account")
        await self._page("new", None)

    def close(self) -> None:
        self._worker.close()

    # -- in

    async def pull(self, cursor: str | None) -> Pulled:
        marks = Marks.read(cursor, self._subreddits)
        seen: list[Thing] = []
        found: list[Thing] = []
        known: dict[str, Known] = {}
        for listing in LISTINGS:
            held = marks.listings.get(listing, {})
            walked = await walk(partial(self._page, listing), held)
            seen += walked
            found += news(walked, held)
            known[listing] = remember(walked, held)
        if not found and marks.listings:
            return Pulled(cursor=cursor)  # a thing that only moved is nothing to write down
        items = [thing for thing in found if not self._ours(thing)]
        items.sort(key=lambda thing: (thing.created, len(thing.name), thing.name))
        began = await self._conversations(items, seen)
        return Pulled(
            items=tuple(thing.incoming(self._site, began.get(thing.name)) for thing in items),
            cursor=Marks(of=self._subreddits, listings=known).write(),
        )

    async def _conversations(self, items: Sequence[Thing], seen: Iterable[Thing]) -> dict[str, str]:
        """Who answers our answer goes on with what they began, and both hang as one card: comment to first word.

        Whatever anybody else says below hangs by itself: its author's first word may never be approved.
        """
        at_hand = {thing.name: thing for thing in seen}
        began: dict[str, str] = {}
        climbing = [(thing, thing) for thing in items]
        for _ in range(TURNS):
            await self._fetch(at_hand, (top.parent for _, top in climbing if top.parent != top.link))
            answers = [(thing, at_hand.get(top.parent or "")) for thing, top in climbing]
            ours = [(thing, answer) for thing, answer in answers if answer and self._ours(answer)]
            await self._fetch(at_hand, (answer.parent for _, answer in ours))
            words = [(thing, at_hand.get(answer.parent or "")) for thing, answer in ours]
            climbing = [(t, word) for t, word in words if word and not word.gone and word.author == t.author]
            if not climbing:
                break
            began.update((thing.name, word.name) for thing, word in climbing)
        return began

    async def _fetch(self, at_hand: dict[str, Thing], names: Iterable[str | None]) -> None:
        missing = [name for name in dict.fromkeys(names) if name and name not in at_hand]
        for start in range(0, len(missing), PAGE):
            await self._pace.turn()
            things = await self._info(*missing[start : start + PAGE])
            at_hand.update((thing.name, thing) for thing in things)

    async def recheck(self, upstream: Sequence[str]) -> tuple[Incoming, ...]:
        names = [name for name in upstream if NAME.fullmatch(name)]
        changed: list[Incoming] = []
        for start in range(0, len(names), PAGE):
            await self._pace.turn()
            # What `info` leaves out is not said to be deleted: a subreddit that closed for a day comes back.
            things = await self._info(*names[start : start + PAGE])
            changed += [thing.incoming(self._site) for thing in things if thing.gone or thing.revision > 1]
        return tuple(changed)

    # -- out

    async def send(self, outgoing: Outgoing) -> Sent:
        if len(outgoing.public) > LONGEST:
            raise Refused("reply_too_long", limit=LONGEST)
        under_way = self._settle
        try:
            data = await self._worker.call(
                lambda api: api.comment(outgoing.in_reply_to, outgoing.public), self._patience
            )
        except NotBegun as error:
            raise Unreachable(why="an earlier call hangs") from error
        except Stuck as error:
            raise AnswerLost(why="no end") from error
        except AnswerLost as lost:
            if lost.params.get("status"):  # Reddit did answer: what it did is done
                under_way = 0.0
            raise
        except Refused as refused:
            raise await self._plainly(outgoing, refused) from refused
        finally:
            self._settled[outgoing.reply_id] = monotonic() + under_way
        comment = read_thing(data, self._site)
        if comment is None:
            raise AnswerLost(status=200)
        return self._delivered(outgoing, comment)

    async def find(self, outgoing: Outgoing) -> Sent | None:
        """Among our own comments, then below the parent: Reddit's list of the former may lag behind."""
        for look in (self._own_comments, self._below):
            for thing in await look(outgoing):
                if self._is(thing, outgoing):
                    return self._delivered(outgoing, thing)
        wait = self._settled.get(outgoing.reply_id, self._born) - monotonic()
        if wait > 0:
            raise Unreachable(why="it may still arrive", retry_after=round(wait, 1))
        return None

    async def _own_comments(self, outgoing: Outgoing) -> list[Thing]:
        found: list[Thing] = []
        after: str | None = None
        for _ in range(HISTORY):
            page = await self._listing(f"user/{self._user}/comments", after, sort="new")
            found.extend(page.things)
            after = page.after
            if not after or not page.things or page.things[-1].created < outgoing.since.timestamp() - SKEW:
                break
        return found

    async def _below(self, outgoing: Outgoing) -> list[Thing]:
        parents = await self._info(outgoing.in_reply_to)
        if not parents:
            return []
        parent = parents[0]
        path = f"comments/{(parent.link or parent.name)[3:]}/"
        if parent.link:
            path += f"_/{parent.name[3:]}/"
        try:
            answer = await self._read(lambda api: api.get(path, {"sort": "new", "limit": 500, "depth": 3}))
        except Unreachable as closed:
            if closed.kind != "source_closed":
                raise
            return []  # the thread is gone, and what hung below with it
        listings = answer if isinstance(answer, list) else []
        found: list[Thing] = []
        waiting: deque[Any] = deque(listings[1:])
        while waiting:
            listing = waiting.popleft()
            if not isinstance(listing, dict):
                continue  # a comment without replies has ""
            found.extend(read_page(listing, self._site).things)
            for child in listing["data"]["children"]:
                data = child.get("data") if isinstance(child, dict) else None
                if isinstance(data, dict) and data.get("replies"):
                    waiting.append(data["replies"])
        return found

    def _is(self, thing: Thing, outgoing: Outgoing) -> bool:
        return (
            self._ours(thing)
            and thing.parent == outgoing.in_reply_to
            and thing.text.split() == outgoing.public.split()  # Reddit trims and joins blanks
            and thing.created >= outgoing.since.timestamp() - SKEW
            and self._carried.get(thing.name, outgoing.reply_id) == outgoing.reply_id
        )

    def _delivered(self, outgoing: Outgoing, comment: Thing) -> Sent:
        self._carried[comment.name] = outgoing.reply_id
        self._settled.pop(outgoing.reply_id, None)
        return Sent(id=comment.name, url=comment.url)

    async def _plainly(self, outgoing: Outgoing, refused: Refused) -> Refused:
        """Reddit refuses a reply below what is locked or gone with a bare 403: look which it is."""
        if refused.kind != Refused.code:
            return refused
        try:
            things = await self._info(outgoing.in_reply_to)
            if things and things[0].link:
                things += await self._info(things[0].link)
        except (Unreachable, CredentialsRefused):
            return refused
        if not things or things[0].gone:
            return Refused("thread_gone")
        return Refused("thread_locked") if any(thing.locked for thing in things) else refused

    # -- asking

    def _ours(self, thing: Thing) -> bool:
        return (thing.author or "").lower() == self._user.lower()

    async def _page(self, listing: str, after: str | None) -> Page:
        await self._pace.turn()
        return await self._listing(f"r/{self._subreddits}/{listing}", after)

    async def _listing(self, path: str, after: str | None, **more: str) -> Page:
        params: dict[str, str | int] = {"limit": PAGE, **more}
        if after:
            params["after"] = after
        return read_page(await self._read(lambda api: api.get(path, params)), self._site)

    async def _info(self, *names: str) -> list[Thing]:
        return list(read_page(await self._read(lambda api: api.info(names)), self._site).things)

    async def _read(self, what: Callable[[Api], R]) -> R:
        try:
            return await self._worker.call(what, self._patience)
        except (NotBegun, Stuck) as error:
            raise Unreachable(why="no end") from error


def _make(*, pace: Pace, **settings: Any) -> Api:
    """In the worker's thread: PRAW takes half a second to import, and who has no Reddit need not."""
    from connectors.reddit_api import Account, Api

    return Api(Account(**settings), pace)


def _agent(user: str) -> str:
    """In the form that Reddit asks for: an agent that says nothing of itself is throttled."""
    try:
        release = version("complicite")
    except PackageNotFoundError:  # run from a checkout
        release = "0"
    return f"python:complicite:{release} (by /u/{user})"


class _Options:
    """The channel's own keys. Every getter raises WrongSetting with the key's name."""

    def __init__(self, channel: Configured) -> None:
        self._slug, self._options = channel.slug, channel.options

    def _wrong(self, key: str, expected: str) -> WrongSetting:
        return WrongSetting(name=f"channel.{self._slug}.{key}", expected=expected)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._options.get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, "a text that is not empty")
        return value.strip()

    def number(self, key: str, least: float, most: float, default: float | None = None) -> float:
        value = self._options.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise self._wrong(key, f"a number from {least:g} to {most:g}")
        return float(value)

    def subreddits(self) -> str:
        """One listing for all of them: `a+b`."""
        given = self._options.get("subreddits")
        names = list(given) if isinstance(given, (list, tuple)) else []
        if not names or not all(isinstance(name, str) and SUBREDDIT.fullmatch(name) for name in names):
            raise self._wrong("subreddits", "a list of one or more names, without r/")
        return "+".join(names)

    def address(self, key: str, default: str) -> str:
        """Passwords and tokens go there: https, or this machine."""
        value = checked_url(f"channel.{self._slug}.{key}", self.text(key, default)).rstrip("/")
        parts = urlsplit(value)
        if value != f"{parts.scheme}://{parts.netloc}":  # PRAW would lose a path
            raise self._wrong(key, "an https:// address without a path, or http:// on loopback")
        return value

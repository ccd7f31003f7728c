"""What Reddit calls a thing (a submission or a comment), as a plain frozen structure, and the item it becomes.

Owns which fields count, what is a text and what stands for a deleted one, and the revision. Must not know how a thing
was fetched. Everything is read with suspicion: a field may be missing, null or of another type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from connectors.contract import Unreachable
from moderation.domain import Incoming

MARKERS: Final = ("[deleted]", "[removed]", "[ Removed by Reddit ]", "[deleted by user]")
NAME: Final = re.compile(r"t[13]_[0-9a-z]{1,13}")
# A moderator's account still sees what was removed, text and all; these say that it was.
REMOVED: Final = ("removed", "spam", "banned_by", "removed_by_category")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    name: str  # t1_… is a comment, t3_… a submission
    parent: str | None = None
    link: str | None = None  # the submission that a comment hangs below
    author: str | None = None
    author_id: str | None = None
    text: str = ""
    url: str | None = None
    created: float = 0.0
    revision: int = 1
    gone: bool = False  # by its author, a moderator, or with its author's account
    locked: bool = False

    def incoming(self, site: str, thread: str | None = None) -> Incoming:
        if self.gone:
            return Incoming(id=self.name, event="deleted")
        return Incoming(
            id=self.name,
            thread=thread,
            event="created" if self.revision == 1 else "edited",
            revision=self.revision,
            author_name=self.author,
            author_url=f"{site}/user/{self.author}",
            author_id=self.author_id,
            text=self.text,
            published_at=_moment(self.created),
            url=self.url,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a listing, newest first, and the name to ask on from."""

    things: tuple[Thing, ...] = ()
    after: str | None = None


def read_page(answer: Any, site: str) -> Page:
    """Raises Unreachable: JSON, but no listing."""
    data = answer.get("data") if isinstance(answer, dict) else None
    children = data.get("children") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(children, list):
        raise Unreachable(why="no listing")
    found = (read_thing(child.get("data"), site) for child in children if isinstance(child, dict))
    after = data.get("after")
    return Page(
        things=tuple(each for each in found if each),
        after=after if isinstance(after, str) and after else None,
    )


def read_thing(data: Any, site: str) -> Thing | None:
    """None for what has no name: nothing can be said about it, not even that it is known.

    A thing whose text can't be read keeps its name and has none: intake puts it aside, once.
    """
    name = data.get("name") if isinstance(data, Mapping) else None
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return None
    comment = name.startswith("t1_")
    body = _text(data, "body" if comment else "selftext")
    blank = body.strip() in MARKERS
    author = _text(data, "author")
    title = _text(data, "title")
    text = body if comment else title if blank or not body.strip() else f"{title}\n\n{body}"
    # The title of a submission stays after its author has gone, so the author is what tells.
    gone = not author or author in MARKERS or any(data.get(each) for each in REMOVED)
    link = _name(data, "link_id")
    return Thing(
        name=name,
        parent=_name(data, "parent_id"),
        link=link,
        author=author,
        author_id=ident if (ident := _text(data, "author_fullname")) and ident.isascii() else None,
        text=text,
        url=_address(data, name, link, site),
        created=_number(data.get("created_utc")),
        # A selftext taken away without a word has no date: one more than the text that stood there.
        revision=_revision(data.get("edited")) + (0 if comment else int(blank)),
        gone=gone or (comment and blank),
        locked=bool(data.get("locked")) or bool(data.get("archived")),
    )


def _revision(edited: object) -> int:
    """The second of the last edit; 1 for none. Reddit says only `true` for very old edits."""
    if isinstance(edited, (int, float)) and not isinstance(edited, bool) and math.isfinite(edited):
        return min(max(2, int(edited)), 2**52)
    return 2 if edited is True else 1


def _address(data: Mapping[str, Any], name: str, link: str | None, site: str) -> str:
    """Where it is read; for a link, what it points to."""
    if name.startswith("t3_") and data.get("is_self") is False:
        target = _text(data, "url")
        if target.startswith(("http://", "https://")):
            return target
        if target.startswith(("/r/", "/user/")):  # a crosspost, from a subreddit or somebody's own page
            return site + target
    path = _text(data, "permalink")
    if not path.startswith("/"):
        path = f"/comments/{link[3:]}/_/{name[3:]}/" if link else f"/comments/{name[3:]}/"
    return site + path


def _name(data: Mapping[str, Any], key: str) -> str | None:
    """The name of another thing: it is asked for, and stands in addresses."""
    value = _text(data, key)
    return value if NAME.fullmatch(value) else None


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and 0 <= value < 2**40 else 0.0


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, ValueError, OSError):
        return None

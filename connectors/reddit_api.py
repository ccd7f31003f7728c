"""Reddit's answers, through PRAW: one blocking call at a time, for one account.

Owns the account's `praw.Reddit`, the time-out, what is sent again by itself, and whose fault a failure is. Must not
know messages, cursors or the event loop. It lives in one thread: an instance of PRAW is not shared between threads.

The only module that imports praw. Answers are taken as Reddit gave them (`Reddit.request`), not as PRAW's models: a
model that lacks a field fetches it behind our back, and one malformed item fails the page that it came with.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import praw
from praw.endpoints import API_PATH
from prawcore import Requestor
from prawcore.const import ACCESS_TOKEN_PATH, TIMEOUT
from prawcore.exceptions import OAuthException, RequestException
from requests import ConnectTimeout, Response, Timeout
from urllib3.exceptions import NewConnectionError

from connectors.contract import (
    AnswerLost,
    CredentialsRefused,
    RateLimited,
    Refused,
    Trouble,
    Unreachable,
)
from connectors.reddit_pace import Pace

BUSY: Final = 60  # seconds, where Reddit says "not now" without saying until when
LOCKED: Final = frozenset({"THREAD_LOCKED", "TOO_OLD", "SUBMISSION_LOCKED", "COMMENT_LOCKED"})
GONE: Final = frozenset({"DELETED_COMMENT", "DELETED_LINK", "DELETED_THING"})
UNITS: Final = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0}
_WAIT: Final = re.compile(rf"(\d{{1,4}}|\ban?) ({'|'.join(UNITS)})", re.IGNORECASE)

# Its warnings of repeated calls are ours to make: the runner says once that a channel is lost.
logging.getLogger("prawcore").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    client_id: str
    client_secret: str = field(repr=False)
    username: str
    password: str = field(repr=False)
    user_agent: str
    reddit_url: str
    oauth_url: str
    timeout: float | None = None  # seconds; None: prawcore's


@dataclass(slots=True)
class _Seen:
    """What passed on the wire during the call under way."""

    pace: Pace
    posted: bool = False  # our POST has left
    status: int | None = None
    retry_after: str = ""


class _Wire(Requestor):
    """Where every call of PRAW passes, in the form that PRAW provides for it: `requestor_class`.

    prawcore hands one time-out down with every call: what PRAWCORE_TIMEOUT said when prawcore was imported, else 16 s.
    A time-out given to PRAW reaches nothing. Here the channel's own holds, and that one only where it has none.

    prawcore repeats what met a 5xx or a cut, POST too, and a comment that was stored before its 503 would hang
    twice. Here a POST that has left ends the call, whatever comes back; reads are still repeated.
    """

    def __init__(self, *, seen: _Seen, **settings: Any) -> None:
        super().__init__(**settings)
        self._seen = seen

    def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> Response:
        posting = str(args[0]).upper() == "POST" and not str(args[1]).endswith(ACCESS_TOKEN_PATH)
        seen = self._seen
        seen.status, seen.posted = None, posting
        kwargs["allow_redirects"] = False  # a redirect must not carry the password elsewhere
        if posting:
            self.close()  # a connection that has idled may be closed at its other end: whether we were heard is lost
        try:
            response = super().request(*args, timeout=self.timeout, **kwargs)
        except RequestException as error:
            cause = error.original_exception
            if posting and not _never_left(cause):
                raise AnswerLost(why=type(cause).__name__) from error
            if posting or isinstance(cause, Timeout):  # to wait three times for who is silent helps nobody
                raise Unreachable(why=type(cause).__name__) from error
            raise
        seen.status = response.status_code
        seen.retry_after = response.headers.get("retry-after", "")
        if _number(response.headers.get("x-ratelimit-remaining")) == 0:
            # prawcore would sleep until then, ten minutes at the worst, and a reply with it.
            seen.pace.wait(_number(response.headers.get("x-ratelimit-reset")) or BUSY)
        elif response.status_code == 429:
            seen.pace.wait(_number(seen.retry_after) or BUSY)
        if posting and (response.status_code >= 500 or response.status_code == 408):
            raise AnswerLost(status=response.status_code)
        if posting and response.status_code == 401:
            raise _StaleToken
        return response


class _StaleToken(Exception):
    """A POST met 401: it was not taken. prawcore would get another token and post again."""


class Api:
    """Every method blocks. Raises Trouble or Refused and nothing else."""

    def __init__(self, account: Account, pace: Pace) -> None:
        self._seen = _Seen(pace)
        self._reddit = praw.Reddit(
            "DEFAULT",
            requestor_class=_Wire,
            requestor_kwargs={"seen": self._seen, "timeout": account.timeout or TIMEOUT},
            check_for_updates=False,
            client_id=account.client_id,
            client_secret=account.client_secret,
            username=account.username,
            password=account.password,
            user_agent=account.user_agent,
            reddit_url=account.reddit_url,
            oauth_url=account.oauth_url,
        )

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        self._seen.status, self._seen.retry_after = None, ""
        if wait := self._seen.pace.quiet:
            raise Unreachable("channel_busy", retry_after=math.ceil(wait))
        try:
            return self._reddit.request(method="GET", path=path, params=dict(params or {}))
        except Trouble:
            raise
        except Exception as error:  # prawcore fails in its own ways on headers that it did not expect
            raise self._trouble(error) from error

    def me(self) -> Any:
        return self.get(API_PATH["me"])

    def info(self, names: tuple[str, ...]) -> Any:
        return self.get(API_PATH["info"], {"id": ",".join(names)})

    def comment(self, parent: str, text: str) -> Mapping[str, Any]:
        """Post it, once; the new comment's data. Raises what `Replies.send` may raise."""
        seen = self._seen
        seen.posted, seen.status, seen.retry_after = False, None, ""
        if wait := seen.pace.muted:
            raise RateLimited(retry_after=math.ceil(wait))
        try:
            # Not `Reddit.post`: it waits for a RATELIMIT of some seconds by itself and posts again.
            answer = self._reddit.request(
                method="POST", path=API_PATH["comment"], data={"thing_id": parent, "text": text}
            )
        except (Trouble, Refused):
            raise
        except _StaleToken:
            self.me()  # a read with the same token: prawcore gets another, or learns that it can't
            raise Unreachable(why="the token had ended") from None
        except Exception as error:
            raise self._of_post(error) from error
        try:
            return _posted(answer)
        except RateLimited as limited:  # the account is limited, not this comment
            seen.pace.mute(float(str(limited.params["retry_after"])))
            raise

    def _trouble(self, error: Exception) -> Trouble:
        """Whose fault it is that we can't read."""
        status = self._seen.status
        if isinstance(error, OAuthException):
            return CredentialsRefused(why=error.error)
        if status in (401, 403):
            return CredentialsRefused(why=str(status))
        if status == 429:
            return Unreachable("channel_busy", retry_after=_number(self._seen.retry_after) or BUSY)
        if status in (301, 302, 404, 451):
            return Unreachable("source_closed", why=str(status))
        return Unreachable(why=str(status) if status and status >= 400 else type(error).__name__)

    def _of_post(self, error: Exception) -> Trouble | Refused:
        status = self._seen.status
        if not self._seen.posted:  # it failed before: no token
            return self._trouble(error)
        if status == 429:
            return RateLimited(retry_after=_number(self._seen.retry_after) or BUSY)
        if status == 413:
            return Refused("reply_too_long", limit=10_000)
        if status in (404, 410):
            return Refused("thread_gone")
        if status is not None and 400 <= status < 500:
            return Refused(why=str(status))
        return AnswerLost(status=status)  # taken, and its answer can't be read


def _posted(answer: Any) -> Mapping[str, Any]:
    """What Reddit says about a comment, in JSON: its errors come with 200."""
    body = answer.get("json") if isinstance(answer, dict) else None
    errors = body.get("errors") if isinstance(body, dict) else None
    if isinstance(body, dict) and errors:
        first = errors[0] if isinstance(errors[0], list) else errors
        code, message = str(first[0]), str(first[1]) if len(first) > 1 else ""
        if code == "RATELIMIT":
            raise RateLimited(retry_after=_told(body.get("ratelimit"), message))
        if code in LOCKED:
            raise Refused("thread_locked")
        if code in GONE:
            raise Refused("thread_gone")
        if code == "TOO_LONG":
            raise Refused("reply_too_long", limit=10_000)
        if code == "USER_REQUIRED":
            raise CredentialsRefused(why=code)
        raise Refused(why=code)
    try:
        data = body["data"]["things"][0]["data"]  # type: ignore[index]
        if isinstance(data["name"], str):
            return dict(data)
    except (KeyError, IndexError, TypeError):
        pass
    # A quarantined subreddit takes the comment and does not show it.
    raise AnswerLost(status=200)


def _told(seconds: object, message: str) -> int:
    """How long Reddit asks to wait: a sentence ("Try again in 1 minute and 9 seconds."), or else a number beside it."""
    if found := _WAIT.findall(message):
        told = sum((int(n) if n.isdecimal() else 1) * UNITS[unit.lower()] for n, unit in found)
        return min(math.ceil(told), 86_400) + 1
    return math.ceil(seconds) if isinstance(seconds, (int, float)) and 0 < seconds < 86_400 else BUSY


def _never_left(cause: Exception) -> bool:
    """Whether the connection itself failed, so that nothing was sent on it."""
    reason = getattr(cause.args[0], "reason", None) if cause.args else None
    return isinstance(cause, ConnectTimeout) or isinstance(reason, NewConnectionError)


def _number(header: str | None) -> float | None:
    try:
        number = float(header) if header else None
        return number if number is not None and math.isfinite(number) else None
    except ValueError:
        return None

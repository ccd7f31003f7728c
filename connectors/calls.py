"""HTTP to the outside: one call, one deadline, one size, and what its failure proves.

Owns time-outs, the cap on an answer, and the line between "surely had no effect" and "may have had one". Must not know
any one channel. A POST is never repeated here, no redirect is followed, and no connection is kept: an idle one that
the other side has closed would make of a reply that surely did not leave one that perhaps did.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from time import time
from typing import Final
from urllib.parse import urlsplit

import httpx

from connectors.contract import AnswerLost, Configured, CredentialsRefused, RateLimited, Refused, Unreachable
from moderation.errors import WrongSetting

DEADLINE: Final = 20.0  # seconds, for the whole call
LONGEST_DEADLINE: Final = 45.0  # the outbox gives up on a call soon after
CONNECTING: Final = 5.0
ANSWER_LIMIT: Final = 2 * 1024 * 1024
LONGEST_WAIT: Final = 3600  # seconds: whoever says more is asked again all the same
# Plain, because a small compressed answer may unfold to gigabytes before its size can be known.
OWN: Final = {"User-Agent": "Complicite/1", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """Raises ValueError."""
        try:
            found: object = json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        return found

    @property
    def retry_after(self) -> int | None:
        """In seconds, whichever of the two forms it has."""
        told = self.headers.get("retry-after", "").strip()
        if told.isascii() and told.isdecimal():
            return min(int(told[:9]), LONGEST_WAIT)
        try:
            return max(0, min(int(parsedate_to_datetime(told).timestamp() - time()), LONGEST_WAIT))
        except (ValueError, OverflowError):
            return None


class Calls:
    """The way to one service. Made at the start: reading the certificates takes too long for the event loop."""

    def __init__(self, *, deadline: float = DEADLINE, limit: int = ANSWER_LIMIT) -> None:
        self._tls = ssl.create_default_context()
        self._deadline = deadline
        self._limit = limit

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        """Raises Unreachable: a question has no effect, so it may be asked again."""
        try:
            return await self._call("GET", url, headers or {}, params, None)
        except AnswerLost as error:
            raise Unreachable(**error.params) from error

    async def post(self, url: str, content: bytes, *, headers: Mapping[str, str]) -> Answer:
        """Once. Raises Unreachable (it never left) or AnswerLost (it may have had its effect)."""
        return await self._call("POST", url, headers, None, content)

    async def _call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None,
        content: bytes | None,
    ) -> Answer:
        waits = httpx.Timeout(self._deadline, connect=min(CONNECTING, self._deadline))
        try:
            async with (
                asyncio.timeout(self._deadline),  # httpx's own starts anew with every byte that drips in
                httpx.AsyncClient(verify=self._tls, timeout=waits, trust_env=False) as client,
                client.stream(
                    method, url, headers={**OWN, **headers}, params=params, content=content
                ) as answer,
            ):
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise AnswerLost(why="encoded")
                body = bytearray()
                async for part in answer.aiter_raw():
                    body += part
                    if len(body) > self._limit:
                        raise AnswerLost(why="too_large")
                return Answer(
                    status=answer.status_code,
                    headers={name.lower(): value for name, value in answer.headers.items()},
                    body=bytes(body),
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            raise Unreachable(why=type(error).__name__) from error
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise AnswerLost(why=type(error).__name__) from error


def asked(answer: Answer) -> Answer:
    """What the status of a question means. 404 and 410 are the caller's to read."""
    if answer.status in (401, 403):
        raise CredentialsRefused(status=answer.status)
    if answer.status == 429:
        raise RateLimited(retry_after=answer.retry_after or 60)
    if not (answer.status < 300 or answer.status in (304, 404, 410)):
        raise Unreachable(status=answer.status, **_told(answer))
    return answer


def posted(answer: Answer) -> Answer:
    """What the status of a POST proves about its effect."""
    status = answer.status
    if status < 300:
        return answer
    if status in (401, 403):
        raise CredentialsRefused(status=status)
    if status == 429:
        raise RateLimited(retry_after=answer.retry_after or 60)
    if status in (404, 410):
        raise Refused("thread_gone")
    if status < 500 and status != 408:
        raise Refused("reply_refused", status=status)
    raise AnswerLost(status=status)  # a 503 may come after the effect


def _told(answer: Answer) -> Mapping[str, int]:
    return {"retry_after": answer.retry_after} if answer.retry_after is not None else {}


def checked_url(name: str, value: object) -> str:
    """An address of the settings: https, or http on loopback, where nobody listens in. Raises WrongSetting."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    host = parts.hostname or ""
    fair = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not isinstance(value, str) or not host or not fair or parts.username is not None:
        raise WrongSetting(name=name, expected="an https:// address, or http:// on loopback")
    return value


def deadline_of(channel: Configured) -> float:
    """The channel's own `timeout_seconds`. Raises WrongSetting."""
    value = channel.options.get("timeout_seconds", DEADLINE)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.1 <= value <= LONGEST_DEADLINE:
        raise WrongSetting(
            name=f"channel.{channel.slug}.timeout_seconds",
            expected=f"a number from 0.1 to {LONGEST_DEADLINE:g}",
        )
    return float(value)


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""Chatwoot's API as far as the wall needs it: conversations, their messages, and one more message.

Owns addresses, pages and what a bad answer means. Must not know what a message says (`chatwoot_reading`), settings or
webhooks. A question may be asked again; a message is posted once.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from connectors.calls import Calls, asked, posted
from connectors.contract import AnswerLost, Refused, Unreachable

log = logging.getLogger("complicity.channels")

# 25 conversations, each with its last word twice, of 150,000 characters if its customer wills.
ANSWER_LIMIT: Final = 8 * 1024 * 1024
UNREAD_PAGES: Final = 3  # of one walk
MOST_PAGES: Final = 50  # of a conversation: whoever writes more is answered by a person
MOST_CONVERSATIONS: Final = 400  # pages of them, 25 a page: more than were talked to in any outage

Row = Mapping[str, Any]


class TooMuch(Unreachable):
    """A conversation or a page of them holds more than we read. Whoever wrote it must not keep the others from being
    read."""


class Api:
    def __init__(self, base: str, account: int, token: str, *, deadline: float) -> None:
        self._token = {"api_access_token": token}
        self._base = f"{base}/api/v1/accounts/{account}"
        self.calls = Calls(deadline=deadline, limit=ANSWER_LIMIT)

    async def has_inbox(self, inbox: int) -> bool:
        return (await self._get(f"/inboxes/{inbox}")) is not None

    async def messages(self, thread: str, after: int) -> AsyncIterator[Row]:
        """The messages of a conversation after one of them, in order. Raises Refused (there is none such), TooMuch."""
        for _ in range(MOST_PAGES):
            given = await self._get(f"/conversations/{thread}/messages", {"after": str(after)})
            if given is None:
                raise Refused("thread_gone")
            page = sorted(rows_of(given.get("payload"), "id"), key=lambda row: int(row["id"]))
            new = [row for row in page if int(row["id"]) > after]
            for row in new:
                yield row
            if not new:
                return
            after = int(new[-1]["id"])
        raise TooMuch(why="too_long_a_conversation")

    async def conversations(self, inbox: int) -> AsyncIterator[Row]:
        """Those of an inbox, whatever their status, the one of the latest word first: its order unless told."""
        unread = 0
        for page in range(1, MOST_CONVERSATIONS + 1):
            asked_for = {"inbox_id": str(inbox), "status": "all", "assignee_type": "all", "page": str(page)}
            try:
                given = await self._get("/conversations", asked_for) or {}
            except TooMuch:
                unread += 1
                log.info("page %d of the conversations of inbox %d is left out: it is too large", page, inbox)
                if unread > UNREAD_PAGES:
                    raise
                continue
            data = given.get("data")
            rows = rows_of(data.get("payload") if isinstance(data, dict) else None, "id", "last_activity_at")
            for row in rows:
                yield row
            if not rows:
                return
        raise Unreachable(why="too_many_conversations")

    async def post(self, thread: str, message: Mapping[str, object]) -> int:
        """Once; its number."""
        body = json.dumps({"message_type": "outgoing", "private": False, **message}).encode()
        answer = await self.calls.post(
            f"{self._base}/conversations/{thread}/messages",
            body,
            headers={**self._token, "Content-Type": "application/json"},
        )
        if answer.status == 422:  # Chatwoot says so too when something failed after the message was stored
            raise AnswerLost(status=422)
        try:
            given = posted(answer).json()
            return int(given["id"])  # type: ignore[index]
        except (ValueError, KeyError, TypeError) as error:
            raise AnswerLost(why="bad_json") from error

    async def _get(self, path: str, params: Mapping[str, str] | None = None) -> Row | None:
        """None: it is not there. Raises TooMuch."""
        try:
            answer = asked(await self.calls.get(f"{self._base}{path}", headers=self._token, params=params))
        except Unreachable as error:
            raise TooMuch if error.params.get("why") == "too_large" else error from error
        if answer.status in (404, 410):
            return None
        try:
            given = answer.json()
        except ValueError as error:
            raise Unreachable(why="bad_json") from error
        if not isinstance(given, dict):
            raise Unreachable(why="bad_json")
        return given


def rows_of(given: object, *numbers: str) -> list[Row]:
    """The rows of a page, each with these numbers. Raises Unreachable: a page that can't be read proves nothing."""
    try:
        rows: list[Row] = [
            {**row, **{number: int(row[number]) for number in numbers}}
            for row in given  # type: ignore[attr-defined]
        ]
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise Unreachable(why="bad_json") from error
    return rows

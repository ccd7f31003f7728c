"""Chatwoot as far as it matters here: one account, its conversations, its API, and the webhooks it would send.

Its bodies have the shape of the recorded ones and of Chatwoot's source (4.13 on): times in ISO or seconds, revisions
nowhere, the last message repeated inside the conversation, `content_attributes` kept as they were posted.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.chatwoot import SIGNATURE, TIMESTAMP, sign
from tests.connectors.loopback import Loopback, Request, Response, answered

SECRET = "a-chatwoot-secret-of-the-tests"
TOKEN = "a-token-of-the-tests"
ACCOUNT, INBOX = 3, 7
PAGE, CONVERSATIONS = 100, 25


class ChatwootEmulator(Loopback):
    """`deliveries` are the webhooks in the order of their events; whoever tests sends them on, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[int, dict[str, Any]] = {}
        self.attributes: dict[int, dict[str, Any]] = {}
        self.status: dict[int, str] = {}
        self.deliveries: list[bytes] = []
        self._touched: dict[int, float] = {}  # when each conversation last changed
        self._number = 1000
        self._clock = time.time() - 3600

    # what people do there

    def say(self, conversation: int, text: str, *, by: str = "incoming", **more: Any) -> int:
        self._number += 1
        self._clock += 1
        self.messages[self._number] = {
            "id": self._number,
            "conversation": conversation,
            "content": text,
            "message_type": by,
            "content_type": "text",
            "private": False,
            "content_attributes": {},
            "created": self._clock,
            "sender": {"id": 14, "name": "Camille", "type": "contact"}
            if by == "incoming"
            else {"id": 2, "name": "Sofia", "type": "user"},
            **more,
        }
        self._tell(self._number, "message_created")
        return self._number

    def edit(self, number: int, text: str) -> None:
        self.messages[number]["content"] = text
        self._tell(number, "message_updated")

    def touch(self, number: int) -> None:
        """What happens all the time: a delivery status changes, the text does not."""
        self._tell(number, "message_updated")

    def press(self, number: int, value: str) -> None:
        self.messages[number]["content_attributes"]["submitted_values"] = [{"title": "?", "value": value}]
        self._tell(number, "message_updated")

    def delete(self, number: int) -> None:
        message = self.messages[number]
        message.update(content="This message was deleted", content_attributes={"deleted": True})
        self._tell(number, "message_updated")

    def resolve(self, conversation: int, status: str = "resolved") -> None:
        self.status[conversation] = status
        self._tell_of(conversation, "conversation_status_changed")

    def tick(self, conversation: int, value: object, event: str = "conversation_updated") -> None:
        before = dict(self.attributes.get(conversation, {}))
        now = self.attributes.setdefault(conversation, {})
        now["complicite_consent"] = value
        change = {"custom_attributes": {"previous_value": before, "current_value": dict(now)}}
        self._tell_of(conversation, event, changed_attributes=[change])

    # what it sends

    def signed(self, body: bytes, *, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
        timestamp = str(int(time.time() if at is None else at))
        return {TIMESTAMP: timestamp, SIGNATURE: sign(secret.encode(), timestamp, body)}

    def _tell(self, number: int, event: str) -> None:
        self._clock += 0.5
        message = self.messages[number]
        self._touched[message["conversation"]] = self._clock
        body = {
            **{key: message[key] for key in ("id", "content", "message_type", "content_type", "private")},
            "content_attributes": dict(message["content_attributes"]),
            "created_at": datetime.fromtimestamp(message["created"], UTC).isoformat(timespec="milliseconds"),
            "source_id": None,
            "sender": message["sender"],
            "inbox": {"id": INBOX, "name": "Magasin"},
            "account": {"id": ACCOUNT, "name": "Lumière"},
            "conversation": self._conversation(message["conversation"]),
            "event": event,
        }
        self.deliveries.append(json.dumps(body).encode())

    def _tell_of(self, conversation: int, event: str, **more: Any) -> None:
        self._clock += 0.5
        self._touched[conversation] = self._clock
        body = {**self._conversation(conversation), "event": event, **more}
        self.deliveries.append(json.dumps(body).encode())

    def _conversation(self, conversation: int) -> dict[str, Any]:
        return {
            "id": conversation,
            "inbox_id": INBOX,
            "status": self.status.get(conversation, "open"),
            "custom_attributes": dict(self.attributes.get(conversation, {})),
            "messages": [],
            "timestamp": int(self._clock),
            "updated_at": self._clock,
        }

    # its API

    def answer(self, request: Request) -> Response:
        if request.headers.get("api_access_token") != TOKEN:
            return answered({"errors": ["Invalid Access Token"]}, 401)
        path = request.path.removeprefix(f"/api/v1/accounts/{ACCOUNT}")
        if path == f"/inboxes/{INBOX}":
            return answered({"id": INBOX})
        if path == "/conversations":
            return answered({"data": {"meta": {}, "payload": self._page(request.query)}})
        found = re.fullmatch(r"/conversations/([0-9]+)/messages", path)
        if found is None or not any(m["conversation"] == int(found[1]) for m in self.messages.values()):
            return answered({"error": "Resource could not be found"}, 404)
        conversation = int(found[1])
        if request.method == "POST":
            return answered(self._listed(self._posted(conversation, request.json())))
        after = int(request.query["after"])
        rows = [m for n, m in self.messages.items() if m["conversation"] == conversation and n > after]
        return answered({"meta": {}, "payload": [self._listed(row) for row in rows[:PAGE]]})

    def _page(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """The latest word first."""
        assert (query["status"], query["assignee_type"]) == ("all", "all"), "others are left out unless told"
        if query["inbox_id"] != str(INBOX):
            return []
        last = {message["conversation"]: message for message in self.messages.values()}
        start = CONVERSATIONS * (int(query["page"]) - 1)
        return [
            {
                **self._conversation(conversation),
                "last_activity_at": int(message["created"]),
                "updated_at": self._touched[conversation],
                "messages": [self._listed(message)],
            }
            for conversation, message in sorted(last.items(), key=lambda each: -each[1]["created"])
        ][start : start + CONVERSATIONS]

    def _posted(self, conversation: int, given: Mapping[str, Any]) -> dict[str, Any]:
        number = self.say(
            conversation,
            given["content"],
            by=given["message_type"],
            private=given["private"],
            content_type=given.get("content_type", "text"),
            content_attributes=dict(given["content_attributes"]),
        )
        return self.messages[number]

    def _listed(self, message: Mapping[str, Any]) -> dict[str, Any]:
        numbers = ("incoming", "outgoing", "activity", "template")
        return {
            **{key: message[key] for key in ("id", "content", "content_type", "private", "sender")},
            "content_attributes": message["content_attributes"],
            "message_type": numbers.index(message["message_type"]),
            "created_at": int(message["created"]),
            "conversation_id": message["conversation"],
        }

    def posted(self) -> list[dict[str, Any]]:
        """What we posted there, questions included."""
        return [m for m in self.messages.values() if "complicite" in m["content_attributes"]]

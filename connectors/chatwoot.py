"""Chatwoot: conversations between customers and advisers, as its signed webhooks tell them and its API answers.

Owns Chatwoot's signature, its API calls and its settings. Must not know the store. Every conversation is private: it
is held until its customer agrees, in the conversation itself (`chatwoot_reading`).
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar, Final, get_args

from connectors.calls import Calls, asked, checked_url, deadline_of, posted
from connectors.chatwoot_reading import AGREES, DECLINES, MARK, QUESTION, Reading, When, turn_of
from connectors.contract import (
    Abilities,
    AnswerLost,
    Configured,
    ConsentWord,
    CredentialsRefused,
    Key,
    Outgoing,
    Parcel,
    Refused,
    Sent,
    Unreachable,
)
from connectors.webhook import ID_LIMIT, WINDOW, secrets_of
from moderation.domain import Incoming
from moderation.errors import SignedOut, TooLarge, WrongSetting

TIMESTAMP: Final = "x-chatwoot-timestamp"
SIGNATURE: Final = "x-chatwoot-signature"
REPLY_LIMIT: Final = (
    10_000  # characters: what the narrowest of its channels that matter here carries, and more
)
ASKED: Final = (
    "Acceptez-vous que cette conversation, avec votre nom, soit affichée sur le mur du magasin ? "
    "Un modérateur la relit d'abord. Répondez AFFICHER pour accepter ; STOP, à tout moment, la retire.\n"
    "May this conversation, with your name, be shown on the store's wall? A moderator reads it first. "
    "Reply SHOW to agree; STOP, at any time, takes it down."
)
BUTTONS: Final = (
    {"title": "Afficher / Show", "value": AGREES},
    {"title": "Non / No", "value": DECLINES},
)
MOST_PAGES: Final = 50  # of a conversation's listing: whoever writes more is answered by a person


class Chatwoot:
    kind: ClassVar[str] = "chatwoot"
    keys: ClassVar[Mapping[str, Key]] = {
        "chatwoot_url": Key("Its address; https unless loopback."),
        "account": Key("The account's number, as in its addresses."),
        "inboxes": Key("The numbers of one inbox or more; nothing of others is read."),
        "token": Key("The access token of the wall's agent, best as `env:NAME`."),
        "secret": Key("The webhook's, best as `env:NAME`; a list of two while it is changed."),
        "ask": Key(
            "When the customer is asked for consent: `resolved`, `opened` or `never`.", '`"resolved"`'
        ),
        "question": Key("Instead of ours; it must name AFFICHER and STOP.", "unset"),
        "timeout_seconds": Key("Of one call; 45 at the most.", "`20`"),
    }
    body_limit: int = (
        1024 * 1024
    )  # a message holds 150,000 characters, and the body repeats its conversation's last
    recheck_seconds: float = 900.0

    def __init__(self, channel: Configured) -> None:
        self.slug = channel.slug
        self.places = channel.places
        self.abilities = Abilities(
            push=True, reply=True, find=True, recheck=True, edits=True, deletions=True, consent=True
        )
        options, name = channel.options, f"channel.{channel.slug}"
        base = checked_url(f"{name}.chatwoot_url", options.get("chatwoot_url")).rstrip("/")
        account = _number(f"{name}.account", options.get("account"))
        token = options.get("token")
        if not isinstance(token, str) or not token.isascii() or not token.strip():
            raise WrongSetting(name=f"{name}.token", expected="an access token, best as env:NAME")
        inboxes = options.get("inboxes")
        if not isinstance(inboxes, (list, tuple)) or not inboxes:
            raise WrongSetting(name=f"{name}.inboxes", expected="the numbers of one inbox or more")
        ask: When = options.get("ask", "resolved")  # type: ignore[assignment]
        if ask not in get_args(When):
            raise WrongSetting(name=f"{name}.ask", expected=f"one of {', '.join(get_args(When))}")
        question = options.get("question", ASKED)
        if not isinstance(question, str) or not question.strip():
            raise WrongSetting(name=f"{name}.question", expected="a text that is not empty")
        self._question = question
        self._secrets = secrets_of(channel)
        self._reading = Reading(
            account=account, inboxes=frozenset(_number(f"{name}.inboxes", each) for each in inboxes), ask=ask
        )
        self._token = {"api_access_token": token.strip()}
        self._api = f"{base}/api/v1/accounts/{account}"
        self._page = f"{base}/app/accounts/{account}/conversations"
        self._calls = Calls(deadline=deadline_of(channel))

    async def check(self) -> None:
        """Each inbox is asked for: a token may be good and still not see it."""
        for inbox in sorted(self._reading.inboxes):
            if (await self._get(f"/inboxes/{inbox}")) is None:
                raise CredentialsRefused(why=f"inbox {inbox} is not there for this token")

    # in

    def open(self, headers: Mapping[str, str], body: bytes, now: float) -> Parcel:
        if len(body) > self.body_limit:
            raise TooLarge(limit=self.body_limit)
        timestamp = headers.get(TIMESTAMP, "")
        given = headers.get(SIGNATURE, "").strip().encode("utf-8", "replace")
        held = [
            hmac.compare_digest(sign(secret, timestamp, body).encode(), given) for secret in self._secrets
        ]
        if not any(held) or not re.fullmatch(r"[0-9]{1,12}", timestamp):
            raise SignedOut("bad_signature")
        if abs(now - int(timestamp)) > WINDOW:
            raise SignedOut("stale_signature")
        return self._reading.parcel(body, float(timestamp))

    # out

    async def send(self, outgoing: Outgoing) -> Sent:
        thread = _thread(outgoing)
        text = f"{outgoing.text}\n\n{outgoing.signed}" if outgoing.signed else outgoing.text
        if len(text) > REPLY_LIMIT:
            raise Refused("reply_too_long", limit=REPLY_LIMIT)
        ident = await self._post(thread, {"content": text, "content_attributes": {MARK: outgoing.reply_id}})
        return self._sent(thread, ident)

    async def find(self, outgoing: Outgoing) -> Sent | None:
        """The reply carries its id with it, so what is found is surely it."""
        thread = _thread(outgoing)
        async for message in self._listing(thread, int(outgoing.in_reply_to.partition("/")[2])):
            if _mark(message) == outgoing.reply_id:
                return self._sent(thread, int(message["id"]))
        return None

    async def ask(self, thread: str) -> None:
        async for message in self._listing(thread, 0):
            if _mark(message) == QUESTION:
                return
        buttons = {MARK: QUESTION, "items": BUTTONS}
        await self._post(
            thread,
            {"content": self._question, "content_type": "input_select", "content_attributes": buttons},
        )

    async def recheck(self, upstream: Sequence[str]) -> tuple[Incoming | ConsentWord, ...]:
        """What was deleted or taken back there while no delivery reached us: Chatwoot gives up on those soon.

        A conversation that is gone takes its turns along.
        """
        found: list[Incoming | ConsentWord] = []
        wanted: dict[str, set[str]] = {}
        for ident in upstream:
            wanted.setdefault(ident.partition("/")[0], set()).add(ident)
        for thread, idents in wanted.items():
            first = min(int(ident.partition("/")[2]) for ident in idents)
            there: set[str] = set()
            try:
                async for message in self._listing(thread, first - 1):
                    turn = turn_of(message, thread)
                    if isinstance(turn, ConsentWord):
                        found += [] if turn.given else [turn]
                    elif turn is not None and turn.event != "deleted":
                        there.add(turn.id)
            except Refused:  # the conversation itself
                there.clear()
            gone = sorted(idents - there)
            found += [Incoming(id=ident, event="deleted", thread=thread) for ident in gone]
        return tuple(found)

    # its API

    async def _listing(self, thread: str, after: int) -> AsyncIterator[Mapping[str, Any]]:
        """The messages of a conversation after one of them, in order. Raises Refused when there is none such."""
        for _ in range(MOST_PAGES):
            given = await self._get(f"/conversations/{thread}/messages", {"after": str(after)})
            if given is None:
                raise Refused("thread_gone")
            rows = given.get("payload")
            try:
                page = sorted((dict(row) for row in rows or ()), key=lambda row: int(row["id"]))
            except (TypeError, KeyError, ValueError) as error:
                raise Unreachable(why="bad_json") from error
            new = [row for row in page if int(row["id"]) > after]
            for row in new:
                yield row
            if not new:
                return
            after = int(new[-1]["id"])
        raise Unreachable(why="too_long_a_conversation")

    async def _get(self, path: str, params: Mapping[str, str] | None = None) -> Mapping[str, Any] | None:
        """None: it is not there."""
        answer = asked(await self._calls.get(f"{self._api}{path}", headers=self._token, params=params))
        if answer.status in (404, 410):
            return None
        try:
            given = answer.json()
        except ValueError as error:
            raise Unreachable(why="bad_json") from error
        if not isinstance(given, dict):
            raise Unreachable(why="bad_json")
        return given

    async def _post(self, thread: str, message: Mapping[str, object]) -> int:
        body = json.dumps({"message_type": "outgoing", "private": False, **message}).encode()
        answer = await self._calls.post(
            f"{self._api}/conversations/{thread}/messages",
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

    def _sent(self, thread: str, ident: int) -> Sent:
        return Sent(id=f"{thread}/{ident}", url=f"{self._page}/{thread}")


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """The value of Chatwoot's signature header."""
    signed = timestamp.encode("utf-8", "replace") + b"." + body
    return "sha256=" + hmac.new(secret, signed, sha256).hexdigest()


def _mark(message: Mapping[str, Any]) -> object:
    attributes = message.get("content_attributes")
    return attributes.get(MARK) if isinstance(attributes, dict) else None


def _thread(outgoing: Outgoing) -> str:
    """The conversation, as its messages' ids begin."""
    if not re.fullmatch(r"[0-9]{1,18}/[0-9]{1,18}", outgoing.in_reply_to[:ID_LIMIT]):
        raise Refused("thread_gone")
    return outgoing.in_reply_to.partition("/")[0]


def _number(name: str, value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        value = int(value)  # env:NAME brings texts
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise WrongSetting(name=name, expected="a whole number, as in Chatwoot's addresses")
    return value

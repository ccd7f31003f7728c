"""Chatwoot: conversations between customers and advisers, as its signed webhooks tell them and its API answers.

Owns Chatwoot's signature, what is asked when, and its settings. Must not know the store. Every conversation is
private: it is held until its customer agrees, in the conversation itself (`chatwoot_reading`).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar, Final, get_args

from connectors.calls import checked_url, deadline_of
from connectors.chatwoot_api import Api, TooMuch
from connectors.chatwoot_reading import AGREES, DECLINES, MARK, QUESTION, Reading, When, turn_of
from connectors.chatwoot_walk import Mark, begin, changed
from connectors.contract import (
    Abilities,
    Configured,
    ConsentWord,
    CredentialsRefused,
    Key,
    Outgoing,
    Parcel,
    Pulled,
    Refused,
    Sent,
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
    # A message holds 150,000 characters, and the body repeats its conversation's last.
    body_limit: int = 1024 * 1024
    poll_seconds: float = 300.0  # webhooks bring what is new at once; this is for those that did not arrive
    recheck_seconds: float = 900.0

    def __init__(self, channel: Configured) -> None:
        self.slug = channel.slug
        self.places = channel.places
        self.abilities = Abilities(
            pull=True,
            push=True,
            reply=True,
            find=True,
            recheck=True,
            edits=True,
            deletions=True,
            consent=True,
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
        self._api = Api(base, account, token.strip(), deadline=deadline_of(channel))
        self._page = f"{base}/app/accounts/{account}/conversations"

    async def check(self) -> None:
        """Each inbox is asked for: a token may be good and still not see it."""
        for inbox in sorted(self._reading.inboxes):
            if not await self._api.has_inbox(inbox):
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

    async def pull(self, cursor: str | None) -> Pulled:
        """What no webhook told: those that failed are not sent again."""
        inboxes, mark = sorted(self._reading.inboxes), Mark.read(cursor)
        if mark is None:
            return Pulled(cursor=(await begin(self._api, inboxes)).write())
        conversations, mark = await changed(self._api, inboxes, mark)
        return self._reading.walked(conversations, mark.write())

    # out

    async def send(self, outgoing: Outgoing) -> Sent:
        thread = _thread(outgoing)
        text = outgoing.public
        if len(text) > REPLY_LIMIT:
            raise Refused("reply_too_long", limit=REPLY_LIMIT)
        ident = await self._api.post(
            thread, {"content": text, "content_attributes": {MARK: outgoing.reply_id}}
        )
        return self._sent(thread, ident)

    async def find(self, outgoing: Outgoing) -> Sent | None:
        """The reply carries its id with it, so what is found is surely it."""
        thread = _thread(outgoing)
        async for message in self._api.messages(thread, int(outgoing.in_reply_to.partition("/")[2])):
            if _mark(message) == outgoing.reply_id:
                return self._sent(thread, int(message["id"]))
        return None

    async def ask(self, thread: str) -> None:
        async for message in self._api.messages(thread, 0):
            if _mark(message) == QUESTION:
                return
        buttons = {MARK: QUESTION, "items": BUTTONS}
        await self._api.post(
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
                async for message in self._api.messages(thread, first - 1):
                    turn = turn_of(message, thread)
                    if isinstance(turn, ConsentWord):
                        found += [] if turn.given else [turn]
                    elif turn is not None and turn.event != "deleted":
                        there.add(turn.id)
            except Refused:  # the conversation itself
                there.clear()
            except TooMuch:  # nothing can be said of it
                continue
            gone = sorted(idents - there)
            found += [Incoming(id=ident, event="deleted", thread=thread) for ident in gone]
        return tuple(found)

    def _sent(self, thread: str, number: int) -> Sent:
        return Sent(id=f"{thread}/{number}", url=f"{self._page}/{thread}")


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

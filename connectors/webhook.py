"""The signed webhook: any program that holds the secret may hand over items (CONTRACT.md, Signed intake).

Owns the signature, the window and the shape of a delivery, and the signed way of a reply to `reply_url`. Must not know
the store: what it reads goes through intake like everything else. The order is fixed: size, signature, time, shape;
then one item at a time.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from time import time
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, WithJsonSchema

from connectors.calls import Calls, checked_url, deadline_of, posted
from connectors.contract import (
    Abilities,
    AnswerLost,
    Configured,
    CredentialsRefused,
    Key,
    Outgoing,
    Parcel,
    Rejected,
    Sent,
)
from moderation.delivered import parsed
from moderation.domain import Incoming
from moderation.errors import BadRequest, SignedOut, TooLarge, WrongSetting
from moderation.text import clean_url

BODY_LIMIT: Final = 64 * 1024
WINDOW: Final = 300  # seconds, to both sides
TIMESTAMP: Final = "x-complicity-timestamp"
SIGNATURE: Final = "x-complicity-signature"
ID_LIMIT: Final = 500
REPLY_KEY: Final = b"complicity reply v1"

_RFC3339: Final = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):(\d\d)((?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d))", re.ASCII
)


def _text(value: object) -> str:
    # pydantic's own `str` refuses lone surrogates; the text table removes and counts them.
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def _ident(value: object) -> str:
    """A name of the sender's: kept and compared as it is, so it must be printable and can't be endless."""
    if not isinstance(value, str) or not value.strip() or len(value) > ID_LIMIT or not value.isprintable():
        raise ValueError("a printable id")
    return value


def _moment(value: object) -> datetime:
    told = _RFC3339.fullmatch(value) if isinstance(value, str) else None
    if told is None:
        raise ValueError("RFC 3339 with an offset")
    minute, second, rest = told.groups()
    second = "59" if second == "60" else second  # a leap second, which no clock of ours has
    try:
        return datetime.fromisoformat(f"{minute}:{second}{rest}".upper()).astimezone(UTC)
    except OverflowError as error:  # the year 1 or 9999, beyond UTC's
        raise ValueError("a moment of our time") from error


Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]
Ident = Annotated[
    str, PlainValidator(_ident), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": ID_LIMIT})
]
Moment = Annotated[
    datetime, PlainValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class AuthorShape(_Shape):
    name: Text | None = None
    url: Text | None = None
    id: Ident | None = None


class ConsentShape(_Shape):
    given_at: Moment


class ItemShape(_Shape):
    """One item of a delivery. Fields that we do not know are left alone: adding is compatible."""

    id: Ident
    event: Literal["created", "edited", "deleted"]
    revision: Annotated[int, Field(ge=1, lt=2**53)] | None = None  # the engine's Lua counts in doubles
    thread: Ident | None = None
    by: Literal["author", "place"] | None = None
    author: AuthorShape | None = None
    text: Text | None = None
    format: Literal["text", "html"] | None = None
    stars: Annotated[int, Field(ge=1, le=5)] | None = None
    kind: Text | None = None  # which kinds there are is the place's to say
    published_at: Moment | None = None
    experience_at: Moment | None = None
    url: Text | None = None
    private: bool | None = None
    consent: ConsentShape | None = None

    def incoming(self) -> Incoming:
        author = self.author or AuthorShape()
        return Incoming(
            id=self.id,
            event=self.event,
            revision=self.revision,
            thread=self.thread,
            by=self.by or "author",
            author_name=author.name,
            author_url=author.url,
            author_id=author.id,
            text=self.text or "",
            format=self.format or "text",
            stars=self.stars,
            kind=self.kind,
            published_at=self.published_at,
            experience_at=self.experience_at,
            url=self.url,
            private=bool(self.private),
            consent_at=self.consent.given_at if self.consent else None,
        )


class DeliveryShape(_Shape):
    """The whole body, as `openapi.json` describes it."""

    items: list[ItemShape]


class SentShape(_Shape):
    """What the receiver of a reply answers. Many number their posts; a wrong address is no address."""

    id: Ident | int
    url: object = None


class Webhook:
    kind: ClassVar[str] = "webhook"
    body_limit: int = BODY_LIMIT
    keys: ClassVar[Mapping[str, Key]] = {
        "secret": Key("What the sender signs with, best as `env:NAME`; a list of two while it is changed."),
        "reply_url": Key(
            "Where the place's answers go, signed; https unless loopback. Empty: nowhere.", '`""`'
        ),
        "timeout_seconds": Key("Of one call; 45 at the most.", "`20`"),
    }

    def __init__(self, channel: Configured) -> None:
        self.slug = channel.slug
        self.places = channel.places
        self._secrets = secrets_of(channel)
        # Without an address to carry them to, replies hang on the wall and go nowhere else.
        given = channel.options.get("reply_url")
        self._reply_url = checked_url(f"channel.{channel.slug}.reply_url", given) if given else ""
        self._calls = Calls(deadline=deadline_of(channel), limit=BODY_LIMIT)
        there = bool(self._reply_url)
        self.abilities = Abilities(
            push=True, reply=there, find=there, edits=True, deletions=True, consent=True
        )

    async def check(self) -> None:
        """Nothing to call: the sender proves itself with every delivery."""
        if not all(len(secret) >= 16 for secret in self._secrets):
            raise CredentialsRefused(why="a secret under 16 bytes can be guessed")

    def open(self, headers: Mapping[str, str], body: bytes, now: float) -> Parcel:
        if len(body) > BODY_LIMIT:  # before the HMAC: strangers must not make us hash
            raise TooLarge(limit=BODY_LIMIT)
        self._verify(headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, ""), body, now)
        return read(body)

    async def send(self, outgoing: Outgoing) -> Sent:
        body = json.dumps(
            {
                "reply_id": outgoing.reply_id,
                "in_reply_to": outgoing.in_reply_to,
                "thread": outgoing.thread,
                "text": outgoing.text,
                "signed": outgoing.signed,
            }
        ).encode()
        timestamp = str(int(time()))
        answer = await self._calls.post(
            self._reply_url,
            body,
            headers={
                "Content-Type": "application/json",
                TIMESTAMP: timestamp,
                SIGNATURE: sign(reply_key(self._secrets[0]), timestamp, body),
            },
        )
        try:
            sent = SentShape.model_validate(posted(answer).json())
        except ValueError as error:  # pydantic's is one too
            raise AnswerLost(why="bad_json") from error
        return Sent(id=str(sent.id), url=clean_url(sent.url) if isinstance(sent.url, str) else None)

    async def find(self, outgoing: Outgoing) -> Sent | None:
        """A receiver knows a `reply_id` again and answers as before (CONTRACT.md), so there is nothing to look for: the
        same reply is simply sent once more, and that is how its answer is found."""
        return None

    def _verify(self, timestamp: str, signature: str, body: bytes, now: float) -> None:
        given = signature.strip().lower().encode("utf-8", "replace")  # hexadecimal has either case
        # Every secret is tried, so that the time taken does not tell which one is in use.
        held = [
            hmac.compare_digest(sign(secret, timestamp, body).encode(), given) for secret in self._secrets
        ]
        if not any(held) or not re.fullmatch(r"[0-9]{1,12}", timestamp):
            raise SignedOut("bad_signature")
        if abs(now - int(timestamp)) > WINDOW:
            raise SignedOut("stale_signature")


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """The value of the signature header."""
    signed = timestamp.encode("utf-8", "replace") + b"." + body
    return "v1=" + hmac.new(secret, signed, sha256).hexdigest()


def reply_key(secret: bytes) -> bytes:
    """What replies are signed with: whoever only receives them can't hand over items with it."""
    return hmac.new(secret, REPLY_KEY, sha256).digest()


def read(body: bytes) -> Parcel:
    """Items one by one: a bad one is rejected with its code, and the rest go on. Raises BadRequest."""
    try:
        given = parsed(body)
    except ValueError as error:
        raise BadRequest from error
    rows = given.get("items") if isinstance(given, dict) else None
    if not isinstance(rows, list):
        raise BadRequest(field="items")
    items: list[Incoming] = []
    rejected: list[Rejected] = []
    for index, row in enumerate(rows):
        try:
            items.append(ItemShape.model_validate(row).incoming())
        except ValidationError as error:
            field = ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])
            rejected.append(Rejected(id=_called(row, index), code="bad_json", field=field or None))
    return Parcel(items=tuple(items), rejected=tuple(rejected))


def _called(row: Any, index: int) -> str:
    """How a bad item is spoken of: its own id if it has one that can be written down, else its rank."""
    given = row.get("id") if isinstance(row, dict) else None
    return (
        given.encode("utf-8", "replace").decode()[:200] if isinstance(given, str) and given else f"#{index}"
    )


def secrets_of(channel: Configured) -> tuple[bytes, ...]:
    """One secret, or two while they are rotated."""
    given = channel.options.get("secret")
    several: Sequence[object] = given if isinstance(given, (list, tuple)) else [given]
    found = tuple(one.encode() for one in several if isinstance(one, str) and one)
    if len(found) != len(several) or not 1 <= len(found) <= 2:
        raise WrongSetting(
            name=f"channel.{channel.slug}.secret",
            expected="a text that is not empty, or a list of two different ones",
        )
    return found

"""The signed intake of CONTRACT.md, up to what leaves the connector."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import AnswerLost, CredentialsRefused, Parcel, Pushed, Refused, Sent
from connectors.webhook import BODY_LIMIT, SIGNATURE, TIMESTAMP, Webhook, read
from moderation.domain import Incoming
from moderation.errors import BadRequest, Problem, SignedOut, TooLarge, WrongSetting
from tests.connectors.channels import SECRET, Channel, body_of, signed
from tests.connectors.kit import reply_to
from tests.connectors.loopback import Loopback, Request, Response, answered
from tests.connectors.reply_emulator import ReplyEmulator

NOW = 1_790_000_000.0
GOOD = {"id": "1", "event": "created", "text": "Bonjour"}


def opened(body: bytes, headers: dict[str, str], now: float = NOW) -> Parcel:
    return Webhook(Channel()).open(headers, body, now)


def test_it_declares_what_it_can_do() -> None:
    webhook = Webhook(Channel())
    assert isinstance(webhook, Pushed)
    assert webhook.abilities.push
    assert not webhook.abilities.pull


def test_a_signed_delivery_is_read() -> None:
    """The signature is computed here as the contract says it, not by our own function."""
    body = body_of(GOOD)
    signature = hmac.new(SECRET.encode(), f"{int(NOW)}.".encode() + body, hashlib.sha256).hexdigest()
    parcel = opened(body, {TIMESTAMP: str(int(NOW)), SIGNATURE: f"v1={signature}"})
    assert parcel.items == (Incoming(id="1", text="Bonjour"),)
    assert parcel.rejected == ()


def test_hexadecimal_has_either_case() -> None:
    body = body_of(GOOD)
    headers = signed(body, at=NOW)
    headers[SIGNATURE] = "v1=" + headers[SIGNATURE].removeprefix("v1=").upper()
    assert opened(body, headers).items


@pytest.mark.parametrize("late", [-300, 0, 300])
def test_the_window_is_300_seconds(late: int) -> None:
    body = body_of(GOOD)
    assert opened(body, signed(body, at=NOW), NOW + late).items


@pytest.mark.parametrize("late", [-301, 301, 86_400])
def test_outside_the_window_it_is_stale(late: int) -> None:
    body = body_of(GOOD)
    with pytest.raises(SignedOut) as refused:
        opened(body, signed(body, at=NOW), NOW + late)
    assert refused.value.kind == "stale_signature"


@pytest.mark.parametrize(
    "change",
    [
        {SIGNATURE: ""},
        {SIGNATURE: "v1="},
        {SIGNATURE: "v1=" + "0" * 64},
        {SIGNATURE: "é\udcff"},
        {TIMESTAMP: str(int(NOW) + 1)},
        {TIMESTAMP: ""},
        {TIMESTAMP: "٣"},
        {TIMESTAMP: "-1"},
        {TIMESTAMP: "\udcff"},
        {TIMESTAMP: "9" * 400},
    ],
)
def test_a_wrong_signature_is_refused(change: dict[str, str]) -> None:
    body = body_of(GOOD)
    with pytest.raises(SignedOut) as refused:
        opened(body, {**signed(body, at=NOW), **change})
    assert refused.value.kind == "bad_signature"


def test_a_signed_timestamp_must_be_a_number() -> None:
    from connectors.webhook import sign

    body = body_of(GOOD)
    with pytest.raises(SignedOut) as refused:
        opened(body, {TIMESTAMP: "now", SIGNATURE: sign(SECRET.encode(), "now", body)})
    assert refused.value.kind == "bad_signature"


def test_no_header_at_all() -> None:
    with pytest.raises(SignedOut):
        opened(body_of(GOOD), {})


def test_one_changed_byte_is_refused() -> None:
    body = body_of(GOOD)
    with pytest.raises(SignedOut):
        opened(body.replace(b"Bonjour", b"Bonsoir"), signed(body, at=NOW))


def test_two_secrets_while_one_is_replaced() -> None:
    webhook = Webhook(Channel(options={"secret": ["the-old-secret-0123", "the-new-secret-0123"]}))
    body = body_of(GOOD)
    for secret in ("the-old-secret-0123", "the-new-secret-0123"):
        assert webhook.open(signed(body, secret=secret, at=NOW), body, NOW).items
    with pytest.raises(SignedOut):
        webhook.open(signed(body, secret=SECRET, at=NOW), body, NOW)


def test_the_size_is_checked_before_the_signature() -> None:
    with pytest.raises(TooLarge):
        opened(b" " * (BODY_LIMIT + 1), {})
    body = body_of(GOOD) + b" " * (BODY_LIMIT - len(body_of(GOOD)))
    assert opened(body, signed(body, at=NOW)).items


@pytest.mark.parametrize("secret", [None, "", 7, [], ["a", ""], ["a", "b", "c"]])
def test_a_wrong_secret_stops_the_start(secret: object) -> None:
    with pytest.raises(WrongSetting) as refused:
        Webhook(Channel(options={"secret": secret}))
    assert refused.value.params["name"] == "channel.avis.secret"
    assert SECRET not in str(refused.value)


async def test_a_guessable_secret_is_told() -> None:
    await Webhook(Channel()).check()
    with pytest.raises(CredentialsRefused):
        await Webhook(Channel(options={"secret": "short"})).check()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"items": 1}',
        b"null",
        b"{",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"items": ' + b"9" * 5_000 + b"}",
        b'{"items": [], "more": NaN}',
        b'{"items": [], "more": -Infinity}',
        '{"items": []}'.encode("utf-16"),
        b'{"items": [], "more": "caf\xe9"}',
    ],
)
def test_what_is_no_delivery_is_bad_json(body: bytes) -> None:
    with pytest.raises(BadRequest):
        opened(body, signed(body, at=NOW))


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000, "1e999", "-0", "1.5"])
def test_a_number_that_is_not_ours_is_no_trouble(number: str) -> None:
    """Python's own reader fails on 4,301 digits; for a field that nobody knows a whole delivery was refused."""
    unknown = f'{{"id": "1", "event": "created", "text": "Bonjour", "x": {number}}}'
    wrong = f'{{"id": "2", "event": "created", "text": "Bonjour", "stars": {number}}}'
    parcel = read(f'\ufeff{{"items": [{unknown}, {wrong}]}}'.encode())
    assert parcel.items == (Incoming(id="1", text="Bonjour"),)
    assert [(bad.id, bad.field) for bad in parcel.rejected] == [("2", "stars")]


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-11-20T10:00:00.123456789012Z", datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("1990-12-31T15:59:60.5-08:00", datetime(1990, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)),
    ],
)
def test_whatever_rfc_3339_allows_is_a_time(told: str, moment: datetime) -> None:
    assert read(body_of({**GOOD, "published_at": told})).items[0].published_at == moment


def test_every_field_of_the_contract() -> None:
    item = {
        "id": "a/1",
        "event": "edited",
        "revision": 3,
        "thread": "a",
        "by": "place",
        "author": {"name": "Léa", "url": "https://exemple.fr/lea", "id": "u1"},
        "text": "<p>Oui</p>",
        "format": "html",
        "stars": 4,
        "kind": "question",
        "published_at": "2026-11-20T10:00:00+01:00",
        "experience_at": "2026-11-19T10:00:00.25Z",
        "url": "https://exemple.fr/1",
        "private": True,
        "consent": {"given_at": "2026-11-21t00:00:00z"},
        "unknown": {"is": "ignored"},
    }
    assert read(body_of(item)).items == (
        Incoming(
            id="a/1",
            event="edited",
            revision=3,
            thread="a",
            by="place",
            author_name="Léa",
            author_url="https://exemple.fr/lea",
            author_id="u1",
            text="<p>Oui</p>",
            format="html",
            stars=4,
            kind="question",
            published_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
            experience_at=datetime(2026, 11, 19, 10, 0, 0, 250_000, tzinfo=UTC),
            url="https://exemple.fr/1",
            private=True,
            consent_at=datetime(2026, 11, 21, tzinfo=UTC),
        ),
    )


def test_null_is_absent() -> None:
    fields = (
        "revision",
        "thread",
        "by",
        "author",
        "text",
        "format",
        "stars",
        "kind",
        "published_at",
        "url",
        "consent",
    )
    item: dict[str, Any] = {"id": "1", "event": "created", **dict.fromkeys(fields), "private": None}
    assert read(body_of(item)).items == (Incoming(id="1"),)


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": " "},
        {"id": 7},
        {"id": None},
        {"id": "a\nb"},
        {"id": "a\ud800"},
        {"id": "x" * 501},
        {"event": "updated"},
        {"event": None},
        {"revision": 0},
        {"revision": "1"},
        {"revision": 1.0},
        {"revision": True},
        {"revision": 2**53},
        {"stars": 0},
        {"stars": 6},
        {"stars": "5"},
        {"by": "robot"},
        {"format": "markdown"},
        {"text": 7},
        {"author": "Léa"},
        {"author": {"name": 7}},
        {"private": "yes"},
        {"consent": True},
        {"consent": {}},
        {"published_at": "yesterday"},
        {"published_at": "2026-11-20T10:00:00"},
        {"published_at": "2026-13-20T10:00:00Z"},
        {"published_at": "2026-11-20T10:00:61Z"},
        {"published_at": "0001-01-01T00:00:00+14:00"},
        {"published_at": 1_790_000_000},
    ],
)
def test_a_bad_item_is_put_aside_and_the_rest_go_on(change: dict[str, object]) -> None:
    parcel = read(body_of({**GOOD, "id": "bad", **change}, GOOD))
    assert parcel.items == (Incoming(id="1", text="Bonjour"),)
    (bad,) = parcel.rejected
    assert bad.code == "bad_json"
    assert bad.id.encode()


@pytest.mark.parametrize("row", [None, 1, "x", [], {}])
def test_what_is_no_item_is_called_by_its_rank(row: object) -> None:
    assert [bad.id for bad in read(body_of(GOOD, row)).rejected] == ["#1"]


def test_lone_surrogates_reach_the_text_table() -> None:
    assert (
        read(b'{"items": [{"id": "1", "event": "created", "text": "a\\ud800b"}]}').items[0].text == "a\ud800b"
    )


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "stars", "author"]), inner)
    ),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=4), st.binary(max_size=40))
def test_whatever_is_signed_is_read_or_refused(rows: list[object], raw: bytes) -> None:
    """A sender's mistake is a Problem or a rejected item: nothing else ever leaves."""
    parcel = read(json.dumps({"items": rows}).encode())
    assert len(parcel.items) + len(parcel.rejected) == len(rows)
    try:
        read(raw)
    except Problem as problem:
        assert problem.kind == "bad_json"  # noqa: PT017 - it may also pass


async def test_a_reply_as_the_contract_says_it() -> None:
    async with ReplyEmulator(SECRET) as receiver:
        options = {"secret": [SECRET, "the-old-secret-0123"], "reply_url": f"{receiver.url}/replies"}
        webhook = Webhook(Channel(options=options))
        outgoing = reply_to("review-1", "thread-1", "r1")
        sent = await webhook.send(outgoing)
        assert sent == Sent(id="post-0", url="https://forum.example/post-0")
        assert await webhook.send(outgoing) == sent, "the same reply id is answered as before"
        assert receiver.replies == {
            "r1": {
                "reply_id": "r1",
                "in_reply_to": "review-1",
                "thread": "thread-1",
                "text": "Bien sûr.",
                "signed": "Camille, responsable",
            }
        }


class Receiver(Loopback):
    """Answers whatever it is told to."""

    def __init__(self, said: object) -> None:
        super().__init__()
        self._said = said

    def answer(self, request: Request) -> Response:
        return answered(self._said)


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        ({"id": 123, "url": None}, Sent(id="123")),
        ({"id": "a", "url": 7, "more": []}, Sent(id="a")),
        ({"id": "a", "url": "javascript:alert(1)"}, Sent(id="a")),
    ],
)
async def test_p7_an_answer_with_an_id_says_that_it_is_delivered(answer: dict[str, Any], sent: Sent) -> None:
    """Else the same reply went out again and again, to who had answered each time."""
    async with Receiver(answer) as receiver:
        webhook = Webhook(Channel(options={"secret": SECRET, "reply_url": receiver.url}))
        assert await webhook.send(reply_to("1", None, "r1")) == sent


@pytest.mark.parametrize("answer", [{}, {"id": None}, {"id": True}, {"id": ""}, {"id": 1.5}, []])
async def test_an_answer_without_an_id_is_no_answer(answer: object) -> None:
    async with Receiver(answer) as receiver:
        webhook = Webhook(Channel(options={"secret": SECRET, "reply_url": receiver.url}))
        with pytest.raises(AnswerLost):
            await webhook.send(reply_to("1", None, "r1"))


async def test_a_reply_follows_no_redirect() -> None:
    async with ReplyEmulator(SECRET) as receiver:
        webhook = Webhook(Channel(options={"secret": SECRET, "reply_url": receiver.url}))
        receiver.fail(status=307, headers={"Location": "/elsewhere"})
        with pytest.raises(Refused):
            await webhook.send(reply_to("1", None, "r1"))
        assert len(receiver.requests) == 1


@pytest.mark.parametrize("url", ["http://forum.example/", "ftp://127.0.0.1/", "https://a@forum.example/", 7])
def test_replies_do_not_travel_in_the_clear(url: object) -> None:
    with pytest.raises(WrongSetting) as wrong:
        Webhook(Channel(options={"secret": SECRET, "reply_url": url}))
    assert wrong.value.params["name"] == "channel.avis.reply_url"


def test_without_an_address_there_are_no_replies() -> None:
    assert not Webhook(Channel(options={"secret": SECRET, "reply_url": ""})).abilities.reply

"""Chatwoot: its bodies, its signature, its API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from connectors.chatwoot import Chatwoot
from connectors.contract import AnswerLost, CredentialsRefused, Refused, Unreachable
from connectors.runner import Runner
from moderation.domain import Incoming
from moderation.errors import BadRequest, SignedOut, TooLarge, WrongSetting
from moderation.intake import receive
from moderation.store import Store
from tests.connectors.benches import chatwoot
from tests.connectors.channels import Channel
from tests.connectors.chats import MODERATOR, deliver, hang, held, last, opened, waiting
from tests.connectors.chatwoot_emulator import INBOX, SECRET, ChatwootEmulator
from tests.connectors.kit import reply_to
from tests.support.walls import eventually


@pytest_asyncio.fixture
async def upstream() -> AsyncIterator[ChatwootEmulator]:
    async with ChatwootEmulator() as emulator:
        yield emulator


# what is and what is not a turn


@pytest.mark.parametrize(
    "more",
    [
        {"private": True, "by": "outgoing"},
        {"by": "activity"},
        {"by": "template"},
        {"content_type": "input_select", "by": "outgoing"},
        {"content_type": "cards", "by": "outgoing"},
        {"content_attributes": {"complicite": "r1"}, "by": "outgoing"},
        {"content": None},
        {"content": "  "},
    ],
    ids=str,
)
def test_what_the_customer_and_the_adviser_did_not_say(
    upstream: ChatwootEmulator, more: dict[str, Any]
) -> None:
    upstream.say(10, "x", **more)
    assert opened(upstream, last(upstream)).items == ()


@pytest.mark.parametrize("number", range(4))
def test_kinds_of_messages_as_numbers(upstream: ChatwootEmulator, number: int) -> None:
    upstream.say(10, "x")
    items = opened(upstream, {**last(upstream), "message_type": number}).items
    assert [item.by for item in items] == (["author"], ["place"], [], [])[number]


def test_a_turn_as_it_is_handed_over(upstream: ChatwootEmulator) -> None:
    number = upstream.say(10, "Bonjour")
    (item,) = opened(upstream, last(upstream)).items
    assert item.published_at is not None
    assert replace(item, published_at=None) == Incoming(
        id=f"10/{number}",
        thread="10",
        author_name="Camille",
        author_id="14",
        text="Bonjour",
        private=True,
    )


async def test_p7_a_change_of_status_takes_nothing_off_the_wall(
    upstream: ChatwootEmulator, store: Store
) -> None:
    number = upstream.say(10, "Bonjour")
    upstream.say(10, "Afficher")
    await deliver(store, upstream)
    await hang(store)
    upstream.touch(number)
    await deliver(store, upstream)
    assert len((await store.snapshot("grenoble")).threads) == 1
    upstream.edit(number, "Bonsoir")
    await deliver(store, upstream)
    assert (await store.snapshot("grenoble")).threads == ()


@pytest.mark.parametrize(
    "change",
    [
        {"inbox": {"id": INBOX + 1}},
        {"account": {"id": 99}},
        {"event": "webwidget_triggered"},
        {"event": "an_event_of_tomorrow"},
        {"event": None},
        {"inbox": {"id": []}},
    ],
)
def test_what_is_not_ours_is_left_alone(upstream: ChatwootEmulator, change: dict[str, Any]) -> None:
    upstream.say(10, "x")
    parcel = opened(upstream, {**last(upstream), **change})
    assert (parcel.items, parcel.rejected) == ((), ())


@pytest.mark.parametrize(
    "change",
    [
        {"created_at": "yesterday"},
        {"created_at": None},
        {"id": None},
        {"conversation": {"inbox_id": INBOX}},
        {"conversation": {"id": "x"}},
        {"created_at": 1e300},
        {"created_at": -1e17},
        {"created_at": None, "id": "\ud800"},
    ],
)
def test_what_can_t_be_read_is_put_aside(upstream: ChatwootEmulator, change: dict[str, Any]) -> None:
    upstream.say(10, "x")
    parcel = opened(upstream, {**last(upstream), **change})
    assert parcel.items == ()
    assert [bad.code for bad in parcel.rejected] == ["bad_json"]


@pytest.mark.parametrize("sender", [None, "Léa", {"name": True, "id": []}, {"name": 7, "id": "\ud800"}])
async def test_a_sender_of_another_shape_is_anonymous(
    upstream: ChatwootEmulator, store: Store, sender: object
) -> None:
    """It stopped the whole channel: a walk met it again and again."""
    upstream.say(10, "Bonjour")
    parcel = opened(upstream, {**last(upstream), "sender": sender})
    assert (await receive(store, "tchat", ["grenoble"], parcel.items)).accepted == 1
    (message,) = (await store.messages(places=["grenoble"], held="consent")).items
    assert (message.text, message.author.name) == ("Bonjour", None)


# who sent it


def test_the_signature(upstream: ChatwootEmulator) -> None:
    upstream.say(10, "x")
    body, connector, now = upstream.deliveries[-1], chatwoot(upstream), time.time()
    with pytest.raises(SignedOut, match="bad_signature"):
        connector.open({}, body, now)
    with pytest.raises(SignedOut, match="bad_signature"):
        connector.open(upstream.signed(body, secret="another-secret"), body, now)
    with pytest.raises(SignedOut, match="bad_signature"):
        connector.open(upstream.signed(body), body + b" ", now)
    with pytest.raises(SignedOut, match="stale_signature"):
        connector.open(upstream.signed(body, at=now - 301), body, now)
    with pytest.raises(TooLarge):
        connector.open({}, b" " * (connector.body_limit + 1), now)
    assert connector.open(upstream.signed(body), body, now).items
    two = chatwoot(upstream, secret=["the-next-secret-0123", SECRET])
    assert two.open(upstream.signed(body), body, now).items


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"[" * 60_000])
def test_what_is_no_delivery(upstream: ChatwootEmulator, body: bytes) -> None:
    with pytest.raises(BadRequest):
        chatwoot(upstream).open(upstream.signed(body), body, time.time())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("chatwoot_url", "http://chat.example"),
        ("chatwoot_url", None),
        ("chatwoot_url", "https://me@chat.example"),
        ("account", 0),
        ("account", True),
        ("inboxes", []),
        ("inboxes", ["x"]),
        ("token", ""),
        ("secret", None),
        ("ask", "often"),
        ("question", " "),
    ],
)
def test_a_wrong_setting_stops_the_start(upstream: ChatwootEmulator, key: str, value: object) -> None:
    with pytest.raises(WrongSetting) as wrong:
        chatwoot(upstream, **{key: value})
    assert wrong.value.params["name"] == f"channel.tchat.{key}"


def test_loopback_and_https_only(upstream: ChatwootEmulator) -> None:
    assert isinstance(chatwoot(upstream, chatwoot_url="https://chat.example/"), Chatwoot)
    with pytest.raises(WrongSetting):
        Chatwoot(Channel(kind="chatwoot", slug="tchat", options={}))


# what goes out


async def test_a_token_that_does_not_see_the_inbox(upstream: ChatwootEmulator) -> None:
    with pytest.raises(CredentialsRefused):
        await chatwoot(upstream, inboxes=[INBOX, 8]).check()
    with pytest.raises(CredentialsRefused):
        await chatwoot(upstream, token="stolen").check()


async def test_a_422_after_the_message_was_stored_is_found(upstream: ChatwootEmulator) -> None:
    number = upstream.say(10, "Une question")
    connector, outgoing = chatwoot(upstream), reply_to(f"10/{number}", "10", "r1")
    upstream.fail(status=422, after_effect=True, method="POST")
    with pytest.raises(AnswerLost):
        await connector.send(outgoing)
    found = await connector.find(outgoing)
    assert found is not None
    assert found.url == f"{upstream.url}/app/accounts/3/conversations/10"


async def test_a_reply_is_found_behind_hundreds_of_turns(upstream: ChatwootEmulator) -> None:
    number = upstream.say(10, "Une question")
    connector, outgoing = chatwoot(upstream), reply_to(f"10/{number}", "10", "r1")
    for turn in range(350):
        upstream.say(10, f"Tour {turn}")
    sent = await connector.send(outgoing)
    assert await connector.find(outgoing) == sent
    assert await connector.find(reply_to(f"10/{number}", "10", "r2")) is None


async def test_a_reply_to_nobody_is_refused(upstream: ChatwootEmulator) -> None:
    for ident in ("10/1", "../1", "10", "x" * 600):
        with pytest.raises(Refused) as refused:
            await chatwoot(upstream).send(reply_to(ident, None, "r1"))
        assert refused.value.kind == "thread_gone"
    upstream.say(10, "Bonjour")
    with pytest.raises(Refused) as refused:
        await chatwoot(upstream).send(replace(reply_to("10/1001", "10", "r1"), text="x" * 10_001))
    assert refused.value.kind == "reply_too_long"


async def test_what_was_deleted_or_taken_back_unheard_is_found_by_asking_again(
    upstream: ChatwootEmulator, store: Store
) -> None:
    connector = chatwoot(upstream)
    one, other = upstream.say(10, "Bonjour"), upstream.say(11, "Bonsoir")
    for conversation in (10, 11):
        upstream.say(conversation, "afficher")
    await deliver(store, upstream, connector=connector)
    for message in await waiting(store):
        await store.decide("approve", MODERATOR, message.id, revision=1)
    runner = Runner(store, [connector])
    assert await runner.recheck(connector) == 0
    assert len((await store.snapshot("grenoble")).threads) == 2
    upstream.delete(one)
    upstream.say(11, "stop")
    upstream.deliveries.clear()  # nobody heard
    await runner.recheck(connector)
    assert (await store.snapshot("grenoble")).threads == ()
    found = [await store.message(store.message_id("tchat", at)) for at in (f"10/{one}", f"11/{other}")]
    assert [(message.text, message.state) for message in found if message] == [
        ("", "erased"),
        ("Bonsoir", "pending"),
    ]


async def test_who_writes_without_end_keeps_nobody_else_from_being_read(
    upstream: ChatwootEmulator, store: Store
) -> None:
    connector = chatwoot(upstream)
    runner = Runner(store, [connector])
    await runner.poll(connector)
    first = upstream.say(10, "x" * 150_000)
    for _ in range(60):
        upstream.say(10, "x" * 150_000)
    gone = upstream.say(11, "Bonjour")
    upstream.say(11, "Afficher")
    await runner.poll(connector)
    assert [message.text for message in await waiting(store)] == ["Bonjour"]
    upstream.delete(gone)
    deleted = Incoming(id=f"11/{gone}", event="deleted", thread="11")
    assert await connector.recheck([f"10/{first}", f"11/{gone}"]) == (deleted,)


async def test_a_page_of_conversations_that_is_too_large_keeps_no_other_from_being_read(
    upstream: ChatwootEmulator, store: Store
) -> None:
    connector = chatwoot(upstream)
    runner = Runner(store, [connector])
    await runner.poll(connector)
    upstream.say(11, "Bonjour")
    for conversation in range(100, 125):  # a page of later ones
        upstream.say(conversation, "x" * 400_000)
    await runner.poll(connector)
    held = await store.messages(places=["grenoble"], held="consent")
    assert [message.text for message in held.items] == ["Bonjour"]
    for conversation in range(100, 125):
        upstream.say(conversation, "Pardon.")
    await runner.poll(connector)
    held = await store.messages(places=["grenoble"], held="consent")
    assert {message.text for message in held.items} == {"Bonjour", "Pardon."}, (
        "nothing is passed over for good"
    )


async def test_what_was_agreed_and_resolved_while_nobody_listened(
    upstream: ChatwootEmulator, store: Store
) -> None:
    """A yes, a STOP and an end count as if they had been delivered; another inbox is nobody's business."""
    connector = chatwoot(upstream)
    runner = Runner(store, [connector])
    upstream.say(9, "Avant que le mur n'existe")
    await runner.poll(connector)
    for conversation in (10, 11, 12):
        upstream.say(conversation, f"Question {conversation}")
    upstream.say(10, "Afficher")
    upstream.say(11, "Afficher")
    upstream.say(11, "STOP")
    upstream.resolve(12)
    await runner.poll(connector)
    assert [message.text for message in await waiting(store)] == ["Question 10"]
    assert {message.text for message in await held(store)} == {"Question 11", "Question 12"}
    assert await store.to_ask("tchat") == ("12",)
    asked = len(upstream.requests)
    await runner.poll(connector)
    assert len(upstream.requests) == asked + 2, "two pages of conversations, and none of them changed"


async def test_a_turn_that_chatwoot_shows_late_is_in_the_overlap(
    upstream: ChatwootEmulator, store: Store
) -> None:
    """Numbers are given before a message is shown: the lower one may come after the higher one was seen."""
    connector = chatwoot(upstream)
    runner = Runner(store, [connector])
    await runner.poll(connector)
    late = upstream.say(10, "Bonjour")
    kept = upstream.messages.pop(late)
    upstream.say(11, "Bonsoir")
    await runner.poll(connector)
    upstream.messages[late] = kept
    await runner.poll(connector)
    assert {message.text for message in await held(store)} == {"Bonjour", "Bonsoir"}


async def test_an_outage_is_no_deletion(upstream: ChatwootEmulator) -> None:
    number = upstream.say(10, "Bonjour")
    connector = chatwoot(upstream)
    for fault in ({"status": 503}, {"garble": True}, {"drop": True}):
        upstream.fail(**fault)
        with pytest.raises(Unreachable):
            await connector.recheck([f"10/{number}"])
    assert await connector.recheck([f"99/{number}"]) == (
        Incoming(id=f"99/{number}", event="deleted", thread="99"),
    )


async def test_many_calls_at_once_do_not_wait_for_one_that_hangs(upstream: ChatwootEmulator) -> None:
    connector = chatwoot(upstream)
    upstream.say(10, "Bonjour")
    upstream.fail(hang=True)
    stuck = asyncio.create_task(connector.check())
    await eventually(lambda: bool(upstream.requests))
    await connector.check()
    stuck.cancel()

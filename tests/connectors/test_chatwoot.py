"""Chatwoot: its bodies, its signature, and consent as a customer gives it and takes it back (P11)."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from connectors import door
from connectors.asking import Asking
from connectors.calls import Calls
from connectors.chatwoot import ASKED, Chatwoot
from connectors.chatwoot_reading import AGREES, DECLINES, word
from connectors.contract import AnswerLost, CredentialsRefused, Refused, Unreachable
from connectors.runner import Runner
from displays.hub import Hub
from moderation.domain import Actor, Incoming, Message
from moderation.errors import BadRequest, SignedOut, TooLarge, WrongSetting
from moderation.roster import Roster
from moderation.store import Store
from tests.connectors.benches import chatwoot
from tests.connectors.channels import Channel
from tests.connectors.chatwoot_emulator import INBOX, SECRET, ChatwootEmulator
from tests.connectors.kit import reply_to
from tests.support.invariants import check
from tests.support.walls import eventually

MODERATOR = Actor(id="p1", name="Inès", role="moderator")


@pytest_asyncio.fixture
async def upstream() -> AsyncIterator[ChatwootEmulator]:
    async with ChatwootEmulator() as emulator:
        yield emulator


def opened(upstream: ChatwootEmulator, body: dict[str, Any]) -> Any:
    raw = json.dumps(body).encode()
    return chatwoot(upstream).open(upstream.signed(raw), raw, time.time())


def last(upstream: ChatwootEmulator) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(upstream.deliveries[-1])
    return found


async def deliver(
    store: Store, upstream: ChatwootEmulator, *, connector: Chatwoot | None = None, shuffle: int | None = None
) -> None:
    """All that it has to send, twice when shuffled."""
    bodies = list(upstream.deliveries)
    if shuffle is not None:
        bodies *= 2
        random.Random(shuffle).shuffle(bodies)
    for body in bodies:
        await door.take(store, connector or chatwoot(upstream), upstream.signed(body), body)
    upstream.deliveries.clear()


def ten_turns(upstream: ChatwootEmulator, conversation: int = 10) -> list[str]:
    said = []
    for turn in range(10):
        text = f"Tour {turn}"
        upstream.say(conversation, text, by="incoming" if turn % 2 == 0 else "outgoing")
        said.append(text)
    return said


async def held(store: Store) -> list[Message]:
    return list((await store.messages(places=["grenoble"], state="pending", held="consent")).items)


async def waiting(store: Store) -> list[Message]:
    return list((await store.messages(places=["grenoble"], state="pending")).items)


async def hang(store: Store) -> None:
    first, *others = sorted(await waiting(store), key=lambda message: message.text)
    revisions = {message.id: message.revision for message in others}
    await store.decide("approve", MODERATOR, first.id, revision=first.revision, companions=revisions)


# the show


@pytest.mark.parametrize("shuffle", [None, 1, 2, 3])
async def test_p11_ten_turns_with_consent_are_one_card_in_order(
    upstream: ChatwootEmulator, store: Store, shuffle: int | None
) -> None:
    said = ten_turns(upstream)
    await deliver(store, upstream, shuffle=shuffle)
    assert await waiting(store) == []
    assert len(await held(store)) == 10
    upstream.say(10, "AFFICHER")
    await deliver(store, upstream)
    assert len(await waiting(store)) == 10
    await hang(store)
    (thread,) = (await store.snapshot("grenoble")).threads
    turns = [thread.root, *(turn for turn in thread.turns if isinstance(turn, Message))]
    assert [turn.text for turn in turns] == said
    assert [turn.by for turn in turns] == ["author", "place"] * 5
    await check(store)


async def test_p11_without_consent_nothing_of_it_hangs(upstream: ChatwootEmulator, store: Store) -> None:
    ten_turns(upstream)
    upstream.say(10, "oui")  # an answer to anything, and no consent
    upstream.resolve(10)
    await deliver(store, upstream)
    assert await waiting(store) == []
    assert (await store.snapshot("grenoble")).threads == ()


async def test_p11_consent_taken_back_is_off_the_screens_within_a_second(
    upstream: ChatwootEmulator, store: Store, roster: Roster
) -> None:
    hub = Hub(store, roster)
    await hub.start()
    try:
        ten_turns(upstream)
        upstream.say(10, "Afficher.")
        await deliver(store, upstream)
        await hang(store)
        before = (await store.feed_head("grenoble", "wall")).offset
        upstream.say(10, "Stop !")
        began = time.monotonic()
        await deliver(store, upstream)

        assert (await store.feed_head("grenoble", "wall")).offset > before
        assert time.monotonic() - began < 1
        assert (await store.snapshot("grenoble")).threads == ()
        assert len(await held(store)) == 10
        upstream.say(10, "Encore une chose")
        await deliver(store, upstream)
        assert len(await held(store)) == 11, "what is said later is held too"
        await check(store)
    finally:
        await hub.stop()


async def test_p11_a_late_yes_does_not_undo_a_stop(upstream: ChatwootEmulator, store: Store) -> None:
    ten_turns(upstream)
    upstream.say(10, "afficher")
    yes = upstream.deliveries[-1]
    upstream.say(10, "stop")
    await deliver(store, upstream)
    upstream.deliveries.append(yes)
    await deliver(store, upstream)
    assert await waiting(store) == []


async def test_p11_a_pre_chat_form_consents_before_the_first_word(
    upstream: ChatwootEmulator, store: Store
) -> None:
    upstream.tick(10, True, "conversation_created")
    upstream.say(10, "Bonjour")
    await deliver(store, upstream)
    assert [message.text for message in await waiting(store)] == ["Bonjour"]
    upstream.tick(10, False)
    await deliver(store, upstream)
    assert await waiting(store) == []
    upstream.resolve(10, "open")  # carries the attributes too, and changes nothing
    await deliver(store, upstream)
    assert await waiting(store) == []


@pytest.mark.parametrize(("value", "given"), [(AGREES, 1), (DECLINES, 0), ("other", 0)])
async def test_p11_the_buttons_of_the_question(
    upstream: ChatwootEmulator, store: Store, value: str, given: int
) -> None:
    upstream.say(10, "Bonjour")
    connector = chatwoot(upstream)
    await connector.ask("10")
    (question,) = upstream.posted()
    upstream.press(question["id"], value)
    await deliver(store, upstream, connector=connector)
    assert len(await waiting(store)) == given
    upstream.say(10, "stop")
    upstream.touch(question["id"])  # its delivery status: the pressed button is told again
    await deliver(store, upstream, connector=connector)
    assert await waiting(store) == []


@pytest.mark.parametrize("text", ["AFFICHER", " afficher ! ", "« Afficher »", '"Show".', "ｓｈｏｗ"])
def test_words_that_agree(text: str) -> None:
    assert word(text) is True


@pytest.mark.parametrize("text", ["STOP", "stop.", "Retirer", "remove"])
def test_words_that_take_back(text: str) -> None:
    assert word(text) is False


@pytest.mark.parametrize("text", ["oui", "yes", "ok", "d'accord", "afficher le prix ?", "non", "", "stop it"])
def test_words_that_answer_something_else(text: str) -> None:
    assert word(text) is None


# the question


async def test_p11_the_question_is_asked_once_when_it_is_over(
    upstream: ChatwootEmulator, store: Store
) -> None:
    connector = chatwoot(upstream)
    asking = Asking(store, [connector], owner="test")
    ten_turns(upstream)
    await deliver(store, upstream, connector=connector)
    assert await asking.ask(connector) == 0
    for _ in range(3):
        upstream.resolve(10)
        await deliver(store, upstream, connector=connector)
        await asking.ask(connector)
    (question,) = upstream.posted()
    assert question["content"] == ASKED
    assert question["content_type"] == "input_select"
    await deliver(store, upstream, connector=connector)
    assert len(await held(store)) == 10, "the question is no turn"


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": True}, {"garble": True}])
async def test_p11_a_question_whose_answer_was_lost_is_not_asked_twice(
    upstream: ChatwootEmulator, store: Store, fault: dict[str, Any]
) -> None:
    connector = chatwoot(upstream)
    asking = Asking(store, [connector], owner="test")
    upstream.say(10, "Bonjour")
    upstream.resolve(10)
    await deliver(store, upstream, connector=connector)
    upstream.fail(**fault, method="POST", after_effect=True)
    with pytest.raises(AnswerLost):
        await asking.ask(connector)
    assert await asking.ask(connector) == 1
    assert len(upstream.posted()) == 1


async def test_one_conversation_that_is_gone_does_not_hold_up_the_others(
    upstream: ChatwootEmulator, store: Store
) -> None:
    connector = chatwoot(upstream)
    asking = Asking(store, [connector], owner="test", every=0.01)
    upstream.say(11, "Bonjour")
    upstream.resolve(10)  # holds no message: the API answers 404
    upstream.resolve(11)
    await deliver(store, upstream, connector=connector)
    await asking.start()
    try:
        await eventually(lambda: len(upstream.posted()) == 1)
    finally:
        await asking.stop()
    await asking.ask(connector)  # if it was stopped between the question and its note
    assert await store.to_ask("tchat") == ()
    assert len(upstream.posted()) == 1


async def test_when_it_is_asked_is_a_setting(upstream: ChatwootEmulator, store: Store) -> None:
    upstream.say(10, "Bonjour")
    upstream.resolve(10)
    bodies = list(upstream.deliveries)
    for ask, asked in (("opened", ("10",)), ("resolved", ("10",)), ("never", ())):
        connector = chatwoot(upstream, ask=ask)
        found = [connector.open(upstream.signed(body), body, time.time()).ask for body in bodies]
        assert [one for each in found for one in each] == list(asked)


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
    ],
)
def test_what_can_t_be_read_is_put_aside(upstream: ChatwootEmulator, change: dict[str, Any]) -> None:
    upstream.say(10, "x")
    parcel = opened(upstream, {**last(upstream), **change})
    assert parcel.items == ()
    assert [bad.code for bad in parcel.rejected] == ["bad_json"]


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
    assert isinstance(connector._calls, Calls)
    upstream.say(10, "Bonjour")
    upstream.fail(hang=True)
    stuck = asyncio.create_task(connector.check())
    await eventually(lambda: bool(upstream.requests))
    await connector.check()
    stuck.cancel()

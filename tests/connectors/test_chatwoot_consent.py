"""Consent, as a customer of a chat gives it and takes it back (P11)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from connectors.asking import Asking
from connectors.chatwoot import ASKED
from connectors.chatwoot_reading import AGREES, DECLINES, word
from connectors.contract import AnswerLost
from moderation.domain import Message
from moderation.roster import Roster
from moderation.store import Store
from tests.connectors.benches import chatwoot
from tests.connectors.chats import deliver, hang, held, ten_turns, waiting
from tests.connectors.chatwoot_emulator import ChatwootEmulator
from tests.support.invariants import check
from tests.support.walls import TestScreen, eventually, wall


@pytest_asyncio.fixture
async def upstream() -> AsyncIterator[ChatwootEmulator]:
    async with ChatwootEmulator() as emulator:
        yield emulator


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
    ten_turns(upstream)
    upstream.say(10, "Afficher.")
    await deliver(store, upstream)
    await hang(store)
    _, token = await roster.create_screen("grenoble", "Vitrine")
    async with wall(store, roster) as here, TestScreen.open(here.url, token) as screen:
        await eventually(lambda: screen.texts == ["Tour 0"])
        upstream.say(10, "Stop !")
        began = time.monotonic()
        await deliver(store, upstream)
        await eventually(lambda: screen.texts == [])
        assert time.monotonic() - began < 1
    assert len(await held(store)) == 10
    upstream.say(10, "Encore une chose")
    await deliver(store, upstream)
    assert len(await held(store)) == 11, "what is said later is held too"
    await check(store)


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

"""What every connector passes: inherit the classes that say what yours can do, and give the fixture `bench`.

A bench is one connector with its upstream, driven as the product drives it. `Kit` is for all; the other classes
are for what a connector declares, and `Kit` checks that none of those is left out.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

import pytest

from connectors.contract import (
    AnswerLost,
    Connector,
    CredentialsRefused,
    Finds,
    Outgoing,
    Pulls,
    Pushed,
    RateLimited,
    Rechecks,
    Refused,
    Replies,
    Sent,
    Trouble,
    Unreachable,
)
from connectors.runner import Runner
from moderation.arrivals import Arrival
from moderation.domain import Actor, Message
from moderation.errors import Unavailable
from moderation.store import Store
from tests.connectors.loopback import Loopback
from tests.support.invariants import check
from tests.support.walls import eventually

MODERATOR = Actor(id="p1", name="Inès", role="moderator")


class Bench:
    """Subclass it for a connector. What it can't do is not asked of it."""

    connector: Connector
    upstream: Loopback  # where faults are ordered; only for connectors that call somebody

    async def say(self, key: str, text: str) -> None:
        """Something new upstream."""
        raise NotImplementedError

    async def edit(self, key: str, text: str) -> None:
        raise NotImplementedError

    async def delete(self, key: str) -> None:
        raise NotImplementedError

    async def spoil(self, key: str) -> None:
        """Something new that can't be taken in."""
        raise NotImplementedError

    async def bring(self, store: Store) -> None:
        """What is new reaches the store."""
        raise NotImplementedError

    async def miss(self) -> None:
        """What is new was sent, and nobody listened: it is not sent again."""
        raise NotImplementedError

    async def again(self, store: Store) -> None:
        """Everything reaches the store once more, as far as possible in another order."""
        raise NotImplementedError

    async def reborn(self) -> None:
        """The process ended, another one begins with the same settings."""
        raise NotImplementedError

    async def agree(self, store: Store) -> None:
        """Where chats are private: everybody consents."""

    @contextmanager
    def impatient(self, fault: Mapping[str, Any]) -> Iterator[None]:
        """Within, a call that never ends is given up soon."""
        raise NotImplementedError

    def refuse_credentials(self) -> None:
        self.upstream.fail(status=401, times=1)

    def outgoing(self, key: str, reply_id: str = "r1") -> Outgoing:
        """A reply to what was said with `key`."""
        raise NotImplementedError

    def public(self) -> Sequence[str]:
        """The texts of our replies that can be read there."""
        raise NotImplementedError


async def queue(store: Store) -> list[Message]:
    found = (await store.messages(places=["grenoble"], state="pending")).items
    return [*found, *(await store.messages(places=["grenoble"], state="pending", held="consent")).items]


async def texts(store: Store) -> list[str]:
    return [message.text for message in await queue(store)]


def dying_after(number: int, store: Store) -> Callable[..., Awaitable[Any]]:
    """Intake that takes in so many items, the last of them in the middle of a trip, and fails; once."""
    whole, left = store._receive, number

    async def dying(arrivals: Sequence[Arrival], *rest: Any) -> Any:
        nonlocal left
        some, left = arrivals[:left], left - len(arrivals)
        answer = await whole(some, *rest) if some else []
        if left < 0:
            left = sys.maxsize
            raise Unavailable
        return answer

    return dying


class Kit:
    async def test_it_declares_what_it_is(self, bench: Bench) -> None:
        connector, able = bench.connector, bench.connector.abilities
        assert connector.slug
        assert connector.places
        assert isinstance(connector, Pulls) == able.pull
        assert isinstance(connector, Pushed) == able.push
        assert not able.reply or isinstance(connector, Replies)
        assert not able.find or isinstance(connector, Finds)
        assert not able.recheck or isinstance(connector, Rechecks)

    async def test_it_is_tested_for_all_that_it_declares(self, bench: Bench) -> None:
        able = bench.connector.abilities
        for declared, what in (
            (able.edits, Edits),
            (able.deletions, Deletions),
            (able.reply, Answers),
            (able.pull and able.push, Missing),
        ):
            assert not declared or isinstance(self, what), f"inherit {what.__name__}"

    async def test_p7_one_item_is_one_message_however_often_it_comes(
        self, bench: Bench, store: Store
    ) -> None:
        for number in range(3):
            await bench.say(str(number), f"Message {number}")
        await bench.bring(store)
        await bench.bring(store)
        await bench.again(store)
        assert await texts(store) == ["Message 0", "Message 1", "Message 2"], "oldest first"
        await check(store)

    async def test_p7_a_crash_in_the_middle_loses_and_doubles_nothing(
        self, bench: Bench, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(4):
            await bench.say(str(number), f"Message {number}")
        monkeypatch.setattr(store, "_receive", dying_after(2, store))
        with pytest.raises(Unavailable):
            await bench.bring(store)
        await bench.reborn()
        await bench.bring(store)
        assert sorted(await texts(store)) == [f"Message {number}" for number in range(4)]
        await check(store)

    async def test_a_bad_item_is_put_aside_and_the_rest_go_on(self, bench: Bench, store: Store) -> None:
        await bench.say("1", "Avant")
        await bench.spoil("2")
        await bench.say("3", "Après")
        await bench.bring(store)
        await bench.bring(store)
        assert await texts(store) == ["Avant", "Après"]
        assert len({row[0] for row in await store.quarantined(bench.connector.slug)}) == 1


class Edits:
    async def test_p7_an_edit_takes_the_text_off_until_it_is_read_again(
        self, bench: Bench, store: Store
    ) -> None:
        await bench.say("1", "Merci")
        await bench.bring(store)
        await bench.agree(store)
        (message,) = await queue(store)
        await store.decide("approve", MODERATOR, message.id, revision=message.revision)
        assert len((await store.snapshot("grenoble")).threads) == 1
        await bench.edit("1", "Merci, ou pas")
        await bench.bring(store)
        assert (await store.snapshot("grenoble")).threads == ()
        (edited,) = await queue(store)
        assert edited.id == message.id
        assert edited.text == "Merci, ou pas"
        assert edited.revision > message.revision
        await check(store)

    async def test_p7_the_last_text_wins_in_any_order(self, bench: Bench, store: Store) -> None:
        await bench.say("1", "un")
        await bench.bring(store)
        for text in ("deux", "trois"):
            await bench.edit("1", text)
            await bench.bring(store)
        await bench.again(store)
        assert await texts(store) == ["trois"]
        await check(store)


class Deletions:
    async def test_p7_a_deletion_takes_it_down_for_ever(self, bench: Bench, store: Store) -> None:
        await bench.say("1", "Merci")
        await bench.bring(store)
        await bench.agree(store)
        (message,) = await queue(store)
        await store.decide("approve", MODERATOR, message.id, revision=message.revision)
        await bench.delete("1")
        await bench.bring(store)
        assert (await store.snapshot("grenoble")).threads == ()
        await bench.again(store)
        gone = await store.message(message.id)
        assert gone is not None
        assert gone.state == "erased"
        assert gone.text == ""
        await check(store)


class Calls:
    """For whoever asks somebody: a refused key asks a person to act, an outage asks nobody."""

    async def ask(self, bench: Bench) -> None:
        await bench.connector.check()

    async def test_it_works(self, bench: Bench) -> None:
        await self.ask(bench)

    async def test_refused_credentials_are_no_outage(self, bench: Bench) -> None:
        bench.refuse_credentials()
        with pytest.raises(CredentialsRefused):
            await self.ask(bench)

    @pytest.mark.parametrize(
        "fault", [{"status": 503}, {"drop": True}, {"hang": True}, {"drip": True}, {"garble": True}]
    )
    async def test_an_outage_is_no_refusal(self, bench: Bench, fault: dict[str, Any]) -> None:
        bench.upstream.fail(**fault, times=9)
        with bench.impatient(fault), pytest.raises(Unreachable):
            await self.ask(bench)

    async def test_down_is_unreachable(self, bench: Bench) -> None:
        await bench.upstream.stop()
        with pytest.raises(Unreachable):
            await self.ask(bench)

    async def test_a_limit_is_told(self, bench: Bench) -> None:
        bench.upstream.fail(status=429, headers={"Retry-After": "7"})
        with pytest.raises(Trouble) as told:
            await self.ask(bench)
        assert told.value.params["retry_after"] == 7


class Pulling(Calls):
    async def ask(self, bench: Bench) -> None:
        assert isinstance(bench.connector, Pulls)
        await bench.connector.pull(None)


class Missing(Pulling):
    """For whoever is told by deliveries that do not come again, and can be asked for what they held."""

    async def test_p7_what_was_said_while_nobody_listened_comes_all_the_same(
        self, bench: Bench, store: Store
    ) -> None:
        await bench.say("0", "Avant")
        await self.look(bench, store)
        await bench.bring(store)
        for number in range(1, 4):
            await bench.say(str(number), f"Message {number}")
        await bench.miss()
        await bench.reborn()
        await self.look(bench, store)
        expected = ["Avant", "Message 1", "Message 2", "Message 3"]
        assert await texts(store) == expected, "oldest first"
        await self.look(bench, store)
        await bench.again(store)  # late, after all, and in disorder
        assert await texts(store) == expected
        await check(store)

    async def test_p7_what_was_taken_away_while_nobody_listened_is_not_brought_back(
        self, bench: Bench, store: Store
    ) -> None:
        await self.look(bench, store)
        await bench.say("1", "Merci")
        await bench.delete("1")
        await bench.say("2", "Bonjour")
        await bench.miss()
        await self.look(bench, store)
        assert await texts(store) == ["Bonjour"]

    async def test_p7_who_dies_in_a_walk_walks_again(
        self, bench: Bench, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await self.look(bench, store)
        for number in range(4):
            await bench.say(str(number), f"Message {number}")
        await bench.miss()
        with monkeypatch.context() as dying:
            dying.setattr(store, "_receive", dying_after(2, store))
            with pytest.raises(Unavailable):
                await self.look(bench, store)
        await bench.reborn()
        await self.look(bench, store)
        assert await texts(store) == [f"Message {number}" for number in range(4)]
        await check(store)

    async def look(self, bench: Bench, store: Store) -> None:
        assert isinstance(bench.connector, Pulls)
        await Runner(store, [bench.connector]).poll(bench.connector)


class Answers:
    """Post once, whatever happens: what is done here is what the outbox does, without its patience."""

    # What may happen to one call, and whether it reached the public all the same.
    FAULTS: ClassVar = [
        {"status": 503},
        {"status": 503, "after_effect": True},
        {"drop": True},
        {"drop": True, "after_effect": True},
        {"hang": True},
        {"hang": True, "after_effect": True},
        {"garble": True, "after_effect": True},
        {"drip": True, "after_effect": True},
        {"status": 429, "headers": {"Retry-After": "1"}},
        {"status": 422},
    ]

    async def said(self, bench: Bench, store: Store) -> Replies:
        await bench.say("1", "Une question")
        await bench.bring(store)
        assert isinstance(bench.connector, Replies)
        return bench.connector

    async def test_a_reply_is_public_once_and_is_no_message(self, bench: Bench, store: Store) -> None:
        connector = await self.said(bench, store)
        sent = await connector.send(bench.outgoing("1"))
        assert sent.id
        assert len(bench.public()) == 1
        assert "Bien sûr" in bench.public()[0]
        await bench.bring(store)
        assert await texts(store) == ["Une question"]

    @pytest.mark.parametrize("fault", FAULTS, ids=str)
    async def test_p7_one_reply_never_makes_two_posts(
        self, bench: Bench, store: Store, fault: dict[str, Any]
    ) -> None:
        connector = await self.said(bench, store)
        outgoing = bench.outgoing("1")
        bench.upstream.fail(**fault, method="POST")
        before = len(bench.public())
        try:
            with bench.impatient(fault):
                sent: Sent | None = await connector.send(outgoing)
        except AnswerLost:
            assert isinstance(connector, Finds)
            sent = await connector.find(outgoing) or await connector.send(outgoing)
        except (Unreachable, RateLimited):
            assert len(bench.public()) == before, "it was said to be surely not posted"
            sent = await eventually(partial(unlimited, connector, outgoing))
        except Refused:
            assert len(bench.public()) == before, "it was said to be surely not posted"
            return
        assert sent is not None
        assert len(bench.public()) == 1
        await bench.bring(store)
        assert await texts(store) == ["Une question"], "our own post came back as a message"

    async def test_what_was_never_sent_is_never_said_to_be_lost(self, bench: Bench, store: Store) -> None:
        connector = await self.said(bench, store)
        await bench.upstream.stop()
        with pytest.raises(Unreachable):
            await connector.send(bench.outgoing("1"))

    async def test_refused_credentials_post_nothing(self, bench: Bench, store: Store) -> None:
        connector = await self.said(bench, store)
        bench.refuse_credentials()
        with pytest.raises(CredentialsRefused):
            await connector.send(bench.outgoing("1"))
        assert not bench.public()

    async def test_two_replies_are_two_posts(self, bench: Bench, store: Store) -> None:
        """Alike in every letter: only their ids tell them apart."""
        connector = await self.said(bench, store)
        one, other = bench.outgoing("1", "r1"), bench.outgoing("1", "r2")
        assert (await connector.send(one)).id != (await connector.send(other)).id
        assert len(bench.public()) == 2

    async def test_a_hanging_channel_does_not_stop_the_clock(self, bench: Bench, store: Store) -> None:
        connector = await self.said(bench, store)
        bench.upstream.fail(hang=True)
        ticks = 0
        with bench.impatient({"hang": True}):
            sending = asyncio.create_task(connector.send(bench.outgoing("1")))
            while not sending.done():
                await asyncio.sleep(0)  # a turn of the loop: it goes round while the call waits
                ticks += 1
        assert ticks > 100
        assert isinstance(sending.exception(), AnswerLost)


async def unlimited(connector: Replies, outgoing: Outgoing) -> Sent | None:
    """None while we are told to wait."""
    try:
        return await connector.send(outgoing)
    except RateLimited:
        return None


def reply_to(ident: str, thread: str | None, reply_id: str) -> Outgoing:
    return Outgoing(
        reply_id=reply_id,
        in_reply_to=ident,
        thread=thread,
        text="Bien sûr.",
        signed="Camille, responsable",
        since=datetime.now(UTC),
    )

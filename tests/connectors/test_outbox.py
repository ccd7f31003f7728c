"""The mailer, against a channel whose answers are a script: one reply never makes two posts (P7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import ClassVar

import pytest
import pytest_asyncio

from connectors import outbox as mailing
from connectors.contract import (
    Abilities,
    AnswerLost,
    CredentialsRefused,
    Outgoing,
    RateLimited,
    Refused,
    Sent,
    Unreachable,
)
from connectors.outbox import MOST_TRIES, Mailer
from moderation.arrivals import Arrival, Draft
from moderation.domain import Delivery
from moderation.errors import Invalid
from moderation.outbox import Outbox
from moderation.store import Store
from tests.support.people import MANAGER, MODERATOR
from tests.support.walls import eventually

HERE = Sent(id="p1", url="https://example.org/p1")


class Silent:
    """Takes replies and can't look for them. `script` is what each call meets; afterwards all goes well."""

    kind: ClassVar[str] = "scripted"
    abilities = Abilities(reply=True)
    slug = "c"
    places: tuple[str, ...] = ("grenoble",)

    def __init__(self, *script: Sent | Exception | None) -> None:
        self.script = list(script)
        self.calls: list[str] = []
        self.given: list[Outgoing] = []

    async def check(self) -> None:
        """It is well."""

    async def send(self, outgoing: Outgoing) -> Sent:
        self.given.append(outgoing)
        return self._next("send") or HERE

    def _next(self, call: str) -> Sent | None:
        self.calls.append(call)
        met = self.script.pop(0) if self.script else HERE
        if isinstance(met, Exception):
            raise met
        return met


class Scripted(Silent):
    abilities = Abilities(reply=True, find=True)

    async def find(self, outgoing: Outgoing) -> Sent | None:
        return self._next("find")


class Desk:
    """One approved message with one answer, a clock in hand, and the mailer's single steps."""

    def __init__(self, store: Store, ident: str) -> None:
        self.store, self.ident = store, ident
        self.now = 1_000_000_000_000
        store.clock = lambda: self.now

    def pass_by(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    async def turn(self, connector: Silent) -> bool:
        """Whether something was due, and was carried."""
        return await Mailer(self.store, [connector], owner="o").turn(connector, Outbox(self.store, "c"))

    async def turns(self, connector: Silent, most: int = 100) -> Delivery:
        """Hour after hour, until nothing is due any more."""
        for _ in range(most):
            self.pass_by(3700)
            if not await self.turn(connector):
                break
        return await self.delivery()

    async def delivery(self) -> Delivery:
        message = await self.store.message(self.ident)
        assert message is not None
        return message.replies[0].delivery


@pytest_asyncio.fixture
async def desk(store: Store) -> AsyncIterator[Desk]:
    ident, _ = await store.receive(Arrival(channel="c", places=("grenoble",), upstream="u1", text="Bonjour."))
    desk = Desk(store, ident)
    await store.decide("approve", MODERATOR, ident, revision=1)
    await store.reply(MANAGER, ident, Draft(place="grenoble", text="Merci.", outside=True))
    yield desk


async def test_it_leaves_after_ten_seconds_and_its_address_comes_back(desk: Desk) -> None:
    channel = Scripted()
    desk.pass_by(9.9)
    assert not await desk.turn(channel)
    desk.pass_by(0.1)
    assert await desk.turn(channel)
    delivery = await desk.delivery()
    assert (delivery.state, delivery.url, delivery.error) == ("delivered", HERE.url, None)
    assert (channel.given[0].in_reply_to, channel.given[0].text, channel.given[0].tries) == (
        "u1",
        "Merci.",
        0,
    )


async def test_p7_a_lost_answer_is_looked_for_and_found(desk: Desk) -> None:
    channel = Scripted(AnswerLost(), HERE)
    assert (await desk.turns(channel)).state == "delivered"
    assert channel.calls == ["send", "find"]


async def test_p7_it_is_sent_again_only_after_two_answers_that_it_is_not_there(desk: Desk) -> None:
    channel = Scripted(AnswerLost(), None, None)
    assert (await desk.turns(channel)).state == "delivered"
    assert channel.calls == ["send", "find", "find", "send"]
    assert channel.given[1].tries == 1


async def test_p7_a_look_that_could_not_be_had_is_no_answer(desk: Desk) -> None:
    channel = Scripted(
        AnswerLost(), Unreachable(), None, CredentialsRefused(), RateLimited(retry_after=3), None
    )
    assert (await desk.turns(channel)).state == "delivered"
    assert channel.calls == ["send", *["find"] * 5, "send"]


async def test_p7_a_second_lost_answer_is_looked_for_anew(desk: Desk) -> None:
    channel = Scripted(AnswerLost(), None, None, AnswerLost(), None, None)
    assert (await desk.turns(channel)).state == "delivered"
    assert channel.calls == ["send", "find", "find"] * 2 + ["send"]


async def test_p7_a_channel_that_can_not_look_leaves_it_to_a_person(desk: Desk) -> None:
    channel = Silent(AnswerLost())
    delivery = await desk.turns(channel)
    assert (delivery.state, delivery.error) == ("unknown", "delivery_unknown")
    assert channel.calls == ["send"]


async def test_p7_who_never_can_tell_leaves_it_to_a_person(desk: Desk) -> None:
    channel = Scripted(AnswerLost(), *(Unreachable() for _ in range(50)))
    delivery = await desk.turns(channel)
    assert (delivery.state, delivery.error) == ("unknown", "delivery_unknown")
    assert channel.calls == ["send", *["find"] * MOST_TRIES]


async def test_p7_a_mistake_of_the_connector_may_have_posted(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    channel = Scripted(KeyError("things"), HERE)
    desk.pass_by(10)
    await desk.turn(channel)
    delivery = await desk.delivery()
    assert (delivery.state, delivery.error) == ("unknown", "answer_lost")
    assert "stumbled" in caplog.text
    assert (await desk.turns(channel)).state == "delivered"
    assert channel.calls == ["send", "find"]


async def test_p7_a_try_that_was_killed_is_looked_for(desk: Desk) -> None:
    """Taken, and then nothing: the process is gone."""
    desk.pass_by(10)
    (due,) = await Outbox(desk.store, "c").due()
    assert await Outbox(desk.store, "c").step("take", due.reply, due.message)
    channel = Scripted(HERE)
    assert not await desk.turn(channel), "it may still be under way"
    desk.pass_by(60)
    assert await desk.turn(channel)
    assert channel.calls == ["find"]
    assert (await desk.delivery()).state == "delivered"


@pytest.mark.parametrize("call", ["send", "find"])
async def test_p7_a_call_without_end_is_given_up_and_looked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    class Endless(Scripted):
        async def send(self, outgoing: Outgoing) -> Sent:
            sent = await super().send(outgoing)
            await self._hang("send")
            return sent

        async def find(self, outgoing: Outgoing) -> Sent | None:
            found = await super().find(outgoing)
            await self._hang("find")
            return found

        async def _hang(self, which: str) -> None:
            if which == call and self.calls.count(which) == 1:
                await asyncio.Event().wait()

    monkeypatch.setattr(mailing, "PATIENCE", 0.01)
    channel = Endless(*([HERE] if call == "send" else [AnswerLost()]))
    assert (await desk.turns(channel)).state == "delivered"
    assert channel.calls == (["send", "find"] if call == "send" else ["send", "find", "find"])


async def test_a_limit_is_waited_for_as_told(desk: Desk) -> None:
    channel = Scripted(RateLimited(retry_after=540))
    desk.pass_by(10)
    await desk.turn(channel)
    delivery = await desk.delivery()
    assert (delivery.state, delivery.error) == ("queued", "channel_busy")
    desk.pass_by(540)
    assert not await desk.turn(channel)
    desk.pass_by(2)
    assert await desk.turn(channel)
    assert (await desk.delivery()).state == "delivered"


async def test_a_limit_holds_for_every_reply_of_the_channel(store: Store, desk: Desk) -> None:
    """The account is limited, not this reply: nine others must not knock in the meantime."""
    for number in range(9):
        await store.reply(MANAGER, desk.ident, Draft(place="grenoble", text=f"Et {number}.", outside=True))
    channel = Scripted(RateLimited(retry_after=540))
    mailer, outbox = Mailer(store, [channel], owner="o"), Outbox(store, "c")
    desk.pass_by(10)
    assert await mailer.turn(channel, outbox)
    for _ in range(54):
        assert not await mailer.turn(channel, outbox)
        desk.pass_by(10)
    desk.pass_by(2)
    for _ in range(10):
        assert await mailer.turn(channel, outbox)
    assert len({given.reply_id for given in channel.given}) == 10
    assert channel.calls == ["send"] * 11


async def test_who_is_limited_for_hours_is_not_given_up(desk: Desk) -> None:
    """One comment in ten minutes, and a long queue before it: that is no trouble."""
    channel = Scripted(*(RateLimited(retry_after=600) for _ in range(3 * MOST_TRIES)))
    for _ in range(3 * MOST_TRIES):
        desk.pass_by(602)
        assert await desk.turn(channel)
    assert (await desk.delivery()).state == "queued"
    assert (await desk.turns(channel)).state == "delivered"


@pytest.mark.parametrize("told", [1e300, float("inf"), float("nan"), -5])
async def test_a_wait_that_nobody_can_mean_is_no_stop(desk: Desk, told: float) -> None:
    channel = Scripted(RateLimited(retry_after=told))
    desk.pass_by(10)
    assert await desk.turn(channel)
    desk.pass_by(86_402)
    assert await desk.turn(channel)
    assert (await desk.delivery()).state == "delivered"


async def test_a_bad_key_waits_for_a_person_and_then_it_goes(desk: Desk) -> None:
    channel = Scripted(CredentialsRefused())
    desk.pass_by(10)
    await desk.turn(channel)
    assert (await desk.delivery()).error == "credentials_refused"
    desk.pass_by(299)
    assert not await desk.turn(channel)
    assert (await desk.turns(channel)).state == "delivered"


async def test_trouble_without_end_is_said_after_a_day(desk: Desk) -> None:
    channel = Scripted(*(Unreachable() for _ in range(50)))
    delivery = await desk.turns(channel)
    assert (delivery.state, delivery.error) == ("failed", "channel_unreachable")
    assert channel.calls == ["send"] * MOST_TRIES


@pytest.mark.parametrize("code", ["thread_locked", "thread_gone", "reply_too_long", "reply_refused"])
async def test_a_refusal_is_said_plainly_and_not_tried_again(desk: Desk, code: str) -> None:
    channel = Scripted(Refused(code))
    delivery = await desk.turns(channel)
    assert (delivery.state, delivery.error) == ("failed", code)
    assert channel.calls == ["send"]


async def test_any_other_problem_is_a_refusal(desk: Desk) -> None:
    channel = Scripted(Invalid("too_long", limit=3))
    delivery = await desk.turns(channel)
    assert (delivery.state, delivery.error) == ("failed", "too_long")


async def test_p7_two_processes_post_once(store: Store, desk: Desk) -> None:
    """Both saw it due at the same time; the slower one finds it taken."""
    desk.pass_by(10)
    channel, outbox = Scripted(), Outbox(store, "c")
    (due,) = await outbox.due()
    for owner in ("one", "other"):
        await Mailer(store, [channel], owner=owner).carry(channel, outbox, due)
    assert channel.calls == ["send"]


async def test_p7_our_own_post_that_comes_back_is_no_message(store: Store, desk: Desk) -> None:
    assert (await desk.turns(Scripted())).state == "delivered"
    echo = Arrival(channel="c", places=("grenoble",), upstream=HERE.id, text="Merci.")
    assert (await store.receive(echo))[1] == "duplicate"


async def test_one_mailer_at_a_time_and_a_stop_lets_the_next_one_go_on(store: Store, desk: Desk) -> None:
    channel = Scripted()
    first, second = (Mailer(store, [channel], owner=owner) for owner in ("one", "other"))
    await first.start()
    desk.pass_by(10)
    await eventually(lambda: channel.calls == ["send"])
    await store.reply(MANAGER, desk.ident, Draft(place="grenoble", text="Et merci encore.", outside=True))
    await first.stop()
    desk.pass_by(10)
    await second.start()
    await eventually(lambda: channel.calls == ["send", "send"])
    await second.stop()

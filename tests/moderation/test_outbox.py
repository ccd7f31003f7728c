"""A reply's way out: one step at a time, each from where it must be, each once."""

from __future__ import annotations

import pytest

from moderation.arrivals import Arrival, Draft
from moderation.domain import Ruling
from moderation.errors import NotFound
from moderation.leases import hold, let_go
from moderation.outbox import Due, Outbox
from moderation.store import Store
from tests.support.people import MANAGER, MODERATOR


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000_000_000

    def __call__(self) -> int:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += round(seconds * 1000)


@pytest.fixture
def clock(store: Store) -> Clock:
    store.clock = Clock()
    return store.clock


async def answered(store: Store) -> str:
    ident, _ = await store.receive(Arrival(channel="c", places=("grenoble",), upstream="u1", text="Bonjour."))
    await store.decide("approve", MODERATOR, ident, revision=1)
    await store.reply(MANAGER, ident, Draft(place="grenoble", text="Merci.", outside=True))
    return ident


async def gone(store: Store, ident: str, how: str) -> None:
    if how == "erase":
        await store.erase(ident)
    else:
        ruling = Ruling(code="spam-ad", passage=(0, 1))
        await store.decide("withdraw", MODERATOR, ident, revision=1, ruling=ruling)


async def only(outbox: Outbox) -> Due:
    (due,) = await outbox.due()
    return due


async def test_nothing_leaves_for_ten_seconds(store: Store, clock: Clock) -> None:
    await answered(store)
    outbox = Outbox(store, "c")
    assert await outbox.due() == ()
    clock.pass_by(10)
    due = await only(outbox)
    assert (due.reply.text, due.message.upstream, due.tries) == ("Merci.", "u1", 0)


async def test_p7_two_workers_take_a_reply_once(store: Store, clock: Clock) -> None:
    await answered(store)
    clock.pass_by(10)
    due = await only(Outbox(store, "c"))
    assert await Outbox(store, "c").step("take", due.reply, due.message)
    assert not await Outbox(store, "c").step("take", due.reply, due.message)
    assert await Outbox(store, "c").due() == ()


async def test_p7_our_own_post_is_no_message(store: Store, clock: Clock) -> None:
    ident = await answered(store)
    clock.pass_by(10)
    outbox = Outbox(store, "c")
    due = await only(outbox)
    await outbox.step("take", due.reply, due.message)
    assert await outbox.step("delivered", due.reply, due.message, url="https://example.org/r", upstream="r9")
    message = await store.message(ident)
    assert message is not None
    assert (message.replies[0].delivery.state, message.replies[0].delivery.url) == (
        "delivered", "https://example.org/r",
    )  # fmt: skip
    echo = Arrival(channel="c", places=("grenoble",), upstream="r9", text="Merci.")
    assert (await store.receive(echo))[1] == "duplicate"


async def test_p7_a_try_that_says_nothing_is_looked_for_before_it_is_made_again(
    store: Store, clock: Clock
) -> None:
    await answered(store)
    clock.pass_by(10)
    outbox = Outbox(store, "c")
    due = await only(outbox)
    await outbox.step("take", due.reply, due.message)
    clock.pass_by(61)  # the process was killed in the middle
    stuck = await only(outbox)
    assert stuck.reply.delivery.state == "sending"
    assert not await outbox.step("take", stuck.reply, stuck.message), "never sent again without a look"
    assert await outbox.step("look", stuck.reply, stuck.message)
    assert await outbox.step("again", stuck.reply, stuck.message, after=0)
    assert (await only(outbox)).tries == 1


@pytest.mark.parametrize("how", ["withdraw", "erase"])
async def test_what_has_not_left_does_not_leave_when_its_message_goes(
    store: Store, clock: Clock, how: str
) -> None:
    ident = await answered(store)
    await gone(store, ident, how)
    clock.pass_by(60)
    assert await Outbox(store, "c").due() == ()
    message = await store.message(ident)
    assert message is not None
    assert message.replies[0].delivery.state == "cancelled"


@pytest.mark.parametrize("how", ["withdraw", "erase"])
async def test_p7_what_turns_out_not_to_have_left_does_not_leave_after_its_message(
    store: Store, clock: Clock, how: str
) -> None:
    """It was under way when the message went; the channel then says that nothing came."""
    ident = await answered(store)
    clock.pass_by(10)
    outbox = Outbox(store, "c")
    due = await only(outbox)
    await outbox.step("take", due.reply, due.message)
    await gone(store, ident, how)
    assert await outbox.step("again", due.reply, due.message, after=0)
    clock.pass_by(60)
    assert await outbox.due() == ()
    message = await store.message(ident)
    assert message is not None
    assert message.replies[0].delivery.state == "cancelled"


async def test_p7_a_reply_that_is_repeated_after_days_is_still_one(store: Store, clock: Clock) -> None:
    """A page that heard nothing keeps its nonce, however long it stays open."""
    ident, _ = await store.receive(Arrival(channel="c", places=("grenoble",), upstream="u1", text="Bonjour."))
    await store.decide("approve", MODERATOR, ident, revision=1)
    draft, nonce = Draft(place="grenoble", text="Merci.", outside=True), "of the tablet"
    reply = await store.reply(MANAGER, ident, draft, nonce=nonce)
    clock.pass_by(10)
    outbox = Outbox(store, "c")
    due = await only(outbox)
    await outbox.step("take", due.reply, due.message)
    await outbox.step("delivered", due.reply, due.message, upstream="r9")
    forgotten = [key async for key in store.connection.commands.scan_iter(match=store.keys.answer("*"))]
    await store.connection.commands.delete(*forgotten)  # what a day does

    assert await store.reply(MANAGER, ident, draft, nonce=nonce) == reply
    clock.pass_by(60)
    assert await outbox.due() == ()
    message = await store.message(ident)
    assert message is not None
    assert [(one.id, one.delivery.state) for one in message.replies] == [(reply, "delivered")]


@pytest.mark.parametrize("sooner", [True, False])
async def test_p10_the_address_of_an_answer_goes_too(store: Store, clock: Clock, sooner: bool) -> None:
    """Reddit writes the title of a post into the address of each comment below it."""
    ident = await answered(store)
    clock.pass_by(10)
    outbox = Outbox(store, "c")
    due = await only(outbox)
    await outbox.step("take", due.reply, due.message)
    if sooner:
        await store.erase(ident)
    await outbox.step("delivered", due.reply, due.message, url="https://r.example/words", upstream="r9")
    await store.erase(ident)
    message = await store.message(ident)
    assert message is not None
    assert (message.replies[0].delivery.state, message.replies[0].delivery.url) == ("delivered", None)


async def test_a_step_of_an_unknown_reply_is_not_found(store: Store, clock: Clock) -> None:
    await answered(store)
    clock.pass_by(10)
    due = await only(Outbox(store, "c"))
    await store.connection.commands.delete(store.keys.reply(due.reply.id))
    with pytest.raises(NotFound):
        await Outbox(store, "c").step("take", due.reply, due.message)
    assert await Outbox(store, "c").due() == (), "and it is no longer asked for"


async def test_one_process_at_a_time_has_a_lease(store: Store) -> None:
    assert await hold(store, "outbox", "a", 30)
    assert await hold(store, "outbox", "a", 30)
    assert not await hold(store, "outbox", "b", 30)
    await let_go(store, "outbox", "a")
    assert await hold(store, "outbox", "b", 30)

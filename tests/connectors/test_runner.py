"""The rhythm of polling: where it goes on, what it says, and that nothing is taken twice (P7)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import ClassVar

import pytest

from connectors.contract import Abilities, CredentialsRefused, Pulled, Unreachable
from connectors.runner import SLOWEST, Runner, patience
from moderation.domain import Incoming
from moderation.errors import Unavailable
from moderation.store import Store
from tests.support.invariants import check


class Script:
    """A channel that answers what the test says, in order; then nothing new."""

    kind: ClassVar[str] = "script"
    poll_seconds = 0.01

    def __init__(self, *answers: Pulled | Exception) -> None:
        self.slug = "avis"
        self.places: tuple[str, ...] = ("grenoble",)
        self.abilities = Abilities(pull=True)
        self._answers = list(answers)
        self.asked: list[str | None] = []

    async def check(self) -> None: ...

    async def pull(self, cursor: str | None) -> Pulled:
        self.asked.append(cursor)
        answer = self._answers.pop(0) if self._answers else Pulled(cursor=cursor)
        if isinstance(answer, Exception):
            raise answer
        return answer


def said(*idents: str) -> tuple[Incoming, ...]:
    return tuple(Incoming(id=ident, text=f"Message {ident}") for ident in idents)


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not what():
            await asyncio.sleep(0.01)


async def test_p7_it_goes_on_where_it_stopped_and_an_overlap_makes_no_second_message(store: Store) -> None:
    script = Script(Pulled(items=said("1", "2"), cursor="a"), Pulled(items=said("2", "3"), cursor="b"))
    runner = Runner(store, [script])
    assert await runner.poll(script) == 2
    await runner.poll(script)
    await Runner(store, [script]).poll(script)  # a new life
    assert script.asked == [None, "a", "b"]
    found = (await store.messages(places=["grenoble"], state="pending")).items
    assert [message.text for message in found] == ["Message 1", "Message 2", "Message 3"], "oldest first"
    await check(store)


async def test_the_cursor_moves_only_with_what_was_received(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(Pulled(items=said("1", "2"), cursor="a"), Pulled(items=said("1", "2"), cursor="a"))
    true_receive, calls = store.receive, 0

    async def failing(*given: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Unavailable
        return await true_receive(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "receive", failing)
    runner = Runner(store, [script])
    with pytest.raises(Unavailable):
        await runner.poll(script)
    await runner.poll(script)
    assert script.asked == [None, None]
    assert await store.count("grenoble", "pending") == 2


async def test_a_bad_item_is_put_aside_and_does_not_come_in_the_way(store: Store) -> None:
    script = Script(Pulled(items=(*said("1"), Incoming(id="2", text=" ")), cursor="a"))
    await Runner(store, [script]).poll(script)
    assert [row[0] for row in await store.quarantined("avis")] == ["2"]
    assert (await store.channel("avis"))["cursor"] == "a"
    assert await store.count("grenoble", "pending") == 1


async def test_one_line_when_it_is_lost_and_one_when_it_is_back(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "complicity.channels")
    script = Script(
        CredentialsRefused(), Unreachable(), ZeroDivisionError("ours"), Pulled(items=said("1"), cursor="a")
    )
    runner = Runner(store, [script])
    await runner.start()
    try:
        await until(lambda: len(script.asked) > 4)
    finally:
        await runner.stop()
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["channel avis is lost: credentials_refused", "channel avis is back"]
    noted = await store.channel("avis")
    assert noted["error"] == ""
    assert noted["last_at"]


async def test_what_is_wrong_can_be_read(store: Store) -> None:
    script = Script(*[CredentialsRefused() for _ in range(9)])
    runner = Runner(store, [script])
    await runner.start()
    try:
        await until(lambda: len(script.asked) > 1)
        assert (await store.channel("avis"))["error"] == "credentials_refused"
    finally:
        await runner.stop()


async def test_without_room_nobody_is_asked(store: Store) -> None:
    script, full = Script(), True
    runner = Runner(store, [script], room=lambda: not full)
    await runner.start()
    try:
        await asyncio.sleep(0.1)
        assert script.asked == []
        full = False
        await until(lambda: bool(script.asked))
    finally:
        await runner.stop()


async def test_one_lost_channel_does_not_hold_up_another(store: Store) -> None:
    lost, well = Script(*[Unreachable() for _ in range(99)]), Script(Pulled(items=said("1"), cursor="a"))
    well.slug = "forum"
    runner = Runner(store, [lost, well])
    await runner.start()
    try:
        await until(lambda: len(well.asked) > 3)
    finally:
        await runner.stop()
    assert await store.count("grenoble", "pending") == 1


def test_patience_grows_with_jitter_and_listens() -> None:
    for failures in range(1, 40):
        longest = min(SLOWEST, 15 * 2**failures)
        assert longest / 2 <= patience(15, failures, Unreachable()) <= longest
    assert patience(15, 1, Unreachable(retry_after=900)) == 900

"""What many ask at once goes down together, and each has an answer of their own."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from redis.exceptions import ResponseError

from moderation.connection import Connection
from moderation.domain import Incoming, Place
from moderation.errors import Unavailable
from moderation.intake import receive
from moderation.reading import instant
from moderation.store import Store
from moderation.together import AWAY, SHORT, Together
from tests.support.people import MODERATOR


def _counted(connection: Connection) -> tuple[Together, list[Any]]:
    made: list[Any] = []

    def pipeline() -> Any:
        made.append(connection.commands.pipeline(transaction=False))
        return made[-1]

    return Together(pipeline, (OSError,), 5), made


async def test_many_at_once_are_few_pipelines(connection: Connection, organisation: str) -> None:
    together, made = _counted(connection)
    key = f"{{{organisation}}}:n"
    answers = await asyncio.gather(*(together.ask([("incr", (key,))]) for _ in range(SHORT * AWAY)))
    assert sorted(n for (n,) in answers) == list(range(1, SHORT * AWAY + 1))
    assert len(made) == AWAY
    crowd = [together.ask([("get", (key,))]) for _ in range(SHORT * AWAY * 10)]
    await asyncio.gather(*crowd)
    assert len(made) == 2 * AWAY, "however many ask, none of them waits for a second turn"


async def test_an_error_is_told_to_whom_it_concerns(connection: Connection, organisation: str) -> None:
    together, _ = _counted(connection)
    key = f"{{{organisation}}}:word"
    right, wrong, unsent, late = [
        together.ask(calls)
        for calls in (
            [("set", (key, "bonjour")), ("get", (key,))],
            [("get", (key,)), ("hget", (key, "field"))],
            [("set", (key, "a lone surrogate: \ud800"))],
            [("get", (key,))],
        )
    ]
    assert (await right)[1] == "bonjour"
    with pytest.raises(ResponseError):
        await wrong
    with pytest.raises(UnicodeEncodeError):
        await unsent
    assert await late == ["bonjour"]


async def test_who_waits_when_it_closes_is_not_left_waiting(connection: Connection) -> None:
    together = Together(partial(connection.commands.pipeline, transaction=False), (OSError,), 5)
    asked = together.ask([("ping", ())])
    await asyncio.sleep(0)
    await together.close()
    with pytest.raises(asyncio.CancelledError):
        await asked


async def test_an_engine_that_is_gone_is_told_to_all(engine_url: str) -> None:
    gone = Connection("unix:///nowhere/engine.sock")
    answers = await asyncio.gather(*(gone.gather([("ping", ())]) for _ in range(99)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {Unavailable}
    await gone.close()


async def test_p2_a_full_wall_lets_the_oldest_go_whoever_approves_at_once(store: Store) -> None:
    items = [Incoming(id=str(n), text="Merci !") for n in range(40)]
    idents = [r.message for r in (await receive(store, "avis", ["grenoble"], items)).received if r.message]
    full = Place(slug="grenoble", name="Grenoble", wall_max=5)

    async def approve(ident: str) -> int:
        await store.decide("approve", MODERATOR, ident, revision=1)
        gone = await store.age_out(full)
        assert len((await store.snapshot("grenoble")).threads) <= 5 + len(idents) - len(served)
        served.append(ident)
        return gone

    served: list[str] = []
    gone = await asyncio.gather(*(approve(ident) for ident in idents))
    assert sum(gone) == len(idents) - 5, "each leaves once"
    hang = [thread.root for thread in (await store.snapshot("grenoble")).threads]
    assert len(hang) == 5
    latest = sorted(
        (m.approved_at or instant("0"), m.id) for m in (await store.messages(places=["grenoble"])).items
    )
    assert {m.id for m in hang} == {ident for _, ident in latest[-5:]}


async def test_p7_the_cursor_follows_what_it_passes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [Incoming(id=str(n), text="Merci !") for n in range(5)]

    async def lost(_: object) -> list[Any]:
        raise Unavailable

    monkeypatch.setattr(store, "receive_each", lost)
    with pytest.raises(Unavailable):
        await receive(store, "avis", ["grenoble"], items, cursor="c5")
    assert "cursor" not in await store.channel("avis"), "what was not taken in is not passed over"
    monkeypatch.undo()
    assert (await receive(store, "avis", ["grenoble"], items, cursor="c5")).accepted == 5
    assert (await store.channel("avis"))["cursor"] == "c5"


async def test_items_of_one_call_keep_their_order_and_build_on_each_other(store: Store) -> None:
    items = [
        Incoming(id="a", text="Un."),
        Incoming(id="b", text="Deux."),
        Incoming(id="a2", thread="a", text="Trois."),
        Incoming(id="b", event="edited", revision=2, text="Deux, mieux."),
        Incoming(id="c", text="Quatre."),
        Incoming(id="c", event="deleted"),
        Incoming(id="d", text="Cinq."),
        Incoming(id="a", text="Un."),
    ]
    done = await receive(store, "avis", ["grenoble"], items)
    outcomes = ["created", "created", "created", "edited", "created", "deleted", "created", "duplicate"]
    assert [r.outcome for r in done.received] == outcomes
    waiting = (await store.messages(places=["grenoble"], state="pending")).items
    assert [m.text for m in waiting] == ["Un.", "Deux, mieux.", "Trois.", "Cinq."]
    assert waiting[2].thread == waiting[0].id

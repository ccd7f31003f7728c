"""Every pair of transitions at once, from every state: the outcome is that of one order or the other."""

from __future__ import annotations

import asyncio
import itertools
import secrets

import pytest

from moderation.connection import Connection
from moderation.store import Store
from tests.support import invariants
from tests.support.transitions import STARTS, TRANSITIONS, Seen, attempt, look

Outcome = tuple[str, str, Seen]


async def _prepared(connection: Connection, start: str) -> Store:
    store = await Store.open(connection, f"pair{secrets.token_hex(6)}")
    for name in STARTS[start]:
        assert await attempt(store, name, name) == "done"
    return store


async def _in_order(connection: Connection, start: str, first: str, second: str) -> dict[str, str]:
    store = await _prepared(connection, start)
    return {
        first: await attempt(store, first, "a"),
        second: await attempt(store, second, "b"),
        "seen": repr(await look(store)),
    }


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("one", TRANSITIONS)
async def test_p8_two_at_once_are_one_after_the_other(connection: Connection, start: str, one: str) -> None:
    for first, second in itertools.product((one,), TRANSITIONS):
        if second < first:
            continue
        serial = [
            await _in_order(connection, start, first, second),
            await _in_order(connection, start, second, first),
        ]
        store = await _prepared(connection, start)
        said = await asyncio.gather(attempt(store, first, "a"), attempt(store, second, "b"))
        outcome = dict(zip((first, second), said, strict=True)) | {"seen": repr(await look(store))}
        await invariants.check(store)
        if first == second:  # two of one kind: which was first can't be told apart
            assert outcome["seen"] in [s["seen"] for s in serial]
        else:
            assert outcome in serial, f"{first} beside {second} from {start}"

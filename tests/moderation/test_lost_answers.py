"""Every answer is lost once and every call made again: nothing happens twice, and the answer is the same."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from moderation.connection import Connection, ScriptCall
from moderation.roster import Roster
from moderation.store import Store
from tests.support import invariants
from tests.support.transitions import PLACES, STARTS, TRANSITIONS, Seen, attempt, look


class Forgetful(Connection):
    """Loses the first answer of every script, and asks again as redis-py would."""

    async def evaluate(
        self, sha: str, source: str, calls: Sequence[ScriptCall], *, replicated: bool = False
    ) -> list[Any]:
        await super().evaluate(sha, source, calls, replicated=replicated)
        return await super().evaluate(sha, source, calls, replicated=replicated)


async def _story(connection: Connection, start: str, name: str) -> tuple[str, Seen, list[int]]:
    """What is said, what is seen, and how many entries each feed and ledger then has."""
    store = await Store.open(connection, f"lost{secrets.token_hex(6)}")
    for step in STARTS[start]:
        await attempt(store, step, step)
    said = await attempt(store, name, "n")
    await invariants.check(store)
    lengths = [(await store.feed_head(p, feed)).offset for p in PLACES for feed in ("wall", "desk")]
    lengths += [len((await store.ledger(p)).items) for p in PLACES]
    return said, await look(store), lengths


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("name", TRANSITIONS)
async def test_p8_a_lost_answer_changes_nothing(
    connection: Connection, engine_url: str, start: str, name: str
) -> None:
    forgetful = Forgetful(engine_url)
    try:
        assert await _story(forgetful, start, name) == await _story(connection, start, name)
    finally:
        await forgetful.close()


async def test_p8_a_person_is_changed_once_when_the_answer_is_lost(
    roster: Roster, organisation: str, engine_url: str
) -> None:
    before = await roster.add_person("Ada", "owner", password="hash")
    forgetful = Forgetful(engine_url)
    try:
        after = await Roster(forgetful, organisation).change_person(before, replace(before, password="new"))
    finally:
        await forgetful.close()
    assert await roster.person("Ada") == after


async def test_p8_a_person_is_removed_once_when_the_answer_is_lost(
    roster: Roster, organisation: str, engine_url: str
) -> None:
    await roster.add_person("Ada", "staff", password="hash")
    forgetful = Forgetful(engine_url)
    try:
        await Roster(forgetful, organisation).remove_person("Ada")
    finally:
        await forgetful.close()
    assert await roster.person("Ada") is None

"""The log of take-downs beside the data: nothing that is down stands up again from an old backup (P6)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from moderation import consent
from moderation.arrivals import Arrival
from moderation.connection import Connection, ScriptCall
from moderation.domain import Consent, Message, Ruling
from moderation.errors import Conflict, Unavailable
from moderation.removals import Removals
from moderation.store import Store
from tests.support.people import MANAGER, MODERATOR

INSULT = Ruling(code="insult-threat", passage=(0, 4))


async def private(store: Store) -> Message:
    """A turn of a chat whose customer agreed."""
    ident, _ = await store.receive(
        Arrival(
            channel="chat",
            places=("grenoble",),
            upstream="1",
            thread="c1",
            text="Bonjour.",
            consent=Consent(state="given"),
        )
    )
    found = await store.message(ident)
    assert found is not None
    return found


class Silent(Connection):
    """Runs every script, and can tell nobody: a connection cut at the worst moment, replicas that are away."""

    async def evaluate(
        self, sha: str, source: str, calls: Sequence[ScriptCall], *, replicated: bool = False
    ) -> list[Any]:
        await super().evaluate(sha, source, calls, replicated=replicated)
        raise Unavailable(why="NOREPLICAS")


@pytest.mark.parametrize(
    ("how", "kind"), [("withdraw", "withdrawn"), ("erase", "erased"), ("stop", "edited")]
)
async def test_p6_a_take_down_is_logged_though_nobody_hears_that_it_was_done(
    store: Store, engine_url: str, tmp_path: Path, how: str, kind: str
) -> None:
    """It is down, so whoever looks believes it; an old backup must not know better."""
    message = await private(store)
    await store.decide("approve", MODERATOR, message.id, revision=1)
    log, silent = tmp_path / "removals.log", Silent(engine_url)
    try:
        cut = await Store.open(silent, store.organisation, removals=log)
        now = datetime.now(UTC)
        ways: dict[str, Callable[[], Awaitable[object]]] = {
            "withdraw": lambda: cut.decide("withdraw", MANAGER, message.id, revision=1, ruling=INSULT),
            "erase": lambda: cut.erase(message.id),
            "stop": lambda: consent.record(cut, "chat", "c1", given=False, at=now),
        }
        with pytest.raises(Unavailable):
            await ways[how]()
    finally:
        await silent.close()
    assert (await store.snapshot("grenoble")).threads == ()
    assert [json.loads(line)["kind"] for line in log.read_text().splitlines()] == [kind]


async def test_p6_what_takes_nothing_down_is_not_logged(store: Store, tmp_path: Path) -> None:
    """Else a restore would take down what a person let hang."""
    log = tmp_path / "removals.log"
    logged = await Store.open(store.connection, store.organisation, removals=log)
    message = await private(store)
    await consent.record(logged, "chat", "c1", given=True, at=datetime(2026, 11, 21, 13, tzinfo=UTC))
    await consent.record(logged, "chat", "c1", given=False, at=datetime(2026, 11, 21, 12, tzinfo=UTC))
    with pytest.raises(Conflict):
        await logged.decide("withdraw", MANAGER, message.id, revision=1, ruling=INSULT)
    assert not log.exists()


def test_p6_a_torn_line_of_the_log_takes_no_other_with_it(tmp_path: Path) -> None:
    """A disk that is full takes half of a line, a power cut leaves one."""
    log = tmp_path / "removals.log"
    program = f"""
import resource
from pathlib import Path
from moderation.removals import Removals
log = Removals(Path({str(log)!r}))
log._append("first", "withdrawn", 1)
resource.setrlimit(resource.RLIMIT_FSIZE, (Path(log.path).stat().st_size + 20, resource.RLIM_INFINITY))
try:
    log._append("torn", "withdrawn", 2)
except OSError:
    print("said")
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "said\n", said.stderr
    Removals(log)._append("last", "erased", 3)
    lines = log.read_text().splitlines()
    assert [json.loads(line)["id"] for line in (lines[0], lines[-1])] == ["first", "last"]

"""The transitions, one Lua file each, and how they are called.

Owns reading ``lua/*.lua``, the prelude put before each, and the words that come back. Must not know
what a transition means.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any, Final, Literal

from moderation.connection import Connection

Word = Literal["OK", "CONFLICT", "STALE", "MISSING", "AGAIN", "CONSENT", "TAKEN", "LAST"]
ATTEMPTS: Final = 20  # a script says AGAIN when something moved between look and leap
KEEP: Final = 10_000  # entries a feed keeps at least; a screen that is further behind takes a snapshot


@dataclass(frozen=True, slots=True)
class Answer:
    word: Word
    values: tuple[Any, ...] = ()

    @property
    def detail(self) -> str:
        return str(self.values[0]) if self.values else ""


@cache
def source(name: str) -> tuple[str, str]:
    """The SHA-1 by which the engine knows the script, and its text."""
    folder = files("moderation") / "lua"
    text = (folder / "_prelude.lua").read_text("utf-8") + (folder / f"{name}.lua").read_text("utf-8")
    return sha1(text.encode(), usedforsecurity=False).hexdigest(), text


async def run(
    connection: Connection,
    name: str,
    keys: Sequence[str],
    payload: Mapping[str, object],
    *,
    replicated: bool = False,
) -> Answer:
    """Run one transition."""
    (answer,) = await run_each(connection, name, [(keys, payload)], replicated=replicated)
    return answer


async def run_each(
    connection: Connection,
    name: str,
    calls: Sequence[tuple[Sequence[str], Mapping[str, object]]],
    *,
    replicated: bool = False,
) -> list[Answer]:
    """Run a transition once for each (keys, payload), in this order and in one trip: each still stands for itself."""
    sha, text = source(name)
    answers = await connection.evaluate(
        sha, text, [(keys, _packed(payload)) for keys, payload in calls], replicated=replicated
    )
    return [Answer(answer[0], tuple(answer[1:])) for answer in answers]


def _packed(payload: Mapping[str, object]) -> str:
    """Lua's JSON has no null: what is None stays away."""
    known = {key: value for key, value in payload.items() if value is not None}
    return json.dumps({"keep": KEEP, **known}, ensure_ascii=False)

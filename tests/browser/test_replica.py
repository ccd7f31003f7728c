"""`static/js/screen/replica.js` is `displays/replica.py`, line by line: the same traces, the same beliefs.

Traces are random but seeded: frames in order, repeated, missing, of another life of the feed, answers to
questions of the past, heartbeats that agree or do not, clocks that stop and jump, pages that slept.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser

from displays.coding import encode
from displays.protocol import Card, Down, Heartbeat, Hello, Put, Removal, Resync, Snap, Welcome
from displays.replica import Now, Replica
from moderation.domain import Cursor
from tests.browser.wallserver import WallServer

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRACES = 400
STEPS = 60
REPLAY = """
async (text) => {
  // As text: playwright's own walk through so many objects would take a minute.
  const traces = JSON.parse(text);
  const { Replica } = await import("/static/js/screen/replica.js");
  return JSON.stringify(traces.map((trace) => {
    let count = 0;
    const replica = new Replica(() => `r${(count += 1)}`);
    return trace.map(({ do: what, frame, now }) => {
      const said = what === "take" ? replica.take(frame, now) : replica[what](now);
      return {
        said: said === null ? null : { rid: said.rid, c: said.c || null },
        cursor: replica.cursor,
        joined: replica.joined,
        cards: Object.fromEntries(Array.from(replica.cards, ([id, card]) => [id, card.version])),
        shown: Array.from(replica.shown(now).keys()).sort(),
      };
    });
  }));
}
"""


def story(seed: int, replica: Watched) -> Iterator[tuple[str, Down | None, Now]]:
    """What may happen to a screen, with a bias to what mostly does."""
    luck = random.Random(seed)
    mono, wall = 100.0, 1_700_000_000.0
    yield "hello", None, Now(mono, wall)
    while True:
        step = luck.choice((0.0, 0.2, 1.0, 1.0, 9.0, 20.0))
        mono += step * luck.choice((1.0,) * 8 + (0.0,))
        wall += step + luck.choice((0.0,) * 30 + (3600.0, -3600.0))
        now = Now(mono, wall)
        if luck.random() < 0.04:
            yield luck.choice(("hello", "woke")), None, now
        else:
            yield "take", frame(luck, replica, wall), now


def frame(luck: random.Random, replica: Watched, wall: float) -> Down:
    """Mostly what the screen waits for; sometimes what it must not believe."""
    mischief = luck.random() < 0.15
    rid = "r1" if mischief else f"r{replica.hellos}"
    held = replica.cursor.offset if replica.cursor else luck.randrange(5)
    epoch = luck.choice(("e1", "e2")) if mischief else replica.cursor.epoch if replica.cursor else "e1"
    offset = max(0, held + luck.choice((-1, 0, 2, 3))) if mischief else held + 1
    cursor = Cursor(epoch=epoch, offset=offset, nonce="n")
    if luck.random() < (0.05 if replica.joined else 0.4):
        mode = luck.choice(("resume", "snapshot", "snapshot"))
        return Welcome(rid, "grenoble", 10, 30, mode, None, luck.choice((None, wall, wall - 5)))  # type: ignore[arg-type]
    if luck.random() < (0.05 if replica.joined else 0.7):
        return Snap(
            rid, cursor, tuple(card(name, luck.randrange(1, 5)) for name in "abc" if luck.random() < 0.6)
        )
    chance = luck.random()
    id_, version = luck.choice("abc"), luck.randrange(1, 12)
    if chance < 0.4:
        return Put(cursor, card(id_, version))
    if chance < 0.6:
        return Removal(cursor, luck.choice(("hide", "withdraw")), id_, version)
    if chance < 0.98:
        return Heartbeat(offset if mischief else held, wall - (20 if mischief else 0))
    return Resync("test")


class Watched(Replica):
    """The reference, with counted rids."""

    def __init__(self) -> None:
        self.hellos = 0
        super().__init__(self._count)

    def _count(self) -> str:
        self.hellos += 1
        return f"r{self.hellos}"


def card(name: str, version: int) -> Card:
    return Card(id=name, version=version, text=name)


def believed(replica: Replica, said: Hello | None, now: Now) -> dict[str, Any]:
    def cursor(c: Cursor | None) -> dict[str, object] | None:
        return None if c is None else {"e": c.epoch, "s": c.offset, "n": c.nonce}

    return {
        "said": None if said is None else {"rid": said.rid, "c": cursor(said.c)},
        "cursor": cursor(replica.cursor),
        "joined": replica.joined,
        "cards": {name: held.version for name, held in replica.cards.items()},
        "shown": sorted(replica.shown(now)),
    }


async def test_the_browser_believes_what_the_reference_believes(browser: Browser, wall: WallServer) -> None:
    traces: list[list[dict[str, object]]] = []
    expected: list[list[dict[str, Any]]] = []
    joined = shown = 0
    for seed in range(TRACES):
        replica = Watched()
        trace: list[dict[str, object]] = []
        beliefs: list[dict[str, Any]] = []
        for (what, said, now), _ in zip(story(seed, replica), range(STEPS), strict=False):
            heard = json.loads(encode(said)) if said is not None else None
            clock = {"mono": now.mono, "wall": now.wall}
            trace.append({"do": what, "frame": heard, "now": clock})
            answer = replica.take(said, now) if said is not None else getattr(replica, what)(now)
            beliefs.append(believed(replica, answer, now))
            joined += replica.joined
            shown += bool(replica.shown(now))
        traces.append(trace)
        expected.append(beliefs)
    steps = TRACES * STEPS
    assert joined > steps / 3, "the stories must reach what is to be compared"
    assert shown > steps / 5, "the stories must reach what is to be compared"

    page = await browser.new_page()
    await page.goto(f"{wall.url}/screen")  # a page of ours, so that modules may be imported
    found = json.loads(await page.evaluate(REPLAY, json.dumps(traces)))
    await page.close()
    for seed, (want, got) in enumerate(zip(expected, found, strict=True)):
        for step, (a, b) in enumerate(zip(want, got, strict=True)):
            assert a == b, f"story {seed}, step {step}: {traces[seed][step]}"

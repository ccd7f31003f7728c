"""P6 in any story, and that none of the five checks behind it can be spared."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from displays.protocol import Snap
from displays.replica import Replica
from moderation.domain import Cursor
from moderation.feeds import verdict
from tests.displays.model import STEPS, Broken, Step, Verdict, play

OFTEN = (
    "approve", "approve", "withdraw", "delete", "connect", "serve", "serve", "pump", "pump", "lose", "lose",
    "deliver", "deliver", "deliver",
)  # fmt: skip
NAMES = (*STEPS, *OFTEN)
STORIES = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 40)), min_size=8, max_size=50)
RUNS = 4_000


def story(number: int) -> list[Step]:
    """The same one every time: "within 4,000 runs" is a fact and not a hope."""
    dice = random.Random(number)
    return [(dice.choice(NAMES), dice.randint(0, 40)) for _ in range(dice.randint(8, 50))]


def test_p6_holds_in_four_thousand_stories() -> None:
    for number in range(RUNS):
        play(story(number))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(STORIES)
def test_p6_holds_in_any_story(steps: list[Step]) -> None:
    play(steps)


def test_p6_what_was_told_ahead_of_its_entry_does_not_outlive_a_promotion() -> None:
    """Approved, aged out at once, and only the first of the two entries arrives, with what the second did;
    then the second is lost with the primary."""
    play(
        [
            ("settle", 0),
            ("approve", 0),
            ("age", 0),
            ("pump", 0),
            ("deliver", 1),
            ("disconnect", 0),
            ("promote", 0),
        ]
    )


class NoOffsetCheck(Replica):
    def _follows(self, cursor: Cursor) -> bool:
        if not self.joined or self.cursor is None or cursor.epoch != self.cursor.epoch:
            return False
        self.cursor = cursor
        return True


class NoRid(Replica):
    def _asked_for(self, snap: Snap) -> bool:
        return True


class Merging(Replica):
    def _replace(self, snap: Snap) -> None:
        self._snap, self.cursor = None, snap.c
        for card in snap.cards:
            self.cards[card.id], self._versions[card.id] = card, card.version


def no_nonce(cursor: Cursor | None, head: Cursor, *, nonce_at: str | None, **facts: Any) -> str | None:
    if cursor is not None and cursor.offset == head.offset:
        head = Cursor(epoch=head.epoch, offset=head.offset, nonce=cursor.nonce)
    same = cursor.nonce if cursor is not None and nonce_at is not None else None
    return verdict(cursor, head, nonce_at=same, **facts)


def no_trim_check(cursor: Cursor | None, head: Cursor, **facts: Any) -> str | None:
    why = verdict(cursor, head, **facts)
    return None if why == "trimmed" else why


@pytest.mark.parametrize(
    ("screen", "judge"),
    [
        pytest.param(NoOffsetCheck, verdict, id="offset"),
        pytest.param(Replica, no_nonce, id="nonce"),
        pytest.param(NoRid, verdict, id="rid"),
        pytest.param(Replica, no_trim_check, id="trim"),
        pytest.param(Merging, verdict, id="replacing-snapshot"),
    ],
)
def test_p6_none_of_the_five_checks_can_be_spared(screen: type[Replica], judge: Verdict) -> None:
    for number in range(RUNS):
        try:
            play(story(number), screen, judge)
        except Broken:
            return
    pytest.fail(f"{RUNS} stories without this check, and none that breaks P6")

"""P2, by property and by simulation: every card gets its turns by one rule, whatever people do to the wall."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from displays import programme as module
from displays.programme import KEPT_AT_MOST, LONGEST, PACES, SHORTEST, Entry, Pace, Programme, dwell, legible
from tests.displays.stories import Screen, words

HOUR = 3600.0
DAY = 24 * HOUR
# A story that fails is long to make shorter, and says enough as it is.
STORIES = settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.generate))
walls = st.dictionaries(
    st.sampled_from([f"c{n}" for n in range(12)]),
    st.lists(st.sampled_from([0.0, 3.0, 12.5, 40.0, 77.0]), min_size=1, max_size=4),
    min_size=2,
)


def spread(counts: dict[str, int], cards: list[str]) -> int:
    seen = [counts.get(card, 0) for card in cards]
    return max(seen) - min(seen)


def test_p2_the_programme_is_never_told_what_a_card_says_or_how_it_was_meant() -> None:
    """By name, since a rule that reads the stars would have to take them in somewhere."""
    calls: list[Callable[..., object]] = [
        each for _, each in inspect.getmembers(Programme, inspect.isfunction) if each.__name__ != "__init__"
    ]
    taken = {name for call in [*calls, legible, dwell] for name in inspect.signature(call).parameters}
    assert taken == {
        "self", "entries", "fresh", "last", "card", "until", "now", "airtime", "words", "page", "pace",
        "turn", "by", "one", "before", "besides",
    }  # fmt: skip
    assert {each.name for each in fields(Entry)} == {"id", "order"}
    assert "moderation" not in inspect.getsource(module).split("class Programme")[0].replace(
        "moderation.", ""
    )
    imported = [line for line in inspect.getsource(module).splitlines() if line.startswith("from ")]
    assert all("displays" not in line and "moderation" not in line for line in imported)


@given(st.floats(0, 77), st.sampled_from(list(PACES)))
def test_p2_a_pace_never_goes_below_what_is_legible_nor_over_a_minute(count: float, pace: Pace) -> None:
    least = max(8.0, 2 * count * 60 / 160 + 2)
    assert least <= dwell(count, pace) <= LONGEST
    assert dwell(count, "lively") == least <= dwell(count, "normal") <= dwell(count, "calm")
    assert dwell(0, "lively") == SHORTEST


@STORIES
@given(walls, st.integers(0, 7200))
def test_p2_in_any_hour_of_steady_state_turns_differ_by_one(wall: dict[str, list[float]], start: int) -> None:
    screen = Screen(wall)
    screen.wall(wall)
    screen.run(start + HOUR)
    assert spread(screen.turns(start, start + HOUR), list(wall)) <= 1
    for one in screen.painted[:-1]:
        assert one.seconds >= legible(wall[one.card][one.page])
        assert one.seconds <= LONGEST + 1
    assert all(a.card != b.card or a.page != b.page for a, b in pairwise(screen.painted)), (
        "it never sits still"
    )


@STORIES
@given(walls, st.lists(st.sampled_from([f"n{n}" for n in range(5)]), min_size=1, unique=True))
def test_p2_new_ones_come_first_in_order_and_then_wait_like_all(
    wall: dict[str, list[float]], arriving: list[str]
) -> None:
    pages = wall | {card: [20.0, 10.0] for card in arriving}
    screen = Screen(pages)
    screen.wall(wall)
    screen.run(300)
    hanging = list(wall)
    arrived = screen.airtime
    for card in arriving:
        hanging.append(card)
        screen.wall(hanging, card)
        assert screen.hangs == arriving[0], "at once, but not before the new one before it has been read"
    screen.run(HOUR)
    first = [one.card for one in screen.painted if one.at >= arrived and one.seconds]
    assert list(dict.fromkeys(first))[: len(arriving)] == arriving
    assert spread(screen.turns(screen.airtime - HOUR / 2), hanging) <= 2
    screen.run(HOUR)
    assert spread(screen.turns(screen.airtime - HOUR), hanging) <= 1


@STORIES
@given(walls, st.integers(0, 300), st.sampled_from(["pin", "hold"]), st.sampled_from([30.0, 200.0, 5000.0]))
def test_p2_what_a_person_keeps_there_pays_for_it(
    wall: dict[str, list[float]], start: int, what: str, wanted: float
) -> None:
    screen = Screen(wall)
    screen.wall(wall)
    screen.run(start)
    asked = screen.now
    if what == "pin":
        screen.programme.pin(next(iter(wall)), screen.now + wanted, screen.now)
        screen.tick()
    else:
        screen.programme.hold(screen.now + wanted, screen.now)
    kept = screen.hangs
    assert kept is not None
    while screen.hangs == kept:
        screen.run(1)
        assert screen.now - asked <= KEPT_AT_MOST + LONGEST * len(wall[kept]) + 2
    assert screen.now - asked >= min(wanted, KEPT_AT_MOST)
    # However long it takes, in the end each card has had the same number of its own turns' time.
    screen.run(4 * HOUR * len(wall))
    standing = screen.programme.standings[kept]
    assert standing.owes < standing.whole
    shares = {card: screen.seconds()[card] / sum(dwell(w, "normal") for w in wall[card]) for card in wall}
    assert max(shares.values()) - min(shares.values()) < 2.6


def test_p2_who_pays_still_gets_every_second_turn() -> None:
    screen = Screen({card: [10.0] for card in "abcd"})
    screen.wall("abcd")
    screen.programme.pin("a", screen.now + 600, screen.now)
    screen.run(600)
    assert screen.seconds()["a"] > 570
    start = screen.airtime
    screen.run(1800)
    turns = screen.turns(start)
    assert turns["b"] // 2 - 1 <= turns["a"] <= turns["b"] // 2 + 1


def test_p2_a_turn_cut_short_goes_on_where_it_was() -> None:
    screen = Screen({"long": [40.0] * 4, "a": [5.0], "b": [5.0]})
    screen.wall(["a", "b", "long"])
    assert screen.hangs == "long"  # a new screen begins with the latest
    screen.run(dwell(40, "normal") + 1)
    assert screen.painted[-1].page == 1
    screen.programme.next()
    screen.tick()
    assert screen.hangs == "a"
    screen.run(dwell(5, "normal") + 1)
    assert (screen.hangs, screen.painted[-1].page) == ("long", 1)


@STORIES
@given(walls, st.integers(0, 300))
def test_p2_next_said_again_leads_through_the_whole_wall_and_all_of_it_is_paid_back(
    wall: dict[str, list[float]], start: int
) -> None:
    screen = Screen(wall)
    screen.wall(wall)
    screen.run(start)
    led = [screen.hangs]
    for _ in range(2 * len(wall)):
        screen.programme.next()
        screen.tick()
        led.append(screen.hangs)
    assert set(led[: len(wall)]) == set(wall), "each once before any comes again …"
    assert led[len(wall) :] == [*led[: len(wall)], led[0]], "… and then in the same order"
    seen = screen.airtime
    screen.run(4 * HOUR)
    assert spread(screen.turns(seen + HOUR), list(wall)) <= 1


def test_p6_a_new_card_takes_the_screen_even_from_a_pin_and_the_pin_comes_back() -> None:
    screen = Screen({card: [5.0] for card in "abc"})
    screen.wall("ab")
    screen.programme.pin("a", screen.now + 600, screen.now)
    screen.run(30)
    assert screen.hangs == "a"
    screen.wall("abc", "c")
    assert screen.hangs == "c"
    screen.run(dwell(5, "normal") + 1)
    assert screen.hangs == "a"
    screen.wall("bc")  # taken down: a pin keeps nothing there
    assert screen.hangs in ("b", "c")


def test_p2_a_screen_that_is_started_again_goes_on_after_what_it_showed_last() -> None:
    cards = [f"c{n}" for n in range(30)]
    pages = {card: [10.0] for card in cards}
    seen: dict[str, int] = dict.fromkeys(cards, 0)
    last = None
    for _ in range(20):  # a night after every ten cards: without this, most would never be shown
        screen = Screen(pages)
        screen.programme.resume(last)
        screen.wall(cards)
        screen.run(10 * dwell(10, "normal"))
        for card, turns in screen.turns(0, screen.airtime - 1).items():
            seen[card] += turns
        last = screen.painted[-1].card
    assert min(seen.values()) >= 5
    assert max(seen.values()) - min(seen.values()) <= 2


def test_p2_a_screen_that_is_started_again_keeps_what_a_hold_keeps() -> None:
    screen = Screen({card: [10.0] for card in "abc"})
    screen.programme.resume("b")
    screen.programme.hold(screen.now + 100, screen.now)  # before it was told what hangs
    screen.programme.sync([Entry(card, order) for order, card in enumerate("abc")], frozenset())
    screen.programme.hold(screen.now + 100, screen.now)
    screen.run(99)
    assert {shown.card for shown in screen.painted} == {"b"}
    screen.run(3 * dwell(10, "normal"))
    assert len({shown.card for shown in screen.painted}) > 1


def test_p2_a_page_that_is_begun_anew_pays_for_what_hung_of_it() -> None:
    """A chat that goes on while it hangs is measured again at each turn, and its page read again."""
    pages = {card: [30.0] for card in "abc"}
    screen = Screen(pages)
    screen.wall("abc")
    for _ in range(200):
        if screen.hangs == "a":
            screen.tick(dwell(30, "normal") - 1)  # all but read
            screen.programme.begin(pages["a"], screen.airtime)
        screen.run(1)
    screen.run(HOUR)
    seconds = screen.seconds()
    assert screen.programme.standings["a"].owes < dwell(30, "normal")
    assert max(seconds.values()) - min(seconds.values()) <= 2 * dwell(30, "normal")


def test_p2_a_night_forgives_no_debt() -> None:
    """With two hundred cards, what ten minutes took from the others is paid back in days, and a screen starts again
    every night: a card that a person pins each morning would have that time for nothing."""
    cards = [f"c{n}" for n in range(20)]
    pages = {card: [10.0] for card in cards}
    seconds: dict[str, float] = dict.fromkeys(cards, 0.0)
    debts, last, nights = dict[str, float](), None, 20
    for _ in range(nights):
        screen = Screen(pages)
        screen.programme.debts = debts
        screen.programme.resume(last)
        screen.wall(cards)
        screen.programme.pin("c3", screen.now + 100, screen.now)
        screen.run(HOUR / 2)
        for card, painted in screen.seconds().items():
            seconds[card] += painted
        debts, last = screen.programme.owing(screen.airtime), screen.hangs
    others = sum(seconds[card] for card in cards if card != "c3") / (len(cards) - 1)
    # But for a turn a night: which of the cards had one more in a round that was cut short is forgotten.
    assert seconds["c3"] - debts["c3"] <= others + nights * dwell(10, "normal")


def test_p2_a_card_that_nobody_can_see_is_not_being_read() -> None:
    screen = Screen({card: [5.0] for card in "ab"})
    screen.wall("ab")
    hangs = screen.hangs
    screen.now += HOUR  # hidden or asleep: the clock goes on, nothing is painted
    screen.look()
    assert screen.hangs == hangs


@pytest.mark.parametrize("seed", range(4))
def test_p2_a_week_of_two_hundred_cards(seed: int) -> None:
    """Twelve hours a day, with approvals, withdrawals, pins, holds and `next` every half hour of each."""
    luck = random.Random(seed)
    pages = {f"c{n}": words(luck)[:3] for n in range(600)}
    hanging = [f"c{n}" for n in range(200)]
    came: dict[str, float] = dict.fromkeys(hanging, 0.0)
    left: dict[str, float] = {}
    screen = Screen(pages)
    screen.wall(hanging)
    for _ in range(7):
        opened = screen.now
        while screen.now - opened < DAY / 2:
            screen.run(luck.expovariate(1 / 360))
            assert screen.hangs is not None, "dead air"
            match luck.choice(("approve", "withdraw", "pin", "hold", "next")):
                case "approve":
                    hanging.append(f"c{len(came)}")
                    came[hanging[-1]] = screen.airtime
                    screen.wall(hanging, hanging[-1])
                case "withdraw":
                    left[hanging.pop(luck.randrange(len(hanging)))] = screen.airtime
                    screen.wall(hanging)
                case "pin":
                    screen.programme.pin(
                        luck.choice(hanging), screen.now + luck.choice((60, 900)), screen.now
                    )
                case "hold":
                    screen.programme.hold(screen.now + luck.choice((60, 300)), screen.now)
                case "next":
                    screen.programme.next()
        screen.off(DAY / 2)
    assert 150 < len(hanging) < 250

    a_round = sum(sum(dwell(w, "normal") for w in pages[card]) for card in hanging)
    for card in came:
        times = [one.at for one in screen.painted if one.card == card and one.seconds]
        ends = [came[card], *times, left.get(card, screen.airtime)]
        assert max(b - a for a, b in pairwise(ends)) < 3 * a_round, "every card gets its turn"
    standings = screen.programme.standings
    assert spread({card: one.turns for card, one in standings.items()}, hanging) <= 1
    # Time is what a passer-by gets: in turns of its own, and without what a card still owes.
    seconds = screen.seconds()
    all_week = [
        (seconds[card] - standings[card].owes) / standings[card].whole
        for card in hanging
        if came[card] == 0.0
    ]
    assert len(all_week) > 30
    assert max(all_week) - min(all_week) < 2, "but for the turn that has just begun"

"""When a place is open: as people type it, over midnight, and in the nights when the clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.errors import Invalid
from moderation.hours import DAY, DAYS, Week, is_open, opens_at, read_day, read_week, write_day

PARIS = "Europe/Paris"
SHOP = ["9 h – 12 h 30, 14 h – 19 h"] * 5 + ["10:00-20:00", ""]


def at(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PARIS), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("9h-19h", "09:00 – 19:00"),
        ("09:00 – 12:30, 14:00 – 19:00", "09:00 – 12:30, 14:00 – 19:00"),
        ("14 h à 19 h 30 et 9 h à 12 h", "09:00 – 12:00, 14:00 – 19:30"),
        ("9.30 to 18", "09:30 – 18:00"),
        ("20h–2h", "20:00 – 02:00"),
        ("0-24", "00:00 – 24:00"),
        ("8-8", "08:00 – 08:00"),
        ("de 9 h à 19 h", "09:00 – 19:00"),
        ("9am - 5:30 PM", "09:00 – 17:30"),
        ("from 12pm to 12am", "12:00 – 24:00"),
        ("9 h – 12 h / 14 h – 18 h", "09:00 – 12:00, 14:00 – 18:00"),
        ("1-5pm", "13:00 – 17:00"),
        ("9-5pm", "09:00 – 17:00"),
        ("12-5pm", "12:00 – 17:00"),
        ("9-11am", "09:00 – 11:00"),
        ("13-5pm", "13:00 – 17:00"),
        ("9am-5", "09:00 – 17:00"),
        ("8am-12:30", "08:00 – 12:30"),
        ("9am-17", "09:00 – 17:00"),
        ("10pm-2", "22:00 – 02:00"),
        ("9am-0", "09:00 – 24:00"),
        ("9:00/19:00", "09:00 – 19:00"),
        ("9:00/12:00, 14 h / 18 h", "09:00 – 12:00, 14:00 – 18:00"),
        ("9-12/14-18", "09:00 – 12:00, 14:00 – 18:00"),
        ("  ", "closed"),
        ("Fermé", "closed"),
        (" closed ", "closed"),
    ],
)
def test_hours_are_read_as_people_type_them(typed: str, means: str) -> None:
    windows = read_day(typed, "hours_mon")
    assert write_day(windows, "en") == means
    assert read_day(means, "hours_mon") == windows


@pytest.mark.parametrize(
    ("typed", "french"),
    [
        ("9-12:30, 14-19", "9 h – 12 h 30, 14 h – 19 h"),
        ("20:05-2", "20 h 05 – 2 h"),
        ("0-24", "0 h – 24 h"),
        ("", "fermé"),
    ],
)
def test_hours_come_back_in_french_on_french_pages(typed: str, french: str) -> None:
    assert write_day(read_day(typed, "hours_mon"), "fr").replace("\u00a0", " ") == french


@given(
    st.lists(st.tuples(st.integers(0, DAY - 1), st.integers(1, DAY)), max_size=4),
    st.sampled_from(("fr", "en")),
)
def test_hours_that_come_back_are_read_as_they_were(spans: list[tuple[int, int]], language: str) -> None:
    windows = tuple(sorted((start, start + minutes) for start, minutes in spans))
    assert read_day(write_day(windows, language), "hours_mon") == windows


@pytest.mark.parametrize(
    "typed",
    [
        "9h",
        "le matin",
        "fermé 9-12",
        "13pm-14",
        "0am-3",
        "10-2am",
        "9-25",
        "9:75-10",
        "24-3",
        "9-19 9-19",
        "9/12/14/19",
        "-",
        "9--19",
        "٩-١٩x",
    ],
)
def test_what_can_not_be_read_is_said_with_its_day(typed: str) -> None:
    with pytest.raises(Invalid) as wrong:
        read_week(["", "", typed, "", "", "", ""])
    assert wrong.value.kind == "hours_unreadable"
    assert wrong.value.params["field"] == "hours_wed"


@pytest.mark.parametrize(
    ("week", "field"),
    [
        (["9-12, 11-14", *[""] * 6], "hours_mon"),
        (["20-10", "9-12", *[""] * 5], "hours_mon"),
        (["0-1", *[""] * 5, "20-2"], "hours_sun"),
    ],
)
def test_spans_that_overlap_are_refused(week: list[str], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        read_week(week)
    assert (wrong.value.kind, wrong.value.params["field"]) == ("hours_overlap", field)
    assert read_week(["9-9"] * 7)  # around the clock, one day meeting the next


def test_a_shop_opens_and_closes() -> None:
    week = read_week(SHOP)
    for moment, open_ in (
        ("2026-11-20T08:59", False), ("2026-11-20T09:00", True), ("2026-11-20T12:30", False),
        ("2026-11-20T18:59", True), ("2026-11-20T19:00", False), ("2026-11-21T19:30", True),
        ("2026-11-22T12:00", False),
    ):  # fmt: skip
        assert is_open(week, PARIS, at(moment)) is open_, moment
    assert is_open(None, PARIS, at("2026-11-22T03:00"))


def test_a_shop_that_is_closed_says_when_it_opens_next() -> None:
    week = read_week(SHOP)
    assert opens_at(week, PARIS, at("2026-11-30 10:00")) is None
    assert opens_at(week, PARIS, at("2026-11-30 13:00")) == at("2026-11-30 14:00")
    assert opens_at(week, PARIS, at("2026-11-30 19:00")) == at("2026-12-01 09:00")
    assert opens_at(week, PARIS, at("2026-12-06 11:00")) == at("2026-12-07 09:00")
    assert opens_at(None, PARIS, at("2026-12-06 11:00")) is None
    assert opens_at(read_week([""] * 7), PARIS, at("2026-12-06 11:00")) is None
    assert opens_at(read_week(["9-12", *[""] * 6]), PARIS, at("2026-11-30 13:00")) == at("2026-12-07 09:00")


def test_an_overnight_window_belongs_to_its_first_day() -> None:
    week = read_week(["", "", "", "", "20-2", "", ""])  # Friday
    assert is_open(week, PARIS, at("2026-11-21T01:59"))  # on Saturday
    assert not is_open(week, PARIS, at("2026-11-21T02:00"))
    assert not is_open(week, PARIS, at("2026-11-20T01:00"))  # the night before
    assert not is_open(week, PARIS, at("2026-11-21T23:00"))


def test_the_night_in_which_an_hour_comes_twice_closes_once() -> None:
    week = read_week(["", "", "", "", "", "22-2:30", ""])  # Saturday 24 October 2026: 3 h becomes 2 h
    assert changes(week, at("2026-10-24T21:00"), hours=8) == [at("2026-10-24T22:00"), at("2026-10-25T02:30")]


def test_an_hour_that_is_left_out_counts_as_if_it_were_not() -> None:
    week = read_week(["", "", "", "", "", "22-2:30", "9-12"])  # Saturday 28 March 2026: 2 h becomes 3 h
    closes = at("2026-03-29T03:30")
    assert changes(week, at("2026-03-28T21:00"), hours=8) == [at("2026-03-28T22:00"), closes]
    assert is_open(week, PARIS, at("2026-03-29T09:00"))


def changes(week: Week, start: datetime, hours: int) -> list[datetime]:
    """Every minute at which it opens or closes."""
    minutes = [start + timedelta(minutes=i) for i in range(hours * 60)]
    states = [is_open(week, PARIS, moment) for moment in minutes]
    return [moment for moment, was, now in zip(minutes[1:], states, states[1:], strict=False) if was != now]


def test_the_week_has_seven_days() -> None:
    assert len(DAYS) == len(read_week(SHOP)) == 7

"""How a screen hangs: what may be said of it, how large its type is, and that everyone hears of a change."""

from __future__ import annotations

import math

import pytest

from moderation.domain import Place
from moderation.errors import Invalid, NotFound
from moderation.hours import read_week
from moderation.mounting import Comfort, Mounting, Unit, length
from moderation.roster import Roster, Screen
from moderation.store import Store

WEEK = read_week(["9-19"] * 6 + [""])


@pytest.mark.parametrize(("comfort", "pixels"), [("normal", 43), ("grand", 81)])
def test_type_is_as_high_as_eyes_need_it(comfort: Comfort, pixels: int) -> None:
    pixel = 55 * 25.4 / math.hypot(1920, 1080)
    assert math.ceil(Mounting(diagonal=55, distance=3, comfort=comfort).letters / pixel) == pixels


def test_a_capital_is_two_thirds_as_high_as_its_type() -> None:
    assert (round(Mounting().letters), round(Mounting().capitals)) == (27, 18)


@pytest.mark.parametrize(
    ("mounting", "code"),
    [
        (Mounting(diagonal=0), "diagonal_wrong"),
        (Mounting(diagonal=-55), "diagonal_wrong"),
        (Mounting(diagonal=500), "diagonal_wrong"),
        (Mounting(diagonal=math.nan), "diagonal_wrong"),
        (Mounting(distance=0), "distance_wrong"),
        (Mounting(distance=-3), "distance_wrong"),
        (Mounting(distance=math.inf), "distance_wrong"),
        (Mounting(diagonal=24, distance=20), "screen_too_far"),
    ],
)
def test_what_can_not_be_is_said(mounting: Mounting, code: str) -> None:
    with pytest.raises(Invalid) as wrong:
        mounting.checked()
    assert wrong.value.kind == code
    assert "{" not in wrong.value.title("fr")


@pytest.mark.parametrize(
    ("typed", "unit", "means"),
    [
        ("3,5", "m", 3.5),
        ("3,5 m", "m", 3.5),
        ("3.5 Metres", "m", 3.5),
        ("2 mètres.", "m", 2),
        ("350 cm", "m", 3.5),
        (" 43,5\u00a0pouces ", "in", 43.5),
        ('55"', "in", 55),
        ("55″", "in", 55),
        ("55 inches", "in", 55),
        ("139,7 cm", "in", 55),
        ("50 centimètres", "cm", 50),
        (",5", "m", 0.5),
        (3.5, "m", 3.5),
    ],
)
def test_a_length_is_read_as_people_type_it(typed: str | float, unit: Unit, means: float) -> None:
    assert length(typed, unit) == means


@pytest.mark.parametrize("typed", ["", "m", "grand", "3,5,5", "3 kg", "3 5", "nan", "inf", "1e3"])
def test_what_is_no_length_is_no_number(typed: str) -> None:
    assert math.isnan(length(typed, "m"))


def test_a_limit_is_said_as_numbers_are_written_there() -> None:
    with pytest.raises(Invalid) as wrong:
        Mounting(distance=0).checked()
    assert "de 0,3 à 30" in wrong.value.title("fr")
    assert "from 0.3 to 30" in wrong.value.title("en")


def test_the_farthest_that_is_named_is_taken() -> None:
    with pytest.raises(Invalid) as wrong:
        Mounting(diagonal=24, distance=20).checked()
    farthest = float(str(wrong.value.params["farthest"]))
    assert Mounting(diagonal=24, distance=farthest).checked()


def test_a_line_that_was_measured_corrects_the_diagonal() -> None:
    assert Mounting(diagonal=55).ruler == 50
    assert Mounting(diagonal=55).measured(50) == 55
    assert Mounting(diagonal=55).measured(39.1) == 43
    assert Mounting(diagonal=7).ruler == 6
    with pytest.raises(Invalid):
        Mounting(diagonal=55).measured(0)


def test_a_record_of_an_earlier_version_hangs_as_usual() -> None:
    assert Mounting.of(None) == Mounting()
    assert Mounting.of({"diagonal": 32, "unknown": 1, "languages": ["fr"]}) == Mounting(
        diagonal=32, languages=("fr",)
    )


async def test_a_change_is_kept_and_told_on_the_desk_feed(roster: Roster, store: Store) -> None:
    screen, token = await roster.create_screen("grenoble", "Entrée")
    assert screen.mounting == Mounting()
    head = await store.feed_head("grenoble", "desk")
    wanted = Mounting(
        diagonal=32, distance=1.5, comfort="grand", rotation=90, languages=("fr", "en"), theme="auto"
    )
    assert (await roster.hang_screen(screen.id, "Vitrine", wanted)).mounting == wanted
    known = await roster.screen_by_token(token)
    assert known == await roster.screen(screen.id)
    assert isinstance(known, Screen)
    assert (known.name, known.mounting) == ("Vitrine", wanted)
    await roster.hang_screen(screen.id, "Vitrine", wanted)  # nothing to tell
    await roster.open_hours("grenoble", WEEK, "black")
    place = await roster.place("grenoble")
    assert place is not None
    assert (place.hours, place.closed) == (WEEK, "black")
    told = (await store.follow({("grenoble", "desk"): head}, block_ms=10))["grenoble", "desk"]
    assert [(entry.what, entry.id) for entry in told] == [
        ("screen.changed", screen.id),
        ("place.changed", "grenoble"),
    ]


async def test_the_settings_file_leaves_the_hours_alone(roster: Roster) -> None:
    await roster.open_hours("grenoble", WEEK, "black")
    await roster.sync_places([Place(slug="grenoble", name="Grenoble", wall_days=7)])
    place = await roster.place("grenoble")
    assert place is not None
    assert (place.hours, place.closed, place.wall_days, place.declared) == (WEEK, "black", 7, True)


async def test_who_is_not_there_can_not_be_hung(roster: Roster) -> None:
    with pytest.raises(NotFound):
        await roster.hang_screen("nobody", "x", Mounting())
    with pytest.raises(NotFound):
        await roster.open_hours("nowhere", None, "house")

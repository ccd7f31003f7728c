"""Airtime on the real engines: told twice it counts once, and nobody claims more time than has passed (P2)."""

from __future__ import annotations

import asyncio

import pytest

from moderation.airtime import Aired, Report
from moderation.arrivals import Arrival
from moderation.domain import Declared
from moderation.roster import Roster
from moderation.store import Store
from tests.support.people import MODERATOR

MINUTE = 60_000
START = 1_790_000_000_000


class Time:
    """The server's clock, as the test sets it."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ms = START
        monkeypatch.setattr(store, "clock", lambda: self.ms)


@pytest.fixture
def time(store: Store, monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(store, monkeypatch)


async def approved(store: Store, upstream: str = "u1", *, stars: int | None = None) -> str:
    arrival = Arrival(
        channel="avis",
        places=("grenoble", "lyon"),
        upstream=upstream,
        text="Merci.",
        declared=Declared(stars=stars),
    )
    ident, _ = await store.receive(arrival)
    await store.decide("approve", MODERATOR, ident, revision=1)
    return ident


async def seconds(store: Store, ident: str, place: str = "grenoble") -> int:
    message = await store.message(ident)
    assert message is not None
    return message.airtime[place]


async def test_p2_seconds_are_kept_by_message_place_and_day(store: Store, time: Time) -> None:
    one, five, other = [await approved(store, f"u{n}", stars=n) for n in (1, 5, 2)]
    assert await store.aired("s1") == Aired(0)
    assert await store.aired("s2") == Aired(0)
    time.ms += MINUTE
    reports = [Report(1, one, 20.5), Report(2, five, 20.5), Report(3, one, 19)]
    assert await store.air("s1", "grenoble", reports) == Aired(3, one)
    assert await store.air("s2", "lyon", [Report(1, one, 60)]) == Aired(1, one)
    assert [await seconds(store, ident) for ident in (one, five, other)] == [39, 20, 0]
    assert await seconds(store, one, "lyon") == 60
    day = "2026-09-21"
    assert await store.screen_seconds("grenoble") == {(day, "stars-1"): 39.5, (day, "stars-5"): 20.5}
    assert await store.screen_seconds("lyon") == {(day, "stars-1"): 60}


async def test_p2_a_report_that_is_told_again_counts_once(store: Store, time: Time) -> None:
    ident = await approved(store)
    await store.aired("s1")
    time.ms += 10 * MINUTE
    first = [Report(n, ident, 8) for n in (1, 2)]
    told = await asyncio.gather(*(store.air("s1", "grenoble", first) for _ in range(5)))
    assert set(told) == {Aired(2, ident)}
    assert await store.air("s1", "grenoble", [*first, Report(3, ident, 8)]) == Aired(3, ident)
    assert await store.aired("s1") == Aired(3, ident)
    assert await seconds(store, ident) == 24


async def test_p2_a_screen_never_claims_more_time_than_has_passed(store: Store, time: Time) -> None:
    ident = await approved(store)
    await store.aired("s1")
    time.ms += MINUTE
    await store.air("s1", "grenoble", [Report(1, ident, 3600), Report(2, ident, 3600)])
    assert await seconds(store, ident) <= 61
    time.ms += MINUTE
    await store.air("s1", "grenoble", [Report(3, ident, -1e9), Report(4, ident, 3600)])
    assert await seconds(store, ident) <= 121
    # Dark for a day: what it may claim afterwards is what a screen paints by itself, and no day.
    time.ms += 24 * 60 * MINUTE
    await store.air("s1", "grenoble", [Report(5, ident, 86_000)])
    assert await seconds(store, ident) <= 121 + 20 * 60 + 1
    # A clock that was set back gives no time.
    time.ms -= 60 * MINUTE
    before = await seconds(store, ident)
    await store.air("s1", "grenoble", [Report(6, ident, 60)])
    assert await seconds(store, ident) == before


async def test_p2_a_server_whose_clock_was_set_right_goes_on_counting(store: Store, time: Time) -> None:
    """A day ahead for a while, and then not: what is painted from now on counts from now on, not in a day."""
    ident = await approved(store)
    await store.aired("s1")
    time.ms += 24 * 60 * MINUTE
    await store.air("s1", "grenoble", [Report(1, ident, 60)])
    time.ms -= 24 * 60 * MINUTE
    before = await seconds(store, ident)
    await store.air("s1", "grenoble", [Report(2, ident, 60)])
    assert await seconds(store, ident) <= before + 1
    time.ms += MINUTE
    await store.air("s1", "grenoble", [Report(3, ident, 58)])
    assert await seconds(store, ident) >= before + 58


async def test_p2_time_before_a_screens_first_question_is_nobodys(store: Store, time: Time) -> None:
    ident = await approved(store)
    assert await store.air("new", "grenoble", [Report(1, ident, 600)]) == Aired(1, ident)
    assert await seconds(store, ident) <= 1


async def test_only_what_hung_in_this_place_can_be_aired(store: Store, roster: Roster, time: Time) -> None:
    ident, _ = await store.receive(Arrival(channel="avis", places=("lyon",), upstream="u9", text="À Lyon."))
    await store.aired("s1")
    time.ms += MINUTE
    reports = [Report(1, ident, 5), Report(2, "0" * 32, 5), Report(3, "", 5)]
    assert await store.air("s1", "grenoble", reports) == Aired(3)
    assert await seconds(store, ident, "lyon") == 0
    assert await store.message("0" * 32) is None
    assert await store.screen_seconds("grenoble") == {}


async def test_p10_of_what_was_erased_only_numbers_stay(store: Store, time: Time) -> None:
    ident = await approved(store, stars=2)
    await store.aired("s1")
    time.ms += MINUTE
    await store.air("s1", "grenoble", [Report(1, ident, 30)])
    await store.erase(ident)
    await store.air("s1", "grenoble", [Report(2, ident, 2)])  # painted before it was taken down, told after
    message = await store.message(ident)
    assert message is not None
    assert (message.text, message.airtime["grenoble"]) == ("", 32)
    assert sum((await store.screen_seconds("grenoble")).values()) == 32


async def test_a_screen_that_is_revoked_leaves_no_claim(store: Store, roster: Roster) -> None:
    screen, _ = await roster.create_screen("grenoble", "Vitrine")
    await store.aired(screen.id)
    await roster.revoke_screen(screen.id)
    assert not await store.connection.commands.hexists(store.keys.table("claims"), screen.id)

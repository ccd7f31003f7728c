"""The demo's past is true: it came by intake and by named persons' actions, so everything agrees with it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from connectors.registry import build
from displays.hub import Hub
from displays.rendering import Pages
from moderation.actions import Actions
from moderation.connection import Connection
from moderation.domain import DEFAULT_STANCES, REFUSAL_CODES
from moderation.errors import NotFound
from moderation.reads import wall_clock
from moderation.roster import Roster
from moderation.store import Store
from server.demo import channels, furnish
from server.demo_past import PAST
from server.services import Services
from server.settings import Settings
from server.showing import open_doors
from tests.support.invariants import check


@pytest.fixture
async def services(connection: Connection, organisation: str) -> Services:
    store, roster = await Store.open(connection, organisation), Roster(connection, organisation)
    return Services(
        settings=Settings(),
        store=store,
        roster=roster,
        actions=Actions(store, roster),
        hub=Hub(store, roster),
        pages=Pages(organisation="Maison Lumière"),
    )


async def test_two_places_some_forty_messages_and_everything_agrees(services: Services) -> None:
    await furnish(services, seed=1)
    assert [place.slug for place in await services.roster.places()] == ["grenoble", "lyon"]
    await check(services.store)
    states: Counter[str] = Counter()
    for state in ("pending", "approved", "refused", "withdrawn", "erased"):
        for place in ("grenoble", "lyon"):
            states[state] += await services.store.count(place, state)
    assert 40 <= states.total() <= 50
    assert states["pending"] >= 4
    assert states["refused"] >= 3
    assert states["withdrawn"] >= 1
    assert states["erased"] >= 1
    assert await services.store.count("grenoble", "pending", "consent") == 1
    for place in ("grenoble", "lyon"):
        assert len((await services.store.snapshot(place)).threads) >= 10
    assert services.store.clock is wall_clock


async def test_it_happened_in_the_days_before(services: Services) -> None:
    now = datetime.now(UTC)
    await furnish(services, seed=2)
    entries = (await services.store.ledger("grenoble", limit=1000)).items
    times = [entry.at for entry in entries]
    assert times == sorted(times)
    assert times[0] < now - timedelta(days=10)
    assert times[-1] <= datetime.now(UTC)
    decided = [entry for entry in entries if entry.what in ("approved", "refused", "withdrawn")]
    assert decided
    assert all(entry.by for entry in decided), "by named persons"


async def test_a_mask_and_a_ruling_lie_where_their_words_are(services: Services) -> None:
    await furnish(services, seed=1)
    for past in PAST:
        message = await services.store.message(
            services.store.message_id(past.channel, f"past-{past.said.key}")
        )
        assert message is not None
        if past.mask:
            ((start, end),) = message.masks
            assert message.text[start:end] == past.mask
        if past.fate in ("refused", "withdrawn"):
            assert message.ruling is not None
            assert isinstance(message.ruling.passage, tuple)
            start, end = message.ruling.passage
            assert (message.ruling.code, message.text[start:end]) == (past.code, past.passage)
        assert len(message.replies) == len(past.answers)


async def test_a_house_that_has_people_is_left_alone(services: Services) -> None:
    await services.roster.add_person("Ada", "owner")
    await furnish(services, seed=1)
    assert await services.roster.places() == ()


def test_the_past_shows_every_code_and_stance_that_it_may() -> None:
    assert {past.code for past in PAST if past.code} <= set(REFUSAL_CODES)
    assert {answer.stance for past in PAST for answer in past.answers} == set(DEFAULT_STANCES)


@pytest.mark.parametrize("still", [True, False])
def test_its_channels_can_be_built(still: bool) -> None:
    for channel in channels(still=still, seed=3):
        assert build(channel).abilities.pull


async def test_what_a_demo_gave_away_is_worth_nothing_once_it_stops(services: Services) -> None:
    await furnish(services, seed=1)
    before = [screen.id for screen in await services.roster.screens()]
    async with open_doors(services) as (_, links):
        actors = [await services.roster.token(bare) for bare in links.tokens.values()]
        assert [actor.role for actor in actors if actor] == ["owner", "moderator", "manager"]
    for bare in links.tokens.values():
        assert await services.roster.token(bare) is None
    assert await services.roster.screen_by_token(links.screen_token) == "revoked"
    assert [screen.id for screen in await services.roster.screens()] == before


async def test_a_house_without_the_roles_of_a_demo_is_told_so(services: Services) -> None:
    await services.roster.add_person("Ada", "owner")
    with pytest.raises(NotFound) as told:
        async with open_doors(services):
            pass
    assert told.value.params == {"role": "moderator"}

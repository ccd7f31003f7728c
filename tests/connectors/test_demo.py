"""The demo's channel has the manners of a real one."""

from __future__ import annotations

import pytest

from connectors.contract import Pulled, Pulls
from connectors.demo import OVERLAP, Demo
from connectors.demo_script import STORIES
from connectors.runner import Runner
from moderation.errors import WrongSetting
from moderation.store import Store
from moderation.triage import hints
from tests.connectors.channels import Channel
from tests.support.invariants import check


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


def demo(clock: Clock, **options: object) -> Demo:
    return Demo(Channel(kind="demo", options={"story": "avis", **options}), now=clock)


async def told(channel: Demo, clock: Clock, seconds: int, cursor: str | None = None) -> list[Pulled]:
    pulls = []
    for _ in range(seconds):
        pulled = await channel.pull(cursor)
        cursor = pulled.cursor
        pulls.append(pulled)
        clock.now += 1
    return pulls


async def test_it_tells_one_thing_after_the_other_and_some_of_it_twice() -> None:
    clock = Clock()
    channel = demo(clock)
    assert isinstance(channel, Pulls)
    pulls = [pulled for pulled in await told(channel, clock, 120) if pulled.items]
    assert len(pulls) >= 4
    assert [len(pulled.items) for pulled in pulls[:4]] == [1, 2, 3, 3]
    assert pulls[3].items[-1 - OVERLAP :][0].id == pulls[1].items[-1].id


async def test_the_same_seed_tells_at_the_same_moments() -> None:
    moments = []
    for seed in (1, 1, 2):
        clock = Clock()
        pulls = await told(demo(clock, seed=seed), clock, 100)
        moments.append([at for at, pulled in enumerate(pulls) if pulled.items])
    assert moments[0] == moments[1] != moments[2]


async def test_still_means_nothing_arrives() -> None:
    clock = Clock()
    assert not any(pulled.items for pulled in await told(demo(clock, still=True), clock, 100))


async def test_a_restart_goes_on_where_it_stopped() -> None:
    clock = Clock()
    (first, *_) = [pulled for pulled in await told(demo(clock), clock, 30, "3") if pulled.items]
    assert [item.id for item in first.items] == [f"0-{said.key}" for said in STORIES["avis"][1:4]]


@pytest.mark.parametrize("story", STORIES)
async def test_the_whole_story_goes_through_intake(store: Store, story: str) -> None:
    clock = Clock()
    channel = demo(clock, story=story)
    runner = Runner(store, [channel])
    while (await store.channel("avis")).get("cursor") != str(len(STORIES[story])):
        clock.now += 5
        await runner.poll(channel)
    assert await store.quarantined("avis") == ()
    await check(store)
    kept = {said.key: said for said in STORIES[story]}  # the last word on each
    left = sum(said.event != "deleted" for said in kept.values())
    pending = await store.count("grenoble", "pending") + await store.count("grenoble", "pending", "consent")
    assert pending == left


async def test_a_chat_waits_for_its_consent_and_then_comes_whole(store: Store) -> None:
    clock = Clock()
    channel = demo(clock, story="chat")
    runner = Runner(store, [channel])
    agreed = next(at for at, said in enumerate(STORIES["chat"]) if said.agrees)
    counts = []
    while int((await store.channel("avis")).get("cursor", 0)) <= agreed:
        clock.now += 1
        await runner.poll(channel)
        counts.append(await store.count("grenoble", "pending"))
    assert set(counts[:-1]) == {0}
    assert counts[-1] == 5
    turns = (await store.messages(places=["grenoble"], state="pending")).items
    assert {turn.by for turn in turns} == {"author", "place"}
    assert len({turn.thread for turn in turns}) == 1


def test_the_stories_hold_what_a_moderator_meets() -> None:
    lines = [said for story in STORIES.values() for said in story]
    kinds = {said.kind for said in lines}
    codes = {hint.code for said in lines for hint in hints(said.text)}
    assert {"thanks", "idea", "question", "complaint"} <= kinds
    assert {1, 2, 3, 4, 5} <= {said.stars for said in lines}
    assert {"phone", "email", "insult", "link"} <= codes
    assert {"created", "edited", "deleted"} == {said.event for said in lines}
    assert max(len(said.text) for said in lines) > 1_400
    assert any(said.text.startswith("I ") for said in lines)


@pytest.mark.parametrize("options", [{"story": "none"}, {"story": 1}, {"seed": "x"}])
def test_a_wrong_setting_is_named(options: dict[str, object]) -> None:
    with pytest.raises(WrongSetting) as refused:
        Demo(Channel(kind="demo", options=options))
    assert str(refused.value.params["name"]).startswith("channel.avis.")

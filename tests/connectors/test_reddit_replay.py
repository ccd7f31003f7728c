"""Reddit against recorded answers of the real one, where the recordings lie beside the project."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from connectors.contract import AnswerLost, CredentialsRefused, Outgoing, RateLimited, Trouble, Unreachable
from connectors.reddit import Reddit
from connectors.runner import Runner
from moderation.domain import Message
from moderation.store import Store
from tests.connectors.channels import Channel

REPLAY = Path(__file__).resolve().parents[3] / "shared" / "replay" / "reddit_replay.py"
pytestmark = pytest.mark.skipif(not REPLAY.is_file(), reason="the recorded answers are absent")

# A busy machine may keep the recording's own process waiting for a second: then a 401 is never heard.
TIMEOUT = 4.0


class Replay:
    def __init__(self, url: str) -> None:
        self.url = url

    def tell(self, what: str, **order: Any) -> Any:
        with urlopen(Request(f"{self.url}/__control/{what}", json.dumps(order).encode())) as answer:
            return json.load(answer)

    def state(self) -> Any:
        with urlopen(f"{self.url}/__control/state") as answer:
            return json.load(answer)


@pytest.fixture
def replay() -> Iterator[Replay]:
    command = [sys.executable, str(REPLAY), "--port", "0", "--subs", "redditdev,programming"]
    with subprocess.Popen(
        [*command, "--initial", "100", "--now"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield Replay(found[0])
        process.terminate()


@pytest.fixture
def reddit(replay: Replay) -> Iterator[Reddit]:
    told = {
        "client_id": "an-id",
        "client_secret": "a-secret",
        "username": "store_manager",
        "password": "a-password",
    }
    options = {
        "subreddits": ["redditdev", "programming"], "reddit_url": replay.url, "oauth_url": replay.url,
        "timeout_seconds": TIMEOUT, **told,
    }  # fmt: skip
    connector = Reddit(Channel(kind="reddit", slug="reddit", options=options), settle=0.0)
    yield connector
    connector.close()


async def queue(store: Store) -> list[Message]:
    found: list[Message] = []
    after: str | None = None
    while True:
        page = await store.messages(places=["grenoble"], state="pending", limit=200, after=after)
        found += page.items
        if (after := page.next) is None:
            return found


async def test_every_recorded_thing_is_once_in_the_queue_and_a_burst_comes_whole(
    replay: Replay, reddit: Reddit, store: Store
) -> None:
    await reddit.check()
    runner = Runner(store, [reddit])
    assert await runner.poll(reddit) == 100
    released = replay.tell("release", n=150)["released"]
    assert await runner.poll(reddit) == 150
    assert await runner.poll(reddit) == 0
    found = await queue(store)
    names = [message.upstream for message in found]
    assert len(names) == len(set(names)) == replay.state()["visible"] == 250
    assert set(released) <= set(names)
    assert not any(message.text.endswith(("\n\n[deleted]", "\n\n[removed]")) for message in found)
    assert not {"[deleted]", "[removed]"} & {message.text for message in found}


async def test_edits_and_both_deletions_are_seen(replay: Replay, reddit: Reddit) -> None:
    items = (await reddit.pull(None)).items
    comments = [item.id for item in items if item.id.startswith("t1_") and item.revision == 1]
    posts = [item.id for item in items if item.id.startswith("t3_") and item.revision == 1]
    replay.tell("edit", name=comments[0], body="Ich habe es mir anders überlegt.")
    for name, by in ((comments[1], "user"), (comments[2], "mod"), (posts[0], "user"), (posts[1], "mod")):
        replay.tell("delete", name=name, by=by)
    changed = {item.id: item for item in await reddit.recheck([*comments, *posts])}
    assert changed[comments[0]].text == "Ich habe es mir anders überlegt."
    assert (changed[comments[0]].revision or 0) >= int(time.time()) - 60
    gone = {ident for ident, item in changed.items() if item.event == "deleted"}
    assert gone == {comments[1], comments[2], posts[0], posts[1]}
    assert set(changed) == gone | {comments[0]}


FAULTS: list[dict[str, Any]] = [
    {"status": 503, "after_effect": True},
    {"status": 502},
    {"drop": True},
    {"drop": True, "after_effect": True},
    {"hang": 2 * TIMEOUT},
    {"kind": "bad_json"},
    {"kind": "bad_json", "after_effect": True},
    {"kind": "ratelimit_json"},
    {"status": 429},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(f"{k}" for k in fault.values()))
async def test_p7_one_public_reply_whatever_goes_wrong(
    replay: Replay, reddit: Reddit, fault: dict[str, Any]
) -> None:
    to = next(item.id for item in (await reddit.pull(None)).items if item.id.startswith("t1_"))
    reply = Outgoing(
        reply_id="r1", in_reply_to=to, thread=None, text="Danke!", signed="Inès", since=datetime.now(UTC)
    )
    replay.tell("fault", match="/api/comment", times=1, **fault)
    try:
        await reddit.send(reply)
    except RateLimited:
        with pytest.raises(RateLimited):  # it is waited for, not asked again
            await reddit.send(reply)
        assert replay.state()["posts"] == []
        return
    except AnswerLost:
        async with asyncio.timeout(30):
            while "hang" in fault and not replay.state()["posts"]:
                await asyncio.sleep(0.05)
    if await reddit.find(reply) is None:
        await reddit.send(reply)
    assert [(post["thing_id"], post["text"]) for post in replay.state()["posts"]] == [(to, "Danke!\n\nInès")]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 451, 500, 502, 503, 504, 520, 522])
async def test_recorded_errors_are_told_apart(replay: Replay, reddit: Reddit, status: int) -> None:
    await reddit.check()
    replay.tell("fault", match="/new", status=status, times=3)
    expected: type[Trouble] = CredentialsRefused if status in (401, 403) else Unreachable
    with pytest.raises(expected):
        await reddit.pull(None)

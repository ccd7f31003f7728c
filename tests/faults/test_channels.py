"""P7 and P8 on channels that fail, through `kill -9`: what is written arrives once, what is answered is public once.

The number of answers is $REPLIES; 500 take some ten minutes and are run by hand:

    REPLIES=500 pytest -s -m long tests/faults/test_channels.py -k one_reply
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.benches import options as chatwoot_options
from tests.connectors.channels import SECRET
from tests.connectors.chatwoot_emulator import ChatwootEmulator
from tests.connectors.loopback import Fault as Spoilt
from tests.connectors.reddit_emulator import BAD_JSON, EmulatedReddit, Fault, serve
from tests.connectors.reply_emulator import ReplyEmulator
from tests.faults.channels import (
    HANG,
    REPLAY,
    TIMEOUT,
    Answers,
    Recorded,
    channel,
    killed_at,
    reddit_channel,
    shop,
    spread,
)
from tests.support.process import running
from tests.support.walls import eventually

pytestmark = pytest.mark.long

REPLIES = int(os.environ.get("REPLIES", "24"))
MESSAGES = min(REPLIES, 40)  # a channel; each is answered in its turn
BURST = 1000  # what Reddit's listings hold
UNDO = 10  # seconds before an answer leaves
PATIENCE = 180 + 2 * REPLIES  # seconds: a try that was cut by a kill is looked for a minute later

recordings = pytest.mark.skipif(not REPLAY.is_file(), reason="the recorded answers are absent")
many = pytest.mark.skipif("REPLIES" not in os.environ, reason="by hand, with REPLIES=500")

Kinds = list[Mapping[str, Any]]
BUSY = '{"json": {"errors": [["RATELIMIT", "You are doing that too much. Try again in 1 second.", "ratelimit"]]}}'
ON_REDDIT: Kinds = [
    {"status": 503, "after_effect": True},
    {"drop": True, "after_effect": True},
    {"hang": HANG},
    {"body": BUSY},
    {"body": BAD_JSON, "after_effect": True},
]
ELSEWHERE: Kinds = [
    {"status": 503, "after_effect": True},
    {"drop": True, "after_effect": True},
    {"hang": True, "after_effect": True},
    {"status": 429, "headers": {"Retry-After": "1"}, "after_effect": False},
    {"garble": True, "after_effect": True},
]
RECORDED: Kinds = [
    {"status": 503, "after_effect": True},
    {"drop": True, "after_effect": True},
    {"hang": HANG},
    {"kind": "ratelimit_json", "message": "You are doing that too much. Try again in 1 second."},
    {"kind": "bad_json", "after_effect": True},
]


# -- in


@pytest.mark.parametrize("moment", ["walk", "intake"])
async def test_p7_a_burst_comes_whole_through_a_kill(tmp_path: Path, moment: str) -> None:
    with serve() as there:
        post = there.post("La braderie")
        async with running(tmp_path, settings=shop(reddit_channel(there.url, "lumiere"))) as product:
            answers = await Answers.of(product)
            await eventually(lambda: answers.seen(1), 30)
            asked = there.asked("/comments")
            said = there.burst(BURST, post)
            if moment == "walk":
                await eventually(lambda: there.asked("/comments") >= asked + 2, 30)
            else:
                await eventually(lambda: answers.seen(2), 30)
            await product.kill()
            await product.start()
            await eventually(lambda: answers.seen(BURST + 1), 180, every=0.1)
            written = Counter(there.things[name].data["body"] for name in said)
            assert await answers.arrived() == written + Counter(["La braderie"])


@recordings
async def test_p7_a_recorded_burst_comes_whole_through_a_kill(tmp_path: Path) -> None:
    with Recorded.running(100) as there:
        settings = shop(reddit_channel(there.url, "redditdev", "programming", username="store_manager"))
        async with running(tmp_path, settings=settings) as product:
            answers = await Answers.of(product)
            await eventually(lambda: answers.seen(100), 30)
            there.tell("release", n=150)
            await eventually(lambda: answers.seen(101), 30)
            await product.kill()
            await product.start()
            await eventually(lambda: answers.seen(250), 60, every=0.1)
            assert there.state()["visible"] == sum((await answers.arrived()).values()) == 250


# -- out


def check(texts: Iterable[str], public: Mapping[str, int], became: Mapping[str, Mapping[str, Any]]) -> str:
    """Every accepted answer is public once; where that is not known, a person was told, and it is not there twice."""
    for text in texts:
        if became[text]["state"] == "delivered":
            assert public.get(text, 0) == 1, text
        else:
            assert became[text]["error"], text
            assert public.get(text, 0) <= 1, text
    assert public.keys() <= set(texts)
    return f"{sum(public.values())} public, {Counter(each['state'] for each in became.values())}"


async def test_p7_one_reply_never_makes_two_posts_through_faults_and_three_kills(tmp_path: Path) -> None:
    with serve() as reddit:
        async with ReplyEmulator(SECRET) as forum, ChatwootEmulator() as chats:
            settings = shop(
                reddit_channel(reddit.url, "lumiere"),
                channel(
                    "webhook", "avis", secret=SECRET, reply_url=f"{forum.url}/r", timeout_seconds=TIMEOUT
                ),
                channel("chatwoot", "tchat", ask="never", timeout_seconds=TIMEOUT, **chatwoot_options(chats)),
            )
            for number in range(MESSAGES):
                chats.say(10 + number, f"Chat {number}")
                chats.say(10 + number, "Afficher")
                reddit.post(f"Question {number}")
            async with running(tmp_path, settings=settings) as product:
                answers = await Answers.of(product)
                for number in range(MESSAGES):
                    await answers.push(
                        "avis", {"id": f"a{number}", "event": "created", "text": f"Avis {number}"}
                    )
                for body in chats.deliveries:
                    await answers.deliver("tchat", chats.signed(body), body)
                await eventually(lambda: answers.seen(3 * MESSAGES), 60, every=0.1)
                hanging = await answers.approve_all()
                spoil(reddit, forum, chats)
                began = time.monotonic()
                texts = [
                    text
                    for slug in ("reddit", "avis", "tchat")
                    for text in await answers.reply_to(
                        [one for one in hanging if one["channel"] == slug], REPLIES, slug
                    )
                ]

                def public() -> Counter[str]:
                    said = [bare(text) for _, text in reddit.posted]
                    said += [one["text"] for one in forum.replies.values()]
                    said += [bare(one["content"]) for one in chats.posted()]
                    return Counter(said)

                goals = between(public().total(), len(texts))
                await killed_at(product, goals, lambda: public().total(), PATIENCE)
                became = await eventually(answers.settled, PATIENCE, every=1)
                assert became is not None
                assert became.keys() == set(texts), "an accepted answer was lost"
                for slug, service in (("reddit", reddit), ("avis", forum), ("tchat", chats)):
                    own = {text: each for text, each in became.items() if text.startswith(slug)}
                    there = {text: number for text, number in public().items() if text.startswith(slug)}
                    calls = 2 * REPLIES - sum(fault.times > 0 for fault in service.faults)
                    print(f"{slug}: {len(own)} accepted, {calls} calls, {check(own, there, own)}")
                print(f"{len(goals)} kill -9, {time.monotonic() - began:.0f} s")
                assert await answers.listed("pending") == [], "our own post came back as a message"


def between(done: int, all_of_them: int) -> list[int]:
    """Three moments while the rest leaves: the first ones have left while the last ones were being written."""
    return [done + (all_of_them - done) * part // 5 for part in (1, 2, 3)]


def bare(text: str) -> str:
    """Without its signature."""
    return text.partition("\n\n")[0]


def spoil(reddit: EmulatedReddit, forum: ReplyEmulator, chats: ChatwootEmulator) -> None:
    calls = 2 * REPLIES
    reddit.order(*(Fault("api/comment", method="POST", **how) for how in spread(calls, ON_REDDIT)))
    passing = Spoilt(after_effect=True, method="POST")
    for service in (forum, chats):
        service.faults += [replace(passing, **how) for how in spread(calls, ELSEWHERE)]


@recordings
@many
async def test_p7_one_reply_never_makes_two_posts_on_the_recorded_reddit(tmp_path: Path) -> None:
    with Recorded.running(200) as there:
        settings = shop(reddit_channel(there.url, "redditdev", "programming", username="store_manager"))
        async with running(tmp_path, settings=settings) as product:
            answers = await Answers.of(product)
            await eventually(lambda: answers.seen(200), 30, every=0.1)
            hanging = await answers.approve_all()
            for how in spread(2 * REPLIES, RECORDED):
                there.tell("fault", **{"match": "/api/comment", "times": 1, **how})
            began = time.monotonic()
            texts = await answers.reply_to(hanging, REPLIES, "Antwort")

            def public() -> Counter[str]:
                return Counter(bare(post["text"]) for post in there.state()["posts"])

            goals = between(public().total(), REPLIES)
            await killed_at(product, goals, lambda: public().total(), PATIENCE)
            became = await eventually(answers.settled, PATIENCE, every=2)
            assert became is not None
            assert became.keys() == set(texts), "an accepted answer was lost"
            spoilt = 2 * REPLIES - sum(fault["times"] > 0 for fault in there.state()["faults"])
            said = check(texts, public(), became)
            print(f"{len(texts)} accepted, {spoilt} calls, {said}, {time.monotonic() - began:.0f} s")
            assert await answers.listed("pending") == [], "our own post came back as a message"


async def test_what_does_not_leave_and_what_is_refused_there_is_said(tmp_path: Path) -> None:
    """Ten seconds to take it back; withdrawn, it never leaves; locked or gone, it says so."""
    with serve() as there:
        names = {
            word: there.post(word, f"Un mot sur {word}.") for word in ("caisses", "lampes", "fermé", "parti")
        }
        async with running(tmp_path, settings=shop(reddit_channel(there.url, "lumiere"))) as product:
            answers = await Answers.of(product)
            await eventually(lambda: answers.seen(len(names)), 30)
            hanging = {one["text"].partition("\n")[0]: one for one in await answers.approve_all()}
            there.lock_thread(names["fermé"])
            there.remove(names["parti"])
            began = time.monotonic()
            for word, message in hanging.items():
                await answers.reply_to([message], 1, f"Merci pour {word}")
            await answers.withdraw(hanging["lampes"])
            became = await eventually(answers.settled, 60, every=0.2)
            assert time.monotonic() - began >= UNDO
            assert became is not None
            assert {text: (each["state"], each["error"]) for text, each in became.items()} == {
                "Merci pour caisses 0": ("delivered", None),
                "Merci pour fermé 0": ("failed", "thread_locked"),
                "Merci pour parti 0": ("failed", "thread_gone"),
            }
            assert [(to, bare(text)) for to, text in there.posted] == [
                (names["caisses"], "Merci pour caisses 0")
            ]
            (gone,) = await answers.listed("withdrawn")
            assert [reply["delivery"]["state"] for reply in gone["replies"]] == ["cancelled"]
            assert there.asked("api/comment", "POST") == 3, "the withdrawn one was never tried"

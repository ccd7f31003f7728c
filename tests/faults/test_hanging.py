"""While every channel hangs for 20 s, the server's event loop is never held up for more than 50 ms (issue B)."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.benches import options as chatwoot_options
from tests.connectors.channels import SECRET
from tests.connectors.chatwoot_emulator import ChatwootEmulator
from tests.connectors.feed_emulator import FeedEmulator
from tests.connectors.loopback import Loopback
from tests.connectors.reddit_emulator import EmulatedReddit, Fault, serve
from tests.connectors.reply_emulator import ReplyEmulator
from tests.faults.channels import Answers, channel, reddit_channel, shop
from tests.support.process import running
from tests.support.walls import eventually

pytestmark = pytest.mark.long

HANG = 20.0  # seconds
PROMISE = 0.050
TRIES = 3  # a busy machine may hold us up as well, but not every time


async def test_the_loop_of_the_server_goes_on_while_every_channel_hangs(tmp_path: Path) -> None:
    gaps = tmp_path / "gaps.txt"
    with serve() as reddit:
        async with ReplyEmulator(SECRET) as forum, ChatwootEmulator() as chats, FeedEmulator() as news:
            reddit.post("La braderie")
            settings = shop(
                reddit_channel(reddit.url, "lumiere", timeout_seconds=HANG, recheck_seconds=1),
                channel("webhook", "avis", secret=SECRET, reply_url=f"{forum.url}/r", timeout_seconds=HANG),
                channel("chatwoot", "tchat", timeout_seconds=HANG, **chatwoot_options(chats)),
                channel("feed", "blog", feed_url=f"{news.url}/avis.xml", poll_seconds=1),
            )
            environment = {"GAPS": str(gaps)}
            async with running(
                tmp_path, settings=settings, environment=environment, module="tests.faults.watched"
            ) as product:
                answers = await Answers.of(product)
                for number in range(40):
                    await answers.push(
                        "avis", {"id": f"{number}", "event": "created", "text": f"Avis {number}"}
                    )
                await eventually(lambda: answers.seen(41), 60, every=0.1)
                hanging = await answers.approve_all()
                worst = []
                for number in range(1, TRIES + 1):
                    worst.append(await hung(answers, hanging, number, reddit, forum, chats, news, gaps))
                    print(f"longest gap while every channel hung for {HANG:.0f} s: {worst[-1] * 1000:.1f} ms")
                    if worst[-1] <= PROMISE:
                        return
    pytest.fail(f"{worst} s")


async def hung(
    answers: Answers,
    hanging: list[dict[str, Any]],
    number: int,
    reddit: EmulatedReddit,
    forum: Loopback,
    chats: ChatwootEmulator,
    news: Loopback,
    gaps: Path,
) -> float:
    """The longest gap in seconds, from when the last of them hung to when the first one let go."""
    reddit.order(*(Fault(hang=HANG) for _ in range(9)))
    services = (forum, chats, news)
    heard = [len(each.requests) for each in services]
    asked = len(reddit.requests)
    for each in services:
        each.fail(hang=True, times=99)
    chats.say(number, "Bonjour")
    chats.resolve(number)  # so its customer is to be asked
    for body in chats.deliveries:
        await answers.deliver("tchat", chats.signed(body), body)
    chats.deliveries.clear()
    replied = [one for one in hanging if one["channel"] in ("avis", "reddit")]
    await answers.reply_to(replied, len(replied), f"Merci {number}")
    await eventually(lambda: len(reddit.requests) > asked, 60)
    for each, before in zip(services, heard, strict=True):
        await eventually(partial(more, each, before), 60)
    began = time.monotonic()
    while time.monotonic() < began + HANG - 2:  # people go on
        await answers.listed("approved")
        await answers.push(
            "avis", {"id": f"{number}/{time.monotonic()}", "event": "created", "text": "Encore"}
        )
    ended = time.monotonic()
    for each in services:
        each.faults.clear()
    rows = (line.split() for line in gaps.read_text().splitlines())
    return max((float(gap) for at, gap in rows if began <= float(at) <= ended), default=0.0)


def more(service: Loopback, before: int) -> bool:
    return len(service.requests) > before

"""P7 on a real wall: what is changed or taken away on Reddit leaves the screen within two polls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.reddit_emulator import USER, serve
from tests.faults.channels import REPLAY, Answers, Recorded, reddit_channel, shop
from tests.faults.screen import LoneScreen
from tests.support.process import running
from tests.support.walls import eventually

POLL = 3  # seconds, of listings and re-checks both
PATIENCE = 60
SAID = 12


@dataclass(frozen=True)
class There:
    """A Reddit that people use, and how often its new submissions were asked for: once a poll."""

    url: str
    subreddits: tuple[str, ...]
    account: str
    edit: Callable[[str, str], object]
    delete: Callable[[str], object]  # by its author
    remove: Callable[[str], object]  # by a moderator
    polls: Callable[[], int]


@contextmanager
def emulated() -> Iterator[There]:
    with serve() as reddit:
        post = reddit.post("La braderie")
        reddit.burst(SAID - 2, post)
        reddit.post("Merci à Samia", "Elle a tout remonté avec moi.")
        yield There(
            reddit.url,
            ("lumiere",),
            USER,
            reddit.edit,
            reddit.delete,
            reddit.remove,
            lambda: reddit.asked("/new"),
        )


@contextmanager
def recorded() -> Iterator[There]:
    if not REPLAY.is_file():
        pytest.skip("the recorded answers are absent")
    with Recorded.running(SAID) as there:
        yield There(
            there.url,
            ("redditdev", "programming"),
            "store_manager",
            lambda name, text: there.tell("edit", name=name, body=text),
            lambda name: there.tell("delete", name=name, by="user"),
            lambda name: there.tell("delete", name=name, by="mod"),
            there.looks,
        )


@pytest.mark.long
@pytest.mark.parametrize("source", [emulated, recorded], ids=["emulated", "recorded"])
async def test_p7_an_edit_and_both_deletions_leave_a_real_wall_within_two_polls(
    tmp_path: Path, source: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with source() as there:
        settings = shop(
            reddit_channel(
                there.url, *there.subreddits, username=there.account, poll_seconds=POLL, recheck_seconds=POLL
            )
        )
        async with running(tmp_path, settings=settings) as product:
            answers = await Answers.of(product)
            device = await product.run("screen", "create", "--place", "grenoble")
            await eventually(lambda: answers.seen(SAID), PATIENCE, every=0.1)
            hanging = await answers.approve_all()
            names = {thing: one["id"] for one in hanging if (thing := comment_of(one["url"]))}
            async with LoneScreen.hanging(product.url, device) as screen:
                await eventually(lambda: screen.holds.keys() == {one["id"] for one in hanging}, PATIENCE)
                (edited, deleted, removed), kept = list(names.items())[:3], list(names.values())[3:]
                for name, ident, change in (
                    (*edited, lambda name: there.edit(name, "J’ai changé d’avis.")),
                    (*deleted, there.delete),
                    (*removed, there.remove),
                ):
                    since, before = time.monotonic(), there.polls()
                    change(name)
                    await eventually(partial(screen.lacks, ident), PATIENCE)
                    polls = there.polls() - before
                    with capsys.disabled():
                        print(
                            f"\n{name}: off the wall after {time.monotonic() - since:.1f} s, {polls} polls",
                            end="",
                        )
                    assert polls <= 2
                assert set(kept) <= screen.holds.keys(), "nothing else came down"
                (again,) = await answers.listed("pending")
                assert (again["id"], again["text"]) == (edited[1], "J’ai changé d’avis.")
                await answers.approve_all()
                await eventually(lambda: edited[1] in screen.holds, PATIENCE)
                erased = {one["id"] for one in await answers.listed("erased")}
                assert {deleted[1], removed[1]} <= erased
                assert not {deleted[1], removed[1]} & screen.holds.keys()


def comment_of(url: str | None) -> str | None:
    """The name of a comment, by its address."""
    parts = (url or "").rstrip("/").split("/comments/")[-1].split("/")
    return f"t1_{parts[2]}" if len(parts) == 3 else None

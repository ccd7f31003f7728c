"""A shop that answers on its channels, and what those channels do to it: emulated services, faults in order.

Owns the settings of such a shop, the spread of faults over the calls, and how its answers are followed by the API.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.request import Request, urlopen

import httpx

from tests.connectors.channels import body_of, signed
from tests.connectors.reddit_emulator import SECRET as REDDIT_SECRET
from tests.support.process import ROOT, Running, everything
from tests.support.walls import eventually

REPLAY: Final = ROOT.parent / "shared" / "replay" / "reddit_replay.py"
SETTLED: Final = frozenset({"delivered", "failed", "cancelled"})
TIMEOUT: Final = 1.0  # seconds that a call may take; less, and a busy machine loses every answer
HANG: Final = 2.0
SETTLE: Final = 4.0  # longer than HANG: what hangs has had its effect by then
HANDS: Final = 8
BLOCK: Final = 10  # one call of ten meets each kind of fault


def channel(kind: str, slug: str, **options: object) -> str:
    rows = {"slug": slug, "kind": kind, "places": ["grenoble"], **options}
    return "\n".join(["[[channel]]", *(f"{key} = {json.dumps(value)}" for key, value in rows.items()), ""])


def reddit_channel(url: str, *subreddits: str, **more: object) -> str:
    usual = {
        "reddit_url": url,
        "oauth_url": url,
        "timeout_seconds": TIMEOUT,
        "settle_seconds": SETTLE,
        "poll_seconds": 1,
        "recheck_seconds": 3600,
        **REDDIT_SECRET,
    }
    return channel("reddit", "reddit", subreddits=list(subreddits), **{**usual, **more})


def shop(*channels: str) -> str:
    return "\n".join(
        [
            '[organisation]\nslug = "lumiere"\n[[place]]\nslug = "grenoble"\nname = "Grenoble"\nwall_max = 1000\n',
            *channels,
        ]
    )


def spread(calls: int, kinds: Sequence[Mapping[str, Any]], seed: int = 7) -> Iterator[Mapping[str, Any]]:
    """For so many calls: every kind once in ten, in an order of its own; the others pass."""
    dice = random.Random(seed)
    for _ in range(0, calls, BLOCK):
        block = [*kinds, *({} for _ in range(BLOCK - len(kinds)))]
        dice.shuffle(block)
        yield from block


@dataclass
class Recorded:
    """The recorded Reddit beside the project."""

    url: str
    _met: list[dict[str, Any]] = field(default_factory=list)  # it tells the last two hundred only
    _last: float = 0.0

    def tell(self, what: str, **order: Any) -> Any:
        with urlopen(Request(f"{self.url}/__control/{what}", json.dumps(order).encode())) as answer:
            return json.load(answer)

    def state(self) -> Any:
        with urlopen(f"{self.url}/__control/state") as answer:
            return json.load(answer)

    def looks(self) -> int:
        """How often its new submissions were asked for so far: once a poll."""
        self._met += [each for each in self.state()["requests"] if each["t"] > self._last]
        self._last = max([self._last, *(each["t"] for each in self._met)])
        return sum(each["path"].endswith("/new") for each in self._met)

    @classmethod
    @contextmanager
    def running(cls, initial: int) -> Iterator[Recorded]:
        command = [sys.executable, str(REPLAY), "--port", "0", "--subs", "redditdev,programming"]
        with subprocess.Popen(
            [*command, "--initial", str(initial), "--now"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found
            yield cls(found[0])
            process.terminate()


@dataclass
class Answers:
    """The people of the shop, by the API."""

    product: Running
    moderator: str
    manager: str

    @classmethod
    async def of(cls, product: Running) -> Answers:
        tokens = [
            await product.run("token", "create", "--role", role, "--place", "grenoble")
            for role in ("moderator", "manager")
        ]
        return cls(product, *tokens)

    async def listed(self, state: str, **query: str) -> list[dict[str, Any]]:
        async with self.product.client(self.moderator) as client:
            return await everything(client, "/messages", "messages", state=state, **query)

    async def seen(self, number: int) -> bool:
        """Whether so many wait; false while the server is away."""
        try:
            return len(await self.listed("pending")) >= number
        except httpx.HTTPError:
            return False

    async def arrived(self) -> Counter[str]:
        """What waits, by its text."""
        return Counter(one["text"] for one in await self.listed("pending"))

    async def approve_all(self) -> list[dict[str, Any]]:
        async with self.product.client(self.moderator) as client:
            for one in await self.listed("pending"):
                nonce = f"{one['id']} {one['revision']}"
                await _told(client, one["id"], "approve", {"revision": one["revision"], "nonce": nonce})
        return await self.listed("approved")

    async def withdraw(self, message: Mapping[str, Any]) -> None:
        body = {"revision": message["revision"], "reason": "spam-ad", "passage": [0, 1], "nonce": "w"}
        async with self.product.client(self.moderator) as client:
            await _told(client, message["id"], "withdraw", body)

    async def reply_to(self, messages: Sequence[Mapping[str, Any]], count: int, word: str) -> list[str]:
        """``count`` different answers, in turn; some hands write at a time."""
        texts = [f"{word} {number}" for number in range(count)]
        writing = iter(enumerate(texts))
        async with self.product.client(self.manager) as client:

            async def hand() -> None:
                for number, text in writing:
                    body = {"place": "grenoble", "text": text, "nonce": text}
                    await _told(client, messages[number % len(messages)]["id"], "replies", body)

            await asyncio.gather(*(hand() for _ in range(HANDS)))
        return texts

    async def deliveries(self) -> dict[str, dict[str, Any]]:
        """What became of each answer, by its text."""
        return {
            reply["text"]: reply["delivery"]
            for message in await self.listed("approved")
            for reply in message["replies"]
        }

    async def settled(self) -> dict[str, dict[str, Any]] | None:
        """All of them, when none is under way any more."""
        try:
            found = await self.deliveries()
        except httpx.HTTPError:
            return None
        return found if all(over(each) for each in found.values()) else None

    async def push(self, slug: str, *items: object) -> None:
        body = body_of(*items)
        await self.deliver(slug, signed(body), body)

    async def deliver(self, slug: str, headers: Mapping[str, str], body: bytes) -> None:
        async with httpx.AsyncClient(base_url=self.product.url) as client:
            answer = await client.post(
                f"/api/v1/channels/{slug}/incoming", content=body, headers=dict(headers)
            )
        assert answer.status_code == 202, answer.text
        assert answer.json()["quarantined"] == []


def over(delivery: Mapping[str, Any]) -> bool:
    """Arrived, refused, or put to a person."""
    return delivery["state"] in SETTLED or delivery["error"] == "delivery_unknown"


async def _told(client: httpx.AsyncClient, ident: str, verb: str, body: Mapping[str, object]) -> None:
    answer = await client.post(f"/messages/{ident}/{verb}", json=body)
    assert answer.is_success, answer.text


async def killed_at(
    product: Running, goals: Sequence[int], public: Callable[[], int], patience: float
) -> None:
    """``kill -9`` each time that so many answers are public, and a new start."""
    for goal in goals:
        await eventually(partial(_reached, public, goal), patience, every=0.02)
        await product.kill()
        await product.start()


def _reached(public: Callable[[], int], goal: int) -> bool:
    return public() >= goal

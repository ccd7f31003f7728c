"""Reddit against the kit that every connector passes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from connectors.contract import Outgoing
from connectors.reddit import Reddit
from connectors.runner import Runner
from moderation.intake import receive
from moderation.store import Store
from tests.connectors.channels import Channel
from tests.connectors.kit import Answers, Bench, Deletions, Edits, Kit, Pulling, reply_to
from tests.connectors.reddit_emulator import BAD_JSON, USER, EmulatedReddit, Fault, serve


class Orders:
    """The kit's words for faults, for the emulator."""

    def __init__(self, there: EmulatedReddit) -> None:
        self._there = there

    def fail(self, *, hang: bool = False, drip: bool = False, garble: bool = False, **how: Any) -> None:
        self._there.order(
            Fault(hang=5.0 * hang, drip=60.0 * drip, body=BAD_JSON if garble else None, **how),
        )

    async def stop(self) -> None:
        self._there.stop()


class RedditBench(Bench):
    connector: Reddit

    def __init__(self, there: EmulatedReddit) -> None:
        self.there = there
        self.upstream = Orders(there)  # type: ignore[assignment]
        self.post = there.post("Nous ouvrons dimanche", author=USER)
        self._names: dict[str, str] = {}
        self._edited = int(time.time())
        self.connector = self.make()

    def make(self) -> Reddit:
        options = self.there.options(timeout_seconds=0.4)
        return Reddit(Channel(kind="reddit", slug="reddit", options=options), settle=0.0)

    async def say(self, key: str, text: str) -> None:
        self._names[key] = self.there.comment(self.post, text)

    async def edit(self, key: str, text: str) -> None:
        self._edited += 1  # Reddit dates edits to the second
        self.there.edit(self._names[key], text, self._edited)

    async def delete(self, key: str) -> None:
        self.there.delete(self._names[key])

    async def spoil(self, key: str) -> None:
        await self.say(key, " ")

    async def bring(self, store: Store) -> None:
        runner = Runner(store, [self.connector])
        await runner.poll(self.connector)
        await runner.recheck(self.connector)

    async def again(self, store: Store) -> None:
        pulled = await self.connector.pull(None)
        await receive(store, self.connector.slug, self.connector.places, pulled.items[::-1])

    async def reborn(self) -> None:
        self.connector.close()
        self.connector = self.make()

    @contextmanager
    def impatient(self, fault: Mapping[str, Any]) -> Iterator[None]:
        patient, self.connector._patience = self.connector._patience, 1.0
        try:
            yield
        finally:
            self.connector._patience = patient

    def refuse_credentials(self) -> None:
        self.there.token, self.there.password = "another", "another"

    def outgoing(self, key: str, reply_id: str = "r1") -> Outgoing:
        return reply_to(self._names[key], None, reply_id)

    def public(self) -> Sequence[str]:
        return [text for _, text in self.there.posted]


class TestReddit(Kit, Edits, Deletions, Pulling, Answers):
    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        with serve() as there:
            bench = RedditBench(there)
            yield bench
            bench.connector.close()

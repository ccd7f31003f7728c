"""Our own connectors, each against the kit."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.connectors.benches import ChatwootBench, DemoBench, FeedBench, WebhookBench
from tests.connectors.channels import SECRET
from tests.connectors.chatwoot_emulator import ChatwootEmulator
from tests.connectors.feed_emulator import FeedEmulator
from tests.connectors.kit import Answers, Bench, Deletions, Edits, Kit, Missing, Pulling
from tests.connectors.reply_emulator import ReplyEmulator


class TestDemo(Kit, Edits, Deletions):
    @pytest_asyncio.fixture
    async def bench(self) -> Bench:
        return DemoBench()


class TestWebhook(Kit, Edits, Deletions, Answers):
    @pytest_asyncio.fixture
    async def bench(self) -> AsyncIterator[Bench]:
        async with ReplyEmulator(SECRET) as upstream:
            yield WebhookBench(upstream)


class TestChatwoot(Kit, Edits, Deletions, Missing, Answers):
    @pytest_asyncio.fixture
    async def bench(self) -> AsyncIterator[Bench]:
        async with ChatwootEmulator() as upstream:
            yield ChatwootBench(upstream)


class TestFeed(Kit, Edits, Pulling):
    @pytest_asyncio.fixture
    async def bench(self) -> AsyncIterator[Bench]:
        async with FeedEmulator() as upstream:
            yield FeedBench(upstream)


class TestFeedAsRss(Kit, Edits, Pulling):
    @pytest_asyncio.fixture
    async def bench(self) -> AsyncIterator[Bench]:
        async with FeedEmulator("rss") as upstream:
            yield FeedBench(upstream)

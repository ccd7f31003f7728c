"""The benches of our own connectors."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from connectors import door
from connectors.calls import Calls
from connectors.chatwoot import Chatwoot
from connectors.contract import Outgoing, Pulls, Pushed
from connectors.demo import Demo
from connectors.demo_script import Said
from connectors.feed import Feed
from connectors.runner import Runner
from connectors.webhook import Webhook
from moderation.intake import receive
from moderation.store import Store
from tests.connectors.channels import SECRET, Channel, body_of, signed
from tests.connectors.chatwoot_emulator import ACCOUNT, INBOX, TOKEN, ChatwootEmulator
from tests.connectors.chatwoot_emulator import SECRET as CHATWOOT_SECRET
from tests.connectors.feed_emulator import FeedEmulator
from tests.connectors.kit import Bench, reply_to
from tests.connectors.loopback import Loopback
from tests.connectors.reply_emulator import ReplyEmulator

SOON = 0.2  # seconds that a call to an emulator that hangs may take


class Outward(Bench):
    """A connector that speaks HTTP through `connectors.calls`."""

    @property
    def calls(self) -> Calls:
        calls: Calls = self.connector._calls  # type: ignore[attr-defined]
        return calls

    @contextmanager
    def impatient(self, fault: Mapping[str, Any]) -> Iterator[None]:
        calls = self.calls
        patient = calls._deadline
        if fault.keys() & {"hang", "drip"}:
            calls._deadline = SOON
        try:
            yield
        finally:
            calls._deadline = patient


class Pulled(Outward):
    async def bring(self, store: Store) -> None:
        assert isinstance(self.connector, Pulls)
        await Runner(store, [self.connector]).poll(self.connector)

    async def again(self, store: Store) -> None:
        assert isinstance(self.connector, Pulls)
        pulled = await self.connector.pull(None)
        await receive(store, self.connector.slug, self.connector.places, pulled.items)


class Delivered(Outward):
    """A pushed channel: deliveries are kept, so that they can come again, shuffled."""

    upstream: Loopback

    def __init__(self) -> None:
        self.delivered = 0

    def deliveries(self) -> Sequence[tuple[dict[str, str], bytes]]:
        raise NotImplementedError

    async def bring(self, store: Store) -> None:
        for headers, body in self.deliveries()[self.delivered :]:
            await self._take(store, headers, body)
            self.delivered += 1

    async def again(self, store: Store) -> None:
        every = list(self.deliveries())
        random.Random(5).shuffle(every)
        for headers, body in every:
            await self._take(store, headers, body)

    async def _take(self, store: Store, headers: dict[str, str], body: bytes) -> None:
        assert isinstance(self.connector, Pushed)
        await door.take(store, self.connector, headers, body)


class DemoBench(Pulled):
    """The demo's own manners, with the lines of the test put into its mouth, and a clock that does not wait."""

    def __init__(self) -> None:
        self._lines: list[Said] = []
        self._now = 1_790_000_000.0
        self.connector = self.make()

    def make(self) -> Demo:
        demo = Demo(Channel(kind="demo", slug="avis", options={}), now=lambda: self._now)
        demo._script = tuple(self._lines)
        return demo

    def _put(self, line: Said) -> None:
        self._lines.append(line)
        assert isinstance(self.connector, Demo)
        self.connector._script = tuple(self._lines)

    async def say(self, key: str, text: str) -> None:
        self._put(Said(key=key, text=text))

    async def edit(self, key: str, text: str) -> None:
        revision = 1 + sum(line.key == key for line in self._lines)
        self._put(Said(key=key, text=text, event="edited", revision=revision))

    async def delete(self, key: str) -> None:
        self._put(Said(key=key, event="deleted"))

    async def spoil(self, key: str) -> None:
        self._put(Said(key=key, text="Trop d'étoiles", stars=6))

    async def bring(self, store: Store) -> None:
        while int((await store.channel("avis")).get("cursor", "0")) < len(self._lines):
            await super().bring(store)
            self._now += 1

    async def again(self, store: Store) -> None:
        other, cursor = self.make(), None
        while int(cursor or "0") < len(self._lines):
            pulled = await other.pull(cursor)
            await receive(store, other.slug, other.places, pulled.items)
            cursor = pulled.cursor
            self._now += 1

    async def reborn(self) -> None:
        self.connector = self.make()


class WebhookBench(Delivered):
    def __init__(self, upstream: ReplyEmulator) -> None:
        super().__init__()
        self.upstream = upstream
        self._items: list[dict[str, Any]] = []
        self._revisions: dict[str, int] = {}
        self.make()

    def make(self) -> None:
        options = {"secret": SECRET, "reply_url": f"{self.upstream.url}/replies"}
        self.connector = Webhook(Channel(options=options))

    def deliveries(self) -> Sequence[tuple[dict[str, str], bytes]]:
        bodies = [body_of(item) for item in self._items]
        return [(signed(body), body) for body in bodies]

    async def say(self, key: str, text: str) -> None:
        self._items.append({"id": key, "event": "created", "text": text})

    async def edit(self, key: str, text: str) -> None:
        self._revisions[key] = self._revisions.get(key, 1) + 1
        self._items.append({"id": key, "event": "edited", "text": text, "revision": self._revisions[key]})

    async def delete(self, key: str) -> None:
        self._items.append({"id": key, "event": "deleted"})

    async def spoil(self, key: str) -> None:
        self._items.append({"id": key, "event": "created", "text": "Trop d'étoiles", "stars": 6})

    async def reborn(self) -> None:
        self.make()

    def outgoing(self, key: str, reply_id: str = "r1") -> Outgoing:
        return reply_to(key, None, reply_id)

    def public(self) -> Sequence[str]:
        assert isinstance(self.upstream, ReplyEmulator)
        return [reply["text"] for reply in self.upstream.replies.values()]


class ChatwootBench(Delivered):
    def __init__(self, upstream: ChatwootEmulator) -> None:
        super().__init__()
        self.upstream: ChatwootEmulator = upstream
        self._numbers: dict[str, tuple[int, int]] = {}
        self.make()

    def make(self) -> None:
        self.connector: Chatwoot = chatwoot(self.upstream)

    @property
    def calls(self) -> Calls:
        return self.connector._api.calls

    async def miss(self) -> None:
        self.delivered = len(self.deliveries())

    def deliveries(self) -> Sequence[tuple[dict[str, str], bytes]]:
        return [(self.upstream.signed(body), body) for body in self.upstream.deliveries]

    async def say(self, key: str, text: str) -> None:
        conversation = 10 + len(self._numbers)
        self._numbers[key] = (conversation, self.upstream.say(conversation, text))

    async def edit(self, key: str, text: str) -> None:
        self.upstream.edit(self._numbers[key][1], text)

    async def delete(self, key: str) -> None:
        self.upstream.delete(self._numbers[key][1])

    async def spoil(self, key: str) -> None:
        await self.say(key, "x" * 40_001)

    async def reborn(self) -> None:
        self.make()

    async def agree(self, store: Store) -> None:
        for conversation, _ in self._numbers.values():
            self.upstream.say(conversation, "Afficher")
        await self.bring(store)

    def outgoing(self, key: str, reply_id: str = "r1") -> Outgoing:
        conversation, number = self._numbers[key]
        return reply_to(f"{conversation}/{number}", str(conversation), reply_id)

    def public(self) -> Sequence[str]:
        return [message["content"] for message in self.upstream.posted()]


class FeedBench(Pulled):
    def __init__(self, upstream: FeedEmulator) -> None:
        self.upstream: FeedEmulator = upstream
        self.make()

    def make(self) -> None:
        self.connector = feed(self.upstream)

    async def say(self, key: str, text: str) -> None:
        self.upstream.entries[key] = text

    async def edit(self, key: str, text: str) -> None:
        self.upstream.entries[key] = text

    async def spoil(self, key: str) -> None:
        self.upstream.entries[key] = "<p> </p>"

    async def reborn(self) -> None:
        self.make()


def options(upstream: ChatwootEmulator, **more: object) -> dict[str, object]:
    return {
        "chatwoot_url": upstream.url,
        "account": ACCOUNT,
        "inboxes": [INBOX],
        "token": TOKEN,
        "secret": CHATWOOT_SECRET,
        **more,
    }


def chatwoot(upstream: ChatwootEmulator, **more: object) -> Chatwoot:
    return Chatwoot(Channel(kind="chatwoot", slug="tchat", options=options(upstream, **more)))


def feed(upstream: FeedEmulator, **more: object) -> Feed:
    options = {"feed_url": f"{upstream.url}/avis.xml", **more}
    return Feed(Channel(kind="feed", slug="avis", options=options))

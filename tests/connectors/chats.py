"""What the tests of Chatwoot do again and again: deliver, look at what is held, hang a whole chat."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from connectors import door
from connectors.chatwoot import Chatwoot
from moderation.domain import Actor, Message
from moderation.store import Store
from tests.connectors.benches import chatwoot
from tests.connectors.chatwoot_emulator import ChatwootEmulator

MODERATOR = Actor(id="p1", name="Inès", role="moderator")


def opened(upstream: ChatwootEmulator, body: dict[str, Any]) -> Any:
    raw = json.dumps(body).encode()
    return chatwoot(upstream).open(upstream.signed(raw), raw, time.time())


def last(upstream: ChatwootEmulator) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(upstream.deliveries[-1])
    return found


async def deliver(
    store: Store, upstream: ChatwootEmulator, *, connector: Chatwoot | None = None, shuffle: int | None = None
) -> None:
    """All that it has to send, twice when shuffled."""
    bodies = list(upstream.deliveries)
    if shuffle is not None:
        bodies *= 2
        random.Random(shuffle).shuffle(bodies)
    for body in bodies:
        await door.take(store, connector or chatwoot(upstream), upstream.signed(body), body)
    upstream.deliveries.clear()


def ten_turns(upstream: ChatwootEmulator, conversation: int = 10) -> list[str]:
    said = []
    for turn in range(10):
        text = f"Tour {turn}"
        upstream.say(conversation, text, by="incoming" if turn % 2 == 0 else "outgoing")
        said.append(text)
    return said


async def held(store: Store) -> list[Message]:
    return list((await store.messages(places=["grenoble"], state="pending", held="consent")).items)


async def waiting(store: Store) -> list[Message]:
    return list((await store.messages(places=["grenoble"], state="pending")).items)


async def hang(store: Store) -> None:
    first, *others = sorted(await waiting(store), key=lambda message: message.text)
    revisions = {message.id: message.revision for message in others}
    await store.decide("approve", MODERATOR, first.id, revision=first.revision, companions=revisions)

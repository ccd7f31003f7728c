"""A Chatwoot delivery comes in by the same address as any other: signed, larger than a webhook's, held (P11)."""

from __future__ import annotations

import time

from connectors.webhook import BODY_LIMIT
from moderation.roster import Roster
from moderation.store import Store
from server.settings import Channel, Server, Settings
from tests.connectors.benches import options
from tests.connectors.chatwoot_emulator import ChatwootEmulator
from tests.support.houses import BASE, house

ADDRESS = "/api/v1/channels/tchat/incoming"


async def test_a_delivery_is_taken_in_and_held(store: Store, roster: Roster) -> None:
    async with ChatwootEmulator() as upstream:
        upstream.say(10, "x" * 30_000, sender={"id": 1, "name": "Camille", "note": "y" * BODY_LIMIT})
        body = upstream.deliveries[-1]
        assert len(body) > BODY_LIMIT
        channel = Channel(slug="tchat", kind="chatwoot", places=("grenoble",), options=options(upstream))
        settings = Settings(server=Server(public_url=BASE), channels=(channel,))
        async with house(store, roster, settings) as here, here.client() as client:
            answer = await client.post(ADDRESS, content=body, headers=upstream.signed(body))
            assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
            old = upstream.signed(body, at=time.time() - 400)
            assert (await client.post(ADDRESS, content=body, headers=old)).status_code == 401
            assert (await client.post(ADDRESS, content=body)).status_code == 401
    assert await store.count("grenoble", "pending", "consent") == 1

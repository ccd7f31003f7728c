"""What staff are told of a text that they took down: off how many screens, and what of the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from displays.protocol import Ack
from moderation.arrivals import Arrival
from moderation.domain import Message, Place, Ruling
from moderation.roster import Screen
from tests.support.houses import House
from tests.support.people import MODERATOR
from tests.support.walls import TestScreen, eventually, serving

INSULT = Ruling(code="insult-threat", passage=(0, 4))
LEASE = 1  # second; no settings let one be as short


@pytest_asyncio.fixture
async def url(home: House) -> AsyncIterator[str]:
    async with serving(home.app) as (_, port):
        yield f"ws://127.0.0.1:{port}/ws/screen"


async def hung(home: House, place: str, upstream: str) -> Message:
    store = home.services.store
    arrival = Arrival(channel="avis", places=(place,), upstream=upstream, text="Merci à tous.")
    ident, _ = await store.receive(arrival)
    return await store.decide("approve", MODERATOR, ident, revision=1)


async def told(home: House, message: Message, who: str = "owner") -> dict[str, Any]:
    answer = await home.call(who, "GET", f"/messages/{message.id}/screens")
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def states(said: dict[str, Any]) -> dict[str, str]:
    return {screen["name"]: screen["state"] for screen in said["screens"]}


async def test_p6_staff_see_a_text_leave_each_screen(home: House, url: str) -> None:
    roster, store = home.services.roster, home.services.store
    await roster.add_place(Place(slug="quai", name="Quai", lease_seconds=LEASE))
    paired: dict[str, tuple[Screen, str]] = {}
    for name in ("entrée", "caisse", "vitrine", "jamais venu"):
        paired[name] = await roster.create_screen("quai", name)
    await roster.create_screen("grenoble", "ailleurs")
    message, other = await hung(home, "quai", "u1"), await hung(home, "quai", "u2")

    async def joined(screen: TestScreen) -> None:
        await eventually(lambda: screen.replica.joined)
        await screen.ack(Ack(2))

    async with (
        TestScreen.open(url, paired["entrée"][1]) as first,
        TestScreen.open(url, paired["caisse"][1]) as second,
    ):
        async with TestScreen.open(url, paired["vitrine"][1]) as third:
            for screen in (first, second, third):
                await joined(screen)
            said = await told(home, message)
            assert (said["hangs"], said["total"], said["screens"]) == (True, 0, [])
            hub = home.services.hub
            await eventually(lambda: hub.facts(paired["vitrine"][0]).acked == 2)
        await eventually(lambda: not hub.facts(paired["vitrine"][0]).connected)
        await store.decide("withdraw", MODERATOR, message.id, revision=1, ruling=INSULT)
        await eventually(lambda: len(first.texts) == 1)
        await first.ack(Ack(3))

        async def after(*expected: str) -> bool:
            return tuple(states(await told(home, message)).values()) == expected

        await eventually(lambda: after("waiting", "off", "dark"))  # by name: caisse, entrée, vitrine
        said = await told(home, message)
        assert (said["off"], said["total"], said["hangs"]) == (2, 3, False)
        waits, _, dark = said["screens"]
        assert waits["since"] is not None
        assert dark["since"] < dark["dark_from"]
        await store.decide("withdraw", MODERATOR, other.id, revision=1, ruling=INSULT)
        await second.ack(Ack(3))  # it has applied the first removal, and not the second
        await eventually(lambda: after("off", "off", "dark"))
        assert states(await told(home, other))["caisse"] == "waiting"
    async with TestScreen.open(url, paired["vitrine"][1]) as third:
        await joined(third)
        await eventually(lambda: third.texts == [])
        await third.ack(Ack(4))
        await eventually(lambda: hub.facts(paired["vitrine"][0]).acked == 4)
        assert states(await told(home, other))["vitrine"] == "off"


async def test_a_silent_screen_has_its_lease(home: House, url: str) -> None:
    screen, token = await home.services.roster.create_screen("grenoble", "Vitrine")
    message = await hung(home, "grenoble", "u1")
    async with TestScreen.open(url, token) as one:
        await eventually(lambda: one.texts)
        await one.ack(Ack(1))
        await eventually(lambda: home.services.hub.facts(screen).acked == 1)
    await eventually(lambda: not home.services.hub.facts(screen).connected)
    body = {"revision": 1, "reason": "insult-threat", "passage": [0, 5]}
    assert (await home.call("manager", "POST", f"/messages/{message.id}/withdraw", body)).status_code == 200
    (said,) = (await told(home, message, "manager"))["screens"]
    assert (said["state"], said["since"] < said["dark_from"]) == ("silent", True)
    assert (await home.call("manager", "POST", f"/messages/{message.id}/undo")).status_code == 200
    assert (await told(home, message, "staff"))["hangs"]


async def test_who_is_told_of_the_screens(home: House) -> None:
    message = await hung(home, "grenoble", "u1")
    path = f"/messages/{message.id}/screens"
    for who, status in (
        (None, 401), ("auditor", 403), ("stranger", 404), ("staff", 200), ("moderator", 200), ("manager", 200),
    ):  # fmt: skip
        assert (await home.call(who, "GET", path)).status_code == status, who
    assert (await home.call("owner", "GET", "/messages/none/screens")).status_code == 404

"""Who may open a socket, what closes it, and that a listener's start has no hole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from displays.protocol import Welcome
from moderation.arrivals import Arrival
from moderation.domain import Place, WallSnapshot
from moderation.roster import Roster, Screen
from moderation.seals import Seals
from moderation.store import Store
from server import sockets
from server.sockets import ADMITTED
from tests.displays.test_hub import approved
from tests.support.walls import TestScreen, Wall, eventually, wall


@pytest_asyncio.fixture
async def here(store: Store, roster: Roster) -> AsyncIterator[Wall]:
    async with wall(store, roster) as started:
        yield started


@pytest_asyncio.fixture
async def token(roster: Roster) -> str:
    _, bare = await roster.create_screen("grenoble", "Vitrine")
    return bare


def knock(url: str, protocol: str | None = "wall.v1", **headers: str) -> Any:
    return connect(
        url,
        subprotocols=[Subprotocol(protocol)] if protocol else None,
        additional_headers={name.capitalize(): value for name, value in headers.items()},
    )


async def code(socket: ClientConnection) -> int | None:
    try:
        async with asyncio.timeout(5):
            while True:
                await socket.recv()
    except ConnectionClosed:
        return socket.close_code


HELLO = '{"t": "hello", "rid": "r1", "novel": true}'


async def test_a_cookie_needs_an_allowed_origin(here: Wall, token: str) -> None:
    cookie = f"device={token}"
    with pytest.raises(InvalidStatus):
        async with knock(here.url, cookie=cookie, origin="http://evil.test"):
            pass
    async with knock(here.url, cookie=cookie) as socket:  # no Origin: the cookie is not looked at
        assert await code(socket) == 4401
    async with knock(here.url, cookie=cookie, origin=here.origin) as socket:
        await socket.send(HELLO)
        assert '"t":"welcome"' in str(await socket.recv())


@pytest.mark.parametrize(
    "origin",
    ["http://wall.test:80", "https://wall.test", "http://wall.test.evil", "null", "HTTP://WALL.TEST"],
)
async def test_an_origin_is_compared_exactly(here: Wall, token: str, origin: str) -> None:
    with pytest.raises(InvalidStatus):
        async with knock(here.url, authorization=f"Bearer {token}", origin=origin):
            pass


async def test_who_is_not_paired_is_told_so(here: Wall) -> None:
    async with knock(here.url, authorization="Bearer nonsense") as socket:
        assert await code(socket) == 4401
    async with knock(here.url, origin=here.origin) as socket:
        assert await code(socket) == 4401


@pytest.mark.parametrize(
    "said",
    ["", "[]", "null", '{"rid": "r1"}', '{"t": "hello"}', '{"t": "hello", "rid": 7}',
     '{"t": "hello", "rid": "r", "c": {"e": "x", "s": -1, "n": ""}}', '{"t": "ack", "s": NaN}',
     '{"t": "ack", "s": 1, "airtime": [{"n": 1, "id": "a", "version": 1, "page": 0, "seconds": Infinity}]}',
     "[" * 50_000, b"\x00\x01"],
)  # fmt: skip
async def test_malformed_frames_close_with_4406(here: Wall, token: str, said: str | bytes) -> None:
    async with knock(here.url, authorization=f"Bearer {token}") as socket:
        await socket.send(said)
        assert await code(socket) == 4406


async def test_unknown_frames_and_fields_are_ignored(here: Wall, token: str) -> None:
    async with knock(here.url, authorization=f"Bearer {token}") as socket:
        await socket.send('{"t": "poem", "lines": 14}')
        await socket.send(HELLO)
        assert '"t":"welcome"' in str(await socket.recv())


async def test_another_subprotocol_is_4406(here: Wall, token: str) -> None:
    async with knock(here.url, "wall.v9", authorization=f"Bearer {token}") as socket:
        assert await code(socket) == 4406


async def test_a_chatterbox_is_4429(here: Wall, token: str) -> None:
    async with knock(here.url, authorization=f"Bearer {token}") as socket:
        for _ in range(200):
            await socket.send('{"t": "poem"}')
        assert await code(socket) == 4429


async def test_a_screen_may_answer_every_entry_of_a_busy_hour(
    here: Wall, store: Store, roster: Roster
) -> None:
    screen, token = await roster.create_screen("grenoble", "Vitrine")
    async with knock(here.url, authorization=f"Bearer {token}") as socket:
        await socket.send(HELLO)
        while '"t":"hb"' not in str(await socket.recv()):
            pass  # its start is told whole
        heard = 0
        for n in range(sockets.FRAMES + 10):
            await approved(store, f"u{n}")
            while heard < n + 1:
                frame = json.loads(await socket.recv())
                if frame["t"] == "ev":
                    heard = frame["c"]["s"]
                    await socket.send(json.dumps({"t": "ack", "s": heard, "shown": [], "airtime": []}))
        await eventually(lambda: here.hub.facts(screen).acked == heard)
        assert here.hub.facts(screen).connected


async def test_the_desk_hears_ids_of_its_own_places_only(here: Wall, store: Store, roster: Roster) -> None:
    person = await roster.add_person("Mia", "moderator", places=["lyon"])
    secret = await roster.open_session(person)
    url = here.url.replace("/ws/screen", "/ws/desk")
    with pytest.raises(InvalidStatus):
        async with knock(url, "desk.v1", cookie=f"session={secret}"):
            pass
    async with knock(url, "desk.v1", origin=here.origin) as socket:
        assert await code(socket) == 4401
    async with knock(url, "desk.v1", origin=here.origin, cookie=f"session={secret}") as socket:
        assert str(await socket.recv()) == '{"t":"welcome","places":["lyon"],"hb":10}'
        await approved(store)  # in grenoble
        ident, _ = await store.receive(
            Arrival(channel="avis", places=("lyon",), upstream="l1", text="Un secret")
        )
        heard = str(await socket.recv())
        assert f'"place":"lyon","what":"message.received","id":"{ident}"' in heard
        assert "secret" not in heard


async def test_an_auditor_does_not_hear_the_desk(here: Wall, roster: Roster) -> None:
    """What waits and what is refused is the staff's; an auditor reads what hangs, and the ledger."""
    person = await roster.add_person("Zoé", "auditor")
    cookie = f"session={await roster.open_session(person)}"
    url = here.url.replace("/ws/screen", "/ws/desk")
    async with knock(url, "desk.v1", cookie=cookie, origin=here.origin) as socket:
        assert await code(socket) == 4401


async def test_p6_what_happens_while_a_snapshot_is_read_is_not_missed(
    store: Store, roster: Roster, token: str
) -> None:
    """The snapshot is read, then a card is erased, and only then is the snapshot sent."""
    read, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Store):
        async def snapshot(self, place: str) -> WallSnapshot:
            found = await super().snapshot(place)
            read.set()
            await go_on.wait()
            return found

    slow = Slow(store.connection, store.organisation, Seals(b"", b""), None)
    gone = await approved(store, "u1", "un")
    async with wall(slow, roster) as started, TestScreen.open(started.url, token) as screen:
        await read.wait()
        await store.erase(gone.id)
        kept = await approved(store, "u2", "deux")
        head = await store.feed_head("grenoble", "wall")
        await eventually(lambda: started.hub.head("grenoble") == head.offset)
        go_on.set()
        await eventually(lambda: screen.replica.joined and screen.texts == ["deux"])
        assert list(screen.replica.cards) == [kept.id]
        assert len(screen.said(Welcome)) == 1


async def test_a_storm_is_let_in_a_few_at_a_time_and_all_of_it(
    store: Store, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has said hello and waits for us is not sent away for being late."""
    inside, most, go_on = 0, 0, asyncio.Event()

    class Watched(Roster):
        async def hanging(self, ident: str, place: str) -> tuple[Screen | None, Place | None]:
            nonlocal inside, most
            inside, most = inside + 1, max(most, inside + 1)
            await go_on.wait()
            inside -= 1
            return await super().hanging(ident, place)

    monkeypatch.setattr(sockets, "HELLO_SECONDS", 2.0)
    tokens = [(await roster.create_screen("grenoble", "Vitrine"))[1] for _ in range(ADMITTED + 8)]
    async with (
        wall(store, Watched(store.connection, store.organisation)) as started,
        AsyncExitStack() as stack,
    ):
        every = [await stack.enter_async_context(TestScreen.open(started.url, token)) for token in tokens]
        await eventually(lambda: inside == ADMITTED)
        late = asyncio.get_running_loop().time() + 1.5 * sockets.HELLO_SECONDS
        await eventually(lambda: asyncio.get_running_loop().time() > late)
        go_on.set()
        await eventually(lambda: all(screen.replica.joined for screen in every))
        assert most == ADMITTED
        assert {len(screen.said(Welcome)) for screen in every} == {1}


async def test_a_desk_that_talks_is_4429(here: Wall, roster: Roster) -> None:
    person = await roster.add_person("Mia", "moderator", places=["grenoble"])
    cookie = f"session={await roster.open_session(person)}"
    url = here.url.replace("/ws/screen", "/ws/desk")
    async with knock(url, "desk.v1", cookie=cookie, origin=here.origin) as socket:
        for _ in range(200):
            await socket.send("hello?")
        assert await code(socket) == 4429

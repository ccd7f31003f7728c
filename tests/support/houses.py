"""A whole application for the tests: real engine, real services, people of every role with their tokens."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from argon2 import PasswordHasher
from starlette.applications import Starlette

from connectors import registry
from connectors.webhook import sign
from displays.hub import Hub
from displays.rendering import Pages
from moderation.actions import Actions
from moderation.domain import Incoming, Message, Role
from moderation.intake import receive
from moderation.roster import Person, Roster
from moderation.store import Store
from server.app import build
from server.services import Services
from server.settings import Channel, Server, Settings

BASE = "http://wall.test"
PASSWORD = "correct horse battery"
KEPT = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
TEXT = "Vendeur malpoli, appelez le 06 12 34 56 78."
ROLES: tuple[Role, ...] = ("owner", "moderator", "manager", "staff", "auditor")
SECRETS = ("whsec-one-of-the-tests", "whsec-the-next-of-the-tests")
SETTINGS = Settings(
    server=Server(public_url=BASE),
    channels=(
        Channel(slug="avis", kind="webhook", places=("grenoble",), options={"secret": SECRETS}),
        Channel(slug="tchat", kind="webhook", places=("grenoble", "lyon"), options={"secret": "whsec-other"}),
    ),
)


@dataclass
class House:
    services: Services
    app: Starlette
    tokens: Mapping[str, str]  # by role; "stranger" moderates another place
    people: Mapping[str, Person]
    made: int = field(default=0)

    def client(self, who: str | None = None, **options: Any) -> httpx.AsyncClient:
        """A program: with the token of a role, or with nothing."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        transport = httpx.ASGITransport(
            app=self.app, client=("127.0.0.1", 40_000), raise_app_exceptions=False
        )
        base = self.services.settings.server.base_url
        return httpx.AsyncClient(
            transport=transport,
            base_url=base,
            headers={"Accept-Language": "fr", **headers, **options.pop("headers", {})},
            **options,
        )

    async def call(self, who: str | None, method: str, path: str, body: object = None) -> httpx.Response:
        """One call of the API. Whatever it is refused with, `openapi.json` says that it may be."""
        async with self.client(who) as client:
            answer = await client.request(method, f"/api/v1{path}", json=body)
            if answer.is_client_error:
                document = (await client.get("/api/v1/openapi.json")).json()
                for pattern, methods in document["paths"].items():
                    if method.lower() in methods and re.fullmatch(
                        re.sub(r"{\w+}", "[^/]+", pattern), path.partition("?")[0]
                    ):
                        described = methods[method.lower()]["responses"]
                        assert str(answer.status_code) in described, f"{method} {pattern}: {answer.text}"
        return answer

    async def deliver(
        self, items: object, *, slug: str = "avis", secret: str = SECRETS[0], at: float | None = None
    ) -> httpx.Response:
        """What the sender of a webhook channel posts."""
        body = json.dumps({"items": items}).encode()
        timestamp = str(int(time.time() if at is None else at))
        headers = {
            "X-Complicity-Timestamp": timestamp,
            "X-Complicity-Signature": sign(secret.encode(), timestamp, body),
        }
        async with self.client() as client:
            return await client.post(f"/api/v1/channels/{slug}/incoming", content=body, headers=headers)

    async def deserted(self) -> None:
        """Nobody is left: what no button can do, since an owner always stays."""
        store = self.services.store
        await store.connection.ask(store.connection.commands.delete(store.keys.table("people")))

    @asynccontextmanager
    async def browser(self, who: str | None = None, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
        """A person's browser: cookies, our Origin, and signed in when ``who`` is somebody."""
        base = self.services.settings.server.base_url
        headers = {"Origin": base, **options.pop("headers", {})}
        async with self.client(None, headers=headers, **options) as browser:
            if who is not None:
                secret = await self.services.roster.open_session(self.people[who])
                secure = self.services.settings.server.secure
                browser.cookies.set("__Host-session" if secure else "session", secret)
            yield browser

    async def csrf(self, browser: httpx.AsyncClient) -> str:
        secret = browser.cookies.get("session") or browser.cookies.get("__Host-session") or ""
        session = await self.services.roster.session(secret)
        assert session is not None
        return session.csrf

    async def message(self, state: str = "pending", *, text: str = TEXT, **more: Any) -> Message:
        """A message of grenoble, brought into a state by the owner."""
        self.made += 1
        item = Incoming(id=f"u{self.made}", text=text, author_name="Camille", **more)
        (received,) = (await receive(self.services.store, "avis", ["grenoble"], [item])).received
        assert received.message is not None
        ident, actor, actions = received.message, self.people["owner"].actor(), self.services.actions
        if state in ("approved", "withdrawn"):
            await actions.approve(actor, ident, revision=1)
        if state == "withdrawn":
            await actions.withdraw(actor, ident, revision=1, reason="hate", passage=(0, 7))
        if state == "refused":
            await actions.refuse(actor, ident, revision=1, reason="hate", passage=(0, 7))
        if state == "erased":
            await actions.erase(actor, ident)
        found = await self.services.store.message(ident)
        assert found is not None
        assert found.state == state
        return found

    async def edit(self, message: Message, text: str) -> None:
        item = Incoming(id=message.upstream, event="edited", revision=message.revision + 1, text=text)
        await receive(self.services.store, "avis", ["grenoble"], [item])


@asynccontextmanager
async def house(
    store: Store, roster: Roster, settings: Settings = SETTINGS, **more: Any
) -> AsyncIterator[House]:
    people: dict[str, Person] = {}
    tokens: dict[str, str] = {}
    for role in ROLES:
        places = None if role == "owner" else ["grenoble"]
        people[role] = await roster.add_person(
            role.title(), role, password=KEPT, places=places, first_name=f"{role.title()}-Anne"
        )
        _, tokens[role] = await roster.create_token(role, person=people[role].name)
    people["stranger"] = await roster.add_person("Zoe", "moderator", password=KEPT, places=["lyon"])
    _, tokens["stranger"] = await roster.create_token("moderator", person="Zoe")
    hub = Hub(store, roster)
    await hub.start()
    services = Services(
        settings=settings,
        store=store,
        roster=roster,
        actions=Actions(store, roster),
        hub=hub,
        pages=Pages(),
        connectors={channel.slug: registry.build(channel) for channel in settings.channels},
        **more,
    )
    try:
        yield House(services, build(services), tokens, people)
    finally:
        await services.actions.close()
        await hub.stop()


def behind(public_url: str, **server: Any) -> Settings:
    """The same settings, reached at another address."""
    return replace(SETTINGS, server=Server(public_url=public_url, **server))

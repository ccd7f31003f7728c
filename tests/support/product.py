"""The whole product with people and a channel, as a store runs it.

Owns who is there, and being the outside system that posts to its webhook. How the process is started and stopped
is `process`'s business.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import randrange
from typing import Any, Final

import httpx

from tests.support.process import Running, running

SECRET: Final = "a webhook's secret, 32 bytes or so"
SECRETS: Final[Mapping[str, str]] = {"avis": SECRET, "forum": f"{SECRET}, another"}
PASSWORD: Final = "une phrase que l'on retient"
PEOPLE: Final[Mapping[str, tuple[str, ...]]] = {
    "owner": ("Odile", "owner"),
    "moderator": ("Malik", "moderator", "grenoble"),
    "colleague": ("Mia", "moderator", "grenoble"),
    "manager": ("Manon", "manager", "grenoble"),
}
SETTINGS: Final = """
[organisation]
slug = "lumiere"
name = "Maison Lumière"

[[place]]
slug = "grenoble"
name = "Grenoble, place Victor-Hugo"

[[place]]
slug = "lyon"
name = "Lyon, rue de la République"

[[channel]]
slug = "avis"
kind = "webhook"
places = ["grenoble"]
secret = "env:AVIS_SECRET"

[[channel]]
slug = "forum"
kind = "webhook"
places = ["grenoble"]
secret = "env:FORUM_SECRET"
reply_url = "http://127.0.0.1:9/"
"""


@dataclass(frozen=True, slots=True)
class Product:
    """A running product. ``tokens`` by role, for what a test asks of the API beside the pages."""

    url: str
    tokens: Mapping[str, str]
    data: Path

    async def send(self, *items: Mapping[str, object], channel: str = "avis") -> None:
        """As an outside system: signed items on a webhook."""
        body = json.dumps({"items": [{"event": "created", **item} for item in items]}).encode()
        stamp = str(int(time.time()))
        seal = hmac.new(SECRETS[channel].encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Complicity-Timestamp": stamp,
            "X-Complicity-Signature": f"v1={seal}",
        }
        answer = await self._call(
            "POST", f"/api/v1/channels/{channel}/incoming", content=body, headers=headers
        )
        assert answer["quarantined"] == [], answer

    async def write(self, text: str, place: str = "grenoble", **fields: str) -> str:
        """As a customer without script: the form, and the address of its receipt.

        Each has an address of their own, so that a whole test run is not one visitor who writes too much.
        """
        async with self._visitor() as client:
            form = await client.get(f"/write/{place}")
            token = re.search(r'name="token" value="([^"]+)"', form.text)
            assert token, form.text
            sent = {"token": token[1], "text": text, "consent": "yes", **fields}
            answer = await client.post(f"/write/{place}", data=sent)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def screen(self, name: str, place: str = "grenoble") -> str:
        """A new screen, by its code as a person types it; its device token."""
        async with self._visitor() as browser:
            code = (await browser.post("/screen/pairing")).json()["code"]
            await self.post("screens/pair", {"code": code, "place": place, "name": name})
            assert (await browser.get("/screen/pairing")).json()["state"] == "paired"
            return browser.cookies["device"]

    async def messages(self, **query: str) -> list[dict[str, Any]]:
        answer = await self.get("messages?" + "&".join(f"{key}={value}" for key, value in query.items()))
        found: list[dict[str, Any]] = answer["messages"]
        return found

    async def get(self, path: str, role: str = "owner") -> Any:
        return await self._call("GET", f"/api/v1/{path}", headers=self._bearer(role))

    async def post(self, path: str, body: Mapping[str, object], role: str = "owner") -> Any:
        return await self._call("POST", f"/api/v1/{path}", json=body, headers=self._bearer(role))

    async def delete(self, path: str, role: str = "owner") -> Any:
        return await self._call("DELETE", f"/api/v1/{path}", headers=self._bearer(role))

    def _bearer(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def _visitor(self) -> httpx.AsyncClient:
        own = f"127.{randrange(1, 255)}.{randrange(1, 255)}.{randrange(1, 255)}"
        transport = httpx.AsyncHTTPTransport(local_address=own if sys.platform == "linux" else None)
        return httpx.AsyncClient(base_url=self.url, transport=transport, headers={"Origin": self.url})

    async def _call(self, method: str, path: str, **options: Any) -> Any:
        async with httpx.AsyncClient(base_url=self.url) as client:
            answer = await client.request(method, path, **options)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@asynccontextmanager
async def product(folder: Path) -> AsyncIterator[Product]:
    """`complicity serve` on a free port, two places, a webhook channel, one person a role."""
    async with product_of(folder) as (_, found):
        yield found


@asynccontextmanager
async def product_of(folder: Path) -> AsyncIterator[tuple[Running, Product]]:
    """The same with its process, for tests that kill it and start it again."""
    environment = {"AVIS_SECRET": SECRET, "FORUM_SECRET": SECRETS["forum"], "DOOR": PASSWORD}
    async with running(folder, settings=SETTINGS, environment=environment) as process:
        yield process, Product(process.url, await _furnish(process), process.data)


async def _furnish(process: Running) -> Mapping[str, str]:
    async def one(name: str, role: str, *places: str) -> str:
        at = [part for place in places for part in ("--place", place)]
        await process.run("user", "add", name, "--role", role, *at, "--password-env", "DOOR")
        return await process.run("token", "create", "--role", role, "--user", name)

    tokens = await asyncio.gather(*(one(*person) for person in PEOPLE.values()))
    return dict(zip(PEOPLE, tokens, strict=True))

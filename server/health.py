"""Is it alive, is it ready: two addresses for whoever supervises the server.

Owns what each means. ``alive`` says only that the process answers; ``ready`` that a change would be kept.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from moderation.store import Store


class Health:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def alive(self, request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def ready(self, request: Request) -> Response:
        """Raises Unavailable (503) when the engine can't be reached or would not take a write."""
        await self._store.probe()
        return PlainTextResponse("ready\n")

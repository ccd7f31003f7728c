"""A conversation with Chromium over two pipes, so that no port is open: JSON, a NUL after each message.

Owns calls, answers and patience. Must not know what is asked.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import time
from typing import Any, Final

PATIENCE: Final = 10.0  # seconds for an answer
CHUNK: Final = 65536


class Lost(Exception):
    """The browser has gone, or says no."""


class Silent(Lost):
    """It has not answered, yet."""


class Pipe:
    def __init__(self, reads: int, writes: int) -> None:
        self._reads = reads
        self._writes = writes
        self._heard = b""
        self._asked = 0
        os.set_blocking(writes, False)  # a stopped browser reads nothing

    def call(
        self, method: str, session: str | None = None, *, patience: float = PATIENCE, **params: Any
    ) -> dict[str, Any]:
        self._asked += 1
        message: dict[str, Any] = {"id": self._asked, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        try:
            os.write(self._writes, json.dumps(message).encode() + b"\0")
        except BlockingIOError as error:
            raise Silent(f"{method} could not be asked: {error.strerror}") from error
        except BrokenPipeError as error:
            raise Lost("the browser has gone") from error
        until = time.monotonic() + patience
        while True:
            said = self._next(method, until)
            if said.get("id") != self._asked:
                continue  # an event, or an answer that somebody stopped waiting for
            if "error" in said:
                raise Lost(f"{method}: {said['error'].get('message')}")
            result: dict[str, Any] = said["result"]
            return result

    def _next(self, method: str, until: float) -> dict[str, Any]:
        while b"\0" not in self._heard:
            ready, _, _ = select.select([self._reads], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise Silent(f"{method} was not answered")
            if not (more := os.read(self._reads, CHUNK)):
                raise Lost("the browser has gone")
            self._heard += more
        text, _, self._heard = self._heard.partition(b"\0")
        said: dict[str, Any] = json.loads(text)
        if said.get("method") == "Target.targetCrashed":
            raise Lost("the page has crashed")
        return said

    def listen(self, seconds: float) -> None:
        """Asks nothing for so long, but hears at once of an end or a crash."""
        until = time.monotonic() + seconds
        with contextlib.suppress(Silent):
            while True:
                self._next("nothing", until)

    def close(self) -> None:
        os.close(self._reads)
        os.close(self._writes)

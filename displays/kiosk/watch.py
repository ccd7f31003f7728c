"""What hangs, and what to do about it. Looks through the pipe at the browser's own page; judges by what was seen, when.

Owns the rule of the watchdog. Must not know processes, the server or panels.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Literal

from .pipe import Lost, Pipe, Silent

PATIENCE: Final = 60.0  # seconds without a sign of life of our page
STARTING: Final = 60.0  # seconds for a first word: a small player reads its browser from a card, cold
SEEING: Final = """JSON.stringify({
  address: location.href,
  tick: document.documentElement.dataset.tick || "",
  state: document.documentElement.dataset.state || "",
  closed: document.documentElement.dataset.closed === "yes",
  kept: !!(navigator.serviceWorker && navigator.serviceWorker.controller),
})"""

Verdict = Literal["well", "waits", "silent", "astray", "dead"]


@dataclass(frozen=True, slots=True)
class Seen:
    """``kept``: the page would also come without a server."""

    address: str
    tick: str
    state: str
    closed: bool
    kept: bool

    @property
    def place(self) -> str:
        return self.address.partition("#")[0].partition("?")[0]


class Page:
    """The one page of the browser. What else opened is closed."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        pipe.call("Target.setDiscoverTargets", patience=STARTING, discover=True)  # so that a crash is told

    def look(self) -> Seen:
        session = self._attach()
        answer = self._pipe.call("Runtime.evaluate", session, expression=SEEING, returnByValue=True)
        self._pipe.call("Target.detachFromTarget", sessionId=session)
        if (said := answer["result"].get("value")) is None:
            raise Silent("the page is between two documents")
        return Seen(**json.loads(said))

    def lead(self, address: str) -> bool:
        """Whether something came from there that is no error of the browser."""
        session = self._attach()
        answer = self._pipe.call("Page.navigate", session, url=address, patience=30)
        self._pipe.call("Target.detachFromTarget", sessionId=session)
        return "errorText" not in answer

    def _attach(self) -> str:
        targets = self._pipe.call("Target.getTargets")["targetInfos"]
        pages = [each["targetId"] for each in targets if each["type"] == "page"]
        if not pages:
            raise Lost("no page is open")
        for other in pages[1:]:
            self._pipe.call("Target.closeTarget", targetId=other)
        attached = self._pipe.call("Target.attachToTarget", targetId=pages[0], flatten=True)
        return str(attached["sessionId"])


class Watch:
    """``wall`` lives by its tick; ``waiting``, the kit's own page, by being seen. Anything else is astray.

    Where our server led on to, that is the wall: so it can be set."""

    def __init__(self, wall: str, waiting: str, now: float, patience: float = PATIENCE) -> None:
        self.wall = wall
        self._waiting = waiting
        self._patience = patience
        self._heard = now  # the last sign of life
        self._tick = ""

    def judge(self, seen: Seen | None, now: float) -> Verdict:
        verdict = self._at(seen)
        if verdict in {"well", "waits"}:
            self._heard = now
        elif now - self._heard >= self._patience:
            return "dead"
        return verdict

    def _at(self, seen: Seen | None) -> Verdict:
        if seen is None:
            return "silent"
        if seen.place == self._waiting:
            return "waits"
        if seen.place != self.wall:
            return "astray"
        moved, self._tick = seen.tick not in {"", self._tick}, seen.tick
        return "well" if moved else "silent"

"""Keeps one browser on the wall: starts it, looks every twenty seconds, leads it back, or ends it and starts anew.

Owns the loop, its times and the waiting page's place. Must not know how a browser is spoken to.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlsplit

from .chromium import Chromium
from .panel import Panel
from .pipe import Lost, Silent
from .server import trouble
from .settings import Settings
from .watch import PATIENCE, Page, Seen, Watch

log: Final = logging.getLogger("kiosk")
WAITING: Final = Path(__file__).with_name("waiting.html")
NOTICE: Final = 1.0  # seconds in which an end of the browser, or an order to stop, is noticed
ARRIVING: Final = 30  # tenths of a second that a new page may be without a document
OVERFLOW: Final = 1.5  # times the memory allowed: then it does not wait for the night


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds."""

    look: float = 20.0
    hurry: float = 3.0  # between two looks while it is not on the wall
    patience: float = PATIENCE
    last: float = 60.0  # the longest wait before a start
    health: float = 300.0  # a life of this length was none of a series of failures


class Keeper:
    """``tell``: how it goes, at each look. ``folder`` is ours alone and outlives a power cut."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        panel: Panel,
        environment: Mapping[str, str],
        tell: Callable[[str], None],
        times: Times = Times(),
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._panel = panel
        self._environment = dict(environment)
        self._tell = tell
        self._times = times
        # Exists: the wall's page comes without a server too, from the address in it.
        self._kept = folder / "kept"
        self._waiting = folder / "waiting.html"
        self._stopping = threading.Event()
        self.browser: Chromium | None = None  # for who looks on

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        with suppress(OSError):  # there is one from before
            self._waiting.write_text(page_for(self._settings), "utf-8")
        wait = 1.0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                why = self._live()
            except (Lost, OSError) as error:
                why = str(error)
            if self._stopping.is_set():
                break
            if time.monotonic() - began > self._times.health:
                wait = 1.0
            log.warning("the browser is started anew in %.0f s: %s", wait, why)
            self._tell(f"starting anew: {why}")
            self._stopping.wait(wait)
            wait = min(wait * 2, self._times.last)

    def _live(self) -> str:
        """One life of a browser, until there is a reason to end it."""
        address = self._waiting.as_uri()
        with Chromium(self._settings, self._folder / "profile", address, self._environment) as browser:
            self.browser = browser
            page = Page(browser.pipe)
            watch = Watch(self._settings.wall, address, time.monotonic(), self._times.patience)
            while not self._stopping.is_set():
                if not browser.alive:
                    return "it has ended"
                seen = look(page)
                verdict = watch.judge(seen, time.monotonic())
                self._tell(f"{verdict}: {seen.address} {seen.state}" if seen else "it does not answer")
                if verdict == "dead":
                    return f"nothing was heard of our page for {self._times.patience:.0f} s"
                if seen is not None and verdict == "well":
                    self._remember(seen)
                    self._panel.put(lit=not (seen.closed and seen.state == "dark"))
                    if why := self._grown(browser, seen.closed):
                        return why
                if seen is not None and verdict in {"waits", "astray"}:
                    self._lead(page, watch, seen)
                self._pause(browser, self._times.look if verdict == "well" else self._times.hurry)
            return "asked to stop"

    def _pause(self, browser: Chromium, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and browser.alive and (left := until - time.monotonic()) > 0:
            browser.pipe.listen(min(left, NOTICE))

    def _lead(self, page: Page, watch: Watch, seen: Seen) -> None:
        """To the wall if it can be had, to the waiting page if not."""
        why = trouble(self._settings.wall)
        wall = self._settings.wall if why is None else self._comes_alone()
        if wall and page.lead(wall):
            came = self._arrived(page)
            if came is not None:
                # Our server may lead on, to https say, and a browser has its way of writing.
                watch.wall = came.place
            # Without the server only the worker's page is the wall: what it kept may be lost, and a proxy's error hang.
            if why is None or came is None or came.kept:
                log.info("at the wall: %s", watch.wall)
                return
        self._kept.unlink(missing_ok=True)
        address = f"{self._waiting.as_uri()}#{why or 'failing'}"
        if seen.address != address:
            log.info("waiting for %s: %s", self._settings.origin, why or "failing")
            page.lead(address)

    def _arrived(self, page: Page) -> Seen | None:
        """The page that has just come: for a moment it has no document."""
        for _ in range(ARRIVING):
            if (seen := look(page)) is not None:
                return seen
            self._stopping.wait(0.1)
        return None

    def _remember(self, seen: Seen) -> None:
        if seen.kept and self._comes_alone() != seen.place:
            with suppress(OSError):  # a full disk is no reason to take the wall away
                self._kept.write_text(f"{self._settings.origin} {seen.place}", "utf-8")

    def _comes_alone(self) -> str:
        """Where the wall's own worker gives its page without a server, so that a start may go there; "" if nowhere."""
        try:
            origin, _, wall = self._kept.read_text("utf-8").partition(" ")
        except (OSError, ValueError):
            return ""
        return (wall or self._settings.wall) if origin == self._settings.origin else ""

    def _grown(self, browser: Chromium, closed: bool) -> str:
        allowed = self._settings.memory_mb * 1_000_000 or machine_memory() // 2
        used = browser.memory()
        if used <= allowed * (1 if closed else OVERFLOW):
            return ""
        return f"it has grown to {used // 1_000_000} MB"


def look(page: Page) -> Seen | None:
    try:
        return page.look()
    except Silent as error:
        log.info("%s", error)
        return None


def page_for(settings: Settings) -> str:
    return Template(WAITING.read_text("utf-8")).substitute(host=urlsplit(settings.url).hostname)


def machine_memory() -> int:
    """Bytes."""
    first = Path("/proc/meminfo").read_text().splitlines()[0]
    return int(first.split()[1]) * 1024

"""One life of a Chromium: its flags, its profile as it must be before a start, its processes and their memory.

Must not know what it shows.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Final, Self

from .pipe import Lost, Pipe
from .settings import Settings, Wrong

log: Final = logging.getLogger("kiosk")
NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS: Final = (
    "--kiosk",
    "--remote-debugging-pipe",  # the kit's own line to it; no port is open
    # nothing of the browser's own over the wall
    "--noerrdialogs",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-infobars",
    "--disable-session-crashed-bubble",
    "--hide-crash-restore-bubble",
    "--disable-features=Translate,MediaRouter,GlobalMediaControls,InfiniteSessionRestore",
    "--disable-notifications",
    "--deny-permission-prompts",
    "--disable-component-update",
    "--check-for-update-interval=31536000",
    "--simulate-outdated-no-au=Tue, 31 Dec 2099 23:59:59 GMT",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-breakpad",
    "--password-store=basic",  # no keyring that asks for a password
    # nothing to touch
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    # a panel that is out is no reason to slow the page down
    "--disable-backgrounding-occluded-windows",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disk-cache-size=52428800",
)
ENDING: Final = 5.0  # seconds that it has to write its profile
HIGH: Final = 10  # above the two descriptors that it expects


def find(settings: Settings) -> str:
    names = (settings.browser,) if settings.browser else NAMES
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise Wrong(f"there is no {' or '.join(names)} here: sudo apt install chromium")
    return found


def platform(environment: dict[str, str]) -> tuple[str, ...]:
    if environment.get("WAYLAND_DISPLAY"):
        return ("--ozone-platform=wayland",)
    return ("--ozone-platform=x11",) if environment.get("DISPLAY") else ()


def tidy(profile: Path) -> None:
    """As after a clean end: power cuts are how a player is switched off."""
    for name in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
        (profile / name).unlink(missing_ok=True)  # of a life before, maybe under another host name
    file = profile / "Default" / "Preferences"
    try:
        said = json.loads(file.read_text("utf-8"))
        said.setdefault("profile", {}).update(exit_type="Normal", exited_cleanly=True)
    except FileNotFoundError:
        said = {}
    except (ValueError, AttributeError):
        file.replace(file.with_suffix(".broken"))  # cut while it was written; the cookie lives elsewhere
        said = {}
    said.setdefault("translate", {})["enabled"] = False
    said["credentials_enable_service"] = False
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(said), "utf-8")
    fresh.replace(file)


class Chromium:
    def __init__(self, settings: Settings, profile: Path, page: str, environment: dict[str, str]) -> None:
        try:
            tidy(profile)
        except OSError as error:  # a full disk: a bubble over the wall is better than no wall
            log.warning("the profile could not be tidied: %s", error)
        program = find(settings)
        more = (*platform(environment), f"--user-data-dir={profile}", *settings.flags, page)
        asks, answers = _pipe(), _pipe()
        actions = [
            (os.POSIX_SPAWN_DUP2, asks[0], 3),
            (os.POSIX_SPAWN_DUP2, answers[1], 4),
        ]
        self.pid = os.posix_spawn(
            program, [program, *FLAGS, *more], environment, file_actions=actions, setpgroup=0
        )
        os.close(asks[0])
        os.close(answers[1])
        self.pipe = Pipe(answers[0], asks[1])
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Whole, however it is: asked first, so that it writes its cookies; then no process of it is left."""
        with contextlib.suppress(Lost):
            self.pipe.call("Browser.close", patience=ENDING)
        until = time.monotonic() + ENDING
        while self.alive and time.monotonic() < until:
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        if not self._ended:
            os.waitpid(self.pid, 0)
        self.pipe.close()

    @property
    def alive(self) -> bool:
        if not self._ended:
            self._ended = os.waitpid(self.pid, os.WNOHANG) != (0, 0)
        return not self._ended

    def memory(self) -> int:
        """Bytes that are its own alone, over all its processes."""
        return sum(_own(process) for process in Path("/proc").glob("[0-9]*") if _group(process) == self.pid)


def _pipe() -> tuple[int, int]:
    low = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, HIGH) for end in low)
    for end in low:
        os.close(end)
    return high[0], high[1]


def _group(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[2])
    except (OSError, IndexError):
        return -1  # gone meanwhile


def _own(process: Path) -> int:
    try:
        _, resident, shared = map(int, (process / "statm").read_text().split()[:3])
    except (OSError, ValueError):
        return 0
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")

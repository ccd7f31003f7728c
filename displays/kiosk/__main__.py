"""`python3 -m kiosk`: reads the settings, keeps the browser until it is told to stop.

Owns the reading of the environment. Exit codes: 0 told to stop, 75 another one runs, 78 settings wrong.
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import sys
from pathlib import Path

from .chromium import find
from .keeper import Keeper
from .panel import Panel
from .settings import Wrong, read
from .systemd import Systemd


def main() -> int:
    arguments = argparse.ArgumentParser(prog="kiosk", description="Keeps a browser on the wall's page.")
    arguments.add_argument("--config", type=Path, default=Path("/etc/complicite-kiosk.toml"))
    arguments.add_argument("--folder", type=Path, default=Path("/var/lib/complicite-kiosk"))
    arguments.add_argument("--check", action="store_true", help="only say whether the settings are right")
    given = arguments.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    environment = dict(os.environ)
    try:
        settings = read(given.config)
        find(settings)
    except Wrong as error:
        logging.error("%s", error)
        return 78
    if given.check:
        return 0
    given.folder.mkdir(parents=True, exist_ok=True)
    lock = (given.folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        logging.error("another kiosk runs in %s", given.folder)
        return 75
    systemd = Systemd(environment.pop("NOTIFY_SOCKET", ""))  # the browser has nothing to tell it
    panel = Panel(settings.panel, wayland="WAYLAND_DISPLAY" in environment)
    keeper = Keeper(settings, given.folder.resolve(), panel, environment, systemd.tell)
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, lambda *_: keeper.stop())
    keeper.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())

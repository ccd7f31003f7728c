"""The panel itself: awake while the place is open, put out by the means that its owner chose while it is closed.

Must not know why.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from typing import Final

log: Final = logging.getLogger("kiosk")
PATIENCE: Final = 10.0  # seconds


class Panel:
    """``means``: ``on`` leaves it alone, ``off`` is the player's own output, ``cec`` the television's standby."""

    def __init__(self, means: str, *, wayland: bool) -> None:
        self._means = means
        self._wayland = wayland
        # An output is lit at the start of a session; a television may be on standby since the night of a power cut.
        self._lit = None if means == "cec" else True

    def put(self, lit: bool) -> None:
        if lit == self._lit or self._means == "on":
            return
        try:
            for command in self._commands(lit):
                said(*command)
        except (OSError, subprocess.SubprocessError) as error:
            log.warning("the panel could not be put %s: %s", "on" if lit else "out", error)
            return  # tried again at the next look
        self._lit = lit
        log.info("the panel is %s", "on" if lit else "out")

    def _commands(self, lit: bool) -> Iterator[tuple[str, ...]]:
        if self._means == "cec":
            yield ("cec-ctl", "--playback")
            yield ("cec-ctl", "--to", "0", "--image-view-on" if lit else "--standby")
        elif self._wayland:
            for output in outputs(said("wlr-randr")):
                yield ("wlr-randr", "--output", output, "--on" if lit else "--off")
        else:
            yield ("xset", "dpms", "force", "on" if lit else "off")


def outputs(listing: str) -> list[str]:
    """The names in what wlr-randr prints: each begins a line, its facts are indented."""
    return [line.split()[0] for line in listing.splitlines() if line and not line[0].isspace()]


def said(*command: str) -> str:
    ran = subprocess.run(command, capture_output=True, check=True, text=True, timeout=PATIENCE)  # noqa: S603 - ours
    return ran.stdout

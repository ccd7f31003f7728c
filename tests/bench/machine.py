"""What the kernel tells of processes, and where they run.

Servers have the first core, whoever plays clients the last: so a server's figures are those of one core.
"""

from __future__ import annotations

import os
import platform
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_CORES: Final = sorted(os.sched_getaffinity(0))
SERVER: Final = _CORES[0]
CLIENT: Final = _CORES[-1]
KILO: Final = 1024


def pin(core: int, pid: int = 0) -> None:
    """``pid`` (0: this process) and what it will start run on this core only."""
    os.sched_setaffinity(pid, {core})


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """What this process starts meanwhile runs on that core."""
    before = os.sched_getaffinity(0)
    pin(core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def many_files() -> int:
    """As many sockets as this machine allows; the number."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def cpu(*pids: int) -> float:
    """Seconds of processor that these processes have used."""
    total = 0
    for pid in pids:
        for each in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            total += int(each.read_text().split()[0])
    return total / 1e9


def in_kernel(pid: int) -> tuple[int, int]:
    """Ticks that this process has spent in the kernel, and in all."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    user, system = int(fields[11]), int(fields[12])
    return system, user + system


def resident(*pids: int) -> int:
    """Bytes of memory of their own."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * resource.getpagesize()


def described() -> str:
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")),
        platform.machine(),
    )  # fmt: skip
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{len(_CORES)} cores ({model}), Linux {platform.release()}, Python {platform.python_version()}; "
        f"load {load}; servers on core {SERVER}, clients on core {CLIENT}"
    )

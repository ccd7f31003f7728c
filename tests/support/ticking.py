"""How long an event loop was held up: a task that wants to run every two milliseconds, and what it met."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

EVERY: Final = 0.002  # seconds


def without_processor() -> float:
    """Seconds that the kernel kept this thread waiting since it began; 0 where the kernel does not say."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


@asynccontextmanager
async def ticking(told: Callable[[float], None]) -> AsyncIterator[None]:
    """Tells each gap in seconds, without the time that this thread waited for a processor."""

    async def tick() -> None:
        last, waited = time.perf_counter(), without_processor()
        while True:
            await asyncio.sleep(EVERY)
            now, since = time.perf_counter(), without_processor()
            told(now - last - EVERY - (since - waited))
            last, waited = now, since

    task = asyncio.create_task(tick())
    try:
        yield
    finally:
        task.cancel()

"""`complicity`, with a clock in its event loop: each gap of more than a few milliseconds is a line of $GAPS.

GAPS=gaps.txt python -m tests.faults.watched serve …      "monotonic seconds, length of the gap"
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server import cli, serving
from server.services import Services
from tests.support.ticking import ticking

LEAST = 0.005  # seconds

polling = serving.polling


@asynccontextmanager
async def watched(services: Services) -> AsyncIterator[None]:
    """Where the server starts its channels: its own loop, its own process."""
    with open(os.environ["GAPS"], "a", buffering=1, encoding="utf-8") as file:

        def told(gap: float) -> None:
            if gap >= LEAST:
                print(f"{time.monotonic():.3f} {gap:.4f}", file=file)

        async with ticking(told), polling(services):
            yield


if __name__ == "__main__":
    if "GAPS" in os.environ:
        serving.polling = watched
    cli.main()

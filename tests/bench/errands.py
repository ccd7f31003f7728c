"""A process that takes errands: one JSON line in, one JSON line out.

Owns both ends of that pipe: ``Errands`` starts one and asks, ``errands`` is its main loop's ear.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.bench import machine

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass
class Errands:
    """A child of the bench. ``ready`` is what it said first."""

    process: asyncio.subprocess.Process
    ready: dict[str, Any]

    @property
    def pid(self) -> int:
        return self.process.pid

    async def ask(self, do: str, **more: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **more}).encode() + b"\n")
        return await self.heard()

    async def heard(self) -> dict[str, Any]:
        """The next thing that it says."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("a process of the bench has ended; its error is above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def helper(module: str, *arguments: str, core: int) -> AsyncIterator[Errands]:
    """``python -m MODULE ARGUMENTS`` on one core, until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments,
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 26,
        preexec_fn=lambda: machine.pin(core),
    )  # fmt: skip
    child = Errands(process, {})
    try:
        child.ready = await child.heard()
        yield child
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def say(answer: dict[str, Any]) -> None:
    """In the child: one line on standard output."""
    os.write(1, json.dumps(answer).encode() + b"\n")


async def heard_by(take: Callable[[dict[str, Any]], Any]) -> None:
    """In the child, on asyncio: hands over each errand as it comes, until the parent has gone."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        say(await take(json.loads(line)))

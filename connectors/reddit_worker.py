"""One thread that owns one blocking thing, asked from the event loop.

Owns the thread. Must not know what is called in it. What was asked and not yet begun can be taken back; what was begun
can't, so its caller is told which of the two it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_Job = tuple["Future[Any]", Callable[[T], Any]]


class Stuck(Exception):
    """It was begun and does not end: whether it had its effect is unknown."""


class NotBegun(Exception):
    """Its turn did not come in time: it will never be done."""


class Worker(Generic[T]):
    """`make` runs in the thread too. A thread that does not come back is left alone, and another one takes over."""

    def __init__(self, name: str, make: Callable[[], T]) -> None:
        self._name: Final = name
        self._make: Final = make
        self._jobs: SimpleQueue[_Job[T] | None] | None = None

    async def call(self, what: Callable[[T], R], patience: float) -> R:
        """Raises Stuck or NotBegun after `patience` seconds, and what `what` raises."""
        future: Future[R] = Future()
        jobs = self._queue()
        jobs.put((future, what))
        waiting = asyncio.wrap_future(future)
        try:
            await asyncio.wait({waiting}, timeout=patience)
        except asyncio.CancelledError:
            future.cancel()
            raise
        if waiting.done():
            return waiting.result()
        waiting.cancel()  # nobody listens any more
        if future.cancel():
            raise NotBegun
        if self._jobs is jobs:
            self.close()
        raise Stuck

    def close(self) -> None:
        """The thread ends with what it has begun. It does not hold up the end of the process."""
        if self._jobs is not None:
            self._jobs.put(None)
            self._jobs = None

    def _queue(self) -> SimpleQueue[_Job[T] | None]:
        if self._jobs is None:
            self._jobs = SimpleQueue()
            Thread(target=self._work, args=(self._jobs,), name=self._name, daemon=True).start()
        return self._jobs

    def _work(self, jobs: SimpleQueue[_Job[T] | None]) -> None:
        made: T | None = None
        while (job := jobs.get()) is not None:
            future, what = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                made = self._make() if made is None else made
                future.set_result(what(made))
            except BaseException as error:
                future.set_exception(error)
            del future, what, job  # nothing of a call outlives it here

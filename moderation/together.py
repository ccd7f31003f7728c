"""What many callers ask of the engine in one turn of the event loop goes down together.

Owns the pipelines and who gets which answer: each caller has its own answers, or its own error. Must not know what is
asked, nor which errors mean what.

Two facts forced it. With ``appendfsync always`` the engine syncs once for all that it reads in one turn of its own
loop, from however many connections, but reads 16 kB of a connection in a turn: so a pipeline stays short and several
leave at once. And a command costs redis-py 80 µs of Python alone, 25 in a pipeline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

Call = tuple[str, tuple[Any, ...]]  # the client's method, its arguments
Party = list[tuple[Sequence[Call], "asyncio.Future[list[Any]]"]]

SHORT: Final = 16  # calls in a pipeline, while few wait
AWAY: Final = 3  # pipelines on their way; whoever asks then waits, and leaves with all who wait


class Together:
    def __init__(
        self, pipeline: Callable[[], Any], lost: tuple[type[BaseException], ...], seconds: float
    ) -> None:
        """``lost``: the errors that concern a whole pipeline, since nobody knows what the engine did; TimeoutError is
        one, for what took longer than ``seconds``."""
        self._pipeline = pipeline
        self._lost = lost
        self._seconds = seconds
        self._waiting: Party = []
        self._away: set[asyncio.Task[None]] = set()

    def ask(self, calls: Sequence[Call]) -> asyncio.Future[list[Any]]:
        """The answers to these calls, in order; the first error among them is raised."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._leave)  # after all who are ready to ask now
        answer: asyncio.Future[list[Any]] = loop.create_future()
        self._waiting.append((calls, answer))
        return answer

    def _leave(self) -> None:
        while self._waiting and (free := AWAY - len(self._away)) > 0:
            # All leave now: an engine that does not answer must not keep them one time-out after the other.
            waiting = sum(len(calls) for calls, _ in self._waiting)
            longest, size, count = max(SHORT, -(-waiting // free)), 0, 0
            while count < len(self._waiting) and size < longest:
                size += len(self._waiting[count][0])
                count += 1
            party, self._waiting = self._waiting[:count], self._waiting[count:]
            task = asyncio.get_running_loop().create_task(self._go(party))
            self._away.add(task)
            task.add_done_callback(partial(self._back, party))

    def _back(self, party: Party, task: asyncio.Task[None]) -> None:
        self._away.discard(task)
        for _, answer in party:
            answer.cancel()  # the connection was closed under it; nothing, where it is done
        self._leave()

    async def _go(self, party: Party) -> None:
        try:
            pipe = self._pipeline()
            for calls, _ in party:
                for method, arguments in calls:
                    getattr(pipe, method)(*arguments)
            async with asyncio.timeout(self._seconds):
                answers = iter(await pipe.execute(raise_on_error=False))
            for calls, answer in party:
                _give(answer, list(islice(answers, len(calls))))
        except self._lost as error:
            for _, answer in party:
                _refuse(answer, error)
        except Exception as error:  # one of them can't even be sent: the others must not suffer from it
            if len(party) == 1:
                _refuse(party[0][1], error)
            else:
                for one in party:
                    await self._go([one])

    async def close(self) -> None:
        waiting, self._waiting = self._waiting, []
        for _, answer in waiting:
            answer.cancel()
        for task in self._away:
            task.cancel()
        await asyncio.gather(*self._away, return_exceptions=True)


def _give(answer: asyncio.Future[list[Any]], found: list[Any]) -> None:
    wrong = next((one for one in found if isinstance(one, Exception)), None)
    if wrong is not None:
        _refuse(answer, wrong)
    elif not answer.done():
        answer.set_result(found)


def _refuse(answer: asyncio.Future[list[Any]], error: BaseException) -> None:
    if not answer.done():  # whoever asked may have gone meanwhile
        answer.set_exception(error)

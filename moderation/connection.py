"""The one door to the engine.

Owns every redis client, their time-outs and retries, and turns "the engine does not answer" into
``Unavailable``. Must not know what is stored. Nothing else in the house imports redis.

redis-py 8 repeats a command up to ten times when an answer is lost; here it is three, and every script
is safe to run twice with one nonce. Its default read time-out of 5 s would break blocking reads, so
those have a client of their own. Nor does it keep ours: it would start a timer for each answer, a fifth of Python's
part in a decision, and a pipeline of a hundred could take a hundred times as long. One deadline holds for a trip.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

import hiredis
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from moderation.errors import Unavailable
from moderation.together import Call, Together

log = logging.getLogger("complicity.engine")
T = TypeVar("T")
ScriptCall = tuple[Sequence[str], str]  # keys, payload

TRIP: Final = 5.0  # seconds of a command or a pipeline, with what redis-py repeats of it
REPLICA_TIMEOUT: Final = 1000  # milliseconds
_LOST: Final = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    ClusterDownError,
    ReadOnlyError,
    OutOfMemoryError,
    OSError,
)
# UNBLOCKED: what a blocking read is told when its primary becomes a replica.
_AWAY: Final = ("MISCONF", "LOADING", "CLUSTERDOWN", "MASTERDOWN", "NOREPLICAS", "UNBLOCKED", "BUSY")


def _client(url: str, *, retries: int) -> Any:
    options: dict[str, Any] = {
        "decode_responses": True,
        "protocol": 2,  # one shape of answers on every engine
        "socket_timeout": None,
        "socket_connect_timeout": TRIP,
    }
    if url.startswith("redis+cluster://"):
        parts = urlsplit(url)
        return RedisCluster(host=parts.hostname or "127.0.0.1", port=parts.port or 6379, **options)
    backoff = ExponentialWithJitterBackoff(base=0.02, cap=0.5)
    options["retry"] = Retry(backoff, retries)
    if url.startswith("unix://") and "@" not in url:
        client = Redis(unix_socket_path=url.removeprefix("unix://"), max_connections=256, **options)
    else:
        client = Redis.from_url(url, max_connections=256, **options)
    pool = client.connection_pool
    pool.connection_class = type("Connection", (_Packed, pool.connection_class), {})
    return client


class _Packed:
    """Commands are packed by hiredis, as redis-py's blocking client does and its asyncio client does not: a seventh of
    Python's part in a decision."""

    def pack_command(self, *args: Any) -> list[bytes]:
        return [hiredis.pack_command((*args[0].split(), *args[1:]))]  # « SCRIPT LOAD » is two words


class Connection:
    """Commands, scripts and blocking reads on one engine."""

    def __init__(self, url: str, *, replicas: int = 0) -> None:
        self.url = url
        self.replicas = replicas  # that acknowledge each decision
        self._most = replicas
        self._client = _client(url, retries=3)
        self._together = Together(partial(self._client.pipeline, transaction=False), _LOST, TRIP)
        self._blocking: Any = None

    @property
    def commands(self) -> Any:
        """The client itself, for plain commands inside :meth:`ask`."""
        return self._client

    async def ask(self, answer: Awaitable[T]) -> T:
        """Await one command or pipeline; an engine that does not answer is ``Unavailable``."""
        with _unavailable():
            async with asyncio.timeout(TRIP):
                return await answer

    async def gather(self, calls: Sequence[Call]) -> list[Any]:
        """Several calls in one trip, not a transaction, with what others ask in this turn of the loop."""
        if not calls:
            return []
        with _unavailable():
            return await self._together.ask(calls)

    async def evaluate(
        self, sha: str, source: str, calls: Sequence[ScriptCall], *, replicated: bool = False
    ) -> list[Any]:
        """Run a script by its hash, once for each call (its keys, its payload), in this order and in one trip. It is
        sent when the engine does not know it.

        ``replicated`` waits until every replica has it (WAIT): what was decided on an external engine
        with replicas is not acknowledged before.
        """
        if replicated and self._most:
            return await self._evaluate_and_wait(source, calls)
        # As plain commands: the cluster's pipeline knows where they go, but has no method for them.
        tails = [(len(keys), *keys, payload) for keys, payload in calls]
        try:
            return await self.gather([("execute_command", ("EVALSHA", sha, *tail)) for tail in tails])
        except NoScriptError:
            return await self.gather([("execute_command", ("EVAL", source, *tail)) for tail in tails])

    async def _evaluate_and_wait(self, source: str, calls: Sequence[ScriptCall]) -> list[Any]:
        # WAIT speaks of the writes of its own connection, so both go down one pipe.
        pipe = self._client.pipeline(transaction=False)
        for keys, payload in calls:
            pipe.eval(source, len(keys), *keys, payload)
        pipe.execute_command("WAIT", self.replicas, REPLICA_TIMEOUT)
        if fewer := self.replicas < self._most:
            pipe.info("replication")
        said = await self.ask(pipe.execute())
        answers, reached, now = said[: len(calls)], said[len(calls)], said[len(calls) + 1 :]
        if reached < self.replicas:
            self._expect(await self.ask(self._client.info("replication")), least=0)
            raise Unavailable(why="NOREPLICAS")
        if fewer:  # one that was lost may be back
            self._expect(now[0], least=self.replicas)
        return cast("list[Any]", answers)

    def _expect(self, info: Mapping[str, Any], *, least: int) -> None:
        """From the next call on, as many replicas as are connected; one that is lost must not block for ever."""
        connected = max(least, min(self._most, _replicas(info)))
        if connected != self.replicas:
            log.warning("%d replicas acknowledge decisions now, not %d.", connected, self.replicas)
            self.replicas = connected

    async def read_streams(self, after: Mapping[str, str], *, block_ms: int, count: int) -> list[Any]:
        """One XREAD BLOCK on a connection of its own: ``[[stream, [[id, [field, …]], …]], …]``."""
        if self._blocking is None:
            self._blocking = _client(self.url, retries=0)
        read = self._blocking.xread(dict(after), count=count, block=block_ms)
        try:
            # A peer that vanished without a word would block for ever. Not wait_for: before Python 3.12 it
            # can swallow a cancellation, and the reader would never stop.
            async with asyncio.timeout(block_ms / 1000 + TRIP):
                answer = await self.ask(read)
        except (TimeoutError, Unavailable) as error:
            await self._drop_blocking()
            raise Unavailable(why=type(error).__name__) from error
        except asyncio.CancelledError:
            await self._drop_blocking()
            raise
        return cast("list[Any]", answer or [])

    async def _drop_blocking(self) -> None:
        blocking, self._blocking = self._blocking, None
        if blocking is not None:
            with suppress(Exception):
                await blocking.aclose()

    async def close(self) -> None:
        await self._together.close()
        await self._drop_blocking()
        with suppress(Exception):
            await self._client.aclose()


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except _LOST as error:
        raise Unavailable(why=type(error).__name__) from error
    except RedisError as error:
        if str(error).startswith(_AWAY):
            raise Unavailable(why=str(error).split(" ", 1)[0]) from error
        raise


def _replicas(info: Mapping[str, Any]) -> int:
    """Those that take part: one that still copies the data acknowledges nothing yet."""
    states = (info.get(f"slave{n}", {}).get("state") for n in range(int(info.get("connected_slaves", 0))))
    return sum(state == "online" for state in states)


async def end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel tasks that talk to the engine, until they are done.

    Once is not enough: redis-py sends within ``asyncio.wait_for``, which can swallow a cancellation before
    Python 3.12.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=0.1)


async def connect(url: str, *, external: bool = False) -> Connection:
    """Open the engine at ``url`` (unix://, redis://, rediss://, redis+cluster://) and check that it answers.

    Raises Unavailable. On an ``external`` engine the number of replicas is asked, for WAIT.
    """
    connection = Connection(url)
    try:
        await connection.ask(connection.commands.ping())
        if external and not url.startswith("redis+cluster://"):
            info = await connection.ask(connection.commands.info("replication"))
            connection.replicas = connection._most = _replicas(info)
    except BaseException:
        await connection.close()
        raise
    return connection

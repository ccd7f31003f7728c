"""The engine's life: found, durable, one a folder, back after a kill, gone with its server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from moderation.connection import Connection, connect
from moderation.errors import Unavailable
from server.binary import EngineFailed, find_binary, from_wheel, version_of
from server.child import Child
from server.datafolder import DataBusy, DataFolder, Published, runtime_folder
from server.disk import DiskGuard
from server.engine import Engine, engine_for_command


async def until(holds: Callable[[], bool], *, within: float = 10) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def talking(url: str) -> AsyncIterator[Connection]:
    connection = await connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_it_runs_durably_behind_a_private_socket(tmp_path: Path) -> None:
    async with Engine(tmp_path / "data") as engine:
        socket = Path(engine.url.removeprefix("unix://"))
        assert (engine.state, engine.accepting) == ("ready", True)
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
        assert tmp_path not in socket.parents
        async with talking(engine.url) as connection:
            said = await connection.ask(connection.commands.config_get("*"))
    for key, value in {
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "port": "0",
        "maxmemory-policy": "noeviction",
        "hash-max-listpack-value": "2048",
        "aof-use-rdb-preamble": "no",
    }.items():
        assert said[key] == value
    assert not socket.parent.exists()


async def test_what_was_written_is_there_after_a_stop_and_in_a_folder_with_any_name(tmp_path: Path) -> None:
    data = tmp_path / "les données d'ici" / ("long" * 30)
    for written in (None, "bonjour"):
        async with Engine(data) as engine, talking(engine.url) as connection:
            assert await connection.ask(connection.commands.get("word")) == written
            await connection.ask(connection.commands.set("word", "bonjour"))


@pytest.mark.parametrize("binary", [find_binary, from_wheel])
async def test_the_wheel_s_engine_and_the_path_s_do_alike(tmp_path: Path, binary: Callable[[], Path]) -> None:
    async with Engine(tmp_path, binary=binary()) as engine, talking(engine.url) as connection:
        assert await connection.ask(connection.commands.ping())


def test_an_old_engine_on_path_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=6.2.16 sha=00000000:0'\n", encoding="utf-8")
    old.chmod(0o755)
    assert version_of(old) == (6, 2, 16)
    monkeypatch.setattr("shutil.which", lambda name: str(old) if name == "redis-server" else None)
    assert find_binary() == from_wheel()


async def test_one_that_can_t_start_says_why(tmp_path: Path) -> None:
    mute = tmp_path / "redis-server"
    mute.write_text("#!/bin/sh\necho 'Fatal: no luck today'\nexit 3\n", encoding="utf-8")
    mute.chmod(0o755)
    with pytest.raises(EngineFailed, match="no luck today"):
        await Engine(tmp_path / "data", binary=mute).start()


async def test_one_that_is_not_durable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lax = tmp_path / "lax"
    lax.write_text(f'#!/bin/sh\nexec {find_binary()} "$@" --appendfsync everysec\n', encoding="utf-8")
    lax.chmod(0o755)
    with pytest.raises(EngineFailed, match="everysec"):
        await Engine(tmp_path / "data", binary=lax).start()


async def test_a_second_server_waits_for_the_folder_then_refuses(tmp_path: Path) -> None:
    async with Engine(tmp_path):
        began = time.monotonic()
        with pytest.raises(DataBusy):
            await Engine(tmp_path, patience=0.3).start()
        assert time.monotonic() - began >= 0.3


async def test_a_second_server_starts_when_the_first_one_goes(tmp_path: Path) -> None:
    first, second = Engine(tmp_path), Engine(tmp_path)
    await first.start()
    waiting = asyncio.create_task(second.start())
    await first.stop()
    await waiting
    assert second.state == "ready"
    await second.stop()


async def test_it_comes_back_after_a_kill_with_all_that_was_acknowledged(tmp_path: Path) -> None:
    async with Engine(tmp_path, shared=True) as engine:
        for number in range(3):
            async with talking(engine.url) as connection:
                assert await connection.ask(connection.commands.incr("n")) == number + 1
            killed = engine.pid
            assert killed
            assert killed == json.loads((tmp_path / "engine.json").read_text())["pid"]
            os.kill(killed, signal.SIGKILL)
            await until(lambda: engine.state == "lost")
            await until(lambda: engine.state == "ready")
            assert engine.pid != killed
            assert json.loads((tmp_path / "engine.json").read_text())["pid"] == engine.pid


async def test_loading_is_not_dead(tmp_path: Path) -> None:
    async with Engine(tmp_path) as engine, talking(engine.url) as connection:
        pipe = connection.commands.pipeline(transaction=False)
        for number in range(2000):
            pipe.set(f"k{number}", "x" * 500)
        await connection.ask(pipe.execute())
    folder = DataFolder(tmp_path)
    assert folder.take()
    assert folder.lock is not None
    runtime = runtime_folder()
    slow = runtime / "slow"
    slow.write_text(f'#!/bin/sh\nexec {find_binary()} "$@" --key-load-delay 500\n', encoding="utf-8")
    slow.chmod(0o755)
    child = await Child.spawn(
        slow, folder=tmp_path / "engine", socket=runtime / "s", log=tmp_path / "log", lock=folder.lock
    )
    await until(child.socket.exists)
    reader, writer = await asyncio.open_unix_connection(child.socket)
    writer.write(b"PING\r\n")
    assert (await reader.readline()).startswith(b"-LOADING")
    writer.close()
    await child.until_ready()
    async with talking(child.url) as connection:
        assert await connection.ask(connection.commands.dbsize()) == 2000
    await child.end()
    folder.release()


SERVER = """
import asyncio, sys
from pathlib import Path
from server.engine import Engine

async def main():
    async with Engine(Path(sys.argv[1]), shared=True) as engine:
        print(engine.pid, engine.url, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
async def test_kill_9_of_the_server_leaves_no_engine_and_no_folder(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        pid, url = server.stdout.readline().split()
        async with talking(url) as connection:
            await connection.ask(connection.commands.set("word", "kept"))
        server.kill()
        server.wait()
        await until(lambda: not alive(int(pid)))
    socket = Path(url.removeprefix("unix://"))
    assert socket.parent.exists()  # nobody was left to remove it
    async with Engine(tmp_path) as engine, talking(engine.url) as connection:
        assert await connection.ask(connection.commands.get("word")) == "kept"
        assert not socket.parent.exists()
        assert not (tmp_path / "engine.json").exists()


async def test_a_command_works_beside_a_running_server(tmp_path: Path) -> None:
    async with Engine(tmp_path, shared=True) as engine:
        async with engine_for_command(tmp_path) as url:
            assert url == engine.url
        assert engine.state == "ready"
    assert not (tmp_path / "engine.json").exists()


async def test_a_command_alone_starts_the_engine_and_stops_it(tmp_path: Path) -> None:
    async with engine_for_command(tmp_path) as url:
        async with talking(url) as connection:
            await connection.ask(connection.commands.ping())
        assert DataFolder(tmp_path).published() is None  # nobody may join what is about to end
        with pytest.raises(DataBusy):
            async with engine_for_command(tmp_path, patience=0.2):
                pass
    with pytest.raises(Unavailable):
        await connect(url)


async def test_a_command_is_not_fooled_by_what_a_killed_server_left(tmp_path: Path) -> None:
    DataFolder(tmp_path).publish(Published(tmp_path / "gone.sock", 1))
    async with engine_for_command(tmp_path) as url:
        assert "gone" not in url


async def test_an_engine_of_one_s_own_is_used_and_left_alone(tmp_path: Path) -> None:
    async with Engine(tmp_path / "elsewhere") as theirs:
        async with Engine(tmp_path / "data", url=theirs.url) as engine:
            assert (engine.state, engine.accepting, engine.pid) == ("ready", True, None)
        async with talking(theirs.url) as connection:
            assert await connection.ask(connection.commands.ping())
    with pytest.raises(Unavailable):
        await Engine(tmp_path / "data", url=theirs.url).start()


def test_intake_is_refused_first_and_the_ballast_goes_last(tmp_path: Path) -> None:
    room = 100
    guard = DiskGuard(tmp_path, floor=40, ballast=10, free=lambda _: room)
    assert guard.look()
    assert guard.ballast.stat().st_size == 10
    assert guard.ballast.stat().st_blocks * 512 >= 10
    room = 39
    assert not guard.look()
    assert guard.ballast.exists()
    room = 9
    assert not guard.look()
    assert not guard.ballast.exists()
    room = 45
    assert guard.look()
    assert not guard.ballast.exists()
    room = 50
    assert guard.look()
    assert guard.ballast.exists()


async def test_an_engine_on_a_full_disk_refuses_intake_only(tmp_path: Path) -> None:
    disk = DiskGuard(tmp_path, floor=1 << 62, ballast=1 << 20)
    async with Engine(tmp_path, disk=disk) as engine, talking(engine.url) as connection:
        assert not engine.accepting
        assert await connection.ask(connection.commands.set("withdrawn", "yes"))


async def test_the_supervisor_outlives_every_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Engine(tmp_path) as engine:
        launch, errors = engine._launch, iter([RuntimeError("unforeseen")])

        async def fails(*args: Path) -> None:
            for error in errors:
                raise error
            await launch(*args)

        monkeypatch.setattr(engine, "_launch", fails)
        first = engine.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(10):
            while engine.pid in (first, None) or engine.state != "ready":
                await asyncio.sleep(0.01)  # between two looks

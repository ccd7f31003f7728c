"""What is wrong, said before it hurts: settings, engine, durability, address, disk.

Owns the questions and the words of the findings. Must not change anything.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from connectors import registry
from moderation.connection import Connection, connect
from moderation.errors import Problem
from moderation.roster import Roster
from server import cautions
from server.datafolder import DataFolder, check_kept_for
from server.disk import MEGABYTE, DiskGuard, free_bytes
from server.engine import check_reachable, engine_for_command
from server.settings import Server, Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """``well`` None: not wrong, but good to know."""

    well: bool | None
    about: str
    says: str


async def examine(settings: Settings, data: Path) -> AsyncIterator[Finding]:
    """Settings have been read by now: a wrong one has stopped us already."""
    yield Finding(
        True, "settings", f"declared: places {len(settings.places)}, channels {len(settings.channels)}"
    )
    for channel in settings.channels:
        registry.build(channel)  # WrongSetting stops us too
    check_kept_for(data, settings.organisation.slug)
    yield disk(data)
    for caution in cautions.of_settings(settings):
        yield Finding(None if caution.code in cautions.MILD else False, "settings", caution.says("en"))
    yield address(settings.server, await running(data))
    try:
        async with engine_for_command(data, url=settings.engine.url) as url:
            connection = await connect(url, external=bool(settings.engine.url))
            try:
                async for finding in engine(connection, embedded=not settings.engine.url):
                    yield finding
                kept = await Roster(connection, settings.organisation.slug).places()
                known = [place.slug for place in (*kept, *settings.places)]
                for caution in cautions.of_places(settings, known):
                    yield Finding(False, "channels", caution.says("en"))
            finally:
                await connection.close()
    except Problem as problem:
        yield Finding(False, "engine", problem.title("en"))


def disk(data: Path) -> Finding:
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    free, floor = free_bytes(data) // MEGABYTE, DiskGuard(data).floor // MEGABYTE
    if free < floor:
        return Finding(False, "disk", f"{free} MB free: intake is refused below {floor} MB")
    return Finding(True, "disk", f"{free} MB free")


async def running(data: Path) -> str:
    """What the server that runs on this data calls itself; nothing where none does."""
    beside = DataFolder(data).published()
    try:
        if beside:
            await check_reachable(beside.url)
            return beside.server
    except Problem:  # it was killed
        pass
    return ""


def address(server: Server, beside: str) -> Finding:
    """``beside``: the server that runs on this data. These may not be its settings."""
    if beside and beside != server.base_url:
        return Finding(
            None, "address", f"{beside} runs on this data, with other settings than these: give its --config"
        )
    host = urlsplit(server.base_url).hostname or ""
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return Finding(False, "address", f"{host} has no address: no browser will find it")
    return Finding(True, "address", server.base_url)


async def engine(connection: Connection, *, embedded: bool) -> AsyncIterator[Finding]:
    server = await connection.ask(connection.commands.info("server"))
    name = server.get("server_name", "redis")
    version = server.get("valkey_version") or server["redis_version"]
    yield Finding(True, "engine", f"{name} {version}, {'embedded' if embedded else 'external'}")
    if not embedded:
        yield Finding(
            None, "durability", f"{connection.replicas} replicas acknowledge each decision before we do"
        )
        replication = await connection.ask(connection.commands.info("replication"))
        if replication["role"] != "master":
            yield Finding(
                False, "engine", "it is a replica and takes no writes: engine.url must name its primary"
            )
    memory = await connection.ask(connection.commands.info("memory"))
    if memory["maxmemory_policy"] != "noeviction":
        yield Finding(
            False, "engine", f"maxmemory-policy is {memory['maxmemory_policy']}: it would drop messages"
        )
    persistence = await connection.ask(connection.commands.info("persistence"))
    if not persistence["aof_enabled"]:
        yield Finding(False, "durability", "appendonly is off: a crash loses what was acknowledged")
        return
    if persistence["aof_last_write_status"] != "ok":
        yield Finding(False, "durability", "the last write to the append-only file failed")
    try:
        said = await connection.ask(connection.commands.config_get("appendfsync"))
    except Exception:  # hosted engines forbid CONFIG, each with an error of its own
        yield Finding(
            None, "durability", "the engine does not tell how it syncs; `appendfsync always` is needed"
        )
        return
    policy = said.get("appendfsync")
    if policy == "always":
        yield Finding(True, "durability", "every acknowledged write is on the disk")
    else:
        yield Finding(False, "durability", f"appendfsync is {policy}: a power cut loses acknowledged writes")

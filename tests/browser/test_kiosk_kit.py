"""The kiosk kit keeps a real Chromium on a real product's screen: whatever ends, hangs, strays or is away, a browser
stands before the wall again, or says that it waits. Only the kit's times are shorter here."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Final

import pytest
from playwright.async_api import async_playwright

from displays.kiosk.keeper import Keeper, Times
from displays.kiosk.panel import Panel
from displays.kiosk.settings import Settings
from tests.support.chromium import ARGS, path
from tests.support.engines import free_port
from tests.support.process import Running, running
from tests.support.walls import eventually

TIMES: Final = Times(look=0.5, hurry=0.5, patience=5, last=2)
LONG: Final = 60.0  # seconds; on two busy cores


@dataclass
class Kit:
    """The kit at work, as who stands before it sees it."""

    keeper: Keeper
    told: list[str] = field(default_factory=list)

    async def says(self, *words: str) -> None:
        """From now on: told by a look that begins after this moment."""
        before = len(self.told)
        await eventually(
            lambda: any(all(word in said for word in words) for said in self.told[before + 1 :]),
            LONG,
            every=0.05,
        )

    async def hangs(self) -> None:
        await self.says("well: ", "/screen")

    @property
    def pid(self) -> int:
        assert self.keeper.browser is not None
        return self.keeper.browser.pid

    def renderers(self) -> list[int]:
        return [pid for pid in group(self.pid) if b"--type=renderer" in command(pid)]

    async def starts_anew(self, pid: int) -> None:
        await eventually(lambda: self.pid != pid, LONG, every=0.05)
        await self.hangs()
        assert group(pid) == []


def group(leader: int) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) == leader:
                found.append(int(process.name))
        except ProcessLookupError:
            continue
    return found


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
async def executable() -> str:
    async with async_playwright() as playwright:
        found = path(playwright)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: `make browser` brings one")
        pytest.skip("no Chromium: `make browser` brings one")
    return found


@contextmanager
def kit(executable: str, url: str, folder: Path, memory_mb: int = 0) -> Iterator[Kit]:
    folder.mkdir(exist_ok=True)
    settings = Settings(url, browser=executable, memory_mb=memory_mb, flags=("--headless=new", *ARGS))
    told: list[str] = []
    keeper = Keeper(settings, folder, Panel("on", wayland=False), os.environ, told.append, TIMES)
    thread = Thread(target=keeper.run)
    thread.start()
    try:
        yield Kit(keeper, told)
    finally:
        keeper.stop()
        thread.join()


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Running]:
    folder.mkdir()
    async with running(folder) as product:
        yield product


@pytest.mark.long
async def test_whatever_happens_to_the_browser_the_wall_hangs_again(executable: str, tmp_path: Path) -> None:
    async with served(tmp_path / "product") as product:
        with kit(executable, product.url, tmp_path / "kit") as player:
            await player.hangs()

            first = player.pid
            os.kill(first, signal.SIGKILL)
            await player.starts_anew(first)

            second = player.pid
            for renderer in player.renderers():
                os.kill(renderer, signal.SIGKILL)
            await player.starts_anew(second)

            third = player.pid
            for renderer in player.renderers():
                os.kill(renderer, signal.SIGSTOP)
            await player.starts_anew(third)

            fourth = player.pid
            os.kill(fourth, signal.SIGSTOP)
            await player.starts_anew(fourth)


async def test_a_player_that_starts_before_its_server_waits_and_then_hangs(
    executable: str, tmp_path: Path
) -> None:
    port = free_port()
    with kit(executable, f"http://127.0.0.1:{port}", tmp_path / "kit") as player:
        await player.says("waits: ", "waiting.html#refused")
        (tmp_path / "product").mkdir()
        async with running(tmp_path / "product", port=port) as product:
            await player.hangs()
            kept = tmp_path / "kit" / "kept"
            await eventually(kept.exists, LONG, every=0.05)  # the page's own worker is in charge

            # A power cut, and no server when it comes back: the house loop, not the waiting page.
            await product.kill()
            before = player.pid
            os.kill(before, signal.SIGKILL)
            said = len(player.told)
            await player.starts_anew(before)
            assert not [each for each in player.told[said:] if "#" in each or "chrome-error" in each]


async def test_an_address_that_a_browser_writes_otherwise_or_that_leads_on_is_the_wall_all_the_same(
    executable: str, tmp_path: Path
) -> None:
    """A proxy that sends http to https does this, and so do capitals, umlauts and a port that goes without saying."""
    async with served(tmp_path / "product") as product:

        async def moved(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            path = (
                (await reader.readline() or b"GET /").split()[1].decode()
            )  # a browser may connect and say nothing
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {product.url}{path}\r\n".encode())
            writer.write(b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()

        async with await asyncio.start_server(moved, "127.0.0.1", 0) as proxy:
            port = proxy.sockets[0].getsockname()[1]
            with kit(executable, f"http://LOCALHOST:{port}", tmp_path / "kit") as player:
                for _ in range(3):
                    await player.says(f"well: {product.url}/screen")
                assert not [each for each in player.told if "astray" in each and "/screen" in each]
                await eventually((tmp_path / "kit" / "kept").exists, LONG, every=0.05)

        await product.kill()
        with kit(executable, f"http://LOCALHOST:{port}", tmp_path / "kit") as player:  # neither is there
            await player.says(f"well: {product.url}/screen")


async def test_another_site_at_that_address_is_never_shown(executable: str, tmp_path: Path) -> None:
    async def portal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\nPlease log in")
        writer.close()

    async with await asyncio.start_server(portal, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with kit(executable, f"http://127.0.0.1:{port}", tmp_path / "kit") as player:
            await player.says("waits: ", "#stranger")
            await player.says("waits: ", "#stranger")
            assert not [each for each in player.told if "well: " in each]


async def test_a_browser_that_has_grown_is_started_anew(executable: str, tmp_path: Path) -> None:
    async with served(tmp_path / "product") as product:
        with kit(executable, product.url, tmp_path / "kit", memory_mb=1) as player:
            await player.says("starting anew: it has grown to")


async def test_a_proxys_error_never_hangs_where_the_worker_lost_what_it_kept(
    executable: str, tmp_path: Path
) -> None:
    """A power cut may cost the browser its stores; the kit only remembers that they were there."""

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad Gateway"
        )
        writer.close()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        (tmp_path / "kit").mkdir()
        (tmp_path / "kit" / "kept").write_text(url, "utf-8")
        with kit(executable, url, tmp_path / "kit") as player:
            await player.says("waits: ", "#failing")
            await player.says("waits: ", "#failing")
            assert not [each for each in player.told if "/screen" in each]


@pytest.mark.long
async def test_a_slow_start_is_given_its_time(executable: str, tmp_path: Path) -> None:
    slow = tmp_path / "chromium"
    slow.write_text(f'#!/bin/sh\nsleep 12\nexec {executable} "$@"\n', "utf-8")
    slow.chmod(0o755)
    async with served(tmp_path / "product") as product:
        with kit(str(slow), product.url, tmp_path / "kit") as player:
            await player.hangs()
            assert not [each for each in player.told if "anew" in each]

"""What the server's channels hold is given back when it stops."""

from __future__ import annotations

import threading
from pathlib import Path

from server.serving import house, polling
from server.settings_file import load
from tests.connectors.reddit_emulator import serve
from tests.faults.channels import reddit_channel, shop
from tests.support.walls import eventually


def threads() -> list[str]:
    return [each.name for each in threading.enumerate()]


async def test_the_thread_of_a_channel_ends_with_the_server(tmp_path: Path) -> None:
    settings = tmp_path / "wall.toml"
    with serve() as there:
        settings.write_text(shop(reddit_channel(there.url, "lumiere")), encoding="utf-8")
        async with house(load(settings, {}), tmp_path / "data") as services:
            async with polling(services):
                await eventually(lambda: there.asked("/comments"), 30)
                assert "reddit reddit" in threads()
            await eventually(lambda: "reddit reddit" not in threads())

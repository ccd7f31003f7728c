"""The README's program for a stranger, run as it stands against a real server."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from moderation.roster import Roster
from moderation.store import Store
from tests.support.houses import SECRETS, house
from tests.support.walls import serving

README = Path(__file__).resolve().parents[2] / "connectors" / "README.md"


async def test_the_program_for_a_stranger_works(store: Store, roster: Roster) -> None:
    found = re.search(r"```python\n(import hashlib.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    async with house(store, roster) as here, serving(here.app) as (_, port):
        environment = {**os.environ, "WALL": f"http://127.0.0.1:{port}", "AVIS_SECRET": SECRETS[0]}
        for accepted in (1, 0):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", found[1], env=environment, stdout=asyncio.subprocess.PIPE
            )
            said, _ = await process.communicate()
            assert said.startswith(b"202 "), said
            assert f"'accepted': {accepted}".encode() in said
    (message,) = (await store.messages(places=["grenoble"], state="pending")).items
    assert message.text == "Merci à Samia !"

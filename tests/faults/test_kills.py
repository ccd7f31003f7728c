"""P8 and P6 through `kill -9`: nothing acknowledged is lost, nothing is left behind, screens come back."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from contextlib import suppress
from functools import partial

import pytest

from tests.faults.approvals import Approvals
from tests.faults.conftest import Shop
from tests.faults.screen import LoneScreen
from tests.support.process import everything
from tests.support.walls import eventually

pytestmark = pytest.mark.long

KILLS = (100, 300, 500, 700, 900)  # when this many are acknowledged
PATIENCE = 60


async def approved(shop: Shop) -> dict[str, int]:
    """What the API says hangs: id and version."""
    async with shop.product.client(shop.token) as client:
        found = await everything(client, "/messages", "messages", state="approved")
    return {message["id"]: message["version"] for message in found}


async def check_the_end(shop: Shop, screen: LoneScreen) -> None:
    """Everything is decided exactly once, the public record says so, and the screen holds just that."""
    hanging = await approved(shop)
    assert hanging.keys() == set(shop.waiting)
    async with shop.product.client(shop.token) as client:
        entries = await everything(client, "/places/grenoble/ledger", "entries")
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert Counter(entry["what"] for entry in entries) == dict.fromkeys(
        ("received", "approved"), len(hanging)
    )
    await eventually(lambda: screen.holds == hanging, PATIENCE)


async def test_p8_the_server_is_killed_five_times_during_a_thousand_approvals(shop: Shop) -> None:
    approvals = Approvals(shop.product, shop.token, shop.waiting)
    async with LoneScreen.hanging(shop.product.url, shop.device) as screen:
        working = asyncio.create_task(approvals.run())
        for count in KILLS:
            await eventually(partial(approvals.reached, count), PATIENCE)
            await shop.product.kill()  # and its engine goes with it
            acknowledged, welcomes = set(approvals.acknowledged), screen.welcomes
            await shop.product.start()
            assert acknowledged <= (await approved(shop)).keys()
            await eventually(partial(screen.welcomed_since, welcomes), PATIENCE)
        await working
        await check_the_end(shop, screen)
    assert approvals.lost > 0, "it was killed while it worked"


async def test_p8_the_engine_is_killed_five_times_during_a_thousand_approvals(shop: Shop) -> None:
    approvals = Approvals(shop.product, shop.token, shop.waiting)
    async with LoneScreen.hanging(shop.product.url, shop.device) as screen:
        working = asyncio.create_task(approvals.run())
        for count in KILLS:
            await eventually(partial(approvals.reached, count), PATIENCE)
            killed = shop.product.engine_pid
            with suppress(ProcessLookupError):
                os.kill(killed, signal.SIGKILL)
            acknowledged = set(approvals.acknowledged)
            await eventually(partial(shop.product.replaced, killed), PATIENCE)
            assert acknowledged <= (await approved(shop)).keys()
        await working
        await check_the_end(shop, screen)
    assert approvals.lost == 0, "the server itself never went"
    assert set(approvals.answers) <= {(503, "engine_unavailable")}

"""Alive, ready, and the numbers for Prometheus: what they say and to whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from moderation.roster import Roster
from moderation.store import Store
from tests.support.engines import engine
from tests.support.houses import House, behind, house

HERE = {"Host": "127.0.0.1:8000"}


async def test_ready_is_not_alive(organisation: str) -> None:
    from moderation.connection import connect
    from moderation.domain import Place

    with engine("valkey") as url:
        connection = await connect(url)
        roster = Roster(connection, organisation)
        for slug in ("grenoble", "lyon"):
            await roster.add_place(Place(slug=slug, name=slug))
        store = await Store.open(connection, organisation)
        async with house(store, roster) as home, home.client() as client:
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/readyz")).status_code == 200
            await connection.commands.config_set("min-replicas-to-write", 1)  # it answers, but takes no write
            assert (await client.get("/healthz")).status_code == 200
            refused = await client.get("/readyz")
            assert (refused.status_code, refused.json()["code"]) == (503, "engine_unavailable")
            await connection.commands.config_set("min-replicas-to-write", 0)
            assert (await client.get("/readyz")).status_code == 200
    await connection.close()


async def test_metrics_count_by_pattern_and_hold_no_secret(home: House) -> None:
    await home.message()
    async with home.client() as client:
        await client.get("/receipt/s3cret")
        page = await client.get("/metrics", headers=HERE)
    assert page.status_code == 200
    assert 'complicity_messages_waiting{place="grenoble"} 1.0' in page.text
    assert (
        'complicity_http_requests_total{method="GET",route="/receipt/{secret}",status="404"} 1.0' in page.text
    )
    assert "s3cret" not in page.text
    assert "complicity_engine_up 1.0" in page.text


async def test_metrics_count_the_screens_of_each_place(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    roster, hub = home.services.roster, home.services.hub
    ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    screens = [(await roster.create_screen("grenoble", name))[0] for name in ("here", "gone", "never")]
    await roster.note_screens({screens[1].id: {"connected": False, "silent_since": ago, "noted_at": ago}})
    hub.attach(screens[0], Nowhere())
    monkeypatch.setattr("displays.lookout.GRACE", timedelta(0))
    await hub.lookout.look()
    async with home.client() as client:
        page = (await client.get("/metrics", headers=HERE)).text
    for what, count in (("connected", 1), ("silent", 1), ("lost", 1)):
        assert f'complicity_screens_{what}{{place="grenoble"}} {count}.0' in page
        assert f'complicity_screens_{what}{{place="lyon"}} 0.0' in page


class Nowhere:
    """An outlet that takes everything."""

    def deliver(self, batch: object, cap: int) -> bool:
        return True

    def close(self, code: int, reason: str) -> None:
        pass


@pytest.mark.parametrize("host", ["wall.test", "mur.example.org", "127.0.0.1.example.org", "[::1", ""])
async def test_metrics_are_not_for_strangers_of_a_proxy_that_nobody_declared(home: House, host: str) -> None:
    async with home.client() as client:
        assert (await client.get("/metrics", headers={"Host": host})).status_code in (400, 401)
        assert (await client.get("/metrics", headers=HERE)).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via"])
async def test_metrics_are_for_a_peer_that_speaks_for_itself(home: House, header: str) -> None:
    async with home.client() as client:
        assert (await client.get("/metrics", headers={**HERE, header: "127.0.0.1"})).status_code == 401
    async with home.client("auditor") as client:
        assert (await client.get("/metrics", headers={header: "127.0.0.1"})).status_code == 200


async def test_metrics_are_not_for_strangers_nor_behind_a_proxy(
    store: Store, roster: Roster, home: House
) -> None:
    away = httpx.ASGITransport(app=home.app, client=("192.0.2.1", 40_000))
    async with httpx.AsyncClient(transport=away, base_url="http://wall.test") as client:
        assert (await client.get("/metrics", headers=HERE)).status_code == 401
    behind_proxy = behind("http://wall.test", trusted_proxies=("127.0.0.1",))
    await home.deserted()
    async with house(store, roster, behind_proxy) as other, other.client() as client:
        assert (await client.get("/metrics", headers=HERE)).status_code == 401

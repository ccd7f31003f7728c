"""An external engine with a replica: a decision is acknowledged when the replica has it (WAIT)."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from moderation.arrivals import Arrival
from moderation.connection import connect
from moderation.errors import Unavailable
from moderation.store import Store
from tests.support.engines import replicated, until
from tests.support.people import MODERATOR


async def test_p8_a_decision_waits_for_the_replica(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with replicated() as pair, monkeypatch.context() as patient:
        patient.setattr("moderation.connection.REPLICA_TIMEOUT", 30_000)  # a busy machine is no lost replica
        connection = await connect(pair.primary, external=True)
        assert connection.replicas == 1
        store = await Store.open(connection, "org")
        for n in range(2):
            await store.receive(Arrival(channel="c", places=("grenoble",), upstream=str(n), text="Bonjour."))
        first, second = store.message_id("c", "0"), store.message_id("c", "1")

        await store.decide("approve", MODERATOR, first, revision=1)
        replica = Redis(unix_socket_path=pair.replica.removeprefix("unix://"), decode_responses=True)
        assert replica.hget(store.keys.message(first), "state") == "approved", "no wait needed: it is there"

        pair.stop_replica()
        patient.undo()
        with pytest.raises(Unavailable):
            await store.decide("approve", MODERATOR, second, revision=1, nonce="n")
        patient.setattr("moderation.connection.REPLICA_TIMEOUT", 30_000)
        pair.start_replica()
        until(lambda: replica.info("replication")["master_link_status"] == "up")
        # The same call with the same nonce: nothing is decided twice, and now it is acknowledged.
        again = await store.decide("approve", MODERATOR, second, revision=1, nonce="n")
        assert again.state == "approved"
        assert len((await store.ledger("grenoble")).items) == 4
        await store.close()


async def test_p8_a_lost_replica_does_not_block_every_decision(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with replicated() as pair:
        connection = await connect(pair.primary, external=True)
        store = await Store.open(connection, "org")
        for n in range(4):
            await store.receive(Arrival(channel="c", places=("grenoble",), upstream=str(n), text="Bonjour."))
        ids = [store.message_id("c", str(n)) for n in range(4)]
        pair.stop_replica()
        with pytest.raises(Unavailable):
            await store.decide("approve", MODERATOR, ids[0], revision=1)
        for one in ids[1:3]:
            assert (await store.decide("approve", MODERATOR, one, revision=1)).state == "approved"
        said = "0 replicas acknowledge decisions now, not 1."
        assert [record.getMessage() for record in caplog.records] == [said]

        pair.start_replica()
        await store.decide("approve", MODERATOR, ids[3], revision=1)
        assert connection.replicas == 1, "it is waited for again"
        await store.close()

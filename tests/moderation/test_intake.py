"""The way in: bad items are put aside with their code, and the rest go on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moderation import intake
from moderation.domain import Incoming
from moderation.errors import Invalid
from moderation.store import Store


async def test_a_bad_item_is_put_aside_and_the_rest_go_on(store: Store) -> None:
    items = [
        Incoming(id="1", text="Merci à toute l'équipe."),
        Incoming(id="2", text="   "),
        Incoming(id="3", text="x" * 40_001),
        Incoming(id="4", stars=6),
        Incoming(id="5", event="edited", text="Sans révision."),
        Incoming(id="6", stars=4),
        Incoming(id="7", text="Idée.", kind="rumour"),
    ]
    done = await intake.receive(store, "avis", ["grenoble"], items, kinds=("thanks", "idea"), cursor="c7")
    assert done.accepted == 2
    assert [(r.upstream, r.code) for r in done.quarantined] == [
        ("2", "empty"), ("3", "too_long"), ("4", "bad_json"), ("5", "bad_json"), ("7", "kind_unknown"),
    ]  # fmt: skip
    assert [row[:2] for row in await store.quarantined("avis")][-1] == ("2", "empty")
    assert (await store.channel("avis"))["cursor"] == "c7"
    again = await intake.receive(store, "avis", ["grenoble"], [Incoming(id="2", text="Cette fois, oui.")])
    assert again.accepted == 1, "a quarantined id is not used up"


async def test_a_pull_waits_for_its_place_and_passes_nothing_over(store: Store) -> None:
    item = Incoming(id="1", text="Bonjour.")
    with pytest.raises(Invalid) as refused:
        await intake.receive(store, "avis", ["grenoble", "annecy"], [item], cursor="c1")
    assert (refused.value.kind, refused.value.params) == ("place_unknown", {"place": "annecy"})
    assert "cursor" not in await store.channel("avis")
    taken = await intake.receive(store, "avis", ["grenoble"], [item], cursor="c1")
    assert taken.accepted == 1, "the same pull, once the place is there"


async def test_what_was_removed_from_a_text_is_said(store: Store) -> None:
    item = Incoming(id="1", text="\u202eBon\u200bjour", author_name="Ca\u200bmille")
    (received,) = (await intake.receive(store, "avis", ["grenoble"], [item])).received
    assert received.message is not None
    message = await store.message(received.message)
    assert message is not None
    assert (message.text, message.author.name) == ("Bonjour", "Camille")
    assert [(h.code, h.detail) for h in message.hints if h.code == "altered"] == [("altered", "3")]


async def test_html_becomes_text_and_a_bad_link_is_dropped(store: Store) -> None:
    item = Incoming(
        id="1", format="html", text="<p>Une&nbsp;<b>idée</b></p><p>x<br>y</p>",
        url="javascript:alert(1)", author_url="https://example.org/camille",
    )  # fmt: skip
    (received,) = (await intake.receive(store, "avis", ["grenoble"], [item])).received
    message = await store.message(received.message or "")
    assert message is not None
    assert (message.text, message.url, message.author.url) == (
        "Une\u00a0idée\nx\ny", None, "https://example.org/camille",
    )  # fmt: skip


async def test_p9_a_receipt_finds_its_message_and_nothing_else_does(store: Store) -> None:
    (received,) = (
        await intake.receive(
            store, "write", ["grenoble"], [Incoming(id="1", text="Bonjour")], receipt=lambda _: "s3cret"
        )
    ).received
    assert received.receipt == "s3cret"
    found = await store.receipt("s3cret")
    assert found is not None
    assert found.id == received.message
    assert await store.receipt("other") is None
    raw = [key async for key in store.connection.commands.scan_iter(match=f"{{{store.organisation}}}*")]
    assert not any("s3cret" in key for key in raw), "hashed at rest"


async def test_p11_a_private_item_waits_for_consent(store: Store) -> None:
    waiting = Incoming(id="1", text="Entre nous.", private=True)
    agreed = Incoming(id="1", text="Entre nous.", private=True, consent_at=datetime(2026, 11, 21, tzinfo=UTC))
    await intake.receive(store, "chat", ["grenoble"], [waiting])
    assert await store.count("grenoble", "pending", "consent") == 1
    assert (await intake.receive(store, "chat", ["grenoble"], [agreed])).accepted == 1
    assert await store.count("grenoble", "pending") == 1

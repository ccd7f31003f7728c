"""The way from a delivery, or a look upstream, to intake: opened, received, and what can't be read put aside.

Owns nothing but the order. Must not know HTTP: the server hands over headers and body, and answers with what comes
back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from time import time

from connectors.contract import Connector, Parcel, Pushed
from moderation import consent
from moderation.domain import Incoming
from moderation.intake import Intake, Received, receive
from moderation.store import Store


async def take(
    store: Store,
    connector: Pushed,
    headers: Mapping[str, str],
    body: bytes,
    *,
    languages: Sequence[str] = ("fr", "en"),
    kinds: Sequence[str] | None = None,
) -> Intake:
    """Verify, read and receive one delivery. Raises SignedOut, TooLarge, BadRequest, Unavailable.

    The same item always has the same receipt, so a sender whose answer was lost gets it by sending again.
    """

    def receipt(item: Incoming) -> str | None:
        return store.receipt_secret(connector.slug, item.id) if item.by == "author" else None

    parcel = connector.open(headers, body, time())
    taken = await unpack(store, connector, parcel, languages=languages, kinds=kinds, receipt=receipt)
    await store.note_channel(connector.slug, last_at=datetime.now(UTC).isoformat(), error="")
    return taken


async def unpack(
    store: Store,
    connector: Connector,
    parcel: Parcel,
    *,
    cursor: str | None = None,
    languages: Sequence[str] = ("fr", "en"),
    kinds: Sequence[str] | None = None,
    receipt: Callable[[Incoming], str | None] | None = None,
) -> Intake:
    """Take in what a delivery or a look held; `cursor` is saved last, with the last item. Raises Unavailable."""
    for bad in parcel.rejected:
        await store.quarantine(connector.slug, bad.id, bad.code, bad.field)
    for word in parcel.consents:
        await consent.record(store, connector.slug, word.thread, given=word.given, at=word.at)
    for thread in parcel.ask:
        await store.ask_consent(connector.slug, thread)
    taken = await receive(
        store,
        connector.slug,
        connector.places,
        parcel.items,
        cursor=cursor,
        languages=languages,
        kinds=kinds,
        receipt=receipt,
    )
    unread = (
        Received(upstream=bad.id, outcome="quarantined", code=bad.code, field=bad.field)
        for bad in parcel.rejected
    )
    return Intake((*taken.received, *unread))

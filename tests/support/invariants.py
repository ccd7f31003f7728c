"""What must be true of the engine after every test, whatever happened."""

from __future__ import annotations

from collections import Counter

from moderation.keys import INDEXES
from moderation.store import Store


async def check(store: Store, places: tuple[str, ...] = ("grenoble", "lyon")) -> None:
    """Each message is in exactly the index of its state, feeds and ledger have no hole, and ledger, wall and
    states agree."""
    prefix = store.keys.message("")
    found = [key async for key in store.connection.commands.scan_iter(match=f"{prefix}*", count=1000)]
    hashes = await store.connection.gather([("hgetall", (key,)) for key in found])
    messages = {k.removeprefix(prefix): h for k, h in zip(found, hashes, strict=True) if h.get("number")}

    numbers = sorted(int(h["number"]) for h in messages.values())
    assert numbers == list(range(1, len(numbers) + 1)), "numbers of the organisation are contiguous"

    for place in places:
        await _indexes(store, place, messages)
        for feed in ("wall", "desk"):
            await _feed(store, place, feed)
        await _ledger(store, place, messages)
        await _wall(store, place, messages)


async def _indexes(store: Store, place: str, messages: dict[str, dict[str, str]]) -> None:
    held: Counter[str] = Counter()
    for index in INDEXES:
        for ident in await store.connection.commands.zrange(store.keys.index(place, index), 0, -1):
            held[ident] += 1
            h = messages[ident]
            assert place in h["places"].split()
            expected = h["held"] if h["state"] == "pending" and h["held"] else h["state"]
            assert index == expected, f"{ident} is {expected}, yet in the index of {index}"
    mine = {ident for ident, h in messages.items() if place in h["places"].split()}
    assert held == Counter(mine), "every message is in one index"
    for ident in mine:
        h = messages[ident]
        if h["state"] == "erased":
            left = {
                "text",
                "author_name",
                "author_url",
                "author_id",
                "url",
                "masks",
                "hints",
                "upstream",
            } & set(h)
            assert not left, f"erased, yet it still has {left}"


async def _feed(store: Store, place: str, feed: str) -> None:
    head = await store.feed_head(place, feed)
    entries = await store.connection.commands.xrange(store.keys.feed(place, feed))
    offsets = [int(ident.split("-")[0]) for ident, _ in entries]
    assert offsets == list(range(1, head.offset + 1)), "the feed is contiguous"
    assert head.nonce == (entries[-1][1]["n"] if entries else "")
    assert len({f["n"] for _, f in entries}) == len(entries)
    assert all(set(f) == {"n", "what", "id", "tid", "v", "at"} for _, f in entries), "ids only, no text"


async def _ledger(store: Store, place: str, messages: dict[str, dict[str, str]]) -> None:
    entries = (await store.ledger(place, limit=100_000)).items
    assert [e.seq for e in entries] == list(range(1, len(entries) + 1)), "seq is contiguous"
    arrivals = sorted(e.arrival for e in entries if e.what == "received" and e.arrival)
    assert arrivals == list(range(1, len(arrivals) + 1)), "arrival is contiguous"
    last = {e.number: e.state for e in entries if e.number is not None}
    states = {int(h["number"]): h["state"] for h in messages.values() if place in h["places"].split()}
    assert last == states, "the ledger's last word is the state"


async def _wall(store: Store, place: str, messages: dict[str, dict[str, str]]) -> None:
    tids = await store.connection.commands.zrange(store.keys.wall(place), 0, -1)
    snapshot = await store.snapshot(place)
    assert [t.tid for t in snapshot.threads] == tids, "what hangs has an approved first message"
    assert snapshot.cursor == await store.feed_head(place, "wall")
    truths = await store.truths(place, tids)
    assert tuple(truths[tid] for tid in tids) == snapshot.threads
    for thread in snapshot.threads:
        assert messages[thread.root.id]["state"] == "approved"
    entries = await store.connection.commands.xrange(store.keys.feed(place, "wall"))
    last = {f["tid"]: f["what"] for _, f in entries}
    assert {tid for tid, what in last.items() if what == "put"} == set(tids), (
        "the feed's last word is the wall"
    )

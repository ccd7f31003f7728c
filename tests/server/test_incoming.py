"""The signed intake over HTTP: from a sender's POST to the queue, and to the author's receipt."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace

from moderation.domain import Place
from moderation.roster import Roster
from moderation.store import Store
from server.settings import Channel
from tests.support.houses import SECRETS, SETTINGS, House, house

PRAISE = {"id": "a1", "event": "created", "text": "Bravo à l'équipe.", "stars": 5, "author": {"name": "Jo"}}


async def test_p7_delivered_twice_it_is_one_message_with_one_receipt(home: House) -> None:
    first = await home.deliver([PRAISE])
    assert first.status_code == 202
    taken = first.json()
    assert (taken["accepted"], taken["duplicates"], taken["quarantined"]) == (1, 0, [])
    (receipt,) = taken["receipts"]
    assert receipt["id"] == "a1"
    assert receipt["url"].startswith("http://wall.test/receipt/")
    assert len(receipt["url"].rpartition("/")[2]) >= 26, "128 bits or more"

    again = (await home.deliver([PRAISE], secret=SECRETS[1])).json()
    assert (again["accepted"], again["duplicates"]) == (0, 1)
    assert again["receipts"] == [receipt]
    listed = (await home.call("moderator", "GET", "/messages?state=pending")).json()["messages"]
    assert [message["text"] for message in listed] == ["Bravo à l'équipe."]
    assert listed[0]["declared"] == {"stars": 5}


async def test_a_bad_item_is_put_aside_and_the_rest_goes_on(home: House) -> None:
    taken = (await home.deliver([{"id": "b", "event": "created"}, PRAISE, "nonsense"])).json()
    assert taken["accepted"] == 1
    assert [bad["code"] for bad in taken["quarantined"]] == ["empty", "bad_json"]
    mended = (await home.deliver([{"id": "b", "event": "created", "text": "Enfin."}])).json()
    assert mended["accepted"] == 1, "a quarantined id is not used up"


async def test_what_was_put_aside_names_the_field_to_the_sender_and_to_the_owner(home: House) -> None:
    bad = [
        {"id": "b", "event": "created", "text": "Bonjour.", "author": {"name": 3}},
        {"id": "c", "event": "edited", "text": "Bonjour."},
        {"id": "d", "event": "created", "text": "Bonjour.", "kind": "rant"},
        "nonsense",
    ]
    taken = (await home.deliver(bad)).json()
    named = {one["id"]: one.get("field") for one in taken["quarantined"]}
    assert named == {"b": "author.name", "c": "revision", "d": "kind", "#3": None}
    codes = {one["code"] for one in taken["quarantined"]}
    assert codes == {"bad_json"}, "programs meet the codes of the contract and no others"
    async with home.browser("owner") as browser:
        page = (await browser.get("/admin/channels")).text
    assert "author.name" in page
    assert "revision" in page


async def test_an_item_for_a_place_that_does_not_exist_yet_is_put_aside_until_it_does(
    store: Store, roster: Roster
) -> None:
    annecy = Channel(slug="avis", kind="webhook", places=("annecy",), options={"secret": SECRETS})
    async with house(store, roster, replace(SETTINGS, channels=(annecy,))) as home:
        early = (await home.deliver([PRAISE])).json()
        assert early["accepted"] == 0
        assert early["quarantined"] == [{"id": "a1", "code": "not_found", "why": "place_unknown"}]
        assert early["receipts"] == [], "nobody is given a receipt of what was not taken in"
        async with home.browser("owner") as browser:
            for room in ("/admin", "/admin/channels"):
                page = (await browser.get(room)).text
                assert "annecy" in page, "the owner is told"
                assert "Aucun canal" not in page
            assert "ne redémarre plus sans" in (await browser.get("/admin")).text
        await roster.add_place(Place(slug="annecy", name="Annecy"))
        assert (await home.deliver([PRAISE])).json()["accepted"] == 1, "its id was not used up"
        listed = (await home.call("owner", "GET", "/messages?state=pending")).json()["messages"]
        assert [message["places"] for message in listed] == [["annecy"]]


async def test_who_does_not_hold_the_secret_gets_nothing_in(home: House) -> None:
    for refused, code in [
        (await home.deliver([PRAISE], secret="another secret of 30 bytes.."), "bad_signature"),
        (await home.deliver([PRAISE], secret="whsec-other-of-the-tests"), "bad_signature"),
        (await home.deliver([PRAISE], at=time.time() - 301), "stale_signature"),
        (await home.deliver([PRAISE], at=time.time() + 330), "stale_signature"),
        (await home.call(None, "POST", "/channels/avis/incoming", {"items": []}), "bad_signature"),
        (await home.call("owner", "POST", "/channels/avis/incoming", {"items": []}), "bad_signature"),
    ]:
        assert (refused.status_code, refused.json()["code"]) == (401, code)
        assert refused.headers["content-type"] == "application/problem+json"
    assert (await home.deliver([PRAISE], slug="nowhere")).status_code == 404
    assert (await home.deliver([PRAISE], slug="write")).status_code == 404
    assert (await home.deliver([{**PRAISE, "text": "a" * 70_000}])).status_code == 413
    async with home.client() as client:
        chunked = await client.post("/api/v1/channels/avis/incoming", content=_endless())
    assert chunked.status_code == 413, "a body of unknown length is cut off at the limit"
    assert (await home.call("moderator", "GET", "/messages")).json()["messages"] == []


async def _endless() -> AsyncIterator[bytes]:
    for _ in range(1000):
        yield b"x" * 1024

"""Action, role and state: the table of CONTRACT.md, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.houses import ROLES, House

RULING = {"revision": 1, "reason": "hate", "passage": [0, 7]}
ACTIONS: dict[str, tuple[str, dict[str, Any] | None, set[str], set[str]]] = {
    # action: path, body, who may, from which states
    "approve": ("approve", {"revision": 1}, {"owner", "moderator"}, {"pending", "refused", "withdrawn"}),
    "refuse": ("refuse", RULING, {"owner", "moderator"}, {"pending"}),
    "withdraw": ("withdraw", RULING, {"owner", "moderator", "manager"}, {"approved"}),
    "reply": (
        "replies",
        {"place": "grenoble", "text": "Merci.", "nonce": "n1"},
        {"owner", "manager", "staff"},
        {"approved"},
    ),
    "erase": ("erase", None, {"owner"}, {"pending", "approved", "refused", "withdrawn", "erased"}),
}
STATES = ("pending", "approved", "refused", "withdrawn", "erased")


@pytest.mark.parametrize("action", ACTIONS)
async def test_the_table(home: House, action: str) -> None:
    path, body, may, states = ACTIONS[action]
    for state in STATES:
        for who in (None, "stranger", *ROLES):
            message = await home.message(state)
            asked = dict(body) if body else None
            if asked and "passage" in asked and state == "erased":
                asked["passage"] = [0, 0]
            answer = await home.call(who, "POST", f"/messages/{message.id}/{path}", asked)
            if who is None:
                expected = 401
            elif who == "stranger":
                expected = 404 if "moderator" in may else 403
            elif who not in may:
                expected = 403
            else:
                expected = 409 if state not in states else 204 if action == "erase" else 200
            assert answer.status_code == expected, (action, state, who, answer.text)
            if expected == 409:
                assert answer.json()["code"] == "conflict"
                assert answer.json()["params"]["message"]["state"] == state


@pytest.mark.parametrize("who", ["owner", "moderator", "manager"])
async def test_undo_belongs_to_who_decided(home: House, who: str) -> None:
    state = "approved" if who == "manager" else "pending"
    message = await home.message(state)
    path, body = ("withdraw", RULING) if who == "manager" else ("approve", {"revision": 1})
    assert (await home.call(who, "POST", f"/messages/{message.id}/{path}", body)).status_code == 200

    for other in {"owner", "moderator", "manager"} - {who}:
        refused = await home.call(other, "POST", f"/messages/{message.id}/undo")
        assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_undo")
    undone = await home.call(who, "POST", f"/messages/{message.id}/undo")
    assert (undone.status_code, undone.json()["state"]) == (200, state)
    again = await home.call(who, "POST", f"/messages/{message.id}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_undo")


async def test_who_reads_what(home: House) -> None:
    waiting, hanging = await home.message(), await home.message("approved")
    for who in ("owner", "moderator", "manager", "staff"):
        listed = (await home.call(who, "GET", "/messages")).json()["messages"]
        assert [m["id"] for m in listed] == [waiting.id, hanging.id]
    listed = (await home.call("auditor", "GET", "/messages")).json()["messages"]
    assert [m["id"] for m in listed] == [hanging.id]
    for who in ("owner", "moderator", "manager", "staff"):
        listed = (await home.call(who, "GET", "/messages?hangs=true&place=grenoble")).json()["messages"]
        assert [m["id"] for m in listed] == [hanging.id]
    assert (await home.call("owner", "GET", "/messages?hangs=yes")).status_code == 400
    assert (await home.call("auditor", "GET", f"/messages/{waiting.id}")).status_code == 404
    assert (await home.call("auditor", "GET", "/messages?state=pending")).status_code == 403
    assert (await home.call("stranger", "GET", "/messages")).json()["messages"] == []
    assert (await home.call("stranger", "GET", "/messages?place=grenoble")).status_code == 404
    assert (await home.call(None, "GET", "/messages")).status_code == 401


async def test_p4_an_auditor_reads_what_the_wall_shows(home: House) -> None:
    message = await home.message()
    body = {"revision": 1, "masks": [[28, 42]], "mask_author": True}
    await home.call("moderator", "POST", f"/messages/{message.id}/approve", body)
    seen = (await home.call("auditor", "GET", f"/messages/{message.id}")).json()
    assert "06 12" not in seen["text"]
    assert seen["masks"] == [[28, 34]]
    assert seen["author"]["name"] == "██████"
    assert seen["hints"] == []
    whole = (await home.call("moderator", "GET", f"/messages/{message.id}")).json()
    assert "06 12 34 56 78" in whole["text"]


@pytest.mark.parametrize("who", ["owner", "manager", "moderator", "staff", "auditor"])
async def test_who_pairs_and_revokes(home: House, who: str) -> None:
    code, _ = await home.services.roster.begin_pairing()
    body = {"code": code, "place": "grenoble", "name": "Vitrine"}
    paired = await home.call(who, "POST", "/screens/pair", body)
    if who not in ("owner", "manager"):
        assert paired.status_code == 403
        assert (await home.call(who, "GET", "/screens")).status_code == 403
        assert (await home.call(who, "DELETE", "/screens/x")).status_code == 403
        return
    screen = paired.json()
    assert screen == {
        "id": screen["id"],
        "name": "Vitrine",
        "place": "grenoble",
        "connected": False,
        "acked": None,
        "painted": None,
        "silent_since": None,
        "heard_at": None,
        "report": None,
    }
    assert (await home.call(who, "GET", "/screens")).json() == {"screens": [screen]}
    assert (await home.call(who, "DELETE", f"/screens/{screen['id']}")).json() == screen
    assert (await home.call(who, "GET", "/screens")).json() == {"screens": []}


async def test_a_manager_has_no_screens_elsewhere(home: House) -> None:
    screen, _ = await home.services.roster.create_screen("lyon", "Quai")
    code, _ = await home.services.roster.begin_pairing()
    assert (await home.call("manager", "GET", "/screens")).json() == {"screens": []}
    assert (await home.call("manager", "DELETE", f"/screens/{screen.id}")).status_code == 404
    body = {"code": code, "place": "lyon", "name": ""}
    assert (await home.call("manager", "POST", "/screens/pair", body)).status_code == 404


async def test_the_staff_read_who_may_undo_a_decision(home: House) -> None:
    """The desk offers to undo it to that person alone."""
    refused, hanging = await home.message("refused"), await home.message("approved")
    body = {**RULING, "nonce": "n"}
    withdrawn = (await home.call("manager", "POST", f"/messages/{hanging.id}/withdraw", body)).json()
    mine = home.people["manager"].id
    assert withdrawn["undoable_by"] == mine
    for who in ("moderator", "manager", "staff"):
        seen = (await home.call(who, "GET", f"/messages/{refused.id}")).json()
        assert seen["undoable_by"] == home.people["owner"].id
        listed = (await home.call(who, "GET", "/messages?state=withdrawn")).json()["messages"]
        assert [message["undoable_by"] for message in listed] == [mine]

    back = (await home.call("manager", "POST", f"/messages/{hanging.id}/undo")).json()
    assert (back["state"], back["undoable_by"]) == ("approved", None)
    assert (await home.call("auditor", "GET", f"/messages/{hanging.id}")).json()["undoable_by"] is None

    approved = await home.call("moderator", "POST", f"/messages/{refused.id}/approve", {"revision": 1})
    assert approved.json()["undoable_by"] == home.people["moderator"].id
    undone = (await home.call("moderator", "POST", f"/messages/{refused.id}/undo")).json()
    assert (undone["state"], undone["undoable_by"]) == ("refused", None), (
        "that undo is over for its owner too"
    )
    again = await home.call("owner", "POST", f"/messages/{refused.id}/undo")
    assert again.json()["code"] == "nothing_to_undo"


async def test_p3_the_staff_read_what_a_refusal_rests_on(home: House) -> None:
    refused = await home.message("refused")
    seen = (await home.call("moderator", "GET", f"/messages/{refused.id}")).json()
    assert seen["ruling"] == {"code": "hate", "passage": [0, 7], "law": None, "subject": None}
    undone = (await home.call("owner", "POST", f"/messages/{refused.id}/undo", {})).json()
    assert undone["ruling"] is None
    body = {"revision": 1, "reason": "illegal-other", "passage": {"field": "author"}, "law": "art. 24"}
    again = (await home.call("owner", "POST", f"/messages/{refused.id}/refuse", body)).json()
    assert again["ruling"]["passage"] == body["passage"]
    assert again["ruling"]["law"] == "art. 24"

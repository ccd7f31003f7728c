"""Leading the wall of a place over HTTP: who may, what is answered, what a wrong request is told."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.support.houses import ROLES, House

CONDUCT: Final = "/places/grenoble/conduct"
LEAD: Final = ("free", "next", "test", "reload", "hold")
NOTHING: Final[dict[str, Any]] = {
    "place": "grenoble",
    "pace": {"now": "normal", "usual": "normal", "hours": []},
    "pin": None,
    "hold": None,
    "blank": None,
    "open": True,
    "opens_at": None,
    "screens": [],
}


@pytest.mark.parametrize("what", [*LEAD, "pace", "pin", "blank", "unblank"])
async def test_who_leads_the_wall(home: House, what: str) -> None:
    hangs = await home.message("approved")
    bodies = {"pace": {"pace": "calm"}, "pin": {"message": hangs.id}}
    may = {"owner", "manager", "moderator" if "blank" in what else "staff"}
    for who in (None, "stranger", *ROLES):
        answer = await home.call(who, "POST", f"{CONDUCT}/{what}", bodies.get(what))
        expected = 401 if who is None else 200 if who in may else 403
        if who == "stranger":
            expected = 404 if "blank" in what else 403
        assert answer.status_code == expected, (who, answer.text)
    # Who may not is told so before anything of the body is read.
    assert (await home.call("auditor", "POST", f"{CONDUCT}/{what}", "rubbish")).status_code == 403
    assert (await home.call("owner", "POST", f"/places/nowhere/conduct/{what}", {})).status_code == 404


async def test_what_is_in_force_is_answered(home: House) -> None:
    assert (await home.call("staff", "GET", CONDUCT)).json() == NOTHING
    assert (await home.call("auditor", "GET", CONDUCT)).status_code == 403
    assert (await home.call("stranger", "GET", CONDUCT)).status_code == 404
    hangs = await home.message("approved")
    pinned = (await home.call("staff", "POST", f"{CONDUCT}/pin", {"message": hangs.id, "minutes": 3})).json()
    assert (pinned["pin"]["id"], pinned["pin"]["by"]) == (hangs.id, "Staff-Anne")
    held = (await home.call("manager", "POST", f"{CONDUCT}/hold")).json()
    assert (held["pin"], held["hold"]["by"]) == (None, "Manager-Anne")
    assert (await home.call("manager", "POST", f"{CONDUCT}/next")).json() == NOTHING
    dark = (await home.call("moderator", "POST", f"{CONDUCT}/blank")).json()["blank"]
    assert dark["by"] == "Moderator-Anne"
    kept = (await home.call("manager", "POST", f"{CONDUCT}/confirm")).json()["blank"]
    assert kept == {**dark, "until": None}
    assert (await home.call("moderator", "GET", CONDUCT)).json()["blank"] == kept
    assert (await home.call("moderator", "POST", f"{CONDUCT}/unblank")).json() == NOTHING


async def test_p6_the_blank_of_a_wall_is_public(home: House) -> None:
    await home.call("manager", "POST", f"{CONDUCT}/blank")
    await home.call("owner", "POST", f"{CONDUCT}/unblank")
    entries = (await home.call(None, "GET", "/places/grenoble/ledger")).json()["entries"]
    assert [entry["what"] for entry in entries] == ["blanked", "unblanked"]
    for entry in entries:
        assert (entry["number"], entry["state"], entry["via"]) == (None, None, "token")
        assert len(entry["by"]) == 8  # a pseudonym
        assert "Manager" not in str(entry)


async def test_the_pace_and_its_hours(home: House) -> None:
    hours = [
        {"from": "00:00", "to": "12:00", "pace": "calm"},
        {"from": "12:00", "to": "00:00", "pace": "calm"},
    ]
    body = {"pace": "lively", "hours": hours}
    paced = (await home.call("staff", "POST", f"{CONDUCT}/pace", body)).json()["pace"]
    assert paced == {"now": "calm", "usual": "lively", "hours": hours}


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("pace", {"pace": "frantic"}),
        ("pace", {"pace": "calm", "hours": [{"from": "9", "to": "10:00", "pace": "calm"}]}),
        ("pace", {"pace": "calm", "hours": [{"from": "99:00", "to": "10:00", "pace": "calm"}]}),
        ("pin", {}),
        ("hold", {"minutes": 11}),
        ("hold", {"minutes": 0}),
        ("next", "rubbish"),
    ],
)
async def test_a_wrong_request_is_told_so(home: House, what: str, body: object) -> None:
    answer = await home.call("manager", "POST", f"{CONDUCT}/{what}", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json"), answer.text


async def test_what_is_over_is_told_so(home: House) -> None:
    answer = await home.call("manager", "POST", f"{CONDUCT}/confirm")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert answer.json()["params"]["why"] == "not_blank"
    waits = await home.message()
    answer = await home.call("manager", "POST", f"{CONDUCT}/pin", {"message": waits.id})
    assert answer.status_code == 404


async def test_a_page_needs_its_csrf_token(home: House) -> None:
    async with home.browser("manager") as browser:
        path = f"/api/v1{CONDUCT}/blank"
        assert (await browser.post(path)).status_code == 403
        said = await browser.post(path, headers={"X-CSRF-Token": await home.csrf(browser)})
        assert said.status_code == 200
    entries = (await home.call(None, "GET", "/places/grenoble/ledger")).json()["entries"]
    assert [entry["via"] for entry in entries] == ["session"]

"""What a refused request is told: status, stable code, a sentence in the caller's language, and which check
comes first."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message

from moderation.errors import TITLES, BadRequest, TooMany, Unavailable
from server.bodies import read_body
from tests.support.houses import House

APPROVE = {"revision": 1}


async def test_every_refusal_is_problem_json_in_the_callers_language(home: House) -> None:
    message = await home.message()
    for language in ("fr", "en"):
        async with home.client("staff", headers={"Accept-Language": language}) as client:
            refused = await client.post(f"/api/v1/messages/{message.id}/approve", json=APPROVE)
        assert refused.status_code == 403
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json() == {
            "status": 403,
            "code": "not_allowed",
            "title": TITLES["not_allowed"][language],
            "params": {"role": "staff"},
        }


async def test_the_order_of_checks(home: House) -> None:
    """One request that is wrong in every way is told one thing after the other, as it is mended."""
    approved = await home.message("approved")
    await home.edit(approved, "Autre texte.")
    await home.call("owner", "POST", f"/messages/{approved.id}/approve", {"revision": 2})
    path = f"/api/v1/messages/{approved.id}/refuse"

    async def told(who: str | None, content: bytes, at: str = path) -> tuple[int, str]:
        async with home.client(who) as client:
            answer = await client.post(at, content=content)
            return answer.status_code, answer.json()["code"]

    wrong = b'{"revision": "one"'
    assert await told(None, wrong) == (401, "not_signed_in")
    assert await told("staff", wrong) == (403, "not_allowed")
    assert await told("stranger", wrong) == (404, "not_found")
    assert await told("moderator", wrong, "/api/v1/messages/aaaaaaaaaaaaaaaaaaaa/refuse") == (
        404,
        "not_found",
    )
    assert await told("moderator", wrong) == (400, "bad_json")
    assert await told("moderator", b" " * 70_000) == (413, "too_large")
    assert await told("moderator", b'{"revision": 1}') == (422, "reason_required")
    ruling = {"revision": 1, "reason": "hate", "passage": [0, 5]}
    assert await told("moderator", json.dumps(ruling).encode()) == (409, "stale_revision")
    assert await told("moderator", json.dumps({**ruling, "revision": 2}).encode()) == (409, "conflict")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"[]", None),
        (b"nonsense", None),
        (b'{"revision": 1', None),
        (b"[" * 60_000, None),
        (b"\xff\xfe", None),
        ('{"revision": 1}'.encode("utf-16"), None),
        (b'{"revision": 1, "more": NaN}', None),
        (b"{}", "revision"),
        (b'{"revision": "1"}', "revision"),
        (b'{"revision": 1.5}', "revision"),
        (b'{"revision": true}', "revision"),
        (b'{"revision": 1, "masks": 5}', "masks"),
        (b'{"revision": 1, "masks": [[1]]}', "masks"),
        (b'{"revision": 1, "masks": [["0", "3"]]}', "masks"),
        (b'{"revision": 1, "mask_author": "yes"}', "mask_author"),
        (b'{"revision": 1, "with": {"a": "b"}}', "with"),
        (b'{"revision": 1, "nonce": 7}', "nonce"),
    ],
)
async def test_a_body_of_the_wrong_shape_names_its_field(home: House, body: bytes, field: str | None) -> None:
    message = await home.message()
    async with home.client("moderator") as client:
        refused = await client.post(f"/api/v1/messages/{message.id}/approve", content=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_json")
    assert refused.json()["params"]["field"] == field
    assert (await home.call("moderator", "GET", f"/messages/{message.id}")).json()["state"] == "pending"


async def test_who_hangs_up_in_the_middle_of_a_body_leaves_no_trace_of_an_error() -> None:
    told: list[Message] = [
        {"type": "http.request", "body": b'{"rev', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return told.pop(0)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    with pytest.raises(BadRequest):
        await read_body(Request(scope, receive))


@pytest.mark.parametrize(
    ("query", "field"),
    [("state=shown", "state"), ("held=no", "held"), ("limit=0", "limit"), ("limit=201", "limit"),
     ("limit=ten", "limit"), ("limit=-1", "limit"), ("after=x", "after"), ("after=9" + "9" * 30, "after")],
)  # fmt: skip
async def test_a_wrong_query_names_its_parameter(home: House, query: str, field: str) -> None:
    refused = await home.call("moderator", "GET", f"/messages?{query}")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_json")
    assert refused.json()["params"]["field"] == field


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "reason_required"),
        ({"reason": "", "passage": [0, 7]}, "reason_required"),
        ({"reason": "negative", "passage": [0, 7]}, "reason_unknown"),
        ({"reason": "author-withdrew", "passage": [0, 7]}, "reason_reserved"),
        ({"reason": "hate"}, "passage_required"),
        ({"reason": "hate", "passage": [7, 7]}, "bad_positions"),
        ({"reason": "hate", "passage": [7, 3]}, "bad_positions"),
        ({"reason": "hate", "passage": [-1, 3]}, "bad_positions"),
        ({"reason": "hate", "passage": [0, 500]}, "bad_positions"),
        ({"reason": "illegal-other", "passage": [0, 7]}, "law_required"),
        ({"reason": "not-about-this-place", "passage": [0, 7]}, "subject_required"),
        ({"reason": "duplicate-same-author", "passage": [0, 7]}, "subject_required"),
    ],
)
async def test_p3_a_refusal_rests_on_a_code_of_the_list_and_a_passage(
    home: House, body: dict[str, Any], code: str
) -> None:
    message = await home.message()
    refused = await home.call("moderator", "POST", f"/messages/{message.id}/refuse", {"revision": 1, **body})
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert (await home.call("moderator", "GET", f"/messages/{message.id}")).json()["state"] == "pending"


async def test_p3_the_passage_may_be_the_authors_name(home: House) -> None:
    message = await home.message()
    body = {"revision": 1, "reason": "insult-threat", "passage": {"field": "author"}}
    assert (await home.call("moderator", "POST", f"/messages/{message.id}/refuse", body)).status_code == 200


@pytest.mark.parametrize(
    "masks", [[[3, 3]], [[5, 2]], [[0, 400]], [[5, 9], [0, 3]], [[0, 5], [4, 8]], [[-2, 4]]]
)
async def test_masks_are_sorted_disjoint_and_inside(home: House, masks: list[list[int]]) -> None:
    message = await home.message()
    body = {"revision": 1, "masks": masks}
    refused = await home.call("moderator", "POST", f"/messages/{message.id}/approve", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_positions")


async def test_p1_only_the_revision_that_was_read_can_be_approved(home: House) -> None:
    message = await home.message()
    await home.edit(message, "Ils ont changé le texte.")
    stale = await home.call("moderator", "POST", f"/messages/{message.id}/approve", {"revision": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_revision")
    for unread in (0, 3, -1):
        body = {"revision": unread}
        answer = await home.call("moderator", "POST", f"/messages/{message.id}/approve", body)
        assert answer.json()["code"] == "stale_revision"
    assert (await home.services.store.snapshot("grenoble")).threads == ()
    fresh = await home.call("moderator", "POST", f"/messages/{message.id}/approve", {"revision": 2})
    assert (fresh.status_code, fresh.json()["state"]) == (200, "approved")


async def test_p11_a_private_chat_waits_for_consent(home: House) -> None:
    message = await home.message(private=True)
    assert message.held == "consent"
    refused = await home.call("moderator", "POST", f"/messages/{message.id}/approve", APPROVE)
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_required")


async def test_the_same_nonce_gives_the_same_answer(home: House) -> None:
    message = await home.message()
    path = f"/messages/{message.id}"
    first = await home.call("moderator", "POST", f"{path}/approve", {**APPROVE, "nonce": "a"})
    again = await home.call("moderator", "POST", f"{path}/approve", {**APPROVE, "nonce": "a"})
    assert (again.status_code, again.json()) == (200, first.json())
    body = {"place": "grenoble", "text": "Merci.", "nonce": "b"}
    replied = await home.call("manager", "POST", f"{path}/replies", body)
    repeated = await home.call("manager", "POST", f"{path}/replies", body)
    assert repeated.json() == replied.json()
    seen = (await home.call("manager", "GET", path)).json()
    assert [reply["id"] for reply in seen["replies"]] == [replied.json()["id"]]
    undone = await home.call("moderator", "POST", f"{path}/undo", {"nonce": "c"})
    assert undone.status_code == 409, "a reply followed"
    for _ in range(2):
        assert (await home.call("owner", "POST", f"{path}/erase", {"nonce": "d"})).status_code == 204
    masked = {**APPROVE, "masks": [[0, 3]], "nonce": "a"}
    repeated = await home.call("moderator", "POST", f"{path}/approve", masked)
    assert repeated.status_code == 200, "positions are not judged in a text that is gone"

    code, _ = await home.services.roster.begin_pairing()
    body = {"code": code, "place": "grenoble", "name": "Vitrine", "nonce": "e"}
    paired = await home.call("manager", "POST", "/screens/pair", body)
    assert (await home.call("manager", "POST", "/screens/pair", body)).json() == paired.json()
    assert len((await home.call("manager", "GET", "/screens")).json()["screens"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": "Merci."}, 400, "bad_json"),
        ({"text": "Merci.", "nonce": "n"}, 400, "bad_json"),
        ({"place": "grenoble", "nonce": "n"}, 400, "bad_json"),
        ({"place": "grenoble", "text": " \u200b ", "nonce": "n"}, 422, "empty"),
        ({"place": "grenoble", "text": "a" * 2001, "nonce": "n"}, 422, "too_long"),
        ({"place": "grenoble", "text": "Oui.", "due": "2026-13-40", "nonce": "n"}, 400, "bad_json"),
        ({"place": "grenoble", "text": "Oui.", "stance": "later", "nonce": "n"}, 400, "bad_json"),
        ({"place": "grenoble", "text": "Oui.", "stance": "planned", "nonce": "n"}, 400, "bad_json"),
        ({"place": "grenoble", "text": "Non.", "stance": "declined", "nonce": "n"}, 400, "bad_json"),
        ({"place": "lyon", "text": "Oui.", "nonce": "n"}, 404, "not_found"),
    ],
)
async def test_a_reply_that_is_not_one(home: House, body: dict[str, Any], status: int, code: str) -> None:
    message = await home.message("approved")
    refused = await home.call("manager", "POST", f"/messages/{message.id}/replies", body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_a_reply_is_signed_with_first_name_and_role(home: House) -> None:
    message = await home.message("approved")
    body = {
        "place": "grenoble",
        "text": "Nous \ud800ouvrons une caisse.",
        "stance": "planned",
        "due": "2026-12-03",
        "nonce": "n",
    }
    raw = json.dumps(body).encode()
    async with home.client("manager") as client:
        reply = (await client.post(f"/api/v1/messages/{message.id}/replies", content=raw)).json()
    assert reply["signed"] == "Manager-Anne, responsable"
    assert reply["text"] == "Nous ouvrons une caisse."
    assert (reply["stance"], reply["due"], reply["owner"], reply["because"]) == (
        "planned",
        "2026-12-03",
        None,
        None,
    )
    assert (reply["retracted_at"], reply["delivery"]) == (None, {"state": "none", "url": None, "error": None})


@pytest.mark.parametrize(("length", "status", "code"), [(80, 404, "not_found"), (81, 422, "too_long")])
async def test_a_screens_name_has_80_characters(home: House, length: int, status: int, code: str) -> None:
    body = {"code": "NOTACODE", "place": "grenoble", "name": "x" * length}
    refused = await home.call("manager", "POST", "/screens/pair", body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_pairing_is_tried_five_times(home: House) -> None:
    for _ in range(5):
        wrong = await home.call("manager", "POST", "/screens/pair", {"code": "NOTACODE", "place": "grenoble"})
        assert (wrong.status_code, wrong.json()["code"]) == (404, "not_found")
        assert wrong.json()["params"]["why"] == "code_unknown"
    code, _ = await home.services.roster.begin_pairing()
    locked = await home.call("manager", "POST", "/screens/pair", {"code": code, "place": "grenoble"})
    assert (locked.status_code, locked.json()["code"]) == (429, "too_many")
    assert 0 < int(locked.headers["retry-after"]) <= 60, "less than a code lives"
    assert re.search(r"Recommencez dans \d+\u00a0secondes?\.", locked.json()["title"])
    other = await home.call("owner", "POST", "/screens/pair", {"code": code, "place": "grenoble"})
    assert other.status_code == 200, "one person's mistakes lock nobody else out"


async def test_no_code_at_all_is_no_wrong_code(home: House) -> None:
    for _ in range(7):
        empty = await home.call("manager", "POST", "/screens/pair", {"code": " ", "place": "grenoble"})
        assert (empty.status_code, empty.json()["params"]["why"]) == (422, "code_missing")


@pytest.mark.parametrize(
    ("seconds", "french", "english"),
    [
        (1, "1\u00a0seconde", "1\u00a0second"),
        (59, "59\u00a0secondes", "59\u00a0seconds"),
        (541, "10\u00a0minutes", "10\u00a0minutes"),
    ],
)
def test_a_wait_is_said_in_words(seconds: int, french: str, english: str) -> None:
    problem = TooMany(retry_after=seconds)
    assert french in problem.title("fr")
    assert english in problem.title("en")


async def test_rows_that_are_not_delivered_answer_404(home: House) -> None:
    message = await home.message("approved")
    for method, path in [
        ("POST", f"/messages/{message.id}/claim"),
        ("POST", f"/messages/{message.id}/set-aside"),
        ("PUT", "/replies/x"),
        ("POST", "/replies/x/retract"),
        ("GET", "/places/grenoble/openness"),
        ("GET", "/nothing"),
    ]:
        missing = await home.call("owner", method, path)
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found"), path
    wrong = await home.call("owner", "PUT", f"/messages/{message.id}/approve")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")


async def test_a_lost_engine_is_said_and_a_mistake_of_ours_shows_no_trace(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home.services.store.connection, "gather", _refuse)
    lost = await home.call("owner", "GET", "/messages")
    assert (lost.status_code, lost.json()["code"]) == (503, "engine_unavailable")
    assert lost.headers["retry-after"]
    monkeypatch.setattr(home.services.store.connection, "gather", _break)
    broken = await home.call("owner", "GET", "/messages")
    assert (broken.status_code, broken.json()["code"]) == (500, "problem")
    assert "Trace" not in broken.text
    assert "a secret" not in broken.text


async def _refuse(_: object) -> Any:
    raise Unavailable(why="ConnectionError")


async def _break(_: object) -> Any:
    raise RuntimeError("a secret of ours")

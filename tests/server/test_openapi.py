"""openapi.json against the server: every row is driven, and what it answers is what the document says."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from tests.support.houses import House

DELIVERED = {
    "listMessages",
    "getMessage",
    "approveMessage",
    "refuseMessage",
    "withdrawMessage",
    "undoDecision",
    "replyToMessage",
    "eraseMessage",
    "receiveItems",
    "pairScreen",
    "listScreens",
    "revokeScreen",
    "readLedger",
    "readScreensOfMessage",
    "readConduct",
    "paceWall",
    "pinWall",
    "holdWall",
    "freeWall",
    "nextWall",
    "testWall",
    "reloadWall",
    "blankWall",
    "confirmWall",
    "unblankWall",
}


@dataclass
class Described:
    home: House
    document: dict[str, Any]
    driven: set[str] = field(default_factory=set)

    async def drive(
        self, name: str, who: str | None, body: object = None, query: str = "", **ids: str
    ) -> Any:
        """Call one operation by its id and hold request and answer against the document."""
        path, method, operation = next(
            (path, method, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
            if operation["operationId"] == name
        )
        if body is not None and who is not None:
            self.check(operation["requestBody"]["content"]["application/json"]["schema"], body)
        answer = await self.home.call(who, method.upper(), path.format(**ids) + query, body)
        self.answered(operation, answer)
        self.driven.add(name)
        return answer.json() if answer.content else None

    def answered(self, operation: dict[str, Any], answer: httpx.Response) -> None:
        responses = operation["responses"]
        assert str(answer.status_code) in responses, (operation["operationId"], answer.text)
        content = responses[str(answer.status_code)].get("content")
        if content is None:
            assert answer.content == b""
            return
        kind = answer.headers["content-type"].partition(";")[0]
        self.check(content[kind]["schema"], answer.json())

    def check(self, schema: dict[str, Any], value: object) -> None:
        whole = {**schema, "components": self.document["components"]}
        Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


async def test_every_row_does_what_the_document_says(home: House) -> None:
    document = (await home.call(None, "GET", "/openapi.json")).json()
    api = Described(home, document)
    validator_for({}).check_schema(document["components"]["schemas"]["MessageJson"])

    first, second = await home.message(stars=2), await home.message(kind="idea")
    await api.drive("listMessages", "moderator", query="?state=pending&place=grenoble&limit=1")
    await api.drive("getMessage", "moderator", id=first.id)
    await api.drive(
        "approveMessage",
        "moderator",
        {"revision": 1, "masks": [[28, 42]], "mask_author": True, "with": {}, "nonce": "n"},
        id=first.id,
    )
    await api.drive(
        "replyToMessage",
        "manager",
        {"place": "grenoble", "text": "Merci.", "stance": "read", "nonce": "n"},
        id=first.id,
    )
    await api.drive("getMessage", "manager", id=first.id)
    ruling = {"revision": 1, "reason": "illegal-other", "passage": [0, 7], "law": "Loi du 29 juillet 1881"}
    await api.drive("refuseMessage", "moderator", ruling, id=second.id)
    await api.drive("undoDecision", "moderator", {}, id=second.id)
    ruling = {"revision": 1, "reason": "hate", "passage": {"field": "author"}}
    await api.drive("withdrawMessage", "manager", ruling, id=first.id)
    await api.drive("readScreensOfMessage", "manager", id=first.id)
    await api.drive("readLedger", None, slug="grenoble", query="?limit=2")
    await api.drive("eraseMessage", "owner", id=first.id)

    hangs = await home.message("approved")
    paced = {"pace": "calm", "hours": [{"from": "11:30", "to": "14:00", "pace": "lively"}]}
    for name, body in (
        ("pace", paced),
        ("pin", {"message": hangs.id, "minutes": 5}),
        ("hold", {"nonce": "n"}),
    ):
        await api.drive(f"{name}Wall", "manager", body, slug="grenoble")
    for name in ("free", "next", "test", "reload", "blank", "confirm"):
        await api.drive(f"{name}Wall", "manager", slug="grenoble")
    await api.drive("readConduct", "moderator", slug="grenoble")
    await api.drive("unblankWall", "manager", slug="grenoble")
    await api.drive("confirmWall", "manager", slug="grenoble")
    await api.drive("readLedger", None, slug="grenoble")

    code, _ = await home.services.roster.begin_pairing()
    body = {"code": code, "place": "grenoble", "name": "Vitrine"}
    screen = await api.drive("pairScreen", "manager", body)
    await api.drive("listScreens", "owner")
    await api.drive("revokeScreen", "owner", id=screen["id"])

    delivered = await home.deliver([{"id": "a", "event": "created", "text": "Bravo.", "stars": 5}, {"id": 7}])
    operation = document["paths"]["/channels/{slug}/incoming"]["post"]
    api.answered(operation, delivered)
    assert delivered.status_code == 202
    await api.drive("receiveItems", None, {"items": []}, slug="avis")

    # and what every row says when it is refused
    for name in DELIVERED:
        read = name.startswith("read")
        await api.drive(name, None, None if read else {}, id="x", slug="nowhere")
        await api.drive(name, "auditor", None, id="x", slug="nowhere")
    assert api.driven == DELIVERED
    described = {o["operationId"] for methods in document["paths"].values() for o in methods.values()}
    assert described == DELIVERED


async def test_the_document_names_this_server_and_its_doors(home: House) -> None:
    document = (await home.call(None, "GET", "/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "http://wall.test/api/v1"}]
    assert document["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    assert document["components"]["securitySchemes"]["session"]["name"] == "session"
    assert document["paths"]["/places/{slug}/ledger"]["get"]["security"] == []


async def test_a_page_of_messages_goes_on_where_it_ended(home: House) -> None:
    idents = [(await home.message()).id for _ in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        page = (await home.call("moderator", "GET", f"/messages?limit=2{after}")).json()
        seen += [message["id"] for message in page["messages"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == idents


async def test_the_ledger_is_public_and_holds_no_text(home: House) -> None:
    message = await home.message()
    await home.call("moderator", "POST", f"/messages/{message.id}/approve", {"revision": 1})
    page = (await home.call(None, "GET", "/places/grenoble/ledger?limit=1")).json()
    rest = (await home.call(None, "GET", f"/places/grenoble/ledger?after={page['next']}")).json()
    entries = page["entries"] + rest["entries"]
    assert [entry["seq"] for entry in entries] == [1, 2]
    assert entries[1]["via"] == "token"
    assert rest["next"] is None
    for entry in entries:
        assert not {"text", "author", "name"} & entry.keys()
        assert "Moderator" not in str(entry)
    assert (await home.call(None, "GET", "/places/nowhere/ledger")).status_code == 404
    assert time.strptime(entries[0]["at"], "%Y-%m-%dT%H:%M:%S.%fZ")

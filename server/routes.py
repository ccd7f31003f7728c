"""Every address of the product, in one place.

Owns the table of the API's rows (openapi.json is drawn from it) and the list of pages. Must not know what
stands behind an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from connectors.webhook import DeliveryShape
from moderation.domain import HOLDS, STATES
from server import openapi
from server.admin import Administration
from server.api import LISTED, MOST, MessagesApi
from server.api_channels import ChannelsApi
from server.api_conduct import ConductApi
from server.api_places import LedgerApi, ScreensApi
from server.api_taken_down import TakenDownApi
from server.assets import Assets
from server.entrance import Entrance
from server.health import Health
from server.kiosk import Kiosk
from server.metrics import Metrics
from server.openapi import BASE, Query, Row
from server.pages import StaffPages
from server.shapes import (
    ApproveBody,
    IntakeJson,
    LedgerJson,
    MessageJson,
    MessagesJson,
    NoncedBody,
    PairBody,
    RefuseBody,
    ReplyBody,
    ReplyJson,
    ScreenJson,
    ScreensJson,
)
from server.visitors import Visitors

LIMIT: Final = Query(
    "limit", "How many", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LISTED}
)
READS: Final = (400, 401, 403, 404)
CHANGES: Final = (400, 401, 403, 404, 409, 413)
DECIDES: Final = (*CHANGES, 422)


def rows(
    messages: MessagesApi,
    screens: ScreensApi,
    ledger: LedgerApi,
    channels: ChannelsApi,
    conduct: ConductApi,
    taken_down: TakenDownApi,
) -> tuple[Row, ...]:
    """The [A] rows of CONTRACT.md, in its order; then what leads a wall."""
    word = {"type": "string"}
    return (
        Row(
            "GET",
            "/messages",
            "listMessages",
            "Messages of your places, oldest first",
            messages.messages,
            query=(
                Query("state", "Only in this state; pending leaves held ones out", {"enum": list(STATES)}),
                Query("held", "Only held for this", {"enum": list(HOLDS)}),
                Query("place", "Only of this place", word),
                Query("thread", "Only of this thread, by the id of its first message", word),
                Query("hangs", "true: only what is on a wall now", {"enum": ["true", "false"]}),
                LIMIT,
                Query("after", "`next` of the page before", word),
            ),
            answer=MessagesJson,
            errors=READS,
        ),
        Row(
            "GET",
            "/messages/{id}",
            "getMessage",
            "One message",
            messages.message,
            answer=MessageJson,
            errors=(401, 403, 404),
        ),
        Row(
            "POST",
            "/messages/{id}/approve",
            "approveMessage",
            "Hang exactly this revision, with masks over personal data",
            messages.approve,
            body=ApproveBody,
            answer=MessageJson,
            errors=DECIDES,
        ),
        Row(
            "POST",
            "/messages/{id}/refuse",
            "refuseMessage",
            "Refuse, with a code of the closed list and the passage that it rests on",
            messages.refuse,
            body=RefuseBody,
            answer=MessageJson,
            errors=DECIDES,
        ),
        Row(
            "POST",
            "/messages/{id}/withdraw",
            "withdrawMessage",
            "Take down, by the rules of refusing",
            messages.withdraw,
            body=RefuseBody,
            answer=MessageJson,
            errors=DECIDES,
        ),
        Row(
            "POST",
            "/messages/{id}/undo",
            "undoDecision",
            "Take back your last decision on it, if nothing followed",
            messages.undo,
            body=NoncedBody,
            body_needed=False,
            answer=MessageJson,
            errors=CHANGES,
        ),
        Row(
            "POST",
            "/messages/{id}/replies",
            "replyToMessage",
            "Answer in the place's name",
            messages.reply,
            body=ReplyBody,
            answer=ReplyJson,
            errors=DECIDES,
        ),
        Row(
            "POST",
            "/messages/{id}/erase",
            "eraseMessage",
            "Remove text and name for good",
            messages.erase,
            body=NoncedBody,
            body_needed=False,
            status=204,
            errors=(400, 401, 403, 404, 413),
        ),
        Row(
            "POST",
            "/channels/{slug}/incoming",
            "receiveItems",
            "Signed intake of a webhook channel",
            channels.incoming,
            access="signature",
            body=DeliveryShape,
            answer=IntakeJson,
            status=202,
            errors=(400, 401, 404, 413),
        ),
        Row(
            "POST",
            "/screens/pair",
            "pairScreen",
            "Make the browser that shows this code a screen of a place",
            screens.pair,
            body=PairBody,
            answer=ScreenJson,
            errors=(400, 401, 403, 404, 413, 422, 429),
        ),
        Row(
            "GET",
            "/screens",
            "listScreens",
            "The screens of your places",
            screens.screens,
            answer=ScreensJson,
            errors=(401, 403),
        ),
        Row(
            "DELETE",
            "/screens/{id}",
            "revokeScreen",
            "Its token is worth nothing from now on",
            screens.revoke,
            answer=ScreenJson,
            errors=(401, 403, 404),
        ),
        Row(
            "GET",
            "/places/{slug}/ledger",
            "readLedger",
            "The public record of decisions",
            ledger.ledger,
            access="public",
            query=(
                Query("after", "Entries after this seq", {"type": "integer", "minimum": 0}),
                LIMIT,
            ),
            answer=LedgerJson,
            errors=(400, 404),
        ),
        *conduct.rows(),
        *taken_down.rows(),
    )


def api(table: Sequence[Row], description: dict[str, Any]) -> list[BaseRoute]:
    async def describe(request: Request) -> Response:
        return JSONResponse(description, headers={"Cache-Control": "no-cache"})

    routes: list[BaseRoute] = [Route(f"{BASE}/openapi.json", describe)]
    routes += [Route(BASE + row.path, row.endpoint, methods=[row.method]) for row in table]
    return routes


def pages(
    staff: StaffPages,
    entrance: Entrance,
    admin: Administration,
    kiosk: Kiosk,
    visitors: Visitors,
) -> list[BaseRoute]:
    def get(path: str, endpoint: openapi.Endpoint) -> Route:
        return Route(path, endpoint, methods=["GET"])

    def post(path: str, endpoint: openapi.Endpoint) -> Route:
        return Route(path, endpoint, methods=["POST"])

    return [
        get("/", staff.home),
        get("/desk", staff.desk),
        get("/tablet", staff.tablet),
        get("/sign-in", entrance.sign_in_page),
        post("/sign-in", entrance.sign_in),
        post("/sign-out", entrance.sign_out),
        get("/setup/{secret}", entrance.set_up_page),
        post("/setup/{secret}", entrance.set_up),
        get("/enter/{secret}", entrance.enter),
        get("/admin", admin.overview.page),
        get("/admin/places", admin.places.page),
        post("/admin/places", admin.places.add),
        get("/admin/place/{slug}", admin.place.page),
        post("/admin/place/{slug}", admin.place.change),
        get("/admin/people", admin.people.page),
        post("/admin/people", admin.people.add),
        post("/admin/people/{id}/remove", admin.people.remove),
        get("/admin/person/{id}", admin.person.page),
        post("/admin/person/{id}", admin.person.change),
        get("/admin/screens", admin.screens.page),
        post("/admin/screens", admin.screens.pair),
        get("/admin/screens/live", admin.screens.live),
        post("/admin/screens/{id}/revoke", admin.screens.revoke),
        get("/admin/screen/{id}", admin.hanging.page),
        post("/admin/screen/{id}", admin.hanging.change),
        get("/admin/hours/{slug}", admin.hours.page),
        post("/admin/hours/{slug}", admin.hours.change),
        get("/admin/poster/{slug}", admin.poster.page),
        get("/admin/channels", admin.channels.page),
        get("/admin/tokens", admin.tokens.page),
        post("/admin/tokens", admin.tokens.add),
        post("/admin/tokens/{id}/revoke", admin.tokens.revoke),
        get("/account", admin.account.page),
        post("/account", admin.account.change_password),
        get("/screen", kiosk.page),
        get("/screen/worker.js", kiosk.worker),
        post("/screen/pairing", kiosk.begin),
        get("/screen/pairing", kiosk.collect),
        get("/write/{place}", visitors.write_page),
        post("/write/{place}", visitors.write),
        get("/receipt/{secret}", visitors.receipt),
        get("/qr/write/{place}.svg", visitors.qr),
    ]


def machinery(health: Health, metrics: Metrics, assets: Assets) -> list[BaseRoute]:
    return [
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
        Route("/metrics", metrics.page),
        Mount("/static", assets, name="static"),
    ]

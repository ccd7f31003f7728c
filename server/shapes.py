"""The JSON of the API: what goes in and what comes out, exactly as CONTRACT.md has it.

Owns field names and types; openapi.json is drawn from here. Bodies are pydantic models, because they are
checked; answers are typed dicts, because mypy checks us. Must not know HTTP or the store.
"""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict  # pydantic wants this one below Python 3.12

from displays.protocol import Light, Orientation, Over
from displays.protocol import State as ScreenState
from moderation.domain import By, ConsentState, DeliveryState, Held, State
from moderation.mounting import Comfort

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
# Whole numbers that every program can hold exactly; whether they fit the text is not a question of shape.
Whole = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
Positions = tuple[Whole, Whole]
Revision = Whole
Nonce = Annotated[str, Field(strict=True, min_length=1, max_length=128)]
Line = Annotated[str, Field(strict=True, max_length=2_000)]


class Body(BaseModel):
    """Unknown fields are ignored: a program written for a later version still works."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class NoncedBody(Body):
    nonce: Nonce | None = None


class ApproveBody(NoncedBody):
    revision: Revision
    masks: list[Positions] = []
    mask_author: Annotated[bool, Field(strict=True)] = False
    companions: dict[str, Revision] = Field(default={}, alias="with")


class AuthorField(Body):
    field: Literal["author"]


class RefuseBody(NoncedBody):
    """``reason`` and ``passage`` may be absent here: their absence has codes of its own (P3)."""

    revision: Revision
    reason: Line | None = None
    passage: Positions | AuthorField | None = None
    law: Line | None = None
    subject: Line | None = None


class ReplyBody(Body):
    place: Line
    text: Annotated[str, Field(strict=True)]
    stance: Line | None = None
    due: Annotated[Day, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    owner: Line | None = None
    because: Line | None = None
    nonce: Nonce


class PairBody(NoncedBody):
    code: Line
    place: Line
    name: Line = ""
    # Inches and metres, or as a person typed them: "43,5 pouces". What can't be has a sentence of its own.
    diagonal: float | Line | None = None
    distance: float | Line | None = None
    comfort: Comfort = "normal"


class ProblemJson(TypedDict):
    status: int
    code: str
    title: str
    params: dict[str, object]


class AuthorJson(TypedDict):
    name: str | None
    url: str | None


class DeclaredJson(TypedDict):
    stars: NotRequired[int]
    kind: NotRequired[str]


class HintJson(TypedDict):
    code: str
    start: int
    end: int
    detail: str


class DeliveryJson(TypedDict):
    state: DeliveryState
    url: str | None
    error: str | None


class ReplyJson(TypedDict):
    id: str
    place: str
    text: str
    stance: str | None
    due: Day | None
    owner: str | None
    because: str | None
    signed: str
    posted_at: Time
    retracted_at: Time | None
    delivery: DeliveryJson


class ConsentJson(TypedDict):
    state: ConsentState
    at: Time | None


class ClaimJson(TypedDict):
    by: str
    until: Time


class AuthorFieldJson(TypedDict):
    field: Literal["author"]


class RulingJson(TypedDict):
    """What a refusal or a take-down rests on; ``passage`` is written as in its request."""

    code: str
    passage: list[int] | AuthorFieldJson
    law: str | None
    subject: str | None


UndoableBy = Annotated[
    str | None,
    Field(
        description="For the staff: the id of the person who decided last, who may undo that as long as nothing "
        "followed. Else null."
    ),
]


class MessageJson(TypedDict):
    id: str
    number: int
    thread: str
    by: By
    channel: str
    places: list[str]
    state: State
    held: Held | None
    revision: int
    version: int
    author: AuthorJson
    text: str
    masks: list[list[int]]
    mask_author: bool
    declared: DeclaredJson
    published_at: Time | None
    experience_at: Time | None
    received_at: Time
    decided_at: Time | None
    url: str | None
    hints: list[HintJson]
    replies: list[ReplyJson]
    consent: ConsentJson
    claim: ClaimJson | None
    ruling: RulingJson | None  # of what is refused or withdrawn
    undoable_by: UndoableBy
    airtime: dict[str, int]  # seconds really painted, by place


class MessagesJson(TypedDict):
    messages: list[MessageJson]
    next: str | None


class PaintedJson(TypedDict):
    id: str
    version: int
    at: Time


class LeafJson(TypedDict):
    """What hangs at this moment; ``page`` of ``pages``, from 1."""

    id: str
    version: int
    page: int
    pages: int


class ReportJson(TypedDict):
    """How a screen is, in its own words. ``width`` and ``height`` are pixels of the page as it is read; ``over`` is
    what lies over the wall: the test card, or the darkness that a person asked for."""

    app: str
    width: int
    height: int
    ratio: float
    orientation: Orientation
    state: ScreenState
    theme: Light
    painted: LeafJson | None
    errors: list[str]
    uptime: float
    over: Over | None


class ScreenJson(TypedDict):
    id: str
    name: str
    place: str
    connected: bool
    acked: int | None
    painted: PaintedJson | None
    silent_since: Time | None
    heard_at: Time | None
    report: ReportJson | None


class ScreensJson(TypedDict):
    screens: list[ScreenJson]


class EntryJson(TypedDict):
    """``arrival``, ``number``, ``state`` and ``declared`` are null where it is about the wall itself."""

    seq: int
    arrival: int | None
    number: int | None
    at: Time
    what: str
    code: str | None
    state: State | None
    declared: str | None
    by: str | None
    via: Literal["session", "token", "channel", "clock"]
    second: str | None
    prev: str | None
    hash: str | None


class LedgerJson(TypedDict):
    entries: list[EntryJson]
    next: int | None
    note: NotRequired[str]  # « démonstration », in a demo: nobody shall take it for a real one


class QuarantinedJson(TypedDict):
    id: str
    code: str
    field: NotRequired[str]  # the one that is wrong: "author.name"
    why: NotRequired[str]  # more narrowly than the contract's code: "kind_unknown"


class ReceiptJson(TypedDict):
    id: str
    url: str


class IntakeJson(TypedDict):
    accepted: int
    duplicates: int
    quarantined: list[QuarantinedJson]
    receipts: list[ReceiptJson]

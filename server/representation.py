"""From domain types to the JSON of CONTRACT.md, and nothing else.

Owns how times and positions are written. Must not know HTTP, roles or the store.
"""

from __future__ import annotations

from datetime import UTC, datetime

from displays.devices import Facts
from displays.protocol import Report
from moderation.domain import LedgerEntry, Message, Page, Reply, Ruling
from moderation.roster import Screen
from server.shapes import (
    DeclaredJson,
    EntryJson,
    LedgerJson,
    MessageJson,
    ReplyJson,
    ReportJson,
    RulingJson,
    ScreenJson,
)


def time_json(at: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond: what a browser's Date keeps."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def maybe(at: datetime | None) -> str | None:
    return None if at is None else time_json(at)


def reply_json(reply: Reply) -> ReplyJson:
    return {
        "id": reply.id,
        "place": reply.place,
        "text": reply.text,
        "stance": reply.stance,
        "due": None if reply.due is None else reply.due.isoformat(),
        "owner": reply.owner,
        "because": reply.because,
        "signed": reply.signed,
        "posted_at": time_json(reply.posted_at),
        "retracted_at": maybe(reply.retracted_at),
        "delivery": {
            "state": reply.delivery.state,
            "url": reply.delivery.url,
            "error": reply.delivery.error,
        },
    }


def message_json(message: Message) -> MessageJson:
    declared: DeclaredJson = {}
    if message.declared.stars is not None:
        declared["stars"] = message.declared.stars
    if message.declared.kind is not None:
        declared["kind"] = message.declared.kind
    claim = message.claim
    ruling = message.ruling if message.state in ("refused", "withdrawn") else None
    return {
        "id": message.id,
        "number": message.number,
        "thread": message.thread,
        "by": message.by,
        "channel": message.channel,
        "places": list(message.places),
        "state": message.state,
        "held": message.held,
        "revision": message.revision,
        "version": message.version,
        "author": {"name": message.author.name, "url": message.author.url},
        "text": message.text,
        "masks": [list(span) for span in message.masks],
        "mask_author": message.mask_author,
        "declared": declared,
        "published_at": maybe(message.published_at),
        "experience_at": maybe(message.experience_at),
        "received_at": time_json(message.received_at),
        "decided_at": maybe(message.decided_at),
        "url": message.url,
        "hints": [
            {"code": hint.code, "start": hint.start, "end": hint.end, "detail": hint.detail}
            for hint in message.hints
        ],
        "replies": [reply_json(reply) for reply in message.replies],
        "consent": {"state": message.consent.state, "at": maybe(message.consent.at)},
        "claim": None if claim is None else {"by": claim.by, "until": time_json(claim.until)},
        "ruling": None if ruling is None else ruling_json(ruling),
        "undoable_by": message.undoable_by,
        "airtime": dict(message.airtime),
    }


def ruling_json(ruling: Ruling) -> RulingJson:
    return {
        "code": ruling.code,
        "passage": {"field": "author"} if ruling.passage == "author" else list(ruling.passage),
        "law": ruling.law,
        "subject": ruling.subject,
    }


def entry_json(entry: LedgerEntry) -> EntryJson:
    return {
        "seq": entry.seq,
        "arrival": entry.arrival,
        "number": entry.number,
        "at": time_json(entry.at),
        "what": entry.what,
        "code": entry.code,
        "state": entry.state,
        "declared": entry.declared,
        "by": entry.by,
        "via": entry.via,
        "second": entry.second,
        "prev": entry.prev,
        "hash": entry.hash,
    }


def ledger_json(page: Page[LedgerEntry], *, demo: bool = False) -> LedgerJson:
    ledger: LedgerJson = {
        "entries": [entry_json(entry) for entry in page.items],
        "next": None if page.next is None else int(page.next),
    }
    if demo:
        ledger["note"] = "démonstration"
    return ledger


def report_json(report: Report) -> ReportJson:
    leaf = report.painted
    return {
        "app": report.app,
        "width": report.width,
        "height": report.height,
        "ratio": report.ratio,
        "orientation": report.orientation,
        "state": report.state,
        "theme": report.theme,
        "painted": None
        if leaf is None
        else {"id": leaf.id, "version": leaf.version, "page": leaf.page, "pages": leaf.pages},
        "errors": list(report.errors),
        "uptime": report.uptime,
        "over": report.over,
    }


def screen_json(screen: Screen, facts: Facts) -> ScreenJson:
    painted = facts.painted
    return {
        "id": screen.id,
        "name": screen.name,
        "place": screen.place,
        "connected": facts.connected,
        "acked": facts.acked,
        "painted": None
        if painted is None
        else {"id": painted.id, "version": painted.version, "at": time_json(painted.at)},
        "silent_since": maybe(facts.silent_since),
        "heard_at": maybe(facts.heard_at),
        "report": None if facts.report is None else report_json(facts.report),
    }

"""From the engine's hashes to the domain's types, and back to the strings a script writes.

Owns the field names inside a hash. Must not know the engine: it sees mappings of strings only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, cast

from moderation.domain import (
    Author,
    By,
    Claim,
    Consent,
    ConsentState,
    Cursor,
    Declared,
    Delivery,
    DeliveryState,
    FeedEntry,
    Held,
    Hint,
    LedgerEntry,
    Message,
    Reply,
    Ruling,
    Span,
    State,
    Thread,
    Via,
)

Fields = Mapping[str, str]
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(at: datetime) -> str:
    """Downwards: rounded up, the last moment of the year 9999 could never be read again."""
    return str((at - EPOCH) // timedelta(milliseconds=1))


def instant(text: str | None) -> datetime | None:
    return EPOCH + timedelta(milliseconds=int(text)) if text else None


def known_instant(text: str | None) -> datetime:
    found = instant(text)
    if found is None:
        raise ValueError("a time is missing")
    return found


def _listed(text: str | None) -> Sequence[Any]:
    # Most have none, and reading JSON is a tenth of reading a message.
    return json.loads(text) if text and text != "[]" else ()


def spans(text: str | None) -> tuple[Span, ...]:
    return tuple((start, end) for start, end in _listed(text))


def ruling_json(ruling: Ruling) -> str:
    return json.dumps(
        {"code": ruling.code, "passage": ruling.passage, "law": ruling.law, "subject": ruling.subject},
        ensure_ascii=False,
    )


def ruling(text: str | None) -> Ruling | None:
    if not text:
        return None
    raw = json.loads(text)
    passage = raw["passage"]
    return Ruling(
        code=raw["code"],
        passage="author" if passage == "author" else (passage[0], passage[1]),
        law=raw["law"],
        subject=raw["subject"],
    )


def hints_json(hints: Iterable[Hint]) -> str:
    return json.dumps([[hint.code, hint.start, hint.end, hint.detail] for hint in hints], ensure_ascii=False)


def hints(text: str | None) -> tuple[Hint, ...]:
    return tuple(
        Hint(code=code, start=start, end=end, detail=detail) for code, start, end, detail in _listed(text)
    )


def reply(f: Fields) -> Reply:
    due = f.get("due")
    return Reply(
        id=f["id"],
        message=f["message"],
        place=f["place"],
        text=f.get("text", ""),
        stance=f.get("stance") or None,
        due=date.fromisoformat(due) if due else None,
        owner=f.get("owner") or None,
        because=f.get("because") or None,
        signed=f.get("signed", ""),
        posted_at=known_instant(f["posted_at"]),
        retracted_at=instant(f.get("retracted_at")),
        delivery=Delivery(
            state=cast("DeliveryState", f.get("delivery", "none")),
            url=f.get("delivery_url") or None,
            error=f.get("delivery_error") or None,
        ),
    )


def message(ident: str, f: Fields, thread: Fields, replies: Iterable[Reply], now: datetime) -> Message:
    until = instant(f.get("claim_until"))
    claimed = f.get("claim_by") and until and until > now
    places = tuple(f["places"].split())
    return Message(
        id=ident,
        number=int(f["number"]),
        thread=thread.get("root") or ident,
        tid=f["tid"],
        by=cast("By", f.get("by", "author")),
        channel=f["channel"],
        places=places,
        state=cast("State", f["state"]),
        held=cast("Held", f["held"]) if f.get("held") else None,
        revision=int(f["revision"]),
        version=int(thread.get("version", "0")),
        author=Author(name=f.get("author_name") or None, url=f.get("author_url") or None),
        text=f.get("text", ""),
        masks=spans(f.get("masks")),
        mask_author=f.get("mask_author") == "1",
        declared=Declared(
            stars=int(f["stars"]) if f.get("stars") else None,
            kind=f.get("kind") or None,
        ),
        published_at=instant(f.get("published_at")),
        experience_at=instant(f.get("experience_at")),
        received_at=known_instant(f["received_at"]),
        decided_at=instant(f.get("decided_at")),
        approved_at=instant(f.get("approved_at")),
        url=f.get("url") or None,
        hints=hints(f.get("hints")),
        replies=tuple(replies),
        consent=Consent(
            state=cast("ConsentState", f.get("consent", "not_needed")), at=instant(f.get("consent_at"))
        ),
        claim=Claim(by=f["claim_by"], until=until) if claimed and until else None,
        ruling=ruling(f.get("ruling")),
        undoable_by=json.loads(f["undo"])["by"] if f.get("undo") else None,
        upstream=f.get("upstream", ""),
        upstream_thread=f.get("upstream_thread") or None,
        airtime={place: int(f.get(f"aired:{place}", "0")) // 1000 for place in places},
    )


def _when(turn: Message | Reply) -> datetime:
    return turn.posted_at if isinstance(turn, Reply) else (turn.published_at or turn.received_at)


def hung(
    tid: str, thread: Fields, messages: Mapping[str, Message], replies: Sequence[Reply]
) -> Thread | None:
    """The thread as it may be seen: None unless its first message is approved."""
    root = messages.get(thread.get("root", ""))
    if root is None or root.state != "approved":
        return None
    shown: list[Message | Reply] = [m for m in messages.values() if m.id != root.id and m.state == "approved"]
    visible = {root.id, *(turn.id for turn in shown)}
    shown += [r for r in replies if r.retracted_at is None and r.message in visible]
    return Thread(tid=tid, version=int(thread["version"]), root=root, turns=tuple(sorted(shown, key=_when)))


def pairs(flat: Sequence[str]) -> dict[str, str]:
    """A hash as a script returns it: field, value, field, value."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


def feed_entry(epoch: str, ident: str, f: Fields) -> FeedEntry:
    return FeedEntry(
        cursor=Cursor(epoch=epoch, offset=int(ident.split("-")[0]), nonce=f["n"]),
        what=f["what"],
        id=f["id"],
        tid=f["tid"],
        version=int(f["v"]),
        at=known_instant(f["at"]),
    )


def ledger_entry(ident: str, f: Fields) -> LedgerEntry:
    return LedgerEntry(
        seq=int(ident.split("-")[0]),
        arrival=int(f["arrival"]) if f.get("arrival") else None,
        number=int(f["number"]) if f.get("number") else None,
        at=known_instant(f["at"]),
        what=f["what"],
        code=f.get("code") or None,
        state=cast("State", f["state"]) if f.get("state") else None,
        declared=f.get("declared"),
        by=f.get("by") or None,
        via=cast("Via", f["via"]),
    )


def fields(**values: Any) -> dict[str, str]:
    """What is known, as the strings of a hash."""
    return {name: str(value) for name, value in values.items() if value is not None}

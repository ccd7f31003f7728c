"""The JSON of ``wall.v1`` and ``desk.v1``: frames to bytes and back.

Unknown fields and unknown frame types are ignored, so adding is compatible; what is known but
malformed is ``Malformed`` (close 4406). Must not know stores, sockets or timers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

from displays.protocol import (
    Ack,
    Airtime,
    Blanked,
    Bye,
    Card,
    DeskDown,
    DeskEvent,
    DeskHeartbeat,
    DeskWelcome,
    Do,
    Down,
    Heartbeat,
    Hello,
    Hung,
    Led,
    Mode,
    Pinned,
    Put,
    Removal,
    RemovalOp,
    Report,
    Resync,
    Shown,
    Snap,
    Stored,
    Turn,
    Up,
    Welcome,
    Why,
)
from displays.reader import Malformed, Reader
from displays.reporting import report_in, report_out
from moderation.conduct import ORDERS, PACES, Order, Pace
from moderation.domain import Cursor

# Encoding ---------------------------------------------------------------------------------------


def dump(value: Mapping[str, Any]) -> bytes:
    # "replace": a lone surrogate in one card must never make a frame that closes every screen.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def rfc3339(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def cursor_out(c: Cursor) -> dict[str, object]:
    return {"e": c.epoch, "s": c.offset, "n": c.nonce}


def turn_out(turn: Turn) -> dict[str, object]:
    wire: dict[str, object] = {
        "id": turn.id, "by": turn.by, "name": turn.name, "text": turn.text,
        "masks": turn.masks, "at": turn.at,
    }  # fmt: skip
    for name in ("stance", "due", "because"):
        if (value := getattr(turn, name)) is not None:
            wire[name] = value
    return wire


def card_out(card: Card) -> dict[str, object]:
    declared = {"stars": card.stars, "kind": card.kind}
    return {
        "id": card.id, "version": card.version, "text": card.text, "masks": card.masks,
        "author": {"name": card.author}, "channel": card.channel, "kind": card.kind,
        "declared": {name: value for name, value in declared.items() if value is not None},
        "published_at": card.published_at, "experience_at": card.experience_at,
        "approved_at": card.approved_at, "turns": [turn_out(turn) for turn in card.turns],
    }  # fmt: skip


def led_out(led: Led) -> dict[str, object]:
    hours = [{"from": start, "to": end, "pace": pace} for start, end, pace in led.hours]
    return {
        "t": "conduct", "pace": {"now": led.pace, "usual": led.usual, "hours": hours},
        "pin": led.pin and {"id": led.pin.id, "until": led.pin.until},
        "hold": None if led.hold is None else {"until": led.hold},
        "blank": led.blank and {"until": led.blank.until},
    }  # fmt: skip


def hung_out(hung: Hung) -> dict[str, object]:
    """A screen's settings, as its page has them in its boot data and hears of each change."""
    return {
        "name": hung.name, **hung.mounting.row(), "hours": hung.hours, "closed": hung.closed,
        "timezone": hung.timezone,
    }  # fmt: skip


def snap_tail(c: Cursor, cards: tuple[Card, ...]) -> bytes:
    """All of a snapshot but its ``rid``: built once for every screen that asks at this head."""
    return dump({"c": cursor_out(c), "cards": [card_out(card) for card in cards]})[1:]


def snap_with(rid: str, tail: bytes) -> bytes:
    return dump({"t": "snap", "rid": rid})[:-1] + b"," + tail


def encode(frame: Up | Down | DeskDown) -> bytes:
    match frame:
        case Hello(rid, c, app, caps):
            wire: dict[str, object] = {"t": "hello", "rid": rid}
            if c is not None:
                wire["c"] = cursor_out(c)
            if app is not None:
                wire["app"] = app
            if caps:
                wire["caps"] = caps
        case Ack(s, shown, airtime):
            wire = {
                "t": "ack", "s": s,
                "shown": [{"id": one.id, "version": one.version} for one in shown],
                "airtime": [
                    {"n": a.n, "id": a.id, "version": a.version, "page": a.page, "seconds": a.seconds}
                    for a in airtime
                ],
            }  # fmt: skip
        case Report():
            wire = {"t": "report", **report_out(frame)}
        case Welcome(rid, place, hb, lease, mode, why, at, aired, last):
            wire = {
                "t": "welcome", "rid": rid, "place": place, "hb": hb, "lease": lease,
                "mode": mode, "why": why, "at": at,
            }  # fmt: skip
            if aired is not None:
                wire |= {"aired": aired, "last": last}
        case Stored(n):
            wire = {"t": "aired", "n": n}
        case Snap(rid, c, cards):
            return snap_with(rid, snap_tail(c, cards))
        case Put(c, card):
            wire = {"t": "ev", "c": cursor_out(c), "op": "put", "card": card_out(card)}
        case Removal(c, op, id_, version):
            wire = {"t": "ev", "c": cursor_out(c), "op": op, "id": id_, "version": version}
        case Heartbeat(s, at):
            wire = {"t": "hb", "s": s, "at": at}
        case Resync(why):
            wire = {"t": "resync", "why": why}
        case Bye(why, retry):
            wire = {"t": "bye", "why": why, "retry": retry}
        case Led():
            wire = led_out(frame)
        case Do(n, what):
            wire = {"t": "do", "n": n, "what": what}
        case Hung():
            return dump({"t": "screen", **hung_out(frame)})
        case DeskWelcome(places, hb):
            wire = {"t": "welcome", "places": places, "hb": hb}
        case DeskEvent(place, what, id_, v):
            wire = {"t": "ev", "place": place, "what": what, "id": id_, "v": v}
        case DeskHeartbeat(engine, place, lost):
            screens = [{"id": one.id, "name": one.name, "since": rfc3339(one.since)} for one in lost]
            wire = {"t": "hb", "engine": engine, "place": place, "lost": screens}
    return dump(wire)


# Parsing ----------------------------------------------------------------------------------------


_MODES: Final[Mapping[str, Mode]] = {"resume": "resume", "snapshot": "snapshot"}
_WHYS: Final[Mapping[str, Why]] = {
    "cold": "cold", "epoch": "epoch", "trimmed": "trimmed", "fork": "fork", "ahead": "ahead", "far": "far",
}  # fmt: skip
_REMOVALS: Final[Mapping[str, RemovalOp]] = {"hide": "hide", "withdraw": "withdraw"}
_BY: Final[Mapping[str, Literal["author", "place"]]] = {"author": "author", "place": "place"}

_PACES: Final[Mapping[str, Pace]] = {pace: pace for pace in PACES}
_ORDERS: Final[Mapping[str, Order]] = {order: order for order in ORDERS}


def _open(data: str | bytes) -> tuple[str, Reader]:
    try:
        value = json.loads(data)
        # Twice: a lone surrogate, which only an escape can bring, could be neither kept nor told to anybody.
        if b"\\u" in data if isinstance(data, bytes) else "\\u" in data:
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    frame = Reader(value, "frame")
    return frame.text("t", longest=64), frame


def parse_up(data: str | bytes) -> Up | None:
    """What a screen said; None for a frame type that this version does not know."""
    kind, frame = _open(data)
    if kind == "hello":
        return Hello(
            frame.text("rid", longest=64),
            frame.cursor("c") if frame.has("c") else None,
            frame.text_or_none("app", longest=128),
            frame.several("caps", _cap, most=32),
        )
    if kind == "ack":
        return Ack(
            frame.whole("s"),
            frame.several("shown", _shown, most=500),
            frame.several("airtime", _airtime, most=500),
        )
    if kind == "report":
        return report_in(frame)
    return None


def parse_down(data: str | bytes) -> Down | None:
    """What a server said; None for what this version does not know."""
    kind, frame = _open(data)
    match kind:
        case "welcome":
            why = frame.one_of("why", _WHYS) if frame.has("why") else None
            return Welcome(
                frame.text("rid"), frame.text("place"), frame.whole("hb"), frame.whole("lease"),
                frame.one_of("mode", _MODES), why, frame.number_or_none("at"),
                frame.whole_or_none("aired"), frame.text_or_none("last"),
            )  # fmt: skip
        case "aired":
            return Stored(frame.whole("n"))
        case "snap":
            return Snap(frame.text("rid"), frame.cursor("c"), frame.several("cards", card_in))
        case "ev":
            if frame.text("op") == "put":
                return Put(frame.cursor("c"), card_in(frame.raw("card")))
            # An unknown op is malformed, not ignored: skipping an offset would hide a removal.
            removal = frame.one_of("op", _REMOVALS)
            return Removal(frame.cursor("c"), removal, frame.text("id"), frame.whole("version"))
        case "hb":
            return Heartbeat(frame.whole("s"), frame.number("at"))
        case "resync":
            return Resync(frame.text("why"))
        case "bye":
            low, high = frame.several("retry", _seconds) or (1.0, 5.0)
            return Bye(frame.text("why"), (low, high))
        case "conduct":
            return _led(frame)
        case "do":
            return Do(frame.whole("n"), frame.one_of("what", _ORDERS))
    return None


def _led(frame: Reader) -> Led:
    pace = frame.sub("pace")
    pin = frame.sub("pin") if frame.has("pin") else None
    return Led(
        pace.one_of("now", _PACES),
        pace.one_of("usual", _PACES),
        pace.several("hours", _window),
        pin=None if pin is None else Pinned(pin.text("id"), pin.number("until")),
        hold=frame.sub("hold").number("until") if frame.has("hold") else None,
        blank=Blanked(frame.sub("blank").number_or_none("until")) if frame.has("blank") else None,
    )


def _window(value: object) -> tuple[str, str, Pace]:
    window = Reader(value, "hours")
    return window.text("from"), window.text("to"), window.one_of("pace", _PACES)


def card_in(value: object) -> Card:
    card = Reader(value, "card")
    declared = card.sub("declared") if card.has("declared") else None
    stars = declared.whole("stars") if declared is not None and declared.has("stars") else None
    return Card(
        id=card.text("id"), version=card.whole("version"), text=card.text("text"),
        masks=card.several("masks", _span), author=card.sub("author").text_or_none("name"),
        channel=card.text("channel"), kind=card.text_or_none("kind"), stars=stars,
        published_at=card.text_or_none("published_at"), experience_at=card.text_or_none("experience_at"),
        approved_at=card.text_or_none("approved_at"), turns=card.several("turns", _turn),
    )  # fmt: skip


def _turn(value: object) -> Turn:
    turn = Reader(value, "turn")
    return Turn(
        id=turn.text("id"), by=turn.one_of("by", _BY), name=turn.text_or_none("name"),
        text=turn.text("text"), masks=turn.several("masks", _span), at=turn.text_or_none("at"),
        stance=turn.text_or_none("stance"), due=turn.text_or_none("due"),
        because=turn.text_or_none("because"),
    )  # fmt: skip


def _shown(value: object) -> Shown:
    shown = Reader(value, "shown")
    return Shown(shown.text("id", longest=64), shown.whole("version"))


def _airtime(value: object) -> Airtime:
    one = Reader(value, "airtime")
    seconds = one.number("seconds")
    if not 0 <= seconds <= 86_400:
        raise Malformed("airtime: at most a day expected")
    return Airtime(
        one.whole("n"),
        one.text("id", longest=64),
        one.whole("version"),
        one.whole("page"),
        seconds,
    )


def _cap(value: object) -> str:
    if not isinstance(value, str) or len(value) > 64:
        raise Malformed("caps: short texts expected")
    return value


def _span(value: object) -> tuple[int, int]:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(type(end) is int and end >= 0 for end in value)
    ):
        raise Malformed("masks: pairs of positions expected")
    return value[0], value[1]


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 86_400:
        raise Malformed("retry: seconds expected")
    return float(value)

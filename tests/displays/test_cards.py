"""What leaves, and what never does (P4, P12), and that frames survive their JSON."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from displays.cards import MASK, card, masked
from displays.coding import card_in, card_out, encode, parse_down, parse_up
from displays.protocol import Ack, Airtime, Bye, Heartbeat, Hello, Put, Removal, Resync, Shown, Snap, Welcome
from displays.reader import Malformed
from moderation.domain import Author, Consent, Cursor, Declared, Hint, Message, Reply, Ruling, Thread

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
HERE = Cursor(epoch="e", offset=3, nonce="n")

ROOT = Message(
    id="m1",
    number=1,
    thread="m1",
    tid="t1",
    channel="avis",
    places=("grenoble",),
    state="approved",
    revision=1,
    version=4,
    author=Author(name="Camille Durand", url="https://private.example/camille"),
    text="Merci à Samia, 06 12 34 56 78, à la caisse 3.",
    masks=((15, 29),),
    mask_author=True,
    declared=Declared(stars=4),
    received_at=AT,
    approved_at=AT,
    url="https://private.example/post",
    hints=(Hint(code="phone", start=15, end=29, detail="secret-hint"),),
    consent=Consent(state="given", at=AT),
    ruling=Ruling(code="spam-ad", passage=(0, 1), subject="secret-subject"),
    upstream="secret-upstream",
)
REPLY = Reply(
    id="r1", message="m1", place="grenoble", text="Merci !", stance="planned", due=date(2026, 12, 1),
    owner="secret-owner", signed="Léa, responsable", posted_at=AT,
)  # fmt: skip
THREAD = Thread(
    tid="t1", version=4, root=ROOT, turns=(replace(ROOT, id="m2", text="Encore merci.", masks=()), REPLY)
)


def test_p4_a_mask_is_six_blocks_whatever_it_hides_and_says_where_it_is() -> None:
    text, places = masked("Ada et Bob sont là", [(0, 3), (7, 10)])
    assert text == f"{MASK} et {MASK} sont là"
    assert [text[start:end] for start, end in places] == [MASK, MASK]
    assert masked("Ada Lovelace", [(0, 4), (4, 12)]) == (MASK, ((0, 6),))
    assert masked("\U0001f469\u200d\U0001f680 Ada", [(4, 7)])[1] == ((4, 10),)


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6))
def test_p4_what_is_not_masked_is_unchanged_and_what_is_masked_is_gone(
    text: str, spans: list[tuple[int, int]]
) -> None:
    inside = [(start, end) for start, end in spans if start < end <= len(text)]
    shown, places = masked(text, inside)
    kept = "".join(c for at, c in enumerate(text) if not any(start <= at < end for start, end in inside))
    rest, read = "", 0
    for start, end in places:
        assert shown[start:end] == MASK
        rest, read = rest + shown[read:start], end
    assert rest + shown[read:] == kept


def test_private_fields_never_leave() -> None:
    wire = encode(Put(HERE, card(THREAD, str))).decode()
    for secret in ("private.example", "secret", "06 12", "Durand", "spam-ad", "ruling", "consent", "hints"):
        assert secret not in wire
    made = card(THREAD, {"avis": "Page d'avis"}.__getitem__)
    assert (made.author, made.channel, made.stars, made.approved_at) == (
        MASK,
        "Page d'avis",
        4,
        "2026-11-22T09:30:00Z",
    )
    assert [(turn.by, turn.name, turn.stance, turn.due) for turn in made.turns] == [
        ("author", MASK, None, None),
        ("place", "Léa, responsable", "planned", "2026-12-01"),
    ]


def test_p12_a_lone_surrogate_in_a_card_never_makes_a_frame_that_no_client_can_read() -> None:
    frame = encode(Put(HERE, card(replace(THREAD, root=replace(ROOT, text="x\ud800y", masks=())), str)))
    assert "x?y" in frame.decode("utf-8")


def test_frames_survive_their_json() -> None:
    made = card(THREAD, str)
    wire = json.loads(json.dumps(card_out(made) | {"novel": 1}))
    assert card_in(wire) == made
    for frame in (
        Welcome("r", "grenoble", 10, 300, "snapshot", "trimmed", 1.5),
        Snap("r", HERE, (made,)),
        Put(HERE, made),
        Removal(HERE, "withdraw", "m1", 5),
        Heartbeat(3, 1.5),
        Resync("fork"),
        Bye("restart", (0.5, 3.0)),
    ):
        assert parse_down(encode(frame)) == frame
    for said in (
        Hello("r", HERE, "kiosk 1", ("a", "b")),
        Hello("r"),
        Ack(3, (Shown("m1", 4),), (Airtime(1, "m1", 4, 0, 8.5),)),
    ):
        assert parse_up(encode(said)) == said


@pytest.mark.parametrize("seconds", [-1.0, 86_401.0, 1e308])
def test_p2_no_screen_reports_more_than_a_day_of_airtime(seconds: float) -> None:
    with pytest.raises(Malformed):
        parse_up(encode(Ack(3, (), (Airtime(1, "m1", 4, 0, seconds),))))


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5) | st.text())
def test_whatever_a_screen_says_is_a_frame_or_malformed(junk: object) -> None:
    for said in (str(junk), json.dumps(junk), json.dumps({"t": "hello", "rid": junk, "c": junk}),
                 json.dumps({"t": "ack", "s": 1, "shown": junk, "airtime": [junk]})):  # fmt: skip
        with suppress(Malformed):
            parse_up(said)

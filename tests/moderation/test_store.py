"""The way of a message through the store, one transition at a time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from moderation.arrivals import Arrival, Draft
from moderation.connection import Connection
from moderation.domain import Author, Consent, Declared, Gone, Message, Place, Ruling, Thread
from moderation.errors import Conflict, NotFound
from moderation.store import Store
from tests.support.people import COLLEAGUE, MANAGER, MODERATOR

GRENOBLE = ("grenoble",)
INSULT = Ruling(code="insult-threat", passage=(0, 4))


def arrival(upstream: str = "u1", text: str = "La caisse 3 ferme trop tôt.", **more: Any) -> Arrival:
    given: dict[str, object] = {
        "channel": "avis",
        "places": GRENOBLE,
        "upstream": upstream,
        "text": text,
        **more,
    }
    return Arrival(**given)  # type: ignore[arg-type]


async def received(store: Store, upstream: str = "u1", **more: Any) -> Message:
    ident, _ = await store.receive(arrival(upstream, **more))
    found = await store.message(ident)
    assert found is not None
    return found


async def wall(store: Store, place: str = "grenoble") -> list[Thread]:
    return list((await store.snapshot(place)).threads)


async def test_what_is_received_waits_for_a_person(store: Store) -> None:
    message = await received(store, author=Author(name="Camille"), declared=Declared(stars=2))
    assert (message.state, message.revision, message.number, message.held) == ("pending", 1, 1, None)
    assert await wall(store) == []
    page = await store.messages(places=GRENOBLE, state="pending")
    assert page.items == (message,)


async def test_p1_only_the_revision_that_was_read_is_approved(store: Store) -> None:
    message = await received(store)
    await store.receive(arrival(text="Autre chose.", revision=2))
    with pytest.raises(Conflict) as refused:
        await store.decide("approve", MODERATOR, message.id, revision=1)
    assert refused.value.kind == "stale_revision"
    assert await wall(store) == []
    await store.decide("approve", MODERATOR, message.id, revision=2)
    assert [t.root.text for t in await wall(store)] == ["Autre chose."]


async def test_p7_one_upstream_item_is_one_message(store: Store) -> None:
    first, outcome = await store.receive(arrival())
    again, repeated = await store.receive(arrival())
    assert (first, outcome, repeated) == (again, "created", "duplicate")
    elsewhere, _ = await store.receive(arrival(channel="autre"))
    assert elsewhere != first


async def test_p7_an_upstream_edit_takes_the_text_off_the_wall(store: Store) -> None:
    message = await received(store)
    await store.decide("approve", MODERATOR, message.id, revision=1)
    _, outcome = await store.receive(arrival(text="Modifié.", revision=3))
    assert outcome == "edited"
    assert await wall(store) == []
    edited = await store.message(message.id)
    assert edited is not None
    assert (edited.state, edited.revision, edited.text) == ("pending", 3, "Modifié.")
    assert (await store.receive(arrival(text="En retard.", revision=2)))[1] == "duplicate"


@pytest.mark.parametrize("said", [None, "another-talk"])
async def test_p7_an_edit_need_not_say_its_thread_again(store: Store, said: str | None) -> None:
    """`thread` is optional with every event, and a message stays in the thread that it came in."""
    message = await received(store, thread="talk")
    await store.decide("approve", MODERATOR, message.id, revision=1)
    head = await store.feed_head("grenoble", "wall")
    assert (await store.receive(arrival(text="Modifié.", revision=2, thread=said)))[1] == "edited"
    assert await wall(store) == []
    assert (await store.feed_head("grenoble", "wall")).offset == head.offset + 1, "the screens are told"
    edited = await store.decide("approve", MODERATOR, message.id, revision=2)
    assert edited.tid == message.tid
    assert [t.root.text for t in await wall(store)] == ["Modifié."]


async def test_an_edit_need_not_say_again_who_spoke(store: Store) -> None:
    """`by` is optional and means the author: an adviser's turn must not become the customer's words."""
    question, turn = (
        await received(store, "a", thread="t"),
        await received(store, "b", thread="t", by="place"),
    )
    await store.decide("approve", MODERATOR, question.id, revision=1, companions={turn.id: 1})
    await store.receive(arrival("b", thread="t", text="Nous fermons à 19 h.", revision=2))
    await store.decide("approve", MODERATOR, turn.id, revision=2)
    (card,) = await wall(store)
    assert [(said.by, said.text) for said in card.turns if isinstance(said, Message)] == [
        ("place", "Nous fermons à 19 h.")
    ]


async def test_p11_consent_need_not_say_its_thread_again(store: Store) -> None:
    message = await received(store, thread="talk", consent=Consent(state="needed"))
    given = Consent(state="given", at=datetime(2026, 11, 20, tzinfo=UTC))
    assert (await store.receive(arrival(consent=given)))[1] == "consent"
    after = await store.message(message.id)
    assert after is not None
    assert (after.held, after.version) == (None, message.version + 1)


async def test_p7_an_upstream_deletion_is_final_even_before_the_creation(store: Store) -> None:
    ident, outcome = await store.delete("avis", "u1")
    assert outcome == "deleted"
    assert await store.receive(arrival()) == (ident, "duplicate")
    assert await store.message(ident) is None
    assert (await store.delete("avis", "u1"))[1] == "duplicate"


async def test_an_edit_of_what_never_came_creates_it(store: Store) -> None:
    message = await received(store, revision=4)
    assert (message.state, message.revision) == ("pending", 4)


async def test_p6_what_is_withdrawn_leaves_and_only_a_person_brings_it_back(store: Store) -> None:
    message = await received(store)
    await store.decide("approve", MODERATOR, message.id, revision=1)
    down = await store.decide("withdraw", MANAGER, message.id, revision=1, ruling=INSULT)
    gone = (await store.truths("grenoble", [message.tid]))[message.tid]
    assert gone == Gone(tid=message.tid, id=message.id, version=down.version, final=False)
    back = await store.decide("approve", MODERATOR, message.id, revision=1)
    assert back.version > down.version
    assert [t.version for t in await wall(store)] == [back.version]


async def test_p6_what_was_erased_never_comes_back(store: Store) -> None:
    message = await received(store, author=Author(name="Camille"))
    await store.decide("approve", MODERATOR, message.id, revision=1)
    assert await store.erase(message.id)
    gone = (await store.truths("grenoble", [message.tid]))[message.tid]
    assert isinstance(gone, Gone)
    assert gone.final
    with pytest.raises(Conflict):
        await store.decide("approve", MODERATOR, message.id, revision=1)
    assert (await store.receive(arrival(revision=9)))[1] == "duplicate"
    erased = await store.message(message.id)
    assert erased is not None
    assert (erased.text, erased.author.name, erased.state, erased.number) == ("", None, "erased", 1)


async def test_undo_brings_back_what_was_before(store: Store) -> None:
    message = await received(store)
    await store.decide("refuse", MODERATOR, message.id, revision=1, ruling=INSULT)
    await store.decide("approve", COLLEAGUE, message.id, revision=1, masks=[(0, 2)], mask_author=True)
    with pytest.raises(Conflict) as other:
        await store.undo(MODERATOR, message.id)
    assert other.value.kind == "nothing_to_undo"
    undone = await store.undo(COLLEAGUE, message.id)
    assert (undone.state, undone.ruling, undone.masks, undone.mask_author) == ("refused", INSULT, (), False)
    assert undone.approved_at is None
    with pytest.raises(Conflict):
        await store.undo(COLLEAGUE, message.id)


async def test_undoing_a_withdrawal_hangs_the_card_at_its_old_rank(store: Store) -> None:
    first, second = await received(store, "u1"), await received(store, "u2")
    for at, message in enumerate((first, second)):
        store.clock = lambda at=at: 1_000_000 + at  # type: ignore[misc]
        await store.decide("approve", MODERATOR, message.id, revision=1)
    await store.decide("withdraw", MODERATOR, first.id, revision=1, ruling=INSULT)
    await store.undo(MODERATOR, first.id)
    assert [t.root.id for t in await wall(store)] == [first.id, second.id]


async def test_a_thread_is_one_card_and_its_turns_are_approved_in_one_step(store: Store) -> None:
    start = datetime(2026, 11, 21, 10, tzinfo=UTC)
    turns = [
        await received(
            store, f"t{n}", thread="chat-1", text=f"tour {n}", published_at=start + timedelta(minutes=n),
            by="place" if n % 2 else "author",
        )
        for n in (2, 0, 1, 3)  # chat tools deliver out of order
    ]  # fmt: skip
    root = next(t for t in turns if t.text == "tour 0")
    assert {(await store.message(t.id)).thread for t in turns} == {root.id}  # type: ignore[union-attr]
    others = {t.id: 1 for t in turns if t.id != root.id}
    await store.decide("approve", MODERATOR, root.id, revision=1, companions=others)
    (card,) = await wall(store)
    assert [card.root.text, *(t.text for t in card.turns)] == ["tour 0", "tour 1", "tour 2", "tour 3"]
    await store.undo(MODERATOR, root.id)
    assert {(await store.message(t.id)).state for t in turns} == {"pending"}  # type: ignore[union-attr]


async def test_with_a_stale_companion_nothing_happens_at_all(store: Store) -> None:
    root, other = await received(store, "a", thread="c"), await received(store, "b", thread="c")
    with pytest.raises(Conflict):
        await store.decide("approve", MODERATOR, root.id, revision=1, companions={other.id: 7})
    assert {(await store.message(m.id)).state for m in (root, other)} == {"pending"}  # type: ignore[union-attr]


async def test_a_turn_taken_down_leaves_its_card_hanging(store: Store) -> None:
    root, other = await received(store, "a", thread="c"), await received(store, "b", thread="c")
    await store.decide("approve", MODERATOR, root.id, revision=1, companions={other.id: 1})
    await store.decide("withdraw", MODERATOR, other.id, revision=1, ruling=INSULT)
    (card,) = await wall(store)
    assert card.turns == ()


async def test_p11_a_private_chat_waits_for_consent_and_comes_down_without_it(store: Store) -> None:
    message = await received(store, consent=Consent(state="needed"))
    assert message.held == "consent"
    assert (await store.messages(places=GRENOBLE, state="pending")).items == ()
    assert (await store.messages(places=GRENOBLE, held="consent")).items == (message,)
    waiting, _ = await store.waiting(message.channel, GRENOBLE, after=0, most=1)
    assert waiting == (message.upstream,), "it is asked for again too: what is deleted there must go here"
    with pytest.raises(Conflict) as refused:
        await store.decide("approve", MODERATOR, message.id, revision=1)
    assert refused.value.kind == "consent_required"

    given = Consent(state="given", at=datetime(2026, 11, 21, tzinfo=UTC))
    assert (await store.receive(arrival(consent=given)))[1] == "consent"
    await store.decide("approve", MODERATOR, message.id, revision=1)
    assert len(await wall(store)) == 1

    await store.receive(arrival(revision=2, consent=Consent(state="needed")))
    assert await wall(store) == []
    taken_back = await store.message(message.id)
    assert taken_back is not None
    assert (taken_back.held, taken_back.consent.state) == ("consent", "withdrawn")


async def test_p11_an_edit_need_not_say_again_that_it_is_private(store: Store) -> None:
    message = await received(store, consent=Consent(state="needed"))
    assert (await store.receive(arrival(text="Modifié.", revision=2)))[1] == "edited"
    edited = await store.message(message.id)
    assert edited is not None
    assert (edited.held, edited.consent.state) == ("consent", "needed")
    given = Consent(state="given", at=datetime(2026, 11, 21, tzinfo=UTC))
    await store.receive(arrival(text="Modifié.", revision=2, consent=given))
    await store.receive(arrival(text="Encore.", revision=3))
    again = await store.message(message.id)
    assert again is not None
    assert (again.held, again.consent) == (None, given)


async def test_p11_an_edit_that_overtakes_a_private_creation_is_asked_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    racing = await Store.open(store.connection, store.organisation)
    look, overtaken = racing._threads_of, iter([True])

    async def early(items: Any) -> Any:
        for _ in overtaken:  # the message is read before it comes, its thread after
            await received(store, consent=Consent(state="needed"))
            return [(None, tid, thread) for _, tid, thread in await look(items)]
        return await look(items)

    monkeypatch.setattr(racing, "_threads_of", early)
    ident, outcome = await racing.receive(arrival(text="Modifié.", revision=2))
    edited = await store.message(ident)
    assert edited is not None
    assert (outcome, edited.held, edited.consent.state) == ("edited", "consent", "needed")


async def test_p11_a_refusal_is_no_way_around_the_consent(store: Store) -> None:
    message = await received(store, consent=Consent(state="needed"))
    await store.decide("refuse", MODERATOR, message.id, revision=1, ruling=INSULT)
    with pytest.raises(Conflict) as refused:
        await store.decide("approve", MODERATOR, message.id, revision=1)
    assert refused.value.kind == "consent_required"
    given = Consent(state="given", at=datetime(2026, 11, 21, tzinfo=UTC))
    assert (await store.receive(arrival(consent=given)))[1] == "consent", "it may come while it is refused"
    with pytest.raises(Conflict):  # something followed
        await store.undo(MODERATOR, message.id)
    approved = await store.decide("approve", MODERATOR, message.id, revision=1)
    assert (approved.state, approved.held, approved.consent.state) == ("approved", None, "given")


@pytest.mark.parametrize(
    "at", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)]
)
async def test_any_date_can_be_read_again(store: Store, at: datetime) -> None:
    message = await received(store, published_at=at, experience_at=at)
    assert message.published_at is not None
    assert timedelta(0) <= at - message.published_at < timedelta(milliseconds=1)
    assert (await store.messages(places=GRENOBLE)).items == (message,)


async def test_an_answer_hangs_at_once_and_waits_in_the_outbox(store: Store) -> None:
    message = await received(store)
    draft = Draft(place="grenoble", text="Merci, nous ouvrirons plus tard.", stance="studying", outside=True)
    with pytest.raises(Conflict):
        await store.reply(MANAGER, message.id, draft)
    await store.decide("approve", MODERATOR, message.id, revision=1)
    reply = await store.reply(MANAGER, message.id, draft)
    (card,) = await wall(store)
    assert [turn.text for turn in card.turns] == [draft.text]
    answered = await store.message(message.id)
    assert answered is not None
    assert [(r.id, r.delivery.state) for r in answered.replies] == [(reply, "queued")]
    with pytest.raises(Conflict):  # something followed
        await store.undo(MODERATOR, message.id)


async def test_p10_erasure_takes_the_answers_with_it(store: Store) -> None:
    message = await received(store, author=Author(name="Camille"))
    await store.decide("approve", MODERATOR, message.id, revision=1)
    draft = Draft(place="grenoble", text="Chère Camille, merci.", outside=True)
    await store.reply(MANAGER, message.id, draft)
    await store.erase(message.id)
    erased = await store.message(message.id)
    assert erased is not None
    (reply,) = erased.replies
    assert (reply.text, reply.delivery.state) == ("", "cancelled")
    assert await store.connection.commands.zcard(store.keys.outbox("avis")) == 0


async def test_one_message_of_two_places_has_one_state_and_an_entry_in_each(store: Store) -> None:
    message = await received(store, places=("grenoble", "lyon"))
    await store.decide("approve", MODERATOR, message.id, revision=1)
    for place in ("grenoble", "lyon"):
        assert [t.root.id for t in await wall(store, place)] == [message.id]
        assert [e.what for e in (await store.ledger(place)).items] == ["received", "approved"]


async def test_a_wall_keeps_its_newest(store: Store) -> None:
    messages = [await received(store, f"u{n}") for n in range(4)]
    for at, message in enumerate(messages):
        store.clock = lambda at=at: 10**12 + at * 86_400_000  # type: ignore[misc]
        await store.decide("approve", MODERATOR, message.id, revision=1)
    assert await store.age_out(Place(slug="grenoble", name="G", wall_max=3)) == 1
    assert [t.root.id for t in await wall(store)] == [m.id for m in messages[1:]]
    assert await store.age_out(Place(slug="grenoble", name="G", wall_days=1)) == 1
    assert [t.root.id for t in await wall(store)] == [m.id for m in messages[2:]]
    hangs = await store.messages(places=GRENOBLE, hangs=True)
    assert [m.id for m in hangs.items] == [m.id for m in messages[2:]], (
        "what aged off is approved, and not on a wall"
    )


async def test_what_hangs_is_listed_thread_by_thread(store: Store) -> None:
    root, turn, waiting = [await received(store, each, thread="t") for each in ("a", "b", "c")]
    other = await received(store, "d")
    await store.decide("approve", MODERATOR, root.id, revision=1, companions={turn.id: 1})
    await store.decide("approve", MODERATOR, other.id, revision=1)
    page = await store.messages(places=GRENOBLE, hangs=True, limit=2)
    assert ([m.id for m in page.items], page.next) == ([root.id, turn.id], "2")
    rest = await store.messages(places=GRENOBLE, hangs=True, limit=2, after=page.next)
    assert ([m.id for m in rest.items], rest.next) == ([other.id], None)
    for asked in (root, turn, waiting):
        mine = await store.messages(places=GRENOBLE, hangs=True, thread=asked.id)
        assert [m.id for m in mine.items] == [root.id, turn.id]
    await store.decide("withdraw", MODERATOR, root.id, revision=1, ruling=INSULT)
    assert (await store.messages(places=GRENOBLE, hangs=True, thread=turn.id)).items == ()


async def test_the_same_nonce_gives_the_same_answer(store: Store) -> None:
    message = await received(store)
    one = await store.decide("approve", MODERATOR, message.id, revision=1, nonce="n1")
    assert await store.decide("approve", MODERATOR, message.id, revision=1, nonce="n1") == one
    with pytest.raises(Conflict):
        await store.decide("approve", MODERATOR, message.id, revision=1, nonce="n2")
    draft = Draft(place="grenoble", text="Merci.")
    assert await store.reply(MANAGER, message.id, draft, nonce="r") == await store.reply(
        MANAGER, message.id, draft, nonce="r"
    )
    assert len((await wall(store))[0].turns) == 1


async def test_a_list_is_oldest_first_and_goes_on_where_it_stopped(store: Store) -> None:
    messages = [await received(store, f"u{n}") for n in range(5)]
    first = await store.messages(places=GRENOBLE, state="pending", limit=2)
    assert [m.id for m in first.items] == [m.id for m in messages[:2]]
    rest = await store.messages(places=GRENOBLE, state="pending", limit=10, after=first.next)
    assert [m.id for m in rest.items] == [m.id for m in messages[2:]]
    assert rest.next is None


async def test_an_unknown_message_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.decide("approve", MODERATOR, "nobody", revision=1)
    with pytest.raises(NotFound):
        await store.erase("nobody")


async def test_p6_every_take_down_is_logged_beside_the_data(
    connection: Connection, organisation: str, tmp_path: Path
) -> None:
    """Also an undone approval: an old backup must not hang it again. The folder is made if nobody made it."""
    log = tmp_path / "data" / "removals.log"
    store = await Store.open(connection, organisation, removals=log)
    first, second, third = [
        await received(store, u, thread=t) for u, t in (("a", "t"), ("b", "t"), ("c", None))
    ]
    await store.decide("approve", MODERATOR, first.id, revision=1, companions={second.id: 1})
    with pytest.raises(Conflict):
        await store.undo(COLLEAGUE, first.id)
    assert not log.exists()
    await store.undo(MODERATOR, first.id)
    await store.decide("approve", MODERATOR, third.id, revision=1)
    await store.receive(arrival("c", text="Modifié.", revision=2))
    await store.decide("approve", MODERATOR, third.id, revision=2)
    await store.decide("withdraw", MANAGER, third.id, revision=2, ruling=INSULT)
    await store.undo(MANAGER, third.id)
    await store.erase(third.id)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["id"], line["kind"]) for line in lines] == [
        (first.id, "undone"),
        (second.id, "undone"),
        (third.id, "edited"),
        (third.id, "withdrawn"),
        (third.id, "erased"),
    ]


async def test_p6_an_edit_is_logged_by_what_it_found(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approved between the look and the leap."""
    log = tmp_path / "removals.log"
    racing = await Store.open(store.connection, store.organisation, removals=log)
    message = await received(store)

    look = racing._threads_of

    async def early(items: Any) -> Any:
        found = await look(items)
        await store.decide("approve", MODERATOR, message.id, revision=1)
        return found

    monkeypatch.setattr(racing, "_threads_of", early)
    assert (await racing.receive(arrival(text="Modifié.", revision=2)))[1] == "edited"
    assert [json.loads(line)["kind"] for line in log.read_text().splitlines()] == ["edited"]


async def test_what_the_engine_holds_opens_no_receipt(store: Store) -> None:
    ours, again, leaked = [
        await Store.open(store.connection, store.organisation, receipts_key=key)
        for key in (b"k" * 32, b"k" * 32, None)
    ]
    secret = ours.receipt_secret("avis", "u1")
    assert secret == again.receipt_secret("avis", "u1")
    assert secret not in (leaked.receipt_secret("avis", "u1"), leaked.seal("receipt", "avis", "u1"))
    await ours.receive(arrival(receipt=secret))
    assert await leaked.receipt(secret) is not None, "the link itself works whatever the key"


async def test_one_unreadable_record_does_not_silence_the_wall(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    messages = [await received(store, f"u{n}") for n in range(3)]
    for message in messages:
        await store.decide("approve", MODERATOR, message.id, revision=1)
    await store.connection.commands.hset(store.keys.message(messages[1].id), "masks", "not json")
    for _ in range(2):
        assert [t.root.id for t in await wall(store)] == [messages[0].id, messages[2].id]
        truths = await store.truths("grenoble", [m.tid for m in messages])
        assert [isinstance(truths[m.tid], Thread) for m in messages] == [True, False, True]
        listed = await store.messages(places=GRENOBLE, hangs=True)
        assert [m.id for m in listed.items] == [messages[0].id, messages[2].id]
    (said,) = caplog.records
    assert messages[1].id in said.getMessage()
    await store.connection.commands.hset(store.keys.message(messages[1].id), "masks", "[]")
    assert len(await wall(store)) == 3


async def test_what_a_decision_answers_is_what_is_kept(store: Store) -> None:
    message = await received(store)
    for what, ruling in (("approve", None), ("withdraw", INSULT), ("approve", None)):
        said = await store.decide(what, MODERATOR, message.id, revision=1, ruling=ruling, masks=[(0, 2)])  # type: ignore[arg-type]
        assert said == await store.message(message.id)
    draft = Draft(place="grenoble", text="Merci, nous ouvrirons plus tard.")
    await store.reply(MANAGER, message.id, draft)
    said = await store.decide("withdraw", MODERATOR, message.id, revision=1, ruling=INSULT)
    assert said == await store.message(message.id)
    assert said.replies, "also with what was answered"

"""What a Chatwoot delivery says: turns of both sides, deletions, edits, and the words of consent.

Owns the shape of Chatwoot's webhook bodies and which words give or take back a consent. Must not know signatures, HTTP
or the store. What is not part of the conversation that customer and adviser see never leaves here: private notes,
activity lines, templates, forms, our own question and our own replies.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from connectors.contract import ConsentWord, Parcel, Pulled, Rejected
from moderation.delivered import parsed
from moderation.domain import By, Incoming
from moderation.errors import BadRequest

When = Literal["resolved", "opened", "never"]

MARK: Final = "complicite"  # in `content_attributes`: what we posted ourselves, a reply's id or QUESTION
QUESTION: Final = "consent"
AGREES, DECLINES = "complicite-yes", "complicite-no"  # values of the question's two buttons
ATTRIBUTE: Final = "complicite_consent"  # a checkbox of the conversation: a pre-chat form fills it

# Whole messages, and none that could answer any other question: « oui » agrees to far too much.
GIVES: Final = frozenset({"afficher", "show"})
TAKES_BACK: Final = frozenset({"stop", "retirer", "remove"})

# In the order of Chatwoot's numbers, which some bodies carry instead of the names.
_TYPES: Final = ("incoming", "outgoing", "activity", "template")
_SIDES: Final[Mapping[str, By]] = {"incoming": "author", "outgoing": "place"}
# What a message of another shape than Chatwoot's raises; OSError: a time that no calendar has.
UNREADABLE: Final = (KeyError, TypeError, ValueError, OverflowError, AttributeError, OSError)
_TEXTS: Final = ("text", "incoming_email", 0, 8, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    account: int
    inboxes: frozenset[int]
    ask: When = "resolved"

    def parcel(self, body: bytes, sent: float) -> Parcel:
        """One delivery; `sent` is when, as its signature says. Raises BadRequest."""
        try:
            given = parsed(body)
        except ValueError as error:
            raise BadRequest from error
        if not isinstance(given, dict):
            raise BadRequest
        if not self._ours(given):
            return Parcel()
        event = given.get("event")
        try:
            if event in ("message_created", "message_updated"):
                return self._message(given, event == "message_updated", sent)
            if isinstance(event, str) and event.startswith("conversation_"):
                return self._conversation(given, event, sent)
        except UNREADABLE:
            called = str(given.get("id", "#0")).encode("utf-8", "replace").decode()
            return Parcel(rejected=(Rejected(id=called[:200], code="bad_json"),))
        return Parcel()  # adding an event is Chatwoot's right

    def _ours(self, given: Mapping[str, Any]) -> bool:
        conversation = _table(given.get("conversation")) or given
        inbox = _table(given.get("inbox")).get("id", conversation.get("inbox_id"))
        account = _table(given.get("account")).get("id", self.account)
        return isinstance(inbox, int) and inbox in self.inboxes and account == self.account

    def _message(self, given: Mapping[str, Any], updated: bool, sent: float) -> Parcel:
        conversation = given["conversation"]
        thread = str(int(conversation["id"]))
        turn = turn_of(
            given, thread, changed=_moment(conversation.get("updated_at"), sent) if updated else None
        )
        if isinstance(turn, ConsentWord):
            return Parcel(consents=(turn,))
        if turn is None:
            return Parcel()
        return Parcel(items=(turn,), ask=(thread,) if self._opens(turn) else ())

    def walked(self, conversations: Iterable[Mapping[str, Any]], cursor: str) -> Pulled:
        """Conversations as the API lists them, with their `messages`: what a webhook for each would have told.

        Listed messages have no revision: an edit that nobody heard is not seen, only that a message is gone.
        """
        items: list[tuple[int, Incoming]] = []
        rejected: list[Rejected] = []
        consents: list[ConsentWord] = []
        ask: dict[str, None] = {}
        for conversation in conversations:
            thread = str(int(conversation["id"]))
            for message in conversation["messages"]:
                number = int(message["id"])
                try:
                    turn = turn_of(message, thread)
                except UNREADABLE:
                    rejected.append(Rejected(id=f"{thread}/{number}", code="bad_json"))
                    continue
                if isinstance(turn, ConsentWord):
                    consents.append(turn)
                elif turn is not None:
                    items.append((number, turn))
                    if self._opens(turn):
                        ask[thread] = None
            if conversation.get("status") == "resolved" and self.ask == "resolved":
                ask[thread] = None
        return Pulled(
            items=tuple(turn for _, turn in sorted(items, key=lambda each: each[0])),
            rejected=tuple(rejected),
            consents=tuple(consents),
            ask=tuple(ask),
            cursor=cursor,
        )

    def _opens(self, turn: Incoming) -> bool:
        return self.ask == "opened" and turn.by == "author" and turn.event == "created"

    def _conversation(self, given: Mapping[str, Any], event: str, sent: float) -> Parcel:
        thread = str(int(given["id"]))
        consents: tuple[ConsentWord, ...] = ()
        ticked = _ticked(given, event)
        if ticked is not None:
            at = _moment(given.get("updated_at"), sent)
            consents = (ConsentWord(thread=thread, given=ticked, at=at),)
        over = event == "conversation_resolved" or (
            event == "conversation_status_changed" and given.get("status") == "resolved"
        )
        asks = over and self.ask == "resolved"
        return Parcel(consents=consents, ask=(thread,) if asks else ())


def turn_of(
    given: Mapping[str, Any], thread: str, *, changed: datetime | None = None
) -> Incoming | ConsentWord | None:
    """One message of a conversation, as webhook or listing tell it; None: nobody outside is to see it.

    `changed`: when it was last changed, if it may have been. Raises one of `UNREADABLE`.
    """
    kind = given["message_type"]
    kind = _TYPES[kind] if isinstance(kind, int) and 0 <= kind < len(_TYPES) else kind
    if given.get("private") or kind not in _SIDES:
        return None
    attributes = _table(given.get("content_attributes"))
    at = _moment(given["created_at"])
    if MARK in attributes:
        return _pressed(attributes, thread, at, changed) if attributes[MARK] == QUESTION else None
    ident = f"{thread}/{int(given['id'])}"
    if attributes.get("deleted"):
        return Incoming(id=ident, event="deleted", thread=thread)
    text = given.get("content") or ""
    if given.get("content_type") not in _TEXTS or not isinstance(text, str) or not text.strip():
        return None  # a form, a card, a picture without words
    if kind == "incoming" and (given_ := word(text)) is not None:
        return ConsentWord(thread=thread, given=given_, at=at)
    sender = _table(given.get("sender"))
    name, author = sender.get("name"), sender.get("id")
    return Incoming(
        id=ident,
        event="edited" if changed else "created",
        # Chatwoot counts no revisions, but a changed message touches its conversation's clock.
        revision=max(2, int(changed.timestamp() * 1000)) if changed else None,
        thread=thread,
        by=_SIDES[kind],
        author_name=name if isinstance(name, str) else None,
        author_id=str(author) if isinstance(author, int) else None,
        text=text,
        published_at=at,
        private=True,
    )


def word(text: str) -> bool | None:
    """Whether a message gives consent or takes it back, whatever its case, its quotes and its full stop."""
    bare = unicodedata.normalize("NFKC", text).casefold().strip(" \t\n\u202f«»“”\"'.!")
    if bare in GIVES:
        return True
    return False if bare in TAKES_BACK else None


def _pressed(
    attributes: Mapping[str, Any], thread: str, asked: datetime, changed: datetime | None
) -> ConsentWord | None:
    """A button of our question, which every later change of that message tells again: so a yes is as old as the
    question, and never undoes a STOP that came since, and a no is as new as the change."""
    values = [_table(one).get("value") for one in attributes.get("submitted_values") or ()]
    if DECLINES in values:
        return ConsentWord(thread=thread, given=False, at=changed or asked)
    return ConsentWord(thread=thread, given=True, at=asked) if AGREES in values else None


def _ticked(given: Mapping[str, Any], event: str) -> bool | None:
    """The checkbox, when this event is about it: it is carried by all the others too, long after a STOP."""
    now = _table(given.get("custom_attributes"))
    if event == "conversation_created":
        return True if now.get(ATTRIBUTE) is True else None
    if event != "conversation_updated":
        return None
    for change in given.get("changed_attributes") or ():
        values = _table(_table(change).get("custom_attributes"))
        before, after = (_table(values.get(f"{which}_value")) for which in ("previous", "current"))
        if before.get(ATTRIBUTE) != after.get(ATTRIBUTE):
            return after.get(ATTRIBUTE) is True
    return None


def _moment(value: object, otherwise: float | None = None) -> datetime:
    """Chatwoot writes both RFC 3339 and seconds."""
    if value is None or value == "":
        value = otherwise
    if isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    raise ValueError("a time")


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

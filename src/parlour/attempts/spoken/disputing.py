"""Disputes over what was heard: the learner opens one before there is a grade, staff of the attempt decide it."""

from parlour.attempts import access
from parlour.attempts.access import ChatInAttempt
from parlour.attempts.spoken.reading import SpeechRules, is_graded, shown_utterance
from parlour.attempts.spoken.shapes import Decided, UtteranceShown
from parlour.audit import actions as audit
from parlour.audit.entities import Entry
from parlour.conversations.spoken.reading import disputes
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, forbidden
from parlour.storage.tx import Tx

DECISION_ROUTE = "POST /api/v1/chats/{chat_id}/utterances/{item_id}/decision"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An utterance of a chat, as it was named."""

    chat_id: str
    item_id: str


def dispute(tx: Tx, actor: Actor, place: Place, text: str, rules: SpeechRules) -> UtteranceShown:
    """The owner says that something else was said; until it is decided all words of it are unclear.

    Raises `not_found`, `forbidden` for staff, `empty_message`, `not_spoken`, `already_graded`, `dispute_decided`.
    """
    found = _to_change(tx, actor, place.chat_id)
    if not found.owned:
        raise forbidden()
    words = text.strip()
    if not words:
        raise Refusal("empty_message", "Say what you said.")
    utterance = disputes.utterance_of(tx, found.chat.id, place.item_id)
    if is_graded(tx, found):
        raise Refusal("already_graded", "This chat has been graded: what was heard in it is not disputed any more.")
    disputes.dispute(tx, utterance, words)
    return shown_utterance(tx, found, place.item_id, rules)


def decide(tx: Tx, actor: Actor, place: Place, rules: SpeechRules, *, accept: bool) -> Decided:
    """Staff decide a dispute. Accepted: the message says the disputed text from now on.

    Raises `not_found`, `forbidden` for the owner, `not_spoken`, `no_dispute`, `dispute_decided`.
    """
    found = _to_change(tx, actor, place.chat_id)
    if found.owned:
        raise forbidden()
    utterance = disputes.utterance_of(tx, found.chat.id, place.item_id)
    disputes.decide(tx, utterance, actor.account_id, accept=accept)
    audit.record(
        tx,
        Entry(
            actor=actor.account_id,
            acted_for=found.attempt.account_id,
            action="transcript.accepted" if accept else "transcript.declined",
            subject=place.item_id,
            route=DECISION_ROUTE,
            detail={"chat_id": found.chat.id, "message_id": utterance.message_id},
        ),
    )
    return Decided(utterance=shown_utterance(tx, found, place.item_id, rules), grade_is_older=is_graded(tx, found))


def _to_change(tx: Tx, actor: Actor, chat_id: str) -> ChatInAttempt:
    """A chat that the actor may read, locked: no grade is asked for meanwhile."""
    found = access.chat_to_read(tx, actor, chat_id)
    attempt = access.attempt_to_change(tx, actor, found.attempt.id)
    return ChatInAttempt(attempt=attempt, chat=access.chat_of(tx, attempt, chat_id), owned=found.owned)

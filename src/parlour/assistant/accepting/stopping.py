"""`cancel`: turns end now, with a reply that says so (lab protocol 5.1)."""

from parlour.assistant.accepting.entities import Cancelled, Cancelling
from parlour.assistant.entities import Turn, TurnId
from parlour.assistant.loop import endings
from parlour.assistant.messages import members, replies, turns
from parlour.assistant.messages.replies import Ending, NewReply
from parlour.assistant.questions import actions as questions
from parlour.assistant.sentences import sentence
from parlour.audit import actions as audit
from parlour.audit.entities import Entry
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import not_found
from parlour.storage.tx import Tx


def cancel(tx: Tx, wish: Cancelling) -> Cancelled:
    """Stop turns. Each leaves a final reply without `error`; an open question closes as `cancelled`.

    From the commit on the work of these turns can store and tell nothing more: they have ended, and
    their fence is gone. Raises `not_found` for a turn that is not this account's; one that has
    ended is left as it is.
    """
    members.lock(tx, wish.account_id)
    with turns.telling_state(tx, wish.account_id):
        wanted = _wanted(tx, wish)
        for turn in wanted:
            close_question(tx, turn, wish.by, wish.route)
            replies.finish(tx, turn, _ending(tx, turn), then_next=not wish.queue)
            _record(tx, wish, turn.id)
    ended = tuple(turn.id for turn in wanted)
    return Cancelled(turn_ids=ended, state=turns.state_of(tx, wish.account_id))


def close_question(tx: Tx, turn: Turn, by: AccountId, route: str) -> None:
    """The open question of a turn that is stopped is cancelled."""
    asked = questions.open_of(tx, turn.account_id)
    if asked is not None and asked.subject == turn.id:
        questions.cancel(tx, asked, by, route)


def _wanted(tx: Tx, wish: Cancelling) -> list[Turn]:
    """The turns to stop that have not ended: the named or current one first, then the queue in order."""
    if wish.turn_id is None:
        named = turns.current(tx, wish.account_id)
    else:
        named = turns.turn_of(tx, wish.account_id, wish.turn_id)
        if named is None:
            raise not_found("Turn")
    first = [named] if named is not None and named.ended_at is None else []
    waiting = turns.queue(tx, wish.account_id) if wish.queue else []
    return first + [turn for turn in waiting if turn.id not in {each.id for each in first}]


def _ending(tx: Tx, turn: Turn) -> Ending:
    if turn.state != "queued":
        return endings.cancelled(tx, turn)
    language = members.member(tx, turn.account_id).language
    return Ending(state="cancelled", reply=NewReply(text=sentence(language, "replies.cancelled_queued")))


def _record(tx: Tx, wish: Cancelling, turn_id: TurnId) -> None:
    acted_for = wish.account_id if wish.by != wish.account_id else None
    entry = Entry(actor=wish.by, acted_for=acted_for, action="turn.cancelled", subject=turn_id, route=wish.route)
    audit.record(tx, entry)

"""`clear`: an empty conversation, the old one kept for its owner's searches or erased (lab protocol 5.2)."""

from dataclasses import replace

from parlour.assistant.accepting import store
from parlour.assistant.accepting.stopping import close_question
from parlour.assistant.entities import ConversationId
from parlour.assistant.facts import LabHistoryCleared
from parlour.assistant.loop import journal
from parlour.assistant.mailbox import actions as mailbox
from parlour.assistant.messages import members, reading, replies, saying, turns
from parlour.audit import actions as audit
from parlour.audit.entities import Entry
from parlour.conversations.rooms import lab_room
from parlour.events.erasing import actions as erasing
from parlour.events.facts import fact_of
from parlour.files import actions as files
from parlour.files.handles import handle_of
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.pauses import actions as pauses
from parlour.pauses.entities import Body, Pause
from parlour.pauses.facts import QuestionCancelled
from parlour.storage.dialects import Logged
from parlour.storage.tx import Announced, Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Clearing:
    """Whose history, by whom and which way; `forget`: the old conversation is erased."""

    account_id: AccountId
    by: AccountId
    route: str
    forget: bool = False


def clear(tx: Tx, wish: Clearing) -> bool:
    """End the conversation and begin an empty one; False, and nothing changed, if it was empty.

    Its turns end without a reply, unread replies become read. With `forget` the messages, turns,
    steps and questions of the conversation are erased, as are the events of the account's room
    and the files that nothing else refers to. Papers, notes and experiments stay.
    """
    old = members.lock(tx, wish.account_id)
    if not reading.newest(tx, old, 1):
        return False
    with turns.telling_state(tx, wish.account_id):
        _stop(tx, wish)
        mailbox.read_all(tx, wish.account_id)
        fresh = members.new_conversation(tx, wish.account_id, forgotten=wish.forget)
        if wish.forget:
            _forget(tx, wish.account_id, old, fresh)
        tx.announce([lab_room(wish.account_id)], LabHistoryCleared(account_id=wish.account_id, conversation_id=fresh))
    acted_for = wish.account_id if wish.by != wish.account_id else None
    action = "history.forgotten" if wish.forget else "history.cleared"
    audit.record(tx, Entry(actor=wish.by, acted_for=acted_for, action=action, subject=old, route=wish.route))
    return True


def _stop(tx: Tx, wish: Clearing) -> None:
    """The queue first, so that nothing starts."""
    current = turns.current(tx, wish.account_id)
    for turn in turns.queue(tx, wish.account_id):
        replies.end_silently(tx, turn)
    if current is not None:
        close_question(tx, current, wish.by, wish.route)
        replies.end_silently(tx, current)


def _forget(tx: Tx, account_id: AccountId, old: ConversationId, fresh: ConversationId) -> None:
    """Erase the old conversation, and what was told of it."""
    turn_ids = reading.turns_in(tx, old)
    journal.forget(tx, turn_ids)
    pauses.forget(tx, turn_ids)
    for upload_id in saying.forget(tx, old):
        file = files.by_id(tx, upload_id)
        if file is not None and not store.is_referred_to(tx, upload_id):
            files.delete_file(tx, account_id, handle_of(file))
    cleared = LabHistoryCleared(account_id=account_id, conversation_id=fresh)
    erasing.erase_room(tx, lab_room(account_id), cleared, _without_words)
    _silence(tx, {str(turn_id) for turn_id in turn_ids})


def _without_words(event: Logged) -> object:
    """What another member's room keeps of a question that was assigned to them: that it is over."""
    asked = getattr(fact_of(event), "pause", None)
    return QuestionCancelled(pause=_wordless(asked)) if isinstance(asked, Pause) else fact_of(event)


def _silence(tx: Tx, turn_ids: set[str]) -> None:
    """What this transaction itself tells of the erased questions has no words either."""
    for place, said in enumerate(tx.announced):
        fact = said.fact
        if isinstance(fact, QuestionCancelled) and fact.pause.subject in turn_ids:
            tx.announced[place] = Announced(said.rooms, QuestionCancelled(pause=_wordless(fact.pause)))


def _wordless(asked: Pause) -> Pause:
    return replace(asked, state="cancelled", body=Body(text=""), answer=None, answered_by=None, answered_user=None)

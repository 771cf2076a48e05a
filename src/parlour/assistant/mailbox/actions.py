"""What a request for the next reply gets, and what it changes (lab protocol 4.5)."""

from collections.abc import Sequence
from functools import partial

from parlour.assistant.entities import LabMessage, LabMessageId
from parlour.assistant.facts import LabMessageUpdated, LabReplyRead
from parlour.assistant.mailbox import store
from parlour.assistant.mailbox.entities import ClaimToken, Found, Reply, Standing, Waiting
from parlour.assistant.mailbox.facts import LabClaimLapsed
from parlour.assistant.messages import members, reading
from parlour.assistant.questions import actions as questions
from parlour.conversations.rooms import lab_room
from parlour.events.cursors import account_room
from parlour.kernel.ids import AccountId, PauseId
from parlour.kernel.refusals import not_found
from parlour.pauses.entities import Pause
from parlour.storage.database import Database
from parlour.storage.tx import Tx

OLDEST = "0"
OWNERS_AT_ONCE = 100


def look(tx: Tx, account_id: AccountId, stale_seconds: float) -> Found:
    """What a plain request would get now: the oldest unread final or an older open question. Changes nothing.

    A final that is being given to somebody else is passed over. A question is fresh until it was
    delivered, a final until it has been ready for longer than `stale_seconds`.
    """
    unread = store.unread(tx, account_id)
    claimed = [each.claimed_until or 0 for each in unread if each.is_claimed(tx.now_ms)]
    free = [each for each in unread if not each.is_claimed(tx.now_ms)]
    question = _open(tx, account_id)
    now = store.standing(tx, account_id)
    asked = _question_message(tx, question)
    again_at = min(claimed, default=None)
    if free and (asked is None or free[0].ordinal < asked.ordinal):
        reply = _final(tx, free, asked)
        fresh = tx.now_ms - free[0].ready_at <= stale_seconds * 1000
        return Found(reply=reply, fresh=fresh, standing=now, again_at=again_at)
    if asked is None or question is None:
        return Found(reply=None, fresh=True, standing=now, again_at=again_at)
    reply = Reply(message=asked, question=question, pending=len(free))
    return Found(reply=reply, fresh=_is_fresh(question, asked), standing=now, again_at=again_at)


def look_after(tx: Tx, account_id: AccountId, cursor: str) -> Found | None:
    """The oldest final or open question after a cursor, read or not; None for a cursor that is not known.

    Changes nothing: `acknowledge` is for what lies up to the cursor. Never held, so always fresh.
    """
    ordinal = 0
    if cursor != OLDEST:
        place = store.place_of(tx, account_id, cursor)
        if place is None:
            return None
        ordinal = place.ordinal
    finals = store.finals_after(tx, account_id, ordinal)
    question = _open(tx, account_id)
    asked = _question_message(tx, question)
    if asked is not None and asked.ordinal <= ordinal:
        asked = None
    now = store.standing(tx, account_id)
    if finals and (asked is None or finals[0].ordinal < asked.ordinal):
        return Found(reply=_final(tx, finals, asked), fresh=True, standing=now)
    if asked is not None and question is not None:
        reply = Reply(message=asked, question=question, pending=len(finals))
        return Found(reply=reply, fresh=True, standing=now)
    return Found(reply=None, fresh=True, standing=now)


def standing(tx: Tx, account_id: AccountId) -> Standing:
    """What a placeholder says of the account."""
    return store.standing(tx, account_id)


def acknowledges(tx: Tx, account_id: AccountId, cursor: str) -> bool:
    """Whether `acknowledge` would change something: so that a poll that says the same again only reads."""
    place = store.place_of(tx, account_id, cursor)
    if place is None or not place.is_reply:
        return False
    return place.unread or store.has_unread_upto(tx, account_id, place.ordinal)


def acknowledge(tx: Tx, account_id: AccountId, message_id: str) -> Sequence[LabMessageId]:
    """Every reply up to this one becomes read; those that were not. A message of the person acknowledges nothing.

    Raises `not_found` for what is no message of the account.
    """
    members.lock(tx, account_id)
    place = store.place_of(tx, account_id, message_id)
    if place is None:
        raise not_found("Message")
    if not place.is_reply:
        return ()
    return _told(tx, account_id, store.read_upto(tx, account_id, place.ordinal))


def read_all(tx: Tx, account_id: AccountId) -> Sequence[LabMessageId]:
    """Every reply becomes read: the history is cleared (5.2)."""
    return _told(tx, account_id, store.read_upto(tx, account_id, None))


def claim(tx: Tx, message_id: LabMessageId) -> ClaimToken | None:
    """Give a final to one client, for 15 s; None if somebody else has it or has read it."""
    token = ClaimToken(tx.new_id())
    return token if store.claim(tx, message_id, token) else None


def handed_over(tx: Tx, account_id: AccountId, message_id: LabMessageId, token: ClaimToken) -> bool:
    """The whole body was handed to the transport: the final is read. False if the claim had lapsed."""
    if not store.set_read(tx, message_id, token):
        return False
    _told(tx, account_id, [message_id])
    return True


def take_back(tx: Tx, account_id: AccountId, message_id: LabMessageId, token: ClaimToken) -> bool:
    """The client broke off after all: the final that it was given is unread again, and told so.

    False if something has become of it since: it was folded, or its conversation was cleared.
    """
    members.lock(tx, account_id)
    found = reading.message(tx, message_id) if store.set_unread(tx, message_id, token) else None
    if found is None:
        return False
    tx.announce([lab_room(account_id)], LabMessageUpdated(message=found))
    tx.announce([account_room(account_id)], LabClaimLapsed(account_id=account_id, message_id=message_id))
    return True


def give_back(tx: Tx, account_id: AccountId, message_id: LabMessageId, token: ClaimToken) -> bool:
    """The client went away: the final can be given again at once, and whoever waits is told so."""
    if not store.unclaim(tx, message_id, token):
        return False
    tx.announce([account_room(account_id)], LabClaimLapsed(account_id=account_id, message_id=message_id))
    return True


async def let_go(database: Database, older_ms: int) -> None:
    """Finals that nobody fetched for so long count as read (`reply_days`); they stay in the history."""

    def owners(tx: Tx) -> list[AccountId]:
        return store.owners_of_unread(tx, tx.now_ms - older_ms, OWNERS_AT_ONCE)

    while accounts := await database.read(owners):
        for account_id in accounts:
            await database.write(partial(_let_go, account_id=account_id, older_ms=older_ms))


def _let_go(tx: Tx, account_id: AccountId, older_ms: int) -> None:
    members.lock(tx, account_id)
    _told(tx, account_id, store.read_before(tx, account_id, tx.now_ms - older_ms))


def lapse_claims(tx: Tx) -> int:
    """The only process of a store starts: nobody is being given anything."""
    return store.unclaim_all(tx)


def deliver(tx: Tx, question_id: PauseId, by: AccountId, route: str) -> None:
    """A question is being given to somebody: its next delivery is a repeat (2.2 rule 4, 4.5 rule 4)."""
    question = questions.question(tx, question_id)
    if question is None or question.message_id is None:
        return
    questions.delivered(tx, question, by, route)
    store.set_delivered(tx, LabMessageId(question.message_id))


def _is_fresh(question: Pause, asked: LabMessage) -> bool:
    """Whether nobody has got it; also again after a spoken answer that came to nothing (10.2)."""
    opened_again = question.answer_error is not None and asked.delivered_at is None
    return question.delivered_at is None or opened_again


def _told(tx: Tx, account_id: AccountId, read: Sequence[LabMessageId]) -> Sequence[LabMessageId]:
    for message_id in read:
        tx.announce([lab_room(account_id)], LabReplyRead(account_id=account_id, message_id=message_id))
    return read


def _open(tx: Tx, account_id: AccountId) -> Pause | None:
    """The question that waits for an answer; not one whose spoken answer is being understood."""
    found = questions.open_of(tx, account_id)
    return found if found is not None and found.state == "open" else None


def _question_message(tx: Tx, question: Pause | None) -> LabMessage | None:
    if question is None or question.message_id is None:
        return None
    return reading.message(tx, LabMessageId(question.message_id))


def _final(tx: Tx, finals: Sequence[Waiting], asked: LabMessage | None) -> Reply | None:
    found = reading.message(tx, finals[0].id)
    if found is None:
        return None
    return Reply(message=found, question=None, pending=len(finals) - 1 + (asked is not None))

"""The only ways to an attempt or a chat (Glow 1.1). Not-yours is the same answer as not-there."""

from parlour.accounts import actions as accounts
from parlour.accounts.access import is_staff
from parlour.attempts import store
from parlour.attempts.entities import Attempt
from parlour.conversations import actions as conversations
from parlour.conversations.entities import Chat
from parlour.kernel.actor import RANKS, Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AttemptId, ChatId
from parlour.kernel.refusals import Refusal, forbidden, not_found
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatInAttempt:
    """A chat with its attempt, and whether the caller owns them (otherwise: is staff)."""

    attempt: Attempt
    chat: Chat
    owned: bool


def attempt_to_read(tx: Tx, actor: Actor, attempt_id: str) -> Attempt:
    """An attempt the actor may read; raises `not_found`."""
    return _readable(tx, actor, store.attempt(tx, AttemptId(attempt_id), lock=False), "Attempt")


def attempt_to_change(tx: Tx, actor: Actor, attempt_id: str) -> Attempt:
    """The same, locked until the transaction ends."""
    return _readable(tx, actor, store.attempt(tx, AttemptId(attempt_id), lock=True), "Attempt")


def own_attempt_to_change(tx: Tx, actor: Actor, attempt_id: str) -> Attempt:
    """An attempt of the actor; raises `not_found`, or `forbidden` for its staff."""
    attempt = attempt_to_change(tx, actor, attempt_id)
    if attempt.account_id != actor.account_id:
        raise forbidden()
    return attempt


def chat_to_read(tx: Tx, actor: Actor, chat_id: str) -> ChatInAttempt:
    """A chat the actor may read; raises `not_found`."""
    chat = conversations.chat(tx, ChatId(chat_id))
    if chat is None:
        raise not_found("Chat")
    attempt = _readable(tx, actor, store.attempt(tx, chat.attempt_id, lock=False), "Chat")
    return ChatInAttempt(attempt=attempt, chat=chat, owned=attempt.account_id == actor.account_id)


def chat_of(tx: Tx, attempt: Attempt, chat_id: str) -> Chat:
    """A chat of an attempt, locked; raises `not_found` for a chat of another one."""
    chat = conversations.locked_chat(tx, ChatId(chat_id))
    if chat is None or chat.attempt_id != attempt.id:
        raise not_found("Chat")
    return chat


def check_open(chat: Chat) -> None:
    """Refuses a completed chat."""
    if chat.state == "completed":
        raise Refusal("chat_completed", "This chat has already been completed.")


def check_takes_input(tx: Tx, chat: Chat) -> None:
    """Refuses a chat that is completed, or whose time is up (6.6.2)."""
    check_open(chat)
    if chat.expires_at is not None and tx.now_ms >= chat.expires_at:
        raise Refusal("chat_expired", "The time for this chat is up.")


def may_read_room(tx: Tx, actor: Actor, room: str) -> bool:
    """Whether an actor may be in a room now: asked at every join and recovery (P12)."""
    kind, _, name = room.partition(":")
    if kind == "person":
        return name == actor.account_id
    return kind in ("chat", "presence") and may_read_chat(tx, actor, ChatId(name))


def may_read_chat(tx: Tx, actor: Actor, chat_id: ChatId) -> bool:
    """Whether an actor may read a chat; there may be none."""
    chat = conversations.chat(tx, chat_id)
    attempt = store.attempt(tx, chat.attempt_id, lock=False) if chat else None
    return attempt is not None and _may_read(tx, actor, attempt)


def _readable(tx: Tx, actor: Actor, attempt: Attempt | None, kind: str) -> Attempt:
    if attempt is None or not _may_read(tx, actor, attempt):
        raise not_found(kind)
    return attempt


def _may_read(tx: Tx, actor: Actor, attempt: Attempt) -> bool:
    if attempt.account_id == actor.account_id:
        return True
    if actor.rank <= RANKS["member"]:
        return False
    owner = accounts.account_by_id(tx, attempt.account_id)
    return is_staff(
        actor,
        owner_rank=RANKS[owner.role] if owner else 0,
        department_ids=frozenset(attempt.department_ids),
        cohort_id=attempt.cohort_id,
    )

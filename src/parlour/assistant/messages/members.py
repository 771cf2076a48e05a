"""An account as a member of the laboratory: its conversation, language, and the lock of all of it."""

from parlour.accounts import actions as accounts
from parlour.assistant.entities import ConversationId, Language, Member
from parlour.assistant.messages import store
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import not_found
from parlour.storage.tx import Tx

TIMEZONE = "UTC"


def member(tx: Tx, account_id: AccountId, otherwise: Language = "en") -> Member:
    """Who a turn works for. A writing transaction makes the member and the first conversation if needed.

    The language is the member's setting, else that of the person's last message, else `otherwise`
    (what the request accepts). `not_found` for an account that does not exist.
    """
    account = accounts.account_by_id(tx, account_id)
    if account is None:
        raise not_found("Account")
    if tx.writable:
        _ensure(tx, account_id)
    row = store.member(tx, account_id)
    language = (row.language if row else None) or store.last_language(tx, account_id) or otherwise
    return Member(
        account_id=account_id,
        user_id=account.user_id,
        language=language,
        timezone=(row.timezone if row else None) or TIMEZONE,
    )


def chosen_language(tx: Tx, account_id: AccountId) -> Language | None:
    """The language that the member set; None if they set none."""
    row = store.member(tx, account_id)
    return row.language if row else None


def lock(tx: Tx, account_id: AccountId) -> ConversationId:
    """Nobody else changes this account's conversation before this transaction ends; the current one.

    The first thing in every transaction that does, so that states are read as they will be when
    it commits (2.2 rule 1). Taking it twice does no harm.
    """
    _ensure(tx, account_id)
    return store.locked_conversation(tx, account_id)


def conversation(tx: Tx, account_id: AccountId) -> ConversationId | None:
    """The current conversation; None for an account that never used the assistant."""
    row = store.member(tx, account_id)
    return row.conversation_id if row else None


def new_conversation(tx: Tx, account_id: AccountId, *, forgotten: bool) -> ConversationId:
    """End the current conversation and begin an empty one; `forgotten` if the old one is being erased."""
    old = lock(tx, account_id)
    fresh = ConversationId(tx.new_id())
    store.end_conversation(tx, old, forgotten=forgotten)
    store.insert_conversation(tx, fresh, account_id)
    store.set_conversation(tx, account_id, fresh)
    return fresh


def owns_conversation(tx: Tx, account_id: AccountId, conversation_id: str) -> bool:
    """Whether a conversation is this account's and was not forgotten."""
    return store.is_kept_conversation(tx, account_id, conversation_id)


def _ensure(tx: Tx, account_id: AccountId) -> None:
    """A row for the member, with a conversation; nothing if there is one."""
    if store.member(tx, account_id) is None:
        fresh = ConversationId(tx.new_id())
        if store.insert_member(tx, account_id, fresh):
            store.insert_conversation(tx, fresh, account_id)

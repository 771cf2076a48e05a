"""The names of rooms (Glow 5.1)."""

from parlour.kernel.ids import AccountId, ChatId


def chat_room(chat_id: ChatId | str) -> str:
    """Where a chat is told."""
    return f"chat:{chat_id}"


def person_room(account_id: AccountId | str) -> str:
    """Where an account is told what concerns it."""
    return f"person:{account_id}"

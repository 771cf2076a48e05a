"""The names of rooms (Glow 5.1)."""

from parlour.kernel.ids import AccountId, ChatId


def chat_room(chat_id: ChatId | str) -> str:
    """Where a chat is told."""
    return f"chat:{chat_id}"


def voice_room(chat_id: ChatId | str) -> str:
    """Where servers tell each other about the voice session of a chat: no client is told, so it is no place in the
    chat's own log, which has no holes (5.2)."""
    return f"voice:{chat_id}"


def person_room(account_id: AccountId | str) -> str:
    """Where an account is told what concerns it."""
    return f"person:{account_id}"


def lab_room(account_id: AccountId | str) -> str:
    """Where an account's conversation with the assistant is told; clients know it as `person:<user id>` (lab 12)."""
    return f"lab:{account_id}"


def invocation_room(invocation_id: str) -> str:
    """Where the replays of an invocation are told."""
    return f"invocation:{invocation_id}"


def invocation_of_room(room: str) -> str | None:
    """The invocation that a room is about, if it is an invocation's."""
    kind, _, name = room.partition(":")
    return name if kind == "invocation" else None


def presence_room(chat_id: ChatId | str) -> str:
    """Where those who asked for it are told who is in a chat's room."""
    return f"presence:{chat_id}"


def chat_of_room(room: str) -> ChatId | None:
    """The chat that a room is about, if it is a chat's."""
    kind, _, name = room.partition(":")
    return ChatId(name) if kind == "chat" else None

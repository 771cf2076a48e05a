"""Who holds the voice session of a chat. Rights are checked before, in the capability that owns the chat."""

from collections.abc import Sequence

from parlour.conversations.facts import VoiceEnding, VoiceTaken
from parlour.conversations.rooms import voice_room
from parlour.conversations.spoken import store
from parlour.conversations.spoken.entities import SESSION_LEASE_MS, VoiceSession
from parlour.kernel.ids import ChatId
from parlour.storage.tx import Tx


def take(tx: Tx, session: VoiceSession) -> None:
    """The session of a chat is this one from now on; whoever has an older one hears of it."""
    store.put_session(tx, session)
    tx.announce([voice_room(session.chat_id)], VoiceTaken(chat_id=session.chat_id, session_id=session.id))


def live(tx: Tx, chat_id: ChatId) -> VoiceSession | None:
    """The session of a chat that its process still has; None if there is none, or its process is dead."""
    found = store.session_of(tx, chat_id)
    return found if found and abs(tx.now_ms - found.seen_at) <= SESSION_LEASE_MS else None


def is_live(tx: Tx, session_id: str, chat_id: ChatId) -> bool:
    """The same for one session."""
    found = live(tx, chat_id)
    return found is not None and found.id == session_id


def holds(tx: Tx, session_id: str, chat_id: ChatId) -> bool:
    """Whether a session still has the voice of its chat, however long ago it was seen."""
    found = store.session_of(tx, chat_id)
    return found is not None and found.id == session_id


def beat(tx: Tx, sessions: Sequence[tuple[str, ChatId]]) -> list[str]:
    """These sessions go on; the ids of those that are not there any more."""
    return [session_id for session_id, chat_id in sessions if not store.seen(tx, session_id, chat_id)]


def leave(tx: Tx, session_id: str, chat_id: ChatId) -> bool:
    """A session is over; False if it was already."""
    return store.remove_session(tx, session_id, chat_id)


def forget_all(tx: Tx) -> int:
    """On a store of one process, when it starts: no session has outlived the process before. How many there were."""
    return store.remove_sessions(tx)


def end_with_chat(tx: Tx, chat_id: ChatId) -> None:
    """The chat closes: its session ends before that is told (6.2)."""
    found = store.session_of(tx, chat_id)
    if found is not None:
        tx.announce([voice_room(chat_id)], VoiceEnding(chat_id=chat_id))
        store.remove_session(tx, found.id, chat_id)

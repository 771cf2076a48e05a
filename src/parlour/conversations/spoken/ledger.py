"""The heard ledger: of each spoken reply, what was generated, sent and heard. A row ends once."""

from dataclasses import replace

from parlour.conversations.facts import ReplySpoken, ReplyWritten
from parlour.conversations.rooms import voice_room
from parlour.conversations.spoken import store
from parlour.conversations.spoken.entities import Heard, HeardState, Measured, Segment
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, MessageId
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Playback:
    """What is known of the sound of a reply at a moment: `*_characters` of its text, milliseconds of its sound."""

    message_id: MessageId
    segments: tuple[Segment, ...]
    sent_characters: int
    heard_characters: int
    sent_ms: int
    heard_ms: int
    measured: Measured


def begin(tx: Tx, chat_id: ChatId, message_id: MessageId, session_id: str) -> None:
    """A reply will be spoken by a session."""
    store.insert_heard(
        tx,
        Heard(
            message_id=message_id,
            chat_id=chat_id,
            session_id=session_id,
            state="speaking",
            text="",
            segments=(),
            sent_characters=0,
            heard_characters=0,
            sent_ms=0,
            heard_ms=0,
            measured="clock",
            started_at=tx.now_ms,
            ended_at=None,
        ),
    )


def speaking(tx: Tx, message_id: MessageId) -> Heard | None:
    """The row of a reply that is being spoken, or will be; None: it is not spoken, or not any more."""
    found = store.heard(tx, message_id)
    return found if found and found.state == "speaking" else None


def of_chat(tx: Tx, chat_id: ChatId) -> list[Heard]:
    """Every spoken reply of a chat, by its beginning."""
    return store.heard_of(tx, chat_id)


def written(tx: Tx, heard: Heard, text: str) -> bool:
    """All text of a reply is there; False if it is not being spoken any more."""
    if not store.set_written(tx, heard.message_id, text):
        return False
    tx.announce([voice_room(heard.chat_id)], ReplyWritten(chat_id=heard.chat_id, message_id=heard.message_id))
    return True


def sent(tx: Tx, message_id: MessageId, characters: int, sent_ms: int) -> bool:
    """So much of a reply is on its way to its listener."""
    return store.set_sent(tx, message_id, characters, sent_ms)


def spoken(tx: Tx, heard: Heard, played: Playback) -> bool:
    """All sound of a reply was played: whoever waits to complete it is told."""
    whole = replace(played, heard_characters=len(heard.text), sent_characters=len(heard.text))
    if not _end(tx, heard, "complete", heard.text, whole):
        return False
    tx.announce([voice_room(heard.chat_id)], ReplySpoken(chat_id=heard.chat_id, message_id=heard.message_id))
    return True


def cut(tx: Tx, heard: Heard, text: str, played: Playback | None) -> int:
    """A reply ends before all of it was heard; how many characters of `text`, what was generated, stay.

    `played` None: it is stopped from outside, and what had been sent by then stays.
    """
    if played is not None:  # a text that was begun anew meanwhile may be shorter than what was heard of the first
        kept = min(played.heard_characters, len(text))
        known = replace(played, heard_characters=kept, sent_characters=min(played.sent_characters, len(text)))
        _end(tx, heard, "interrupted", text, known)
        return kept
    sent_characters = min(heard.sent_characters, len(text))
    known = Playback(
        message_id=heard.message_id,
        segments=heard.segments,
        sent_characters=sent_characters,
        heard_characters=sent_characters,
        sent_ms=heard.sent_ms,
        heard_ms=heard.sent_ms,
        measured="clock",
    )
    _end(tx, heard, "stopped", text, known)
    return sent_characters


def abandon(tx: Tx, heard: Heard, text: str) -> None:
    """Nobody speaks a reply any more; its text stays as it is."""
    known = Playback(
        message_id=heard.message_id,
        segments=heard.segments,
        sent_characters=min(heard.sent_characters, len(text)),
        heard_characters=min(heard.heard_characters, len(text)),
        sent_ms=heard.sent_ms,
        heard_ms=heard.heard_ms,
        measured=heard.measured,
    )
    _end(tx, heard, "abandoned", text, known)


def _end(tx: Tx, heard: Heard, state: HeardState, text: str, played: Playback) -> bool:
    return store.end_heard(
        tx,
        replace(
            heard,
            state=state,
            text=text,
            segments=played.segments,
            sent_characters=played.sent_characters,
            heard_characters=played.heard_characters,
            sent_ms=played.sent_ms,
            heard_ms=played.heard_ms,
            measured=played.measured,
            ended_at=tx.now_ms,
        ),
    )

"""Facts of speech as Glow events (Glow 6.8.5, 9.2). What only servers tell each other has no encoder."""

from collections.abc import Callable, Mapping
from typing import Any

from parlour.conversations import facts as conversations
from parlour.kernel.clock import rfc3339

Said = tuple[str, dict[str, object]]


def _speech_started(fact: conversations.SpeechStarted) -> Said:
    return "attempt_user_start", {
        "chat_id": fact.chat_id,
        "message_id": fact.message_id,
        "created_at": rfc3339(fact.created_at),
        "item_id": fact.item_id,
    }


def _speech_heard(fact: conversations.SpeechHeard | conversations.SpeechCompacted) -> Said:
    return "attempt_user_delta", {
        "chat_id": fact.chat_id,
        "item_id": fact.item_id,
        "transcript": fact.transcript,
        "message_id": fact.message_id,
    }


def _speech_dropped(fact: conversations.SpeechDropped) -> Said:
    """The bubble is closed with nothing in it (decision D22)."""
    return "attempt_user_complete", {
        "chat_id": fact.chat_id,
        "message_id": fact.message_id,
        "content": "",
        "created_at": rfc3339(fact.created_at),
        "item_id": fact.item_id,
        "persona_id": None,
        "parent_message_id": None,
    }


ENCODERS: Mapping[str, Callable[[Any], Said]] = {
    conversations.SpeechStarted.__name__: _speech_started,
    conversations.SpeechHeard.__name__: _speech_heard,
    conversations.SpeechCompacted.__name__: _speech_heard,
    conversations.SpeechDropped.__name__: _speech_dropped,
}

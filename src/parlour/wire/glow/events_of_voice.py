"""The events of voice (Glow 6.8, 9.2)."""

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from parlour.wire.glow.event_bases import Event, Time

EndReason = Literal["stopped", "chat_ended", "idle", "limit", "failed", "takeover", "shutting_down"]


class AttemptUserStart(Event):
    """Somebody speaks."""

    chat_id: str
    message_id: str
    created_at: Time
    item_id: str | None = None


class AttemptUserDelta(Event):
    """What was understood of an utterance so far: the whole text."""

    chat_id: str
    item_id: str
    transcript: str
    message_id: str | None = None


class AttemptAssistantAudio(Event):
    """Sound of a reply: PCM16 at 24,000 Hz, for the connection that holds the voice session."""

    chat_id: str
    content_type: Literal["audio"]
    content: str | None = None
    audio: Annotated[bytes, WithJsonSchema({"type": "string", "format": "binary"})]
    message_id: str
    frame: int = Field(ge=0)


class AttemptAudioReady(Event):
    """The voice session is open."""

    chat_id: str
    success: Literal[True]
    message: str


class AttemptAudioEnded(Event):
    """The voice session is closed, or there was none."""

    chat_id: str
    success: Literal[True]
    message: str
    reason: EndReason | None = None


VOICE_EVENTS: dict[str, type[Event]] = {
    "attempt_user_start": AttemptUserStart,
    "attempt_user_delta": AttemptUserDelta,
    "attempt_assistant_audio": AttemptAssistantAudio,
    "attempt_audio_ready": AttemptAudioReady,
    "attempt_audio_ended": AttemptAudioEnded,
}

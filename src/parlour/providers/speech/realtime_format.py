"""The messages of the realtime protocol, in its released form and in the beta form that many servers still speak. Pure.

A server shows its form in `session.created`. What it sends is read leniently: messages of an unknown type
mean nothing here, whatever they look like; a known one that cannot be read is a fault.
"""

import binascii
from typing import Literal

import msgspec

from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault
from parlour.speech.realtime import LINE_RATE, LineSetup, SaidBefore

MALFORMED = "The realtime service sent a message that cannot be read."
ID_CHARS_MAX = 512
Form = Literal["released", "beta"]

# What the beta called these, by the beta's name.
_RENAMED = {
    "response.audio.delta": "response.output_audio.delta",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "response.audio_transcript.done": "response.output_audio_transcript.done",
    "response.text.delta": "response.output_text.delta",
    "response.text.done": "response.output_text.done",
}
KNOWN = frozenset(
    {
        "error",
        "session.created",
        "session.updated",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.input_audio_transcription.failed",
        "response.created",
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.done",
        "response.output_text.delta",
        "response.output_text.done",
        "response.done",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """The part of a session that shows the form: the beta has `modalities` and flat formats."""

    modalities: object = None
    input_audio_format: object = None
    audio: object = None
    output_modalities: object = None

    @property
    def form(self) -> Form:
        """The released form unless the session is clearly a beta one."""
        released = self.audio is not None or self.output_modalities is not None
        beta = self.modalities is not None or self.input_audio_format is not None
        return "beta" if beta and not released else "released"


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """An answer of the service."""

    id: str | None = None
    status: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint:
    """What a service does not like. `event_id`: of our message, if it says so."""

    type: str | None = None
    code: str | int | None = None
    event_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A message of the service; `type` in the released form's words."""

    type: str
    item_id: str | None = None
    response_id: str | None = None
    content_index: int | None = None
    delta: str | None = None
    transcript: str | None = None
    text: str | None = None
    audio_start_ms: float | None = None
    audio_end_ms: float | None = None
    session: Session | None = None
    response: Response | None = None
    error: Complaint | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    type: str


def read_message(body: str | bytes) -> tuple[str, Message | None]:
    """The type of a message, and what it says if its type is known. Raises `ProviderFault`."""
    try:
        message = decode(body, Message)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        kind = _kind(body)
        if kind in KNOWN:
            raise ProviderFault(MALFORMED, retryable=False) from None
        return kind, None
    kind = _RENAMED.get(message.type, message.type)
    ids = (message.item_id, message.response_id, message.response.id if message.response else None)
    if any(len(each or "") > ID_CHARS_MAX for each in ids):
        raise ProviderFault(MALFORMED, retryable=False)
    return kind, message if kind in KNOWN else None


def _kind(body: str | bytes) -> str:
    try:
        kind = decode(body, _Kind).type
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise ProviderFault(MALFORMED, retryable=False) from None
    return _RENAMED.get(kind, kind)


def sound_of(text: str) -> bytes:
    """The bytes of a piece of sound. Raises `ProviderFault`."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise ProviderFault(MALFORMED, retryable=False) from None


def append(sound: bytes) -> str:
    """The message that carries sound; it is sent 25 times a second, so it is put together by hand."""
    return f'{{"type":"input_audio_buffer.append","audio":"{binascii.b2a_base64(sound, newline=False).decode()}"}}'


def session_update(setup: LineSetup, form: Form, hearing_model: str) -> dict[str, object]:
    """How the session is to be: it detects speech, and waits to be asked for answers."""
    activity = {
        "type": "server_vad",
        "threshold": setup.threshold,
        "prefix_padding_ms": setup.prefix_ms,
        "silence_duration_ms": setup.silence_ms,
        "create_response": False,
        "interrupt_response": False,
    }
    hearing = {"model": hearing_model} | ({"language": setup.language} if setup.language else {})
    voice = {"voice": setup.voice} if setup.voice else {}
    if form == "beta":
        session: dict[str, object] = {
            "modalities": ["text", "audio"],
            "instructions": setup.instructions,
            "input_audio_format": "pcm16",
            "output_audio_format": "pcm16",
            "input_audio_transcription": hearing,
            "turn_detection": activity,
            **voice,
        }
    else:
        sound = {"type": "audio/pcm", "rate": LINE_RATE}
        session = {
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": setup.instructions,
            "audio": {
                "input": {"format": sound, "transcription": hearing, "turn_detection": activity},
                "output": {"format": sound, **voice},
            },
        }
    return {"type": "session.update", "session": session}


def item_create(said: SaidBefore, form: Form) -> dict[str, object]:
    """A message of the conversation, as text."""
    if said.by == "learner":
        role, kind = "user", "input_text"
    else:
        role, kind = "assistant", "text" if form == "beta" else "output_text"
    item = {"type": "message", "role": role, "content": [{"type": kind, "text": said.text}]}
    return {"type": "conversation.item.create", "item": item}


def truncate(item_id: str, content_index: int, heard_ms: int) -> dict[str, object]:
    """What was not heard of an answer was never said."""
    return {
        "type": "conversation.item.truncate",
        "item_id": item_id,
        "content_index": content_index,
        "audio_end_ms": heard_ms,
    }

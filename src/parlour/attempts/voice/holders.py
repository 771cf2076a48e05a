"""Who holds a voice session, and what they are told of it (Glow 6.8.8). Made by a wire; called by the session."""

from typing import Literal, Protocol

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, AttemptId, ChatId, MessageId

SOUND_RATE = 24_000
EndReason = Literal["stopped", "chat_ended", "idle", "limit", "failed", "takeover", "shutting_down"]
"""Why a session ends, as its holder is told; one whose connection is gone ends without a word."""

READY_TEXT = "Voice session open."
NO_SESSION_TEXT = "There was no voice session."
ENDED_TEXTS: dict[EndReason, str] = {
    "stopped": "Voice session closed.",
    "chat_ended": "Voice session closed: the chat has ended.",
    "idle": "Voice session closed: nobody has spoken for a while.",
    "limit": "Voice session closed: the daily limit is reached.",
    "failed": "Voice session closed: the voice service failed.",
    "takeover": "Voice session closed: it was opened elsewhere.",
    "shutting_down": "Voice session closed: the server is restarting.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplySound:
    """A piece of a spoken reply: PCM16 at `SOUND_RATE`, whole samples. `frame` counts from 0 in each reply."""

    chat_id: ChatId
    message_id: MessageId
    frame: int
    pcm: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceOpened:
    """The answer to a start that was accepted (7.15). `run_id` is the voice session, `group_id` that of the chat."""

    chat_id: ChatId
    run_id: str
    group_id: str
    attempt_id: AttemptId


class Holder(Protocol):
    """The connection that holds a session (V). Its calls never wait and never raise."""

    @property
    def connection_id(self) -> str:
        """Which connection this is; no other one has this id."""
        ...

    @property
    def account_id(self) -> AccountId:
        """Whose connection it is."""
        ...

    def ready(self, chat_id: ChatId, message: str) -> None:
        """The session is open: frames are heard from now on."""
        ...

    def audio(self, sound: ReplySound) -> bool:
        """Sound of a reply. False: the peer does not keep up, the same sound will be offered again later."""
        ...

    def failed(self, chat_id: ChatId, code: str, text: str) -> None:
        """Something failed: `unavailable`, `audio_timeout`, `audio_overrun`, `internal` or, as another type of
        error, `rate_limited`. Except after an overrun, `ended` follows if the session had been ready."""
        ...

    def ended(self, chat_id: ChatId, reason: EndReason, message: str) -> None:
        """The session is over; called once, and last."""
        ...

"""Voice as values (Glow 6.8). Milliseconds everywhere; places in a text are counted in characters."""

from typing import Literal

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, ChatId, MessageId
from parlour.speech.ports import Word

VoicePath = Literal["local", "realtime"]
UtteranceState = Literal["speaking", "recognising", "said", "blank", "failed"]
Dispute = Literal["open", "accepted", "declined"]
HeardState = Literal["speaking", "complete", "interrupted", "stopped", "abandoned"]
Measured = Literal["report", "clock"]

SESSION_LEASE_MS = 15_000
SESSION_BEAT_SECONDS = 4.0


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceSession:
    """Who speaks in a chat, over which connection, held by which process until `seen_at` is too old."""

    id: str
    chat_id: ChatId
    account_id: AccountId
    connection_id: str
    server_id: str
    path: VoicePath
    opened_at: int
    seen_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Utterance:
    """What a learner said once. `id` is the `item_id` of the wire; `message_id` that of the message it becomes.

    `text` and `words` are the engine's. `replaced_text`: what staff accepted after a dispute; it is the
    message's content then.
    """

    id: str
    chat_id: ChatId
    message_id: MessageId
    account_id: AccountId
    session_id: str
    state: UtteranceState
    engine: str
    language: str | None
    text: str
    words: tuple[Word, ...]
    spool: str | None
    upload_id: str | None
    sha256: str | None
    audio_bytes: int
    audio_ms: int
    error: str | None
    dispute: Dispute | None
    disputed_text: str | None
    disputed_at: int | None
    decided_by: AccountId | None
    decided_at: int | None
    replaced_text: str | None
    started_at: int
    ended_at: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """A sentence of a spoken answer: its characters in the text, and its place in the sound."""

    start: int
    end: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A row of the heard ledger. `text` is everything that was generated for the reply.

    `measured`: whether `heard_ms` is what the client reported, or what the clock says of the sound that was sent.
    """

    message_id: MessageId
    chat_id: ChatId
    session_id: str
    state: HeardState
    text: str
    segments: tuple[Segment, ...]
    sent_characters: int
    heard_characters: int
    sent_ms: int
    heard_ms: int
    measured: Measured
    started_at: int
    ended_at: int | None

"""What is read of speech (`GET /api/v1/chats/{chat_id}/speech`). Times are RFC 3339, places in sound milliseconds."""

from collections.abc import Sequence

from parlour.conversations.spoken.entities import Dispute, HeardState, Measured, UtteranceState
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardWord:
    """A word as the engine understood it. `unclear`: too little confidence, so it cannot lower a grade."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None
    unclear: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class UnclearPart:
    """A part of the message's content, in characters: `start` is in it, `end` is not."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingShown:
    """A WAV file: `url` is read with a credential; `GET {url}/ticket` gives a link for players. Ranges are served."""

    upload_id: str
    url: str
    mime_type: str
    bytes: int
    sha256: str
    milliseconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DisputeShown:
    """What the learner says they said, and what became of it. `decided_by` is a name for staff, null for the owner."""

    state: Dispute
    text: str
    disputed_at: str
    decided_by: str | None
    decided_at: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UtteranceShown:
    """What a learner said once. `text` and `words` are the engine's; `content` is what the message says now.

    `message_id` and `content` are null unless a message came of it. `unclear` are parts of `content`.
    `recording` null: none was kept, or it is old (`recording_removed`). `may_dispute`: the caller, now.
    """

    item_id: str
    message_id: str | None
    state: UtteranceState
    engine: str
    language: str | None
    text: str
    content: str | None
    words: Sequence[HeardWord]
    unclear: Sequence[UnclearPart]
    recording: RecordingShown | None
    recording_removed: bool
    error: str | None
    dispute: DisputeShown | None
    may_dispute: bool
    may_decide: bool
    started_at: str
    ended_at: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentShown:
    """A sentence of a spoken reply: its characters in `text`, and its place in the sound."""

    start: int
    end: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SpokenReplyShown:
    """The heard ledger of a reply: what was generated (`text`), sent and heard, in characters of `text`.

    `heard` are the words that were heard. `measured`: by the client's reports, or by the clock of what was sent.
    """

    message_id: str
    state: HeardState
    text: str
    heard: str
    segments: Sequence[SegmentShown]
    sent_characters: int
    heard_characters: int
    sent_ms: int
    heard_ms: int
    measured: Measured
    started_at: str
    ended_at: str | None


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class ChatSpeech:
    """Everything spoken in a chat, by its beginning. Words with less confidence than `unclear_below` are unclear.

    `learner_ms` of speech were taken in, `persona_ms` of sound were heard.
    """

    chat_id: str
    unclear_below: float
    utterances: Sequence[UtteranceShown]
    replies: Sequence[SpokenReplyShown]
    learner_ms: int
    persona_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """A decision. `grade_is_older`: there is a grade from before it; staff may have the chat graded again."""

    utterance: UtteranceShown
    grade_is_older: bool

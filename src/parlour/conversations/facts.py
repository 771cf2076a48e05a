"""What happens in a chat. All of it is told in the chat's room."""

from typing import Literal

from parlour.events.facts import fact
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, MessageId

ReplyStatus = Literal["complete", "stopped", "failed"]


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LearnerMessageAdded:
    """A learner's message is final. `item_id` only for speech. Times in milliseconds."""

    chat_id: ChatId
    message_id: MessageId
    content: str
    created_at: int
    item_id: str | None
    persona_id: str | None
    parent_message_id: MessageId | None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyStarted:
    """The place of a reply is stored; its id is used until the turn ends."""

    chat_id: ChatId
    message_id: MessageId
    created_at: int
    persona_id: str | None
    parent_message_id: MessageId | None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class TextAdded:
    """New text of a reply, and only the new text."""

    chat_id: ChatId
    message_id: MessageId
    text: str
    persona_id: str | None
    content_idx: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class TextCompacted:
    """The whole text of a reply, in place of every piece and reset that was told under `from_seq`
    up to its own number in the room (decision D10)."""

    chat_id: ChatId
    message_id: MessageId
    text: str
    persona_id: str | None
    content_idx: int
    from_seq: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class TextReset:
    """The reply is begun again: what was added so far is void (decision D14)."""

    chat_id: ChatId
    message_id: MessageId


@dataclass(frozen=True, kw_only=True, slots=True)
class HintGiven:
    """One of the hints of a reply."""

    id: str
    hint: str
    idx: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class HintsAdded:
    """Hints for what to say next; before the reply is completed."""

    chat_id: ChatId
    message_id: MessageId
    hints: tuple[HintGiven, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ContentGiven:
    """What one persona said in a completed reply."""

    id: str
    idx: int
    content: str
    persona_id: str | None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyCompleted:
    """A reply is final; exactly once for every `ReplyStarted` (decision D13)."""

    chat_id: ChatId
    message_id: MessageId
    content: str
    created_at: int
    persona_id: str | None
    status: ReplyStatus
    contents: tuple[ContentGiven, ...]


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyStopped:
    """Somebody stopped the reply; follows its `ReplyCompleted`."""

    chat_id: ChatId
    message_id: MessageId


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyFailed:
    """The model failed; precedes the reply's `ReplyCompleted`. `code` is `unavailable` or `internal`."""

    chat_id: ChatId
    attempt_id: str
    message_id: MessageId
    code: str
    text: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class BranchLabelled:
    """A branch has this name from now on, kept at the message that was its leaf then; None: no name any more."""

    chat_id: ChatId
    message_id: MessageId
    label: str | None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechStarted:
    """A learner began to speak (6.8.5)."""

    chat_id: ChatId
    message_id: MessageId
    item_id: str
    created_at: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechHeard:
    """What was understood of an utterance so far: the whole text, not only what is new."""

    chat_id: ChatId
    message_id: MessageId
    item_id: str
    transcript: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechCompacted:
    """What was understood of an utterance in the end, in place of every `SpeechHeard` that was told under
    `from_seq` up to its own number in the room."""

    chat_id: ChatId
    message_id: MessageId
    item_id: str
    transcript: str
    from_seq: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechDropped:
    """An utterance had no words, or they could not be found out: there is no message (decision D22)."""

    chat_id: ChatId
    message_id: MessageId
    item_id: str
    created_at: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyWritten:
    """All text of a spoken reply is there; it is completed when it was spoken. Not told to clients."""

    chat_id: ChatId
    message_id: MessageId


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplySpoken:
    """All sound of a spoken reply was played. Not told to clients."""

    chat_id: ChatId
    message_id: MessageId


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceTaken:
    """A voice session was opened for the chat; every older one of it ends. Not told to clients."""

    chat_id: ChatId
    session_id: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceEnding:
    """The chat closes: its voice session ends before `ChatEnded` is told (6.2). Not told to clients."""

    chat_id: ChatId

"""Chats and messages as values (Glow 1.3)."""

from typing import Literal

from parlour.catalog.entities import ChatTemplate, Material, Reference
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, AttemptId, ChatId, MessageId, named_id

ChatState = Literal["open", "completed"]
MessageType = Literal["query", "response"]
BLANK_LINE = "\n\n"  # between the contents of a message (Glow 6.3.1)
MessageState = Literal["streaming", "complete", "stopped", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """What a chat was opened with: it stays as it was when content is published anew (6.1.6).

    `material` is there if a draft or a generation changed something for this chat alone; then it
    holds in place of the published versions that the references name.
    """

    template: ChatTemplate
    scenario: Reference
    rubric: Reference | None
    personas: tuple[Reference, ...]
    documents: tuple[Reference, ...]
    practice: bool
    material: Material | None = None

    @property
    def persona_ids(self) -> tuple[str, ...]:
        """Who speaks, in the order of the scenario."""
        return tuple(persona.id for persona in (self.material.personas if self.material else self.personas))


@dataclass(frozen=True, kw_only=True, slots=True)
class Completion:
    """How a chat or a message ended."""

    stop: bool = False
    error: bool = False
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Chat:
    """One conversation of an attempt. Times in milliseconds; `expires_at` None = no forced end."""

    id: ChatId
    attempt_id: AttemptId
    account_id: AccountId
    chat_entry_id: str
    pass_number: int
    position: int
    title: str
    group_id: str
    state: ChatState
    completion: Completion | None
    snapshot: Snapshot
    source_chat_id: ChatId | None
    created_at: int
    expires_at: int | None
    completed_at: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """A piece of what one of several personas says; `begins` marks the first piece of a content.

    The first piece of every content but the first begins with the blank line before it.
    """

    persona_id: str
    idx: int
    text: str
    begins: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """Where in a message's text, counted in characters, a content begins, after its blank line."""

    persona_id: str
    at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """What one persona said in a reply."""

    id: str
    idx: int
    content: str
    persona_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A learner's message (`query`) or a reply (`response`). `number` is the order of creation.

    `persona_id` of a reply in a scene of several personas is the first speaker, None before there is one.
    `item_id`: the utterance that a spoken message was.
    """

    id: MessageId
    chat_id: ChatId
    type: MessageType
    parent_id: MessageId | None
    number: int
    content: str
    persona_id: str | None
    state: MessageState
    created_at: int
    completed_at: int | None
    marks: tuple[Mark, ...] = ()
    item_id: str | None = None

    @property
    def contents(self) -> tuple[Content, ...]:
        """What each speaker says; none for an empty message. Joined by blank lines they are `content`."""
        if not self.marks:
            whole = Content(id=self.id, idx=0, content=self.content, persona_id=self.persona_id)
            return (whole,) if self.content else ()
        ends = [mark.at - len(BLANK_LINE) for mark in self.marks[1:]]
        return tuple(
            Content(
                id=named_id(self.id, str(idx)) if idx else self.id,
                idx=idx,
                content=self.content[mark.at : end],
                persona_id=mark.persona_id,
            )
            for idx, (mark, end) in enumerate(zip(self.marks, [*ends, len(self.content)], strict=True))
        )

    @property
    def counts(self) -> bool:
        """Whether it is part of context and transcript: completed, and not empty after a failure (6.3.5)."""
        return self.state != "streaming" and (self.state == "complete" or bool(self.content))


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """A suggestion to the learner after a reply."""

    id: str
    message_id: MessageId
    idx: int
    hint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """An answer to a quiz question. `scored` is the first one to its question in the chat."""

    id: str
    chat_id: ChatId
    question_id: str
    option_ids: tuple[str, ...]
    is_correct: bool
    scored: bool
    created_at: int

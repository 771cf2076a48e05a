"""Chats and messages as values (Glow 1.3)."""

from dataclasses import dataclass
from typing import Literal

from parlour.catalog.entities import ChatTemplate, Material, Reference
from parlour.kernel.ids import AccountId, AttemptId, ChatId, MessageId

ChatState = Literal["open", "completed"]
MessageType = Literal["query", "response"]
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
class Content:
    """What one persona said in a reply."""

    id: str
    idx: int
    content: str
    persona_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A learner's message (`query`) or a reply (`response`). `number` is the order of creation."""

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

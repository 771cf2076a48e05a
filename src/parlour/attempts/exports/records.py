"""What an export is made from: an attempt as its reader sees it, and when its grades were given."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from parlour.attempts import access
from parlour.attempts import detail_shapes as shapes
from parlour.attempts.detail import AttemptDetail, attempt_detail
from parlour.attempts.entities import Attempt
from parlour.conversations.spoken.entities import Heard, Utterance
from parlour.conversations.spoken.reading.words import Spoken, spoken_in
from parlour.grading import actions as grading
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, GradeId
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """An answer to a question with all its options. `correct_option_ids` is None while the key is hidden (6.5)."""

    id: str
    question_id: str
    question_text: str
    options: Mapping[str, str]
    option_ids: Sequence[str]
    correct_option_ids: Sequence[str] | None
    is_correct: bool
    scored: bool
    created_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One attempt. `graded_at` holds RFC 3339 times by grade id; `spoken` what was said by voice, by chat id."""

    attempt: Attempt
    detail: AttemptDetail
    graded_at: Mapping[str, str]
    spoken: Spoken = field(default_factory=Spoken)

    @property
    def ended_at(self) -> str | None:
        """When the attempt ended."""
        return None if self.attempt.ended_at is None else rfc3339(self.attempt.ended_at)

    @property
    def chats(self) -> Sequence[shapes.Chat]:
        """Its chats, oldest first."""
        return self.detail.entries.attempt_chat

    def messages(self, chat: shapes.Chat) -> list[shapes.Message]:
        """Every message of a chat, in whatever branch, by creation."""
        return [message for message in self.detail.entries.attempt_message if message.chat_id == chat.id]

    def utterances(self, chat: shapes.Chat) -> Sequence[Utterance]:
        """What the learner said by voice in a chat, also what no message came of, by its beginning."""
        return self.spoken.utterances.get(chat.id, ())

    def spoken_replies(self, chat: shapes.Chat) -> Sequence[Heard]:
        """What was said aloud to the learner in a chat, by its beginning."""
        return self.spoken.replies.get(chat.id, ())

    def speaker(self, message: shapes.Message) -> str | None:
        """Who said it: the owner's name, or that of the persona."""
        if message.type == "query":
            return self.detail.attempt.profile_name
        names = dict.fromkeys(content.name for content in message.contents if content.name)
        return ", ".join(names) or None

    def responses(self, chat: shapes.Chat) -> Iterator[Response]:
        """The answers to the questions of a chat, oldest first."""
        chosen: dict[str, list[shapes.QuizResponse]] = {}
        for row in chat.responses:
            chosen.setdefault(row.response_id, []).append(row)
        for response_id, rows in chosen.items():
            question = self.detail.resources.questions.get(rows[0].question_id)
            options = question.options if question else ()
            hidden = not options or any(option.is_correct is None for option in options)
            yield Response(
                id=response_id,
                question_id=rows[0].question_id,
                question_text=question.question_text if question else "",
                options={option.option_id: option.option_text for option in options},
                option_ids=[row.option_id for row in rows],
                correct_option_ids=None if hidden else [each.option_id for each in options if each.is_correct],
                is_correct=rows[0].is_correct,
                scored=rows[0].scored,
                created_at=rows[0].created_at,
            )


def record_of(tx: Tx, actor: Actor, attempt_id: str) -> Record:
    """An attempt that the actor may read; raises `not_found`."""
    attempt = access.attempt_to_read(tx, actor, attempt_id)
    detail = attempt_detail(tx, actor, attempt_id)
    graded_at: dict[str, str] = {}
    for chat in detail.entries.attempt_chat:
        found = grading.grade(tx, GradeId(chat.grade.id)) if chat.grade else None
        if found is not None and found.done_at is not None:
            graded_at[found.id] = rfc3339(found.done_at)
    spoken = spoken_in(tx, [ChatId(chat.id) for chat in detail.entries.attempt_chat])
    return Record(attempt=attempt, detail=detail, graded_at=graded_at, spoken=spoken)


def text_of(message: shapes.Message) -> str:
    """The words of a message; those of several personas are parted by a blank line."""
    return "\n\n".join(content.content for content in message.contents)


def feedbacks_of(record: Record, chat: shapes.Chat) -> Sequence[shapes.MessageFeedback]:
    """The strengths and improvements of a chat's grade, in the order of the messages they are about."""
    return [*chat.general_feedbacks, *(each for message in record.messages(chat) for each in message.feedbacks)]

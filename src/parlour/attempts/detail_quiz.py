"""Quiz questions and answers as they are read, and which answer keys stay hidden (Glow 6.5 and 10.2)."""

from collections.abc import Iterable, Sequence

from parlour.catalog import entities
from parlour.conversations.entities import Response
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """An answer to choose. `is_correct` is null for the owner before the question is answered (6.5)."""

    option_id: str
    question_id: str
    option_text: str
    is_correct: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A quiz question; `times` are seconds of the video."""

    question_id: str
    question_text: str
    allow_multiple: bool
    times: Sequence[int]
    options: Sequence[Option]


@dataclass(frozen=True, kw_only=True, slots=True)
class QuizResponse:
    """One chosen option of an answer; the first answer to a question is `scored` (decision D18)."""

    question_id: str
    option_id: str
    completed: bool
    created_at: str
    response_id: str
    is_correct: bool
    scored: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class QuizSummary:
    """How the quiz of a chat stands: questions there are, answered ones, and those whose first answer was right."""

    questions: int
    answered: int
    scored_correct: int


def hidden_keys(chats: Iterable[tuple[Sequence[entities.Question], Sequence[Response]]]) -> frozenset[str]:
    """The questions that wait for an answer in one of the chats that hold them: their owner may not see the key."""
    hidden: set[str] = set()
    for questions, responses in chats:
        hidden |= {question.id for question in questions} - {response.question_id for response in responses}
    return frozenset(hidden)


def shown_question(question: entities.Question, *, with_key: bool) -> Question:
    """A question with its options."""
    return Question(
        question_id=question.id,
        question_text=question.question_text,
        allow_multiple=question.allow_multiple,
        times=question.times,
        options=[
            Option(
                option_id=option.id,
                question_id=question.id,
                option_text=option.option_text,
                is_correct=option.is_correct if with_key else None,
            )
            for option in question.options
        ],
    )


def shown_responses(responses: Iterable[Response]) -> list[QuizResponse]:
    """Every answer, in the order in which they were given, a row for each chosen option."""
    return [
        QuizResponse(
            question_id=response.question_id,
            option_id=option_id,
            completed=True,
            created_at=rfc3339(response.created_at),
            response_id=response.id,
            is_correct=response.is_correct,
            scored=response.scored,
        )
        for response in responses
        for option_id in response.option_ids
    ]


def summary_of(questions: Sequence[entities.Question], responses: Iterable[Response]) -> QuizSummary | None:
    """How a quiz stands; None where there is none."""
    known = {question.id for question in questions}
    scored = {each.question_id: each.is_correct for each in responses if each.scored and each.question_id in known}
    if not known:
        return None
    return QuizSummary(questions=len(known), answered=len(scored), scored_correct=sum(scored.values()))

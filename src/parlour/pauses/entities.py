"""Questions and answers as values, and which answer fits which question. Times in milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from parlour.kernel.decoding import decode
from parlour.kernel.ids import AccountId, PauseId
from parlour.kernel.refusals import Refusal

QuestionKind = Literal["authorize", "collect", "select", "verify", "instruct", "comment"]
PauseState = Literal["open", "answered", "expired", "cancelled"]
Decision = Literal["allow", "deny", "confirm", "change", "abandon", "continue", "advise", "comment", "stop"]
T = TypeVar("T")

ANSWER_CHARACTERS_MAX = 20_000
DECISIONS: Mapping[QuestionKind, tuple[Decision, ...]] = {
    "authorize": ("allow", "deny"),
    "collect": ("abandon",),
    "select": ("abandon",),
    "verify": ("confirm", "change", "abandon"),
    "instruct": ("continue", "advise", "stop"),
    "comment": ("continue", "comment", "stop"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One of the things that may be chosen."""

    id: str
    title: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked of whom, and the job that goes on with the answer.

    `subject` names what the work is about (a chat, a turn). The job of `resume_kind` gets a
    `Resumed` that carries `resume_body`. `deadline_at` None: the question stays open for ever.
    """

    account_id: AccountId
    subject: str
    kind: QuestionKind
    text: str
    options: tuple[Option, ...] = ()
    deadline_at: int | None = None
    resume_kind: str
    resume_body: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the person says. Which members are used depends on the kind, see `check_answer`."""

    decision: Decision | None = None
    choices: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """A stored question and what came of it. `settled_at` is set in every state but `open`."""

    id: PauseId
    account_id: AccountId
    subject: str
    kind: QuestionKind
    text: str
    options: tuple[Option, ...]
    state: PauseState
    answer: Answer | None
    answered_by: AccountId | None
    created_at: int
    deadline_at: int | None
    settled_at: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Resumed:
    """The body of the job that goes on. `answer` is None if the deadline passed: nothing was allowed."""

    pause_id: PauseId
    outcome: Literal["answered", "expired"]
    answer: Answer | None
    body: str

    def read(self, kind: type[T]) -> T:
        """The `resume_body` of the question."""
        return decode(self.body, kind)


def check_answer(pause: Pause, answer: Answer) -> None:
    """Whether an answer fits its question. Raises `answer_invalid`.

    `collect` takes values and `select` takes choices among the options, or the decision to abandon;
    the other kinds take one of their decisions.
    """
    decisions = DECISIONS[pause.kind]
    by_data = pause.kind in ("collect", "select")
    size = len(answer.text) + sum(len(name) + len(value) for name, value in answer.values.items())
    if answer.decision is None and not by_data:
        raise Refusal("answer_invalid", f"The answer needs a decision: {', '.join(decisions)}.")
    if answer.decision is not None and answer.decision not in decisions:
        raise Refusal("answer_invalid", f"The decision may be: {', '.join(decisions)}.")
    if answer.choices and pause.kind != "select":
        raise Refusal("answer_invalid", "There is nothing to choose from.")
    if len(set(answer.choices)) < len(answer.choices) or set(answer.choices) - {each.id for each in pause.options}:
        raise Refusal("answer_invalid", "Choose among the options, each at most once.")
    if pause.kind == "collect" and answer.decision is None and not answer.values:
        raise Refusal("answer_invalid", "The answer needs values.")
    if size > ANSWER_CHARACTERS_MAX:
        raise Refusal("answer_invalid", f"An answer has at most {ANSWER_CHARACTERS_MAX} characters.")

"""Questions over HTTP: list, read, answer, assign (lab protocol 6.6 to 6.9).

The owner and an admin act under the owner's path, an assignee under their own; for everybody else a
question is not there.
"""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from parlour.accounts import actions as accounts
from parlour.accounts.names import is_user_id
from parlour.assistant.questions import actions
from parlour.assistant.questions.entities import Assignment, Question, Settled, Words
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal, not_found
from parlour.pauses import actions as pauses
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.http.texts import NoNul
from parlour.wire.lab import encode_questions
from parlour.wire.lab.callers import Callers, LabCaller
from parlour.wire.lab.idempotency import Answered, body_digest, key_of, once, response_of

LIST_PATH = "/users/{id}/questions"
READ_PATH = "/users/{id}/questions/{question_id}"
ANSWER_PATH = "/users/{id}/questions/{question_id}/answer"
ASSIGN_PATH = "/users/{id}/questions/{question_id}/assign"
NOTE_CHARS_MAX = 1_000
LIMIT_DEFAULT, LIMIT_MAX = 50, 200


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionsNeed:
    """What the routes are made of. `text_chars_max`: the setting of an answer in words."""

    database: Database
    callers: Callers
    text_chars_max: int


def check_storable(value: object) -> None:
    """Raises `ValueError` for text that nothing could store: half a surrogate pair."""
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError as error:
        raise ValueError("it holds half a surrogate pair") from error


class QuestionsQuery(BaseModel):
    """Which questions: asked of the account or assigned to it, open ones or all, newest first."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    role: Literal["owner", "assignee"] = "owner"
    state: Literal["open", "all"] = "open"
    limit: int = Field(default=LIMIT_DEFAULT, ge=1, le=LIMIT_MAX)


class AnswerBody(BaseModel):
    """Either an object of the question's `answer_schema`, or words that are read by fixed rules."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    answer: Any = Field(default=None, json_schema_extra={"type": "object"})
    text: Annotated[str, NoNul] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "AnswerBody":
        if (self.answer is None) == (self.text is None):
            raise ValueError("give either answer or text")
        check_storable([self.answer, self.text])
        return self


class AssignBody(BaseModel):
    """The member who may answer too; null takes it back. `note` is shown with the question."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    to: Annotated[str, NoNul, Field(max_length=200)] | None
    note: Annotated[str, NoNul, Field(max_length=NOTE_CHARS_MAX)] | None = None

    @model_validator(mode="after")
    def _storable(self) -> "AssignBody":
        check_storable([self.to, self.note])
        return self


class QuestionShape(BaseModel):
    """A question (6.2)."""

    question_id: str
    turn_id: str
    message_id: str | None
    kind: Literal["authorize", "collect", "select", "verify", "instruct", "comment"]
    text: str
    operation: dict[str, Any] | None
    fields: list[dict[str, Any]] | None
    options: list[dict[str, Any]] | None
    min: int | None
    max: int | None
    proposal: dict[str, Any] | None
    answer_schema: dict[str, Any]
    state: Literal["open", "pending", "answered", "expired", "cancelled"]
    asked_at: str
    expires_at: str | None
    on_expiry: Literal["deny", "abandon", "continue"]
    assigned_to: str | None
    answered_by: str | None
    answered_at: str | None
    answer: dict[str, Any] | None
    references: dict[str, int]
    references_detail: list[dict[str, Any]]
    extra_info: str | None
    note: str | None


class QuestionList(BaseModel):
    """Questions, newest first."""

    questions: list[QuestionShape]


class AnsweredShape(BaseModel):
    """The answer that counts."""

    question_id: str
    state: Literal["answered"]
    answer: dict[str, Any]


def questions_router(need: QuestionsNeed) -> APIRouter:
    """The four routes."""
    router = APIRouter(tags=["lab"])
    owner = Depends(need.callers.owner)

    @router.get(LIST_PATH, response_model=QuestionList, responses=problem_responses(401, 404, 422, 429))
    async def list_questions(  # pyright: ignore[reportUnusedFunction]
        request: Request, caller: Annotated[LabCaller, owner], query: Annotated[QuestionsQuery, Query()]
    ) -> Response:
        """What the account is asked, or what others assigned to it. Counts as delivery."""
        found = await need.database.read(lambda tx: _listed(tx, caller.account_id, query))
        await _mark_delivered(need.database, found, caller, _route(request))
        return _json({"questions": [encode_questions.question(each) for each in found]})

    @router.get(READ_PATH, response_model=QuestionShape, responses=problem_responses(401, 404, 422, 429))
    async def read_question(  # pyright: ignore[reportUnusedFunction]
        request: Request, question_id: str, caller: Annotated[LabCaller, owner]
    ) -> Response:
        """One question, also to whom it is assigned. Counts as delivery."""
        if request.query_params:
            raise Refusal("unknown_field", "This route takes no fields.")
        found = await need.database.read(lambda tx: actions.question_for(tx, caller.account_id, question_id))
        await _mark_delivered(need.database, [found], caller, _route(request))
        return _json(encode_questions.question(found))

    @router.post(ANSWER_PATH, response_model=AnsweredShape, responses=problem_responses(401, 404, 409, 413, 422, 429))
    async def answer_question(  # pyright: ignore[reportUnusedFunction]
        request: Request, question_id: str, body: AnswerBody, caller: Annotated[LabCaller, owner]
    ) -> Response:
        """Close the question with an answer and let the turn go on; the first valid answer wins."""
        if body.text is not None and len(body.text) > need.text_chars_max:
            raise Refusal("text_too_long", f"An answer has at most {need.text_chars_max} characters.")
        given = Given(question_id=question_id, caller=caller, route=_route(request))
        key = key_of(request, caller, ANSWER_PATH, body_digest({**_fields(body), "question_id": question_id}))
        return response_of(await need.database.write(lambda tx: once(tx, key, lambda: given.answer(tx, body))))

    @router.post(ASSIGN_PATH, response_model=QuestionShape, responses=problem_responses(401, 404, 409, 413, 422, 429))
    async def assign_question(  # pyright: ignore[reportUnusedFunction]
        request: Request, question_id: str, body: AssignBody, caller: Annotated[LabCaller, owner]
    ) -> Response:
        """Let another member answer too, or take that back. The owner may still answer."""
        given = Given(question_id=question_id, caller=caller, route=_route(request))
        key = key_of(request, caller, ASSIGN_PATH, body_digest({**_fields(body), "question_id": question_id}))
        return response_of(await need.database.write(lambda tx: once(tx, key, lambda: given.assign(tx, body))))

    return router


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """A question that somebody acts on, and by which route."""

    question_id: str
    caller: LabCaller
    route: str

    def answer(self, tx: Tx, body: AnswerBody) -> Answered:
        asked = actions.question_to_change(tx, self.caller.account_id, self.question_id)
        settled = self._taken(tx, asked, body)
        told = {"question_id": asked.id, "state": settled.state, "answer": settled.answer}
        return Answered(body=msgspec.json.encode(told).decode())

    def assign(self, tx: Tx, body: AssignBody) -> Answered:
        asked = actions.question_to_change(tx, self.caller.account_id, self.question_id)
        if asked.account_id != self.caller.account_id:
            raise not_found("Question")
        to = _member(tx, body.to) if body.to is not None else None
        assignment = Assignment(to=to, by=self.caller.author_id, route=self.route, note=body.note)
        assigned = actions.assign(tx, asked, assignment)
        return Answered(body=msgspec.json.encode(encode_questions.question(assigned)).decode())

    def _taken(self, tx: Tx, asked: Question, body: AnswerBody) -> Settled:
        if body.answer is not None:
            return actions.take_answer(tx, asked, body.answer, self.caller.author_id, self.route)
        words = Words(text=body.text or "", message_id=None, author_id=self.caller.author_id, route=self.route)
        settled = actions.take_words(tx, asked, words)
        if settled is None:
            raise actions.closed()
        return settled


def _listed(tx: Tx, account_id: AccountId, query: QuestionsQuery) -> list[Question]:
    """What a member is shown of their questions."""
    of_whom = pauses.questions_of if query.role == "owner" else pauses.assigned_questions
    return of_whom(tx, account_id, every=query.state == "all", limit=query.limit)


async def _mark_delivered(database: Database, found: list[Question], caller: LabCaller, route: str) -> None:
    fresh = [each for each in found if each.is_open and each.delivered_at is None]
    if not fresh:
        return

    def mark(tx: Tx) -> None:
        for each in fresh:
            actions.delivered(tx, each, caller.author_id, route)

    await database.write(mark)


def _member(tx: Tx, user_id: str) -> AccountId:
    account = accounts.account_by_user_id(tx, user_id) if is_user_id(user_id) else None
    if account is None:
        raise not_found("Member")
    return account.account_id


def _fields(body: BaseModel) -> dict[str, object]:
    return body.model_dump(exclude_unset=True)


def _route(request: Request) -> str:
    return f"{request.method} {getattr(request.scope.get('route'), 'path', '')}"


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")

"""Control and history: cancel, clear, snapshot, messages, turns (lab protocol 5). Unknown fields are refused."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from parlour.assistant.accepting.clearing import Clearing, clear
from parlour.assistant.accepting.entities import Cancelling
from parlour.assistant.accepting.stopping import cancel
from parlour.assistant.entities import ConversationId, Step, Turn
from parlour.assistant.loop import journal
from parlour.assistant.messages import members, reading, turns
from parlour.assistant.questions import actions as questions
from parlour.conversations.rooms import lab_room
from parlour.events import log
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode_untyped
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import not_found
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.http.openapi import body_of
from parlour.wire.http.problems import problem_responses
from parlour.wire.http.texts import NoNul
from parlour.wire.lab import encode, encode_questions
from parlour.wire.lab.bodies import json_body
from parlour.wire.lab.callers import Callers, LabCaller
from parlour.wire.lab.idempotency import Answered, body_digest, key_of, once, response_of

LIMIT, LIMIT_MAX = 50, 200
CURRENT = "current"

Limit = Annotated[int, Field(ge=1, le=LIMIT_MAX)]
Text = Annotated[str, NoNul]


class _Given(BaseModel):
    """A body or query of section 5: what it does not know is refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


class CancelBody(_Given):
    """Which turns to stop: the current one if `turn_id` is left out; with `queue` every queued one too."""

    turn_id: Text | None = None
    queue: bool = False


class ClearBody(_Given):
    """With `forget` the conversation is erased, not only ended."""

    forget: bool = False


class SnapshotQuery(_Given):
    """How many messages."""

    limit: Limit = LIMIT


class MessagesQuery(_Given):
    """Which messages: those after the message `after`, of a conversation or the current one."""

    after: Text | None = None
    limit: Limit = LIMIT
    conversation: Text = CURRENT


class CancelShape(BaseModel):
    """The turns that were stopped, and the state after it."""

    cancelled: list[str]
    state: Literal["IDLE", "RUNNING", "WAITING"]


class StepShape(BaseModel):
    """A step of a turn."""

    n: int
    kind: Literal["think", "tool", "question", "speech"]
    title: str
    tool: str | None
    arguments: Any
    outcome: str | None
    question_id: str | None
    at: str


class TurnShape(BaseModel):
    """A turn with its steps. `error` as in replies."""

    turn_id: str
    state: Literal["queued", "running", "waiting", "done", "failed", "cancelled"]
    started_by: str
    created_at: str
    started_at: str | None
    ended_at: str | None
    steps: list[StepShape]
    reply_message_id: str | None
    error: str | None


class MessageShape(BaseModel):
    """A message of the person or of the assistant (5.4)."""

    message_id: str
    order: int
    role: Literal["person", "assistant"]
    kind: Literal["text", "file", "speech", "question", "final"]
    text: str
    author_id: str | None
    created_at: str
    turn_id: str
    question_id: str | None
    files: dict[str, int]
    speech: str | None
    references: dict[str, int]
    references_detail: list[dict[str, Any]]
    extra_info: str | None
    error: str | None
    read: bool


class MessagesShape(BaseModel):
    """A page of messages; `next` goes on after it, null at the end."""

    messages: list[MessageShape]
    next: str | None


class AbilitiesShape(BaseModel):
    """What works on this server."""

    speech_in: bool
    speech_out: bool
    arxiv: bool
    model: Literal["embedded", "external"]
    tools: list[str]


class CursorShape(BaseModel):
    """Where the account's events stand."""

    epoch: str
    seq: int


class SnapshotShape(BaseModel):
    """The conversation as it is; with all events after `cursor` it is a later one."""

    conversation_id: str
    state: Literal["IDLE", "RUNNING", "WAITING"]
    turn: TurnShape | None
    queued: int
    question: dict[str, Any] | None
    messages: list[MessageShape]
    cursor: CursorShape
    abilities: AbilitiesShape


@dataclass(frozen=True, kw_only=True, slots=True)
class Abilities:
    """What works now; `tools` are those that the assistant is offered."""

    speech_in: bool
    speech_out: bool
    arxiv: bool
    model: Literal["embedded", "external"]
    tools: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationNeed:
    """What the routes are built from."""

    database: Database
    callers: Callers
    abilities: Callable[[], Abilities]


MODELS: tuple[type[BaseModel], ...] = (CancelBody, ClearBody)


def conversation_router(need: ConversationNeed) -> APIRouter:
    """The routes of section 5."""
    router = APIRouter(prefix="/users/{id}", tags=["lab"])
    _offer_control(router, need)
    _offer_reading(router, need)
    return router


def _offer_control(router: APIRouter, need: ConversationNeed) -> None:
    owner = need.callers.owner
    refusals = problem_responses(400, 401, 403, 404, 409, 413, 415, 422, 429)

    @router.post(
        "/cancel",
        response_model=CancelShape,
        responses=refusals,
        openapi_extra={"requestBody": body_of(CancelBody, required=False)},
    )
    async def cancel_turns(  # pyright: ignore[reportUnusedFunction]
        request: Request, caller: Annotated[LabCaller, Depends(owner)]
    ) -> Response:
        """Stop the current turn, or another one; each leaves a final reply."""
        given = await json_body(request, CancelBody, may_be_empty=True)
        key = key_of(request, caller, "cancel", body_digest(given.model_dump()))

        def act(tx: Tx) -> Answered:
            done = cancel(
                tx,
                Cancelling(
                    account_id=caller.account_id,
                    by=caller.author_id,
                    route="cancel",
                    turn_id=given.turn_id,
                    queue=given.queue,
                ),
            )
            return Answered(body=_json({"cancelled": list(done.turn_ids), "state": done.state}))

        return response_of(await need.database.write(lambda tx: once(tx, key, lambda: act(tx))))

    @router.post(
        "/clear_history",
        response_class=Response,
        responses={200: {"description": "Cleared", "content": {"application/json": {"schema": {"type": "null"}}}}}
        | refusals,
        openapi_extra={"requestBody": body_of(ClearBody, required=False)},
    )
    async def clear_history(  # pyright: ignore[reportUnusedFunction]
        request: Request, caller: Annotated[LabCaller, Depends(owner)]
    ) -> Response:
        """End the conversation without replies and begin an empty one."""
        given = await json_body(request, ClearBody, may_be_empty=True)
        key = key_of(request, caller, "clear_history", body_digest(given.model_dump()))
        wish = Clearing(account_id=caller.account_id, by=caller.author_id, route="clear_history", forget=given.forget)

        def act(tx: Tx) -> Answered:
            clear(tx, wish)
            return Answered()

        return response_of(await need.database.write(lambda tx: once(tx, key, lambda: act(tx))))


def _offer_reading(router: APIRouter, need: ConversationNeed) -> None:
    owner = need.callers.owner

    @router.get("/conversation", response_model=SnapshotShape, responses=problem_responses(401, 404, 422, 429))
    async def conversation(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[LabCaller, Depends(owner)], wanted: Annotated[SnapshotQuery, Query()]
    ) -> Response:
        """Everything that a client needs to show the conversation, and the cursor from which events go on."""
        abilities = need.abilities()
        here = await need.database.read(lambda tx: members.conversation(tx, caller.account_id))
        if here is None:
            await need.database.write(lambda tx: members.lock(tx, caller.account_id))
        return _answer(await need.database.read(lambda tx: _snapshot(tx, caller.account_id, wanted.limit, abilities)))

    @router.get("/messages", response_model=MessagesShape, responses=problem_responses(401, 404, 422, 429))
    async def messages(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[LabCaller, Depends(owner)], wanted: Annotated[MessagesQuery, Query()]
    ) -> Response:
        """A page of a conversation's messages, oldest first. Nothing becomes read."""
        return _answer(await need.database.read(lambda tx: _page(tx, caller.account_id, wanted)))

    @router.get("/turns/{turn_id}", response_model=TurnShape, responses=problem_responses(401, 404, 429))
    async def turn(  # pyright: ignore[reportUnusedFunction]
        turn_id: str, caller: Annotated[LabCaller, Depends(owner)]
    ) -> Response:
        """A turn with its steps."""

        def read(tx: Tx) -> Mapping[str, object]:
            found = turns.turn_of(tx, caller.account_id, turn_id)
            if found is None:
                raise not_found("Turn")
            return _turn(tx, found)

        return _answer(await need.database.read(read))


def _snapshot(tx: Tx, account_id: AccountId, limit: int, abilities: Abilities) -> Mapping[str, object]:
    here = members.conversation(tx, account_id)
    if here is None:
        raise not_found("Conversation")
    current, standing = turns.current(tx, account_id), turns.standing(tx, account_id)
    asked = questions.open_of(tx, account_id)
    head = log.room_head(tx, lab_room(account_id))
    return {
        "conversation_id": here,
        "state": standing.state,
        "turn": None if current is None else _turn(tx, current),
        "queued": standing.queued,
        "question": None if asked is None else encode_questions.question(asked),
        "messages": [encode.message(each) for each in reading.newest(tx, here, limit)],
        "cursor": {"epoch": head.epoch, "seq": head.seq},
        "abilities": abilities,
    }


def _page(tx: Tx, account_id: AccountId, wanted: MessagesQuery) -> Mapping[str, object]:
    if wanted.conversation == CURRENT:
        here = members.conversation(tx, account_id)
    elif members.owns_conversation(tx, account_id, wanted.conversation):
        here = ConversationId(wanted.conversation)
    else:
        raise not_found("Conversation")
    after = 0
    if wanted.after is not None:
        cursor = reading.message_of(tx, account_id, wanted.after)
        if cursor is None or cursor.conversation_id != here:
            raise not_found("Message")
        after = cursor.ordinal
    found = [] if here is None else reading.messages_of(tx, here, after, wanted.limit + 1)
    page = found[: wanted.limit]
    return {
        "messages": [encode.message(each) for each in page],
        "next": page[-1].id if len(found) > wanted.limit else None,
    }


def _turn(tx: Tx, turn: Turn) -> Mapping[str, object]:
    return {
        "turn_id": turn.id,
        "state": turn.state,
        "started_by": turn.started_by,
        "created_at": rfc3339(turn.created_at),
        "started_at": None if turn.started_at is None else rfc3339(turn.started_at),
        "ended_at": None if turn.ended_at is None else rfc3339(turn.ended_at),
        "steps": [_step(each) for each in journal.steps(tx, turn.id)],
        "reply_message_id": turn.reply_message_id,
        "error": turn.error,
    }


def _step(step: Step) -> Mapping[str, object]:
    return {
        "n": step.n,
        "kind": step.kind,
        "title": step.title,
        "tool": step.tool,
        "arguments": _arguments(step.arguments),
        "outcome": step.outcome,
        "question_id": step.pause_id,
        "at": rfc3339(step.started_at),
    }


def _arguments(text: str | None) -> object:
    """As JSON; what a model wrote that is no JSON is shown as it is."""
    if text is None:
        return None
    try:
        return decode_untyped(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def _answer(made: Mapping[str, object]) -> Response:
    return Response(msgspec.json.encode(made), media_type="application/json")


def _json(made: Mapping[str, object]) -> str:
    return msgspec.json.encode(made).decode()

"""The table of operations: documented path, event names, payload, answer, error type, handler.

A new operation is a row here, a payload, an acknowledgement and a handler; sockets, HTTP twins,
OpenAPI, AsyncAPI and the access matrix follow from the row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from parlour.storage.tx import Tx
from parlour.wire.glow import acks, handlers, payloads
from parlour.wire.glow.handlers import Caller, Done

PREFIX = "/socket/v5/client/"
SERVER_PREFIX = "/socket/v5/server/"
FAMILIES = ("attempt", "test", "generate")

Handler = Callable[[Tx, Caller, Any], Done]
Waits = Literal["reply", "grade"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One operation. Without a `handler` it acts on the connection itself (join, leave).

    `waits`: what `Prefer: wait` waits for (decision D4).
    """

    path: str
    payload: type[payloads.Payload]
    ack: type[acks.Ack]
    error_type: str
    handler: Handler | None = None
    waits: Waits | None = None
    summary: str

    @property
    def name(self) -> str:
        """The canonical event name (4.1)."""
        return self.path.replace("/", "_")


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        path="attempt/start",
        payload=payloads.AttemptStart,
        ack=acks.AttemptStarted,
        error_type="start",
        handler=handlers.attempt_start,
        summary="Begin an attempt of a home or practice entry.",
    ),
    Operation(
        path="attempt/next",
        payload=payloads.AttemptNext,
        ack=acks.AttemptMoved,
        error_type="next",
        handler=handlers.attempt_next,
        summary="Go on to the next scenario.",
    ),
    Operation(
        path="attempt/join",
        payload=payloads.AttemptJoin,
        ack=acks.Joined,
        error_type="join",
        summary="Join the room of a chat.",
    ),
    Operation(
        path="attempt/leave",
        payload=payloads.AttemptLeave,
        ack=acks.Left,
        error_type="join",
        summary="Leave the room of a chat.",
    ),
    Operation(
        path="attempt/end",
        payload=payloads.AttemptEnd,
        ack=acks.ChatEnded,
        error_type="end",
        handler=handlers.attempt_end,
        waits="grade",
        summary="End one chat and have it graded.",
    ),
    Operation(
        path="attempt/end_all",
        payload=payloads.AttemptEndAll,
        ack=acks.AttemptEnded,
        error_type="end",
        handler=handlers.attempt_end_all,
        summary="End every open chat and the attempt.",
    ),
    Operation(
        path="attempt/stop",
        payload=payloads.AttemptStop,
        ack=acks.Stopped,
        error_type="stop",
        handler=handlers.attempt_stop,
        summary="Stop the reply that is being written.",
    ),
    Operation(
        path="attempt/message",
        payload=payloads.AttemptMessage,
        ack=acks.Said,
        error_type="send",
        handler=handlers.attempt_message,
        waits="reply",
        summary="Say something to the persona.",
    ),
    Operation(
        path="attempt/grade",
        payload=payloads.AttemptGrade,
        ack=acks.Graded,
        error_type="grade",
        handler=handlers.attempt_grade,
        waits="grade",
        summary="Have a chat graded.",
    ),
    Operation(
        path="attempt/use_previous",
        payload=payloads.AttemptUsePrevious,
        ack=acks.PreviousUsed,
        error_type="end",
        handler=handlers.attempt_use_previous,
        summary="Let chats of earlier attempts stand for chats of this one.",
    ),
    Operation(
        path="attempt/response_submit",
        payload=payloads.AttemptResponseSubmit,
        ack=acks.Answered,
        error_type="quiz",
        handler=handlers.attempt_response_submit,
        summary="Answer a quiz question.",
    ),
)


def _spellings(operation: Operation) -> tuple[str, ...]:
    name = operation.name
    family, _, rest = name.partition("_")
    return (name, f"{family}.{rest}", PREFIX + operation.path)


EVENTS: dict[str, Operation] = {
    spelling: operation for operation in OPERATIONS for spelling in _spellings(operation)
} | {"attempt_stop_message": next(o for o in OPERATIONS if o.name == "attempt_stop")}


# What an error event has besides (9.4): its schema requires it.
ERROR_MEMBERS: dict[str, dict[str, object]] = {"generation_error": {"artifact_type": "", "success": False}}


def family_of(name: str) -> str | None:
    """The family of an event name, known or not: it decides which error event answers (4.4)."""
    bare = name.removeprefix(PREFIX)
    return next((family for family in FAMILIES if bare.startswith(family)), None)


def error_event(name: str) -> str:
    """The error event that a refused operation emits."""
    family = family_of(name)
    return "generation_error" if family == "generate" else f"{family or 'attempt'}_error"

"""The table of operations: documented path, event names, payload, answer, error type, handler.

A new operation is a row here, a payload, an acknowledgement and a handler; sockets, HTTP twins,
OpenAPI, AsyncAPI and the access matrix follow from the row.
"""

from collections.abc import Callable
from typing import Any, Literal, cast

from parlour.drafts.artifacts import ARTIFACTS
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx
from parlour.wire.glow import acks, handlers, payloads
from parlour.wire.glow import handlers_of_tests as tests
from parlour.wire.glow.generate_payload import Generate
from parlour.wire.glow.handlers import Caller, Done
from parlour.wire.glow.handlers_of_generate import generate

PREFIX = "/socket/v5/client/"
SERVER_PREFIX = "/socket/v5/server/"
FAMILIES = ("attempt", "test", "generate")

Handler = Callable[[Tx, Caller, Any], Done]
Waits = Literal["reply", "grade", "replay", "test_grade"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One operation. Without a `handler` it acts on the connection itself (join, leave).

    `waits`: what `Prefer: wait` waits for (decision D4). `loose`: what is taken in place of `payload` from a
    client of dialect `glow-web` (9.7). `answers_first`: its direct event comes before the events it causes.
    `held`: only the connection that holds the chat's voice session may; over HTTP `?sid=` names it. `often`: not
    counted as a command (4.7). `remembered`: a request id makes it happen once; otherwise it always acts (4.5.6).
    `error_type`: None for `generate`, whose errors have none (4.4).
    """

    path: str
    payload: type[payloads.Payload]
    ack: type[acks.Ack]
    error_type: str | None
    handler: Handler | None = None
    waits: Waits | None = None
    loose: type[payloads.Payload] | None = None
    answers_first: bool = False
    held: bool = False
    often: bool = False
    remembered: bool = True
    summary: str

    @property
    def on_connection(self) -> bool:
        """Whether it acts on the requesting connection, which must then be named over HTTP (3.1)."""
        return self.held or self.handler is None

    @property
    def name(self) -> str:
        """The canonical event name (4.1)."""
        return self.path.replace("/", "_")


VOICE: tuple[Operation, ...] = (
    Operation(
        path="attempt/audio_start",
        payload=payloads.AttemptAudioStart,
        ack=acks.AudioStarted,
        error_type="audio",
        remembered=False,
        summary="Open a voice session.",
    ),
    Operation(
        path="attempt/audio_stop",
        payload=payloads.AttemptAudioStop,
        ack=acks.AudioStopped,
        error_type="audio",
        summary="Close the voice session.",
    ),
    Operation(
        path="attempt/audio_frame",
        payload=payloads.AttemptAudioFrame,
        ack=acks.FrameTaken,
        error_type="audio",
        often=True,
        remembered=False,
        summary="Send sound into the voice session.",
    ),
    Operation(
        path="attempt/audio_mute",
        payload=payloads.AttemptAudioMute,
        ack=acks.AudioMuted,
        error_type="audio",
        summary="Mute the voice session, or let it hear again.",
    ),
    Operation(
        path="attempt/text_frame",
        payload=payloads.AttemptTextFrame,
        ack=acks.Said,
        error_type="audio",
        handler=handlers.attempt_text_frame,
        waits="reply",
        held=True,
        summary="Say something in writing during a voice session.",
    ),
    Operation(
        path="attempt/audio_played",
        payload=payloads.AttemptAudioPlayed,
        ack=acks.PlayedNoted,
        error_type="audio",
        remembered=False,
        summary="Report how much of a spoken reply was played.",
    ),
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        path="generate",
        payload=Generate,
        ack=acks.GenerationBegun,
        error_type=None,
        handler=generate,
        summary="Have a model write values of an artifact, or of the chat that waits in a lobby.",
    ),
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
        remembered=False,
        summary="Join the room of a chat.",
    ),
    Operation(
        path="attempt/leave",
        payload=payloads.AttemptLeave,
        ack=acks.Left,
        error_type="join",
        remembered=False,
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
    *VOICE,
    Operation(
        path="test/start",
        payload=payloads.TestStart,
        loose=payloads.TestStartLoose,
        ack=acks.TestStarted,
        error_type="start",
        handler=tests.test_start,
        summary="Begin a test of a benchmark.",
    ),
    Operation(
        path="test/next",
        payload=payloads.TestNext,
        loose=payloads.TestNextLoose,
        ack=acks.TestFound,
        error_type="proceed",
        handler=tests.test_next,
        answers_first=True,
        summary="Find the next pending run.",
    ),
    Operation(
        path="test/run",
        payload=payloads.TestReplay,
        loose=payloads.TestReplayLoose,
        ack=acks.TestBegun,
        error_type="run",
        handler=tests.test_run,
        waits="replay",
        summary="Replay one recorded run.",
    ),
    Operation(
        path="test/end",
        payload=payloads.TestEnd,
        loose=payloads.TestEndLoose,
        ack=acks.TestEnded,
        error_type="end",
        handler=tests.test_end,
        waits="test_grade",
        summary="End one replay and have it graded.",
    ),
    Operation(
        path="test/join",
        payload=payloads.TestJoin,
        ack=acks.InvocationJoined,
        error_type="join",
        remembered=False,
        summary="Join the room of an invocation.",
    ),
    Operation(
        path="test/leave",
        payload=payloads.TestLeave,
        ack=acks.InvocationLeft,
        error_type="join",
        remembered=False,
        summary="Leave the room of an invocation.",
    ),
    Operation(
        path="test/stop",
        payload=payloads.TestStop,
        ack=acks.TestStopped,
        error_type="stop",
        handler=tests.test_stop,
        summary="Stop the replays of an invocation.",
    ),
)


def _spellings(operation: Operation) -> tuple[str, ...]:
    name = operation.name
    family, _, rest = name.partition("_")
    return (name, f"{family}.{rest}" if rest else name, PREFIX + operation.path)


EVENTS: dict[str, Operation] = {
    spelling: operation for operation in OPERATIONS for spelling in _spellings(operation)
} | {"attempt_stop_message": next(o for o in OPERATIONS if o.name == "attempt_stop")}


# What an error event has besides (9.4): its schema requires it.
ERROR_MEMBERS: dict[str, dict[str, object]] = {
    "generation_error": {"artifact_type": "", "success": False},
    "test_error": {"invocation_id": None, "run_id": None},
}
# Refusals whose error type is not that of the operation (4.4).
_TYPE_OF_CODE = {"rate_limited": "rate_limit"}
_TYPE_OF_CODE_IN_TESTS = {"invalid_request": "validation", "internal": "internal"}
# These never emit an error event (7.7, 7.22).
SILENT = frozenset({"attempt_leave", "test_leave"})
# The ids that a command names, and the member of its error event that repeats each.
_NAMED_IDS: dict[str, dict[str, str]] = {
    "attempt": {
        name: name
        for name in (
            *("attempt_id", "chat_id", "home_id", "practice_id", "draft_id", "parent_message_id", "question_id"),
            "branch_message_id",
        )
    },
    "generate": {name: name for name in ("artifact_id", "draft_id", "group_id", "run_id")},
    "test": {
        "benchmark_id": "benchmark_id",
        "eval_id": "eval_id",
        "test_id": "test_id",
        "invocation_id": "invocation_id",
        "test_invocation_id": "invocation_id",
        "run_id": "run_id",
    },
}
_ID_CHARACTERS_MAX = 100


def family_of(name: str) -> str | None:
    """The family of an event name, known or not: it decides which error event answers (4.4)."""
    bare = name.removeprefix(PREFIX)
    return next((family for family in FAMILIES if bare.startswith(family)), None)


def error_event(name: str) -> str:
    """The error event that a refused operation emits."""
    family = family_of(name)
    return "generation_error" if family == "generate" else f"{family or 'attempt'}_error"


def error_type_of(name: str, error_type: str | None, code: str) -> str | None:
    """The error type of a refusal: that of the operation, with the exceptions of 4.4."""
    if error_type is None:
        return None
    found = _TYPE_OF_CODE.get(code)
    if found is None and family_of(name) == "test":
        found = _TYPE_OF_CODE_IN_TESTS.get(code)
    return found or error_type


def named_ids(name: str, raw: object) -> dict[str, object]:
    """The ids that a command named, as its error event repeats them (4.4)."""
    if not isinstance(raw, dict):
        return {}
    members = cast("dict[str, object]", raw)
    found: dict[str, object] = {}
    for member, told in _NAMED_IDS.get(family_of(name) or "", {}).items():
        value = members.get(member)
        if isinstance(value, str) and len(value) <= _ID_CHARACTERS_MAX:
            found[told] = value
    if family_of(name) == "generate":
        found["artifact_type"] = _primary(members)
    return found


def _primary(members: dict[str, object]) -> str:
    """The primary artifact that a request to generate names; empty if there is none (9.4)."""
    items = members.get("artifact_types")
    first: object = cast("list[object]", items)[0] if isinstance(items, list) and items else None
    name = cast("dict[str, object]", first).get("name") if isinstance(first, dict) else first
    return name if isinstance(name, str) and name in ARTIFACTS else ""

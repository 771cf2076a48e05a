"""What happens in tests of models, as Glow events (9.3)."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from parlour.benchmarks import facts
from parlour.benchmarks.entities import MadeCall
from parlour.kernel.clock import rfc3339
from parlour.kernel.decoding import decode_untyped
from parlour.wire.http.problems import CODES

Said = tuple[str, dict[str, object]]

ALL_COMPLETE = "All runs are complete."
CLOSED = "Run closed without grade."
GRADING = "Grading."
STOPPED = "Run stopped."
UNAVAILABLE = "The model service is not available."
_HALTED: Mapping[str, str] = {
    "stopped": "The test was stopped.",
    "cost": "The test has cost as much as it may.",
    "tokens": "The test has used as many tokens as it may.",
    "time": "The test has taken as long as it may.",
    "failures": "Too many runs of the test have failed.",
    "decided": "The question is decided: no further runs are needed.",
    "requests": "The daily limit of the test's owner is reached.",
    "custom": "Only models that are started by hand are left.",
}


def _fields(fact: object) -> dict[str, object]:
    return cast("dict[str, object]", msgspec.to_builtins(fact))


def progress(kind: str, members: Mapping[str, object]) -> Said:
    """`test_progress` of a type."""
    return "test_progress", {"type": kind, **members}


def tool_call(call: MadeCall) -> dict[str, object]:
    """A tool call as it goes out. What is no JSON object is told as it was written, beside an empty object."""
    made: dict[str, object] = {"turn": call.turn, "name": call.name, "external_call_id": call.call_id or None}
    try:
        arguments = decode_untyped(call.arguments or "{}")
    except (msgspec.DecodeError, RecursionError):
        arguments = None
    if isinstance(arguments, dict):
        return made | {"arguments": cast("dict[str, object]", arguments)}
    nothing: dict[str, object] = {}
    return made | {"arguments": nothing, "arguments_text": call.arguments}


def _run_started(fact: facts.ReplayStarted) -> Said:
    return "test_run_start", _fields(fact) | {"created_at": rfc3339(fact.created_at)}


def _text(fact: facts.ReplayTextAdded | facts.ReplayTextCompacted) -> Said:
    members: dict[str, object] = {
        "invocation_id": fact.invocation_id,
        "run_id": fact.run_id,
        "current_run": fact.current_run,
        "total_runs": fact.total_runs,
        "message": fact.text,
        "turn": fact.turn,
        "total_turns": fact.total_turns,
    }
    begun_again = isinstance(fact, facts.ReplayTextAdded) and fact.reset
    return progress("run_delta", members | {"reset": True} if begun_again else members)


def _turn_completed(fact: facts.ReplayTurnCompleted) -> Said:
    return progress("progress", _fields(fact) | {"message": f"Turn {fact.turn} of {fact.total_turns} done."})


def _run_completed(fact: facts.ReplayCompleted) -> Said:
    members = _fields(fact)
    if members.pop("left_out"):
        return "test_run_complete", members | {"tool_calls": None, "outputs": None, "outputs_left_out": True}
    return "test_run_complete", members | {"tool_calls": [tool_call(call) for call in fact.tool_calls]}


def _failed(error_type: str) -> Callable[[Any], Said]:
    """What failed; why a service is not available, if more is known of it than that, is a member of its own (4.4)."""

    def encode(fact: facts.ReplayFailed | facts.ReplayGradingFailed) -> Said:
        members = _fields(fact)
        said = {"message": members.pop("text"), "error_type": error_type}
        if fact.code == "unavailable" and fact.text != UNAVAILABLE:
            said |= {"message": UNAVAILABLE, "reason": fact.text}
        return "test_error", members | said | {"status": CODES.get(fact.code, CODES["internal"])[0]}

    return encode


def _stopped(fact: facts.ReplayStopped) -> Said:
    return "test_stopped", _fields(fact) | {"success": True, "message": STOPPED}


def _grading(fact: facts.ReplayGrading) -> Said:
    return progress("grading", _fields(fact) | {"message": GRADING})


def _closed(fact: facts.ReplayClosed) -> Said:
    return progress("progress", _fields(fact) | {"message": CLOSED})


def all_complete(invocation_id: str, total_runs: int) -> dict[str, object]:
    """The members of `test_progress` `all_complete`, besides its type."""
    return {
        "invocation_id": invocation_id,
        "run_id": None,
        "current_run": total_runs,
        "total_runs": total_runs,
        "message": ALL_COMPLETE,
    }


def _completed(fact: facts.TestCompleted) -> Said:
    return progress("all_complete", all_complete(fact.invocation_id, fact.total_runs))


def _halted(fact: facts.TestHalted) -> Said:
    message = _HALTED.get(fact.reason, "The test starts nothing more.")
    return "test_halted", {"test_id": fact.test_id, "reason": fact.reason, "message": message}


ENCODERS: Mapping[str, Callable[[Any], Said]] = {
    facts.TestStarted.__name__: lambda fact: ("test_started", _fields(fact)),
    facts.ReplayStarted.__name__: _run_started,
    facts.ReplayTextAdded.__name__: _text,
    facts.ReplayTextCompacted.__name__: _text,
    facts.ReplayTurnCompleted.__name__: _turn_completed,
    facts.ReplayCompleted.__name__: _run_completed,
    facts.ReplayFailed.__name__: _failed("run"),
    facts.ReplayStopped.__name__: _stopped,
    facts.ReplayGrading.__name__: _grading,
    facts.ReplayGraded.__name__: lambda fact: ("test_graded", _fields(fact)),
    facts.ReplayGradingFailed.__name__: _failed("end"),
    facts.ReplayClosed.__name__: _closed,
    facts.TestCompleted.__name__: _completed,
    facts.TestHalted.__name__: _halted,
}

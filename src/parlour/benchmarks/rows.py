"""Tests, invocations, replays and turns as they stand in rows."""

from typing import TypeVar

from parlour.benchmarks.entities import (
    Blame,
    EndWanted,
    Heard,
    Invocation,
    InvocationId,
    MadeCall,
    Outcome,
    Plan,
    Replay,
    ReplayFault,
    ReplayId,
    ReplayTurn,
    Test,
    TestId,
)
from parlour.catalog.benchmarks import Benchmark, Candidate
from parlour.kernel.decoding import decode, decoder_of
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Row

T = TypeVar("T")
_OUTCOMES = decoder_of(tuple[Outcome, ...])
_HEARD = decoder_of(tuple[Heard, ...])
_IDS = decoder_of(tuple[str, ...])
_CALLS = decoder_of(tuple[MadeCall, ...])


def test_of(row: Row) -> Test:
    """A row of `tests`."""
    return Test(
        id=TestId(row["id"]),
        benchmark_id=row["benchmark_id"],
        eval_id=row["eval_id"],
        account_id=AccountId(row["account_id"]),
        name=row["name"],
        description=row["description"],
        infinite_mode=bool(row["infinite_mode"]),
        auto_advance=bool(row["auto_advance"]),
        state=row["state"],
        snapshot=decode(row["snapshot"], Benchmark),
        plan=decode(row["plan"], Plan) if row["plan"] else Plan(),
        halted=row["halted"],
        archived=bool(row["archived"]),
        created_at=row["created_at"],
        started_at=row["started_at"],
        resumed_at=row["resumed_at"],
        completed_at=row["completed_at"],
        looked=row["looked"],
        erased=_IDS.decode(row["erased"]) if row["erased"] else (),
    )


def invocation_of(row: Row) -> Invocation:
    """A row of `invocations`."""
    return Invocation(
        id=InvocationId(row["id"]),
        test_id=TestId(row["test_id"]),
        position=row["position"],
        title=row["title"],
        group_id=row["group_id"],
        template=decode(row["template"], Candidate),
        state=row["state"],
        repetition=row["repetition"],
        created_at=row["created_at"],
        completed_at=row["completed_at"],
        frontier=row["frontier"],
    )


def replay_of(row: Row) -> Replay:
    """A row of `replays`."""
    return Replay(
        id=ReplayId(row["id"]),
        test_id=TestId(row["test_id"]),
        invocation_id=InvocationId(row["invocation_id"]),
        recording_id=row["recording_id"],
        recording_version=row["recording_version"],
        position=row["position"],
        repetition=row["repetition"],
        state=row["state"],
        ended=row["ended"],
        end_wanted=_optional(row["end_wanted"], EndWanted),
        requested_by=AccountId(row["requested_by"]),
        turn=row["turn"],
        turns_total=row["turns_total"],
        divergent_turn=row["divergent_turn"],
        checks=_OUTCOMES.decode(row["checks"]) if row["checks"] else None,
        blame=_optional(row["blame"], Blame),
        error=_optional(row["error"], ReplayFault),
        fence=row["fence"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
    )


def turn_of(row: Row) -> ReplayTurn:
    """A row of `replay_turns`."""
    return ReplayTurn(
        replay_id=ReplayId(row["replay_id"]),
        turn=row["turn"],
        message_id=row["message_id"],
        state=row["state"],
        heard=_HEARD.decode(row["heard"]),
        content=row["content"],
        tool_calls=_CALLS.decode(row["tool_calls"]),
        ending=row["ending"],
        first_token_ms=row["first_token_ms"],
        milliseconds=row["milliseconds"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        created_at=row["created_at"],
    )


def _optional(body: str | None, kind: type[T]) -> T | None:
    return decode(body, kind) if body else None

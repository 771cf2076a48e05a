"""The operations on tests of models (Glow 7.17 to 7.20, 7.23). Those on rooms are in `joining.py`."""

from parlour.benchmarks.running import advancing, ending, starting, stopping
from parlour.benchmarks.running.advancing import Next, Running
from parlour.benchmarks.running.ending import Ending
from parlour.benchmarks.running.starting import Starting
from parlour.catalog import actions as catalog
from parlour.conversations.rooms import invocation_room
from parlour.kernel.refusals import Fault, Refusal, not_found
from parlour.storage.tx import Tx
from parlour.wire.glow import acks, payloads
from parlour.wire.glow.encode_tests import STOPPED, all_complete, progress
from parlour.wire.glow.handlers import Caller, Done

NO_BENCHMARK = "Give benchmark_id or eval_id."
NO_INVOCATION = "Give test_invocation_id or invocation_id."
NOTHING_RUNNING = "Nothing is running."


def test_start(tx: Tx, caller: Caller, payload: payloads.TestStart | payloads.TestStartLoose) -> Done:
    """7.17."""
    asked = Starting(benchmark_id=_benchmark_id(tx, caller, payload), infinite_mode=payload.infinite_mode)
    started = starting.start(tx, caller.actor, asked, caller.tests)
    ack = acks.TestStarted(
        test_id=started.test_id,
        benchmark_id=started.benchmark_id,
        invocation_id=started.invocation_id,
        num_invocations=started.num_invocations,
        total_runs=started.total_runs,
    )
    return Done(ack=ack)


def test_next(tx: Tx, caller: Caller, payload: payloads.TestNext) -> Done:
    """7.18."""
    found = advancing.next_run(tx, caller.actor, payload.test_id, payload.start, caller.tests)
    ack = acks.TestFound(
        test_id=payload.test_id,
        invocation_id=found.invocation_id,
        run_id=found.run_id,
        current_run=found.current_run,
        total_runs=found.total_runs,
        done=found.done,
        started=None if found.done else found.started,
        replay_run_id=found.replay_run_id,
    )
    joins = invocation_room(found.invocation_id) if found.started else None
    return Done(ack=ack, joins=joins, direct=_found(found))


def _found(found: Next) -> tuple[str, dict[str, object]]:
    """What only the requester is told of the run that comes next."""
    if found.done:
        return progress("all_complete", all_complete(found.invocation_id, found.total_runs))
    members: dict[str, object] = {
        "invocation_id": found.invocation_id,
        "run_id": found.run_id,
        "current_run": found.current_run,
        "total_runs": found.total_runs,
        "message": f"Next: run {found.current_run} of {found.total_runs}.",
    }
    return progress("next", members)


def test_run(tx: Tx, caller: Caller, payload: payloads.TestReplay | payloads.TestReplayLoose) -> Done:
    """7.19."""
    invocation_id = _invocation_id(payload)
    asked = Running(test_id=payload.test_id, invocation_id=invocation_id, run_id=payload.run_id)
    begun = advancing.run(tx, caller.actor, asked, caller.tests)
    ack = acks.TestBegun(
        test_id=payload.test_id,
        invocation_id=invocation_id,
        run_id=begun.replay_id,
        original_run_id=begun.original_run_id,
        mode=begun.mode,
    )
    return Done(ack=ack, joins=invocation_room(invocation_id))


def test_end(tx: Tx, caller: Caller, payload: payloads.TestEnd | payloads.TestEndLoose) -> Done:
    """7.20."""
    invocation_id = _invocation_id(payload)
    asked = Ending(test_id=payload.test_id, invocation_id=invocation_id, run_id=payload.run_id, grade=payload.grade)
    ended = ending.end(tx, caller.actor, asked, caller.tests)
    ack = acks.TestEnded(
        invocation_id=invocation_id, run_id=ended.run_id, grade_id=ended.grade_id, pending=ended.pending
    )
    return Done(ack=ack)


def test_stop(tx: Tx, caller: Caller, payload: payloads.TestStop) -> Done:
    """7.23."""
    stopped = stopping.stop(tx, caller.actor, payload.invocation_id, caller.tests)
    message = STOPPED if stopped else NOTHING_RUNNING
    ack = acks.TestStopped(invocation_id=payload.invocation_id, success=bool(stopped), message=message)
    said: dict[str, object] = {"invocation_id": payload.invocation_id, "success": False, "message": message}
    return Done(ack=ack, direct=None if stopped else ("test_stopped", said))


def _benchmark_id(tx: Tx, caller: Caller, payload: payloads.TestStart | payloads.TestStartLoose) -> str:
    """The benchmark that is named, or the newest one of the evaluation that the caller may run (9.7)."""
    if payload.benchmark_id is not None:
        return payload.benchmark_id
    if payload.eval_id is None:
        raise Refusal("invalid_request", f"Invalid request: {NO_BENCHMARK}", faults=(Fault("", NO_BENCHMARK),))
    newest = catalog.newest_benchmark(tx, caller.actor, payload.eval_id)
    if newest is None:
        raise not_found("Benchmark")
    return newest


def _invocation_id(
    payload: payloads.TestReplay | payloads.TestReplayLoose | payloads.TestEnd | payloads.TestEndLoose,
) -> str:
    if payload.test_invocation_id is not None:
        return payload.test_invocation_id
    if payload.invocation_id is not None:
        return payload.invocation_id
    raise Refusal("invalid_request", f"Invalid request: {NO_INVOCATION}", faults=(Fault("", NO_INVOCATION),))

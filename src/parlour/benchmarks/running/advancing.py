"""Replays that a client asks for (Glow 7.18, 7.19), and what follows when one completes or fails."""

from parlour.accounts import actions as accounts
from parlour.benchmarks import access, reading, store
from parlour.benchmarks.entities import Invocation, InvocationId, Replay, ReplayId, Test, TestId
from parlour.benchmarks.judging import blame, checks
from parlour.benchmarks.running import beginning, cells, ending, filling
from parlour.benchmarks.running.cells import Cell
from parlour.benchmarks.running.rules import RunRules
from parlour.benchmarks.running.settling import advance, renewed
from parlour.catalog.benchmarks import ReplayMode
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal, not_found
from parlour.storage.tx import Tx

__all__ = ["Begun", "Next", "Running", "advance", "next_run", "replay_completed", "replay_failed", "run"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Next:
    """The next run of a test. `run_id` is the original run; None, with `done`, if none is left.

    `invocation_id` is "" only if the test has no invocation.
    """

    test_id: TestId
    invocation_id: str
    run_id: str | None
    current_run: int
    total_runs: int
    done: bool
    started: bool = False
    replay_run_id: ReplayId | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """Which recorded run is to be replayed; None: the next pending one of the invocation."""

    test_id: str
    invocation_id: str
    run_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """The replay that runs, or waits for a slot."""

    test_id: TestId
    invocation_id: InvocationId
    replay_id: ReplayId
    original_run_id: str
    mode: ReplayMode


def next_run(tx: Tx, actor: Actor, test_id: str, start: bool, rules: RunRules) -> Next:
    """Find the next pending run, and have it replayed if `start`. Raises what `run` raises."""
    test = access.test_to_run(tx, actor, test_id)
    invocations = [renewed(tx, test, each, rules) for each in store.invocations_of(tx, test.id)]
    cell = cells.next_pending(tx, test, invocations, rules)
    total = reading.total_runs(test)
    if cell is None:
        last = invocations[-1].id if invocations else ""
        return Next(test_id=test.id, invocation_id=last, run_id=None, current_run=total, total_runs=total, done=True)
    count = reading.progress(tx, test, cell.invocation)
    started = _start(tx, test, cell, actor.account_id, rules) if start else None
    return Next(
        test_id=test.id,
        invocation_id=cell.invocation.id,
        run_id=cell.recording.id,
        current_run=count.current_run,
        total_runs=total,
        done=False,
        started=start,
        replay_run_id=started.id if started else None,
    )


def run(tx: Tx, actor: Actor, running: Running, rules: RunRules) -> Begun:
    """Have a recorded run replayed in the current repetition; if it is queued or running already, that is the answer.

    A replay is one request of the actor's day. Raises `not_found` (test, invocation, run), `forbidden`, `run_done`,
    `recording_erased`, `invocation_completed`, `no_model`, `rate_limited`.
    """
    test = access.test_to_run(tx, actor, running.test_id)
    invocation = renewed(tx, test, access.invocation_of(tx, test, running.invocation_id), rules)
    cell = _cell(tx, test, invocation, running.run_id, rules)
    found = store.replay_in_cell(tx, cell.name)
    if found is None or found.state == "completed":
        _check_open(tx, test, invocation, rules)
        if found is not None:
            text = "This run has already been replayed."
            raise Refusal("run_done", text, members={"replay_run_id": found.id})
        if cell.recording.id in test.erased:
            raise Refusal("recording_erased", reading.ERASED)
        found = _start(tx, test, cell, actor.account_id, rules)
    return Begun(
        test_id=test.id,
        invocation_id=invocation.id,
        replay_id=found.id,
        original_run_id=found.recording_id,
        mode=test.snapshot.replay_mode,
    )


def replay_completed(tx: Tx, replay_id: ReplayId) -> None:
    """A replay was completed, and that has been stored and told: it is checked, and ended if that is wanted. The test
    is locked; `advance` comes next."""
    test, invocation, replay = _of(tx, replay_id)
    outcomes = () if replay.recording_id in test.erased else checks.run_for(tx, test, replay)
    if outcomes:
        store.set_checks(tx, replay.id, outcomes)
    blame.note(tx, test, replay.id)
    ending.end_completed(tx, test, invocation, replay)


def replay_failed(tx: Tx, replay_id: ReplayId) -> None:
    """A replay failed, and that has been stored and told: whose fault it is. The test is locked; `advance` comes next,
    for its cell is pending again."""
    test, _, replay = _of(tx, replay_id)
    blame.note(tx, test, replay.id)


def _of(tx: Tx, replay_id: ReplayId) -> tuple[Test, Invocation, Replay]:
    replay = store.replay(tx, replay_id)
    test = store.test(tx, replay.test_id, lock=True) if replay else None
    invocation = store.invocation(tx, replay.invocation_id, lock=True) if replay else None
    if replay is None or test is None or invocation is None:
        raise LookupError(f"no replay {replay_id}")
    return test, invocation, replay


def _cell(tx: Tx, test: Test, invocation: Invocation, run_id: str | None, rules: RunRules) -> Cell:
    """The cell of an original run in the current repetition; without a run the first that is pending, else the last."""
    first = (invocation.repetition - 1) * len(test.snapshot.recordings)
    for position, recording in enumerate(test.snapshot.recordings):
        if recording.id == run_id:
            return cells.cell_at(test, invocation, first + position)
    if run_id is not None:
        raise not_found("Run")
    pending = cells.pending(tx, test, invocation, rules)
    return pending[0] if pending else cells.cell_at(test, invocation, first + len(test.snapshot.recordings) - 1)


def _check_open(tx: Tx, test: Test, invocation: Invocation, rules: RunRules) -> None:
    if invocation.state == "completed" or cells.exhausted(tx, test, rules):
        raise Refusal("invocation_completed", "This invocation is completed.")


def _start(tx: Tx, test: Test, cell: Cell, requested_by: AccountId, rules: RunRules) -> Replay:
    if not rules.usable(cell.invocation.template.model):
        raise Refusal("no_model", "This invocation has no usable model.")
    accounts.take_request(tx, requested_by, rules.timezone_name)
    replay = beginning.create(tx, test, cell, requested_by)
    if replay is None:
        raise LookupError(f"cell {cell.name} was taken under the lock of its test")
    filling.fill_slots(tx, test, store.invocations_of(tx, test.id), rules)
    return replay

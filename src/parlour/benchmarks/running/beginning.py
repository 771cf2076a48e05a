"""A replay comes into being, and begins when there is a slot for it."""

from parlour.benchmarks import reading, store
from parlour.benchmarks.entities import Replay, ReplayId, Test
from parlour.benchmarks.facts import ReplayStarted
from parlour.benchmarks.replaying.context import turns_total
from parlour.benchmarks.replaying.orders import REPLAY, ReplayOn
from parlour.benchmarks.running.cells import Cell
from parlour.conversations.actions import fence_of
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx


def create(tx: Tx, test: Test, cell: Cell, requested_by: AccountId) -> Replay | None:
    """A queued replay of a cell; None if the cell has one. The test must be locked."""
    recording = reading.recording(tx, cell.recording)
    replay = Replay(
        id=ReplayId(tx.new_id()),
        test_id=test.id,
        invocation_id=cell.invocation.id,
        recording_id=cell.recording.id,
        recording_version=cell.recording.version,
        position=cell.position,
        repetition=cell.repetition,
        state="queued",
        ended=None,
        end_wanted=None,
        requested_by=requested_by,
        turn=0,
        turns_total=turns_total(recording, test.snapshot.replay_mode, test.snapshot.live),
        divergent_turn=None,
        checks=None,
        blame=None,
        error=None,
        fence=None,
        created_at=tx.now_ms,
        started_at=None,
        completed_at=None,
    )
    if not store.insert_replay(tx, replay):
        return None
    if test.state == "pending":
        store.begin_test(tx, test.id)
    return replay


def begin(tx: Tx, test: Test, replay: Replay) -> None:
    """A queued replay runs from now on: its job holds it from the first claim. The test must be locked."""
    job_id = tx.enqueue(REPLAY, ReplayOn(replay_id=replay.id), shared=True)
    if job_id is None or not store.begin_replay(tx, replay.id, fence_of(job_id, 1)):
        raise LookupError(f"replay {replay.id} began under the lock of its test")
    count = reading.run_count(tx, test, replay)
    tx.announce(
        reading.rooms(test, replay.invocation_id, replay.requested_by),
        ReplayStarted(
            invocation_id=replay.invocation_id,
            run_id=replay.id,
            original_run_resource_id=replay.recording_id,
            current_run=count.current_run,
            total_runs=count.total_runs,
            created_at=replay.created_at,
            mode=test.snapshot.replay_mode,
            total_turns=replay.turns_total,
        ),
    )

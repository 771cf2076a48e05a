"""Plain reads that every part of the tests needs: recordings, and how far a test is."""

from parlour.benchmarks import store
from parlour.benchmarks.entities import Invocation, Replay, Test
from parlour.catalog import actions as catalog
from parlour.catalog.benchmarks import Recording
from parlour.catalog.entities import Reference
from parlour.conversations.rooms import invocation_room, person_room
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx

ERASED = "The words of this recording were erased."


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCount:
    """Which run of its invocation it is, of how many (Glow 7.18): `current_run` = 1 + those completed before.

    In infinite mode both count the current repetition only.
    """

    current_run: int
    total_runs: int

    @property
    def remaining_runs(self) -> int:
        """How many come after it (Glow 9.3)."""
        return max(self.total_runs - self.current_run, 0)


def recording(tx: Tx, reference: Reference) -> Recording:
    """A recording as it was at a version. Versions are kept for ever; raises `LookupError` if one is gone."""
    found = catalog.recording_version(tx, reference.id, reference.version)
    if found is None:
        raise LookupError(f"no recording {reference.id} at version {reference.version}")
    return found


def recordings_of(tx: Tx, test: Test) -> list[Recording]:
    """The recordings of a test in order."""
    return [recording(tx, reference) for reference in test.snapshot.recordings]


def recording_of(tx: Tx, replay: Replay) -> Recording:
    """The recording that a replay replays."""
    return recording(tx, Reference(id=replay.recording_id, version=replay.recording_version))


def total_runs(test: Test) -> int:
    """The runs of one invocation: of one repetition in infinite mode, of all repetitions otherwise."""
    recordings = len(test.snapshot.recordings)
    return recordings if test.infinite_mode else recordings * test.snapshot.repeats


def progress(tx: Tx, test: Test, invocation: Invocation) -> RunCount:
    """Where an invocation is: `current_run` is the one that comes next."""
    repetition = invocation.repetition if test.infinite_mode else None
    completed = store.completed_count(tx, invocation.id, repetition)
    return RunCount(current_run=completed + 1, total_runs=total_runs(test))


def run_count(tx: Tx, test: Test, replay: Replay) -> RunCount:
    """Where a replay is in its invocation: the same before and after its completion, if others did not overtake it."""
    if replay.state == "completed":
        completed = store.completed_before(tx, replay, in_repetition=test.infinite_mode)
    else:
        repetition = replay.repetition if test.infinite_mode else None
        completed = store.completed_count(tx, replay.invocation_id, repetition)
    return RunCount(current_run=completed + 1, total_runs=total_runs(test))


def rooms(test: Test, invocation_id: str, requested_by: str) -> list[str]:
    """Where the events of a replay are told: I, P, Q (Glow 9.3)."""
    return [invocation_room(invocation_id), person_room(test.account_id), person_room(requested_by)]

"""SQL that only running a test needs: how far its cells are, and marks on tests and invocations."""

from collections.abc import Sequence

from parlour.benchmarks.entities import InvocationId, ReplayId, TestId
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx


def set_looked(tx: Tx, test_id: TestId, repetitions: int) -> None:
    """It was looked whether so many repetitions decide the question, and they do not."""
    tx.run("UPDATE tests SET looked = :looked WHERE id = :id", id=test_id, looked=repetitions)


def set_repetition(tx: Tx, invocation_id: InvocationId, repetition: int) -> None:
    sql = "UPDATE invocations SET repetition = :repetition WHERE id = :id"
    tx.run(sql, id=invocation_id, repetition=repetition)


def set_frontier(tx: Tx, invocation_id: InvocationId, frontier: int) -> None:
    tx.run("UPDATE invocations SET frontier = :frontier WHERE id = :id", id=invocation_id, frontier=frontier)


def reset_frontiers(tx: Tx, test_id: TestId) -> None:
    """The server may try every cell again."""
    tx.run("UPDATE invocations SET frontier = 0 WHERE test_id = :id", id=test_id)


def taken(tx: Tx, invocation_id: InvocationId, repetition: int) -> set[str]:
    """The recordings that have a replay queued, running or completed in a repetition."""
    rows = tx.all(
        "SELECT recording_id FROM replays WHERE invocation_id = :id AND repetition = :repetition"
        " AND state IN ('queued', 'running', 'completed')",
        id=invocation_id,
        repetition=repetition,
    )
    return {row["recording_id"] for row in rows}


def unended(tx: Tx, invocation_id: InvocationId) -> bool:
    """Whether a completed replay of an invocation has not been ended."""
    sql = "SELECT 1 AS found FROM replays WHERE invocation_id = :id AND state = 'completed' AND ended IS NULL LIMIT 1"
    return tx.one(sql, id=invocation_id) is not None


def unended_in(tx: Tx, test_id: TestId) -> bool:
    """Whether a completed replay of a test has not been ended."""
    sql = "SELECT 1 AS found FROM replays WHERE test_id = :id AND state = 'completed' AND ended IS NULL LIMIT 1"
    return tx.one(sql, id=test_id) is not None


def graded_still(tx: Tx, test_id: TestId, invocation_id: InvocationId) -> bool:
    """Whether a replay of an invocation is being graded."""
    sql = (
        "SELECT 1 AS found FROM test_grades WHERE test_id = :test AND state = 'pending' AND invocation_id = :id LIMIT 1"
    )
    return tx.one(sql, test=test_id, id=invocation_id) is not None


def judged_still(tx: Tx, test_id: TestId) -> bool:
    """Whether a grade or a preference of a test is not decided."""
    row = tx.one(
        "SELECT 1 AS found WHERE EXISTS (SELECT 1 FROM test_grades WHERE test_id = :id AND state = 'pending')"
        " OR EXISTS (SELECT 1 FROM preferences WHERE test_id = :id AND state = 'pending')",
        id=test_id,
    )
    return row is not None


def replay_count(tx: Tx, test_id: TestId) -> int:
    """How many replays a test has had, in any state."""
    row = tx.one("SELECT count(*) AS n FROM replays WHERE test_id = :id", id=test_id)
    return row["n"] if row else 0


def completed_among(tx: Tx, invocation_id: InvocationId, recordings: Sequence[str], repetition: int | None) -> int:
    """How many replays of these recordings are completed, in one repetition or in all."""
    params: dict[str, object] = {f"r{number}": each for number, each in enumerate(recordings)}
    among = ", ".join(f":{name}" for name in params)
    where = "" if repetition is None else " AND repetition = :repetition"
    if repetition is not None:
        params["repetition"] = repetition
    row = tx.one(
        "SELECT count(*) AS n FROM replays WHERE invocation_id = :id AND state = 'completed'"  # noqa: S608
        f" AND recording_id IN ({among}){where}",
        id=invocation_id,
        **params,
    )
    return row["n"] if row else 0


def is_taken(tx: Tx, cell: str) -> bool:
    """Whether a cell has a replay that is queued, running or completed."""
    sql = "SELECT 1 AS found FROM replays WHERE cell = :cell AND state IN ('queued', 'running', 'completed')"
    return tx.one(sql, cell=cell) is not None


def failed_count(tx: Tx, test_id: TestId, since: int) -> int:
    """How many replays of a test failed since an instant."""
    sql = "SELECT count(*) AS n FROM replays WHERE test_id = :id AND state = 'failed' AND completed_at >= :since"
    row = tx.one(sql, id=test_id, since=since)
    return row["n"] if row else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Active:
    """A replay that is queued or running."""

    id: ReplayId
    invocation_id: InvocationId
    running: bool


def active_of(tx: Tx, test_id: TestId) -> list[Active]:
    """What is queued or running in a test, oldest first."""
    rows = tx.all(
        "SELECT id, invocation_id, state FROM replays WHERE test_id = :id AND state IN ('queued', 'running')"
        " ORDER BY created_at, repetition, position, id",
        id=test_id,
    )
    return [
        Active(
            id=ReplayId(row["id"]), invocation_id=InvocationId(row["invocation_id"]), running=row["state"] == "running"
        )
        for row in rows
    ]


def active_in(tx: Tx, invocation_id: InvocationId) -> bool:
    """Whether a replay of an invocation is queued or running."""
    sql = "SELECT 1 AS found FROM replays WHERE invocation_id = :id AND state IN ('queued', 'running') LIMIT 1"
    return tx.one(sql, id=invocation_id) is not None


def begun(tx: Tx, invocation_id: InvocationId, repetition: int) -> bool:
    """Whether a repetition has had a replay, in any state."""
    sql = "SELECT 1 AS found FROM replays WHERE invocation_id = :id AND repetition = :repetition LIMIT 1"
    return tx.one(sql, id=invocation_id, repetition=repetition) is not None


def going_on(tx: Tx, account_id: str) -> int:
    """How many tests of an account go on by themselves now."""
    row = tx.one(
        "SELECT count(*) AS n FROM tests WHERE account_id = :account AND state <> 'completed' AND halted IS NULL"
        " AND (auto_advance = 1 OR plan LIKE :automatic)",
        account=account_id,
        automatic='%"automatic":true%',
    )
    return row["n"] if row else 0


def newest_of(tx: Tx, invocation_id: InvocationId, recording_id: str) -> ReplayId | None:
    """The newest replay of a recording in an invocation, in any state. In a cell one that was not stopped and did not
    fail is the newest, whatever the clock says."""
    row = tx.one(
        "SELECT id FROM replays WHERE invocation_id = :id AND recording_id = :recording ORDER BY repetition DESC,"
        " CASE WHEN state IN ('stopped', 'failed') THEN 1 ELSE 0 END, created_at DESC, id DESC LIMIT 1",
        id=invocation_id,
        recording=recording_id,
    )
    return ReplayId(row["id"]) if row else None

"""SQL that erases what tests keep of a recording."""

from collections.abc import Mapping, Sequence

import msgspec

from parlour.benchmarks.entities import Blame, FeedbackRow, Outcome, ReplayId, TestGradeId
from parlour.storage.tx import Tx

_OF_RECORDING = "test_id = :test AND recording_id = :recording"


def tests_with(tx: Tx, recording_id: str) -> list[str]:
    """The tests whose snapshot has a recording, oldest first."""
    rows = tx.all("SELECT id FROM tests WHERE snapshot LIKE :name ORDER BY id", name=f"%{recording_id}%")
    return [row["id"] for row in rows]


def set_erased(tx: Tx, test_id: str, recording_ids: Sequence[str]) -> None:
    tx.run("UPDATE tests SET erased = :erased WHERE id = :id", id=test_id, erased=_json(tuple(recording_ids)))


def erase_turns(tx: Tx, test_id: str, recording_id: str) -> None:
    """What was heard, said and called in every replay of a recording; that there were turns stays."""
    tx.run(
        "UPDATE replay_turns SET heard = '[]', content = '', tool_calls = '[]' WHERE replay_id IN"  # noqa: S608 (a constant)
        f" (SELECT id FROM replays WHERE {_OF_RECORDING})",
        test=test_id,
        recording=recording_id,
    )


def set_findings(tx: Tx, replay_id: ReplayId, outcomes: Sequence[Outcome] | None, blame: Blame | None) -> None:
    tx.run(
        "UPDATE replays SET checks = :checks, blame = :blame WHERE id = :id",
        id=replay_id,
        checks=None if outcomes is None else _json(tuple(outcomes)),
        blame=_json(blame) if blame else None,
    )


def set_judged(tx: Tx, grade_id: TestGradeId, items: Sequence[FeedbackRow]) -> None:
    """A grade without a word of its judge; levels and points as in `items`."""
    sql = "UPDATE test_grades SET summary = NULL, reason = NULL, items = :items WHERE id = :id"
    tx.run(sql, id=grade_id, items=_json(tuple(items)))


def erase_preferences(tx: Tx, test_id: str, recording_id: str) -> None:
    nothing: Mapping[str, tuple[str, ...]] = {}
    tx.run(
        f"UPDATE preferences SET reason = NULL, quotes = :quotes WHERE {_OF_RECORDING}",  # noqa: S608 (a constant)
        test=test_id,
        recording=recording_id,
        quotes=_json(nothing),
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

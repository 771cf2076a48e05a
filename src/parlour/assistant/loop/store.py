"""SQL over the journal of turns."""

from collections.abc import Sequence

from parlour.assistant.entities import Step, TurnId
from parlour.kernel.ids import PauseId
from parlour.storage.tx import Row, Tx


def _step(row: Row) -> Step:
    pause_id: str | None = row["pause_id"]
    return Step(
        turn_id=TurnId(row["turn_id"]),
        n=row["n"],
        name=row["name"],
        kind=row["kind"],
        title=row["title"],
        tool=row["tool"],
        arguments=row["arguments"],
        pause_id=PauseId(pause_id) if pause_id else None,
        outcome=row["outcome"],
        output=row["output"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )


def steps(tx: Tx, turn_id: TurnId) -> list[Step]:
    rows = tx.all("SELECT * FROM lab_steps WHERE turn_id = :id ORDER BY n, started_at", id=turn_id)
    return [_step(row) for row in rows]


def insert(tx: Tx, step: Step) -> None:
    """A step begins or is done at once; one that had begun before a crash is replaced."""
    tx.run(
        "INSERT INTO lab_steps (turn_id, n, name, kind, title, tool, arguments, pause_id, outcome, output, started_at,"
        " finished_at) VALUES (:turn_id, :n, :name, :kind, :title, :tool, :arguments, :pause_id, :outcome, :output,"
        " :started_at, :finished_at) ON CONFLICT (turn_id, n, name) DO UPDATE SET title = excluded.title,"
        " tool = excluded.tool, arguments = excluded.arguments, pause_id = excluded.pause_id,"
        " outcome = excluded.outcome, output = excluded.output, finished_at = excluded.finished_at",
        turn_id=step.turn_id,
        n=step.n,
        name=step.name,
        kind=step.kind,
        title=step.title,
        tool=step.tool,
        arguments=step.arguments,
        pause_id=step.pause_id,
        outcome=step.outcome,
        output=step.output,
        started_at=step.started_at,
        finished_at=step.finished_at,
    )


def finish(tx: Tx, turn_id: TurnId, place: tuple[int, str], outcome: str, output: str) -> None:
    """A step that had begun is done; how and when it first ended never changes."""
    tx.run(
        "UPDATE lab_steps SET outcome = :outcome, output = :output, finished_at = :now"
        " WHERE turn_id = :id AND n = :n AND name = :name AND finished_at IS NULL",
        id=turn_id,
        n=place[0],
        name=place[1],
        outcome=outcome,
        output=output,
        now=tx.now_ms,
    )


def set_said(tx: Tx, turn_id: TurnId, place: tuple[int, str], start: int, text: str) -> None:
    """Text of a thought that is still coming: what was there is kept up to `start`."""
    kept = "substr(coalesce(output, ''), 1, :start) || :text" if start else ":text"
    tx.run(
        f"UPDATE lab_steps SET output = {kept} WHERE turn_id = :id AND n = :n AND name = :name"  # noqa: S608
        " AND finished_at IS NULL",
        id=turn_id,
        n=place[0],
        name=place[1],
        **({"start": start} if start else {}),
        text=text,
    )


def close(tx: Tx, turn_id: TurnId, outcome: str) -> None:
    """What was still going on when the turn ended, ended so."""
    tx.run(
        "UPDATE lab_steps SET outcome = :outcome, output = NULL, finished_at = :now"
        " WHERE turn_id = :id AND finished_at IS NULL",
        id=turn_id,
        outcome=outcome,
        now=tx.now_ms,
    )


def delete(tx: Tx, turn_ids: Sequence[TurnId]) -> None:
    tx.many("DELETE FROM lab_steps WHERE turn_id = :id", [{"id": turn_id} for turn_id in turn_ids])

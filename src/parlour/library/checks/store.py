"""The rows of `content_checks`: one for each check that was asked for."""

from typing import Literal

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Row, Tx

CheckState = Literal["running", "done", "failed"]
_COLUMNS = "id, subject_id, digest, artifact_type, account_id, state, progress, report, created_at, ended_at"


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckRow:
    """A check of an artifact. `progress` and `report` are JSON; times in milliseconds."""

    id: str
    subject_id: str
    digest: str
    artifact_type: str
    account_id: AccountId
    state: CheckState
    progress: str
    report: str | None
    created_at: int
    ended_at: int | None


def insert(tx: Tx, row: CheckRow) -> None:
    """A new check."""
    tx.run(
        f"INSERT INTO content_checks ({_COLUMNS}) VALUES"  # noqa: S608 (names of columns)
        " (:id, :subject, :digest, :type, :account, :state, :progress, :report, :created, :ended)",
        id=row.id,
        subject=row.subject_id,
        digest=row.digest,
        type=row.artifact_type,
        account=row.account_id,
        state=row.state,
        progress=row.progress,
        report=row.report,
        created=row.created_at,
        ended=row.ended_at,
    )


def check(tx: Tx, check_id: str, *, lock: bool = False) -> CheckRow | None:
    """A check by its id."""
    found = tx.one(
        f"SELECT {_COLUMNS} FROM content_checks WHERE id = :id{' FOR UPDATE' if lock else ''}",  # noqa: S608
        id=check_id,
    )
    return _row(found) if found else None


def latest(tx: Tx, subject_id: str) -> CheckRow | None:
    """The newest check of a subject."""
    found = tx.one(
        f"SELECT {_COLUMNS} FROM content_checks WHERE subject_id = :subject"  # noqa: S608
        " ORDER BY created_at DESC, id DESC LIMIT 1",
        subject=subject_id,
    )
    return _row(found) if found else None


def running_of(tx: Tx, account_id: AccountId) -> int:
    """How many checks an account has running."""
    found = tx.one(
        "SELECT COUNT(*) AS count FROM content_checks WHERE account_id = :account AND state = 'running'",
        account=account_id,
    )
    return int(found["count"]) if found else 0


def set_progress(tx: Tx, check_id: str, progress: str) -> None:
    """How far it is."""
    tx.run("UPDATE content_checks SET progress = :progress WHERE id = :id", progress=progress, id=check_id)


def end(tx: Tx, check_id: str, state: CheckState, report: str | None) -> None:
    """It has ended; what was needed on the way is forgotten."""
    tx.run(
        "UPDATE content_checks SET state = :state, report = :report, progress = '', ended_at = :now WHERE id = :id",
        state=state,
        report=report,
        now=tx.now_ms,
        id=check_id,
    )


def delete_of(tx: Tx, subject_id: str) -> None:
    """Every check of a subject is forgotten."""
    tx.run("DELETE FROM content_checks WHERE subject_id = :subject", subject=subject_id)


def _row(row: Row) -> CheckRow:
    return CheckRow(
        id=row["id"],
        subject_id=row["subject_id"],
        digest=row["digest"],
        artifact_type=row["artifact_type"],
        account_id=row["account_id"],
        state=row["state"],
        progress=row["progress"],
        report=row["report"],
        created_at=row["created_at"],
        ended_at=row["ended_at"],
    )

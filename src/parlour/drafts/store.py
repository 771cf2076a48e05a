"""The rows of `drafts` and `generations`."""

from dataclasses import dataclass

import msgspec

from parlour.drafts.entities import Draft, DraftBody, DraftId, Failure, Order, Progress, Run, RunId, RunState
from parlour.kernel.decoding import decode
from parlour.kernel.ids import AccountId, AttemptId
from parlour.storage.tx import Row, Tx


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _draft(row: Row) -> Draft:
    return Draft(
        id=DraftId(row["id"]),
        artifact_type=row["artifact_type"],
        artifact_id=row["artifact_id"],
        account_id=AccountId(row["account_id"]),
        version=row["version"],
        body=decode(row["body"], DraftBody),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        used_at=row["used_at"],
    )


def insert(tx: Tx, draft: Draft) -> None:
    tx.run(
        "INSERT INTO drafts (id, artifact_type, artifact_id, account_id, version, body, created_at, updated_at,"
        " used_at) VALUES (:id, :artifact_type, :artifact_id, :account_id, :version, :body, :now, :now, NULL)",
        id=draft.id,
        artifact_type=draft.artifact_type,
        artifact_id=draft.artifact_id,
        account_id=draft.account_id,
        version=draft.version,
        body=_json(draft.body),
        now=draft.created_at,
    )


def draft(tx: Tx, draft_id: str, *, lock: bool = False) -> Draft | None:
    row = tx.one(f"SELECT * FROM drafts WHERE id = :id{' FOR UPDATE' if lock else ''}", id=draft_id)  # noqa: S608
    return _draft(row) if row else None


def write(tx: Tx, draft_id: DraftId, body: DraftBody) -> None:
    """Store what a draft holds; its version goes up by one."""
    tx.run(
        "UPDATE drafts SET body = :body, version = version + 1, updated_at = :now WHERE id = :id",
        id=draft_id,
        body=_json(body),
        now=tx.now_ms,
    )


def mark_used(tx: Tx, draft_id: DraftId) -> None:
    tx.run("UPDATE drafts SET used_at = :now WHERE id = :id", id=draft_id, now=tx.now_ms)


def delete(tx: Tx, draft_id: DraftId) -> None:
    tx.run("DELETE FROM drafts WHERE id = :id", id=draft_id)


def delete_of_attempt(tx: Tx, attempt_id: AttemptId) -> None:
    tx.run("DELETE FROM drafts WHERE id IN (SELECT draft_id FROM generations WHERE attempt_id = :id)", id=attempt_id)
    tx.run("DELETE FROM generations WHERE attempt_id = :id", id=attempt_id)


def unused_of(tx: Tx, account_id: AccountId) -> int:
    """How many drafts of an account no chat has been opened with."""
    row = tx.one("SELECT count(*) AS found FROM drafts WHERE account_id = :id AND used_at IS NULL", id=account_id)
    return row["found"] if row else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Then:
    """The job that the end of a run enqueues; `body` is JSON."""

    kind: str
    body: str


def insert_run(tx: Tx, run: Run, then: Then | None) -> None:
    tx.run(
        "INSERT INTO generations (id, group_id, account_id, attempt_id, draft_id, artifact_type, state, request,"
        " progress, error, then_kind, then_body, created_at, ended_at) VALUES (:id, :group_id, :account_id,"
        " :attempt_id, :draft_id, :artifact_type, :state, :request, :progress, NULL, :then_kind, :then_body, :now,"
        " NULL)",
        id=run.id,
        group_id=run.group_id,
        account_id=run.account_id,
        attempt_id=run.order.attempt_id,
        draft_id=run.draft_id,
        artifact_type=run.artifact_type,
        state=run.state,
        request=_json(run.order),
        progress=_json(run.progress),
        then_kind=then.kind if then else None,
        then_body=then.body if then else None,
        now=tx.now_ms,
    )


def run(tx: Tx, run_id: str, *, lock: bool = False) -> Run | None:
    row = tx.one(f"SELECT * FROM generations WHERE id = :id{' FOR UPDATE' if lock else ''}", id=run_id)  # noqa: S608
    if row is None:
        return None
    return Run(
        id=RunId(row["id"]),
        group_id=row["group_id"],
        account_id=AccountId(row["account_id"]),
        draft_id=DraftId(row["draft_id"]),
        artifact_type=row["artifact_type"],
        state=row["state"],
        order=decode(row["request"], Order),
        progress=decode(row["progress"], Progress),
        error=decode(row["error"], Failure) if row["error"] else None,
    )


def set_progress(tx: Tx, run_id: RunId, progress: Progress) -> None:
    tx.run("UPDATE generations SET progress = :progress WHERE id = :id", id=run_id, progress=_json(progress))


def end_run(tx: Tx, run_id: RunId, state: RunState, error: Failure | None) -> Then | None:
    """End a run; the job that is to follow, if one is."""
    row = tx.one(
        "UPDATE generations SET state = :state, error = :error, ended_at = :now WHERE id = :id AND state = 'running'"
        " RETURNING then_kind, then_body",
        id=run_id,
        state=state,
        error=_json(error) if error else None,
        now=tx.now_ms,
    )
    return Then(kind=row["then_kind"], body=row["then_body"]) if row and row["then_kind"] else None

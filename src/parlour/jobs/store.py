"""SQL over jobs."""

from collections.abc import Sequence

from parlour.kernel.ids import JobId
from parlour.storage.tx import JOB_LEASE_MS, Row, StartedJob, Tx

AHEAD_MS = 2 * JOB_LEASE_MS


def claim(tx: Tx, owner: str, limit: int) -> list[StartedJob]:
    """Due jobs and lapsed leases. A time that lies further ahead than clocks differ was written before
    the clock was set back (P31): such a job is due, such a lease has lapsed."""
    rows = tx.all(
        "UPDATE jobs SET state = 'running', claims = claims + 1, lease_owner = :owner, lease_until = :until"
        " WHERE id IN (SELECT id FROM jobs WHERE (state = 'ready' AND (run_at <= :now OR created_at > :ahead))"
        " OR (state = 'running' AND (lease_until < :now OR lease_until > :ahead))"
        " ORDER BY run_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
        " RETURNING id, kind, body, claims",
        owner=owner,
        until=tx.now_ms + JOB_LEASE_MS,
        now=tx.now_ms,
        ahead=tx.now_ms + AHEAD_MS,
        limit=limit,
    )
    return [_started(row) for row in rows]


def next_run_at(tx: Tx) -> int | None:
    """When the next waiting job is due."""
    row = tx.one("SELECT min(run_at) AS at FROM jobs WHERE state = 'ready'")
    return row["at"] if row else None


def _started(row: Row) -> StartedJob:
    body: str = row["body"]
    return StartedJob(JobId(row["id"]), row["kind"], body.encode(), row["claims"])


def extend(tx: Tx, owner: str, job_ids: Sequence[JobId]) -> None:
    until = tx.now_ms + JOB_LEASE_MS
    sql = "UPDATE jobs SET lease_until = :until WHERE id = :id AND lease_owner = :owner AND state = 'running'"
    tx.many(sql, [{"until": until, "id": job_id, "owner": owner} for job_id in job_ids])


def hold(tx: Tx, job_id: JobId, owner: str, claims: int) -> bool:
    sql = (
        "SELECT id FROM jobs WHERE id = :id AND state = 'running' AND lease_owner = :owner AND claims = :claims"
        " FOR UPDATE"
    )
    return tx.one(sql, id=job_id, owner=owner, claims=claims) is not None


def remove(tx: Tx, job_id: JobId, owner: str, claims: int) -> bool:
    sql = "DELETE FROM jobs WHERE id = :id AND state = 'running' AND lease_owner = :owner AND claims = :claims"
    return tx.run(sql, id=job_id, owner=owner, claims=claims) > 0


def put_back(tx: Tx, job_id: JobId, owner: str, run_at: int, error: str | None) -> bool:
    sql = (
        "UPDATE jobs SET state = 'ready', run_at = :run_at, created_at = :now, lease_owner = NULL, lease_until = NULL,"
        " error = :error"
        " WHERE id = :id AND lease_owner = :owner AND state = 'running'"
    )
    return tx.run(sql, id=job_id, owner=owner, run_at=run_at, now=tx.now_ms, error=error) > 0


def stick(tx: Tx, job_id: JobId, owner: str, error: str) -> bool:
    sql = (
        "UPDATE jobs SET state = 'stuck', lease_owner = NULL, lease_until = NULL, unique_key = NULL, error = :error"
        " WHERE id = :id AND lease_owner = :owner AND state = 'running'"
    )
    return tx.run(sql, id=job_id, owner=owner, error=error) > 0


def release(tx: Tx, owner: str | None) -> int:
    where = "lease_owner = :owner AND" if owner else ""
    params = {"owner": owner} if owner else {}
    sql = (
        "UPDATE jobs SET state = 'ready', lease_owner = NULL, lease_until = NULL,"  # noqa: S608
        f" claims = claims - {1 if owner else 0} WHERE {where} state = 'running'"
    )
    return tx.run(sql, **params)


def cancel(tx: Tx, job_id: JobId) -> bool:
    return tx.run("DELETE FROM jobs WHERE id = :id", id=job_id) > 0


def states(tx: Tx) -> Sequence[tuple[str, str, int]]:
    rows = tx.all("SELECT kind, state, count(*) AS n FROM jobs GROUP BY kind, state ORDER BY kind, state")
    return [(row["kind"], row["state"], row["n"]) for row in rows]

"""SQL over pauses. Every change of state is a compare-and-set that says whether it happened."""

from dataclasses import replace

import msgspec

from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decoder_of
from parlour.kernel.ids import AccountId, PauseId
from parlour.pauses.entities import Answer, Asking, Body, OnExpiry, Pause, PauseState, Settling
from parlour.storage.tx import Row, Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """The column `question`: what is asked and what silence means."""

    body: Body
    on_expiry: OnExpiry


@dataclass(frozen=True, kw_only=True, slots=True)
class Resume:
    """The job that goes on after a pause: its kind, and its body as JSON."""

    kind: str
    body: str


_KEPT = decoder_of(Kept)
_ANSWER = decoder_of(dict[str, object])
_SELECT = (
    "SELECT p.*, assignee.user_id AS assigned_user, person.user_id AS answered_user FROM pauses p"
    " LEFT JOIN accounts assignee ON assignee.id = p.assigned_to"
    " LEFT JOIN accounts person ON person.id = p.answered_by"
)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _account(name: str | None) -> AccountId | None:
    return AccountId(name) if name is not None else None


def _pause(row: Row) -> Pause:
    kept = _KEPT.decode(row["question"])
    return Pause(
        id=PauseId(row["id"]),
        account_id=AccountId(row["account_id"]),
        subject=row["subject"],
        kind=row["kind"],
        body=kept.body,
        on_expiry=kept.on_expiry,
        state=row["state"],
        message_id=row["message_id"],
        assigned_to=_account(row["assigned_to"]),
        assigned_user=row["assigned_user"],
        answered_by=_account(row["answered_by"]),
        answered_user=row["answered_user"],
        answer=_ANSWER.decode(row["answer"]) if row["answer"] else None,
        answer_message_id=row["answer_message_id"],
        answer_error=row["answer_error"],
        created_at=row["created_at"],
        delivered_at=row["delivered_at"],
        deadline_at=row["deadline_at"],
        settled_at=row["settled_at"],
    )


def insert(tx: Tx, pause_id: PauseId, asking: Asking) -> bool:
    """False if the subject has an open or pending question already."""
    operation = asking.body.operation
    added = tx.run(
        "INSERT INTO pauses (id, account_id, subject, kind, question, state, resume_kind, resume_body, created_at,"
        " deadline_at, operation_digest) VALUES (:id, :account, :subject, :kind, :question, 'open', :resume_kind,"
        " :resume_body, :now, :deadline, :digest) ON CONFLICT DO NOTHING",
        id=pause_id,
        account=asking.account_id,
        subject=asking.subject,
        kind=asking.kind,
        question=_json(Kept(body=asking.body, on_expiry=asking.on_expiry)),
        resume_kind=asking.resume_kind or "",
        resume_body=_json(asking.resume_body),
        now=tx.now_ms,
        deadline=asking.deadline_at,
        digest=operation.digest if operation else None,
    )
    return added == 1


def set_message(tx: Tx, pause_id: PauseId, message_id: str) -> None:
    """The message that carries the question."""
    tx.run("UPDATE pauses SET message_id = :message WHERE id = :id", id=pause_id, message=message_id)


def pause(tx: Tx, pause_id: PauseId) -> Pause | None:
    """The question, in any state."""
    row = tx.one(f"{_SELECT} WHERE p.id = :id", id=pause_id)
    return _pause(row) if row else None


def of_account(tx: Tx, account_id: AccountId, *, every: bool, limit: int) -> list[Pause]:
    """What an account is asked, newest first; with `every` also what is settled."""
    state = "" if every else " AND p.state IN ('open', 'pending')"
    rows = tx.all(
        f"{_SELECT} WHERE p.account_id = :account{state} ORDER BY p.created_at DESC, p.id DESC LIMIT :n",
        account=account_id,
        n=limit,
    )
    return [_pause(row) for row in rows]


def of_assignee(tx: Tx, account_id: AccountId, *, every: bool, limit: int) -> list[Pause]:
    """What others gave this account to answer, newest first."""
    state = "" if every else " AND p.state IN ('open', 'pending')"
    rows = tx.all(
        f"{_SELECT} WHERE p.assigned_to = :account{state} ORDER BY p.created_at DESC, p.id DESC LIMIT :n",
        account=account_id,
        n=limit,
    )
    return [_pause(row) for row in rows]


def open_of_subject(tx: Tx, subject: str) -> Pause | None:
    """The one question of a piece of work that can still be answered."""
    row = tx.one(f"{_SELECT} WHERE p.subject = :subject AND p.state IN ('open', 'pending')", subject=subject)
    return _pause(row) if row else None


def move(tx: Tx, pause_id: PauseId, before: PauseState, after: PauseState, error: str | None) -> bool:
    """From one unsettled state to the other."""
    changed = tx.run(
        "UPDATE pauses SET state = :after, answer_error = :error WHERE id = :id AND state = :before",
        id=pause_id,
        before=before,
        after=after,
        error=error,
    )
    return changed == 1


def settle(
    tx: Tx, pause_id: PauseId, state: PauseState, given: Settling | None, answer: Answer | None
) -> Resume | None:
    """From `open` or `pending` to `state`, once: what goes on then; None if it was settled before.

    `answer` is what takes effect; `given` says who gave it, if somebody did.
    """
    row = tx.one(
        "UPDATE pauses SET state = :state, answer = :answer, answered_by = :by, answer_message_id = :message,"
        " answer_error = NULL, settled_at = :now WHERE id = :id AND state IN ('open', 'pending')"
        " RETURNING resume_kind, resume_body",
        id=pause_id,
        state=state,
        answer=_json(answer) if answer is not None else None,
        by=given.by if given else None,
        message=given.message_id if given else None,
        now=tx.now_ms,
    )
    return Resume(kind=row["resume_kind"], body=row["resume_body"]) if row else None


def set_delivered(tx: Tx, pause_id: PauseId) -> bool:
    """False if it had been delivered before."""
    sql = "UPDATE pauses SET delivered_at = :now WHERE id = :id AND delivered_at IS NULL"
    return tx.run(sql, id=pause_id, now=tx.now_ms) == 1


def assign(tx: Tx, asked: Pause, to: AccountId | None, note: str | None) -> bool:
    """False if it can no longer be answered."""
    kept = Kept(body=replace(asked.body, note=note), on_expiry=asked.on_expiry)
    changed = tx.run(
        "UPDATE pauses SET assigned_to = :to, question = :question WHERE id = :id AND state IN ('open', 'pending')",
        id=asked.id,
        to=to,
        question=_json(kept),
    )
    return changed == 1


def assigned_of_subject(tx: Tx, subject: str) -> list[Pause]:
    """The questions of a piece of work that are assigned to somebody."""
    rows = tx.all(f"{_SELECT} WHERE p.subject = :subject AND p.assigned_to IS NOT NULL", subject=subject)
    return [_pause(row) for row in rows]


def delete_of_subject(tx: Tx, subject: str) -> None:
    """Erase every question of a piece of work."""
    tx.run("DELETE FROM pauses WHERE subject = :subject", subject=subject)

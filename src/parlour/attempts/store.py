"""SQL over attempts."""

import msgspec

from parlour.attempts.entities import Attempt
from parlour.kernel.ids import AccountId, AttemptId, EntryId
from parlour.storage.tx import Row, Tx

_IDS = msgspec.json.Decoder(tuple[str, ...])


def _attempt(row: Row) -> Attempt:
    return Attempt(
        id=AttemptId(row["id"]),
        account_id=AccountId(row["account_id"]),
        entry_id=EntryId(row["entry_id"]),
        practice=bool(row["practice"]),
        infinite_mode=bool(row["infinite_mode"]),
        num_chats=row["num_chats"],
        pass_number=row["pass"],
        user_persona_id=row["user_persona_id"],
        simulation_id=row["simulation_id"],
        cohort_id=row["cohort_id"],
        department_ids=_IDS.decode(row["department_ids"]),
        name=row["name"],
        description=row["description"],
        state=row["state"],
        archived=bool(row["archived"]),
        created_at=row["created_at"],
        ended_at=row["ended_at"],
    )


def insert(tx: Tx, attempt: Attempt) -> None:
    tx.run(
        "INSERT INTO attempts (id, account_id, entry_id, practice, infinite_mode, num_chats, pass, user_persona_id,"
        " simulation_id, cohort_id, department_ids, name, description, state, archived, created_at, ended_at)"
        " VALUES (:id, :account_id, :entry_id, :practice, :infinite_mode, :num_chats, :pass, :user_persona_id,"
        " :simulation_id, :cohort_id, :department_ids, :name, :description, :state, :archived, :created_at, NULL)",
        id=attempt.id,
        account_id=attempt.account_id,
        entry_id=attempt.entry_id,
        practice=int(attempt.practice),
        infinite_mode=int(attempt.infinite_mode),
        num_chats=attempt.num_chats,
        user_persona_id=attempt.user_persona_id,
        simulation_id=attempt.simulation_id,
        cohort_id=attempt.cohort_id,
        department_ids=msgspec.json.encode(attempt.department_ids).decode(),
        name=attempt.name,
        description=attempt.description,
        state=attempt.state,
        archived=int(attempt.archived),
        created_at=attempt.created_at,
        **{"pass": attempt.pass_number},
    )


def attempt(tx: Tx, attempt_id: AttemptId, *, lock: bool) -> Attempt | None:
    row = tx.one(f"SELECT * FROM attempts WHERE id = :id{' FOR UPDATE' if lock else ''}", id=attempt_id)  # noqa: S608
    return _attempt(row) if row else None


def set_pass(tx: Tx, attempt_id: AttemptId, number: int) -> None:
    tx.run("UPDATE attempts SET pass = :number WHERE id = :id", id=attempt_id, number=number)


def end(tx: Tx, attempt_id: AttemptId) -> None:
    tx.run("UPDATE attempts SET state = 'ended', ended_at = :now WHERE id = :id", id=attempt_id, now=tx.now_ms)


def of_account(tx: Tx, account_id: AccountId, before: int, limit: int) -> list[Attempt]:
    rows = tx.all(
        "SELECT * FROM attempts WHERE account_id = :id AND created_at < :before ORDER BY created_at DESC, id DESC LIMIT :n",
        id=account_id,
        before=before,
        n=limit,
    )
    return [_attempt(row) for row in rows]


def of_entry(tx: Tx, account_id: AccountId, entry_id: EntryId) -> list[Attempt]:
    rows = tx.all(
        "SELECT * FROM attempts WHERE account_id = :id AND entry_id = :entry ORDER BY created_at",
        id=account_id,
        entry=entry_id,
    )
    return [_attempt(row) for row in rows]

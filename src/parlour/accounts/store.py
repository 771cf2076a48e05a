"""The SQL of accounts, sessions, departments, cohorts and daily use."""

from collections.abc import Collection, Sequence
from typing import cast

from parlour.accounts.entities import Account, Cohort, Department, SessionKind
from parlour.accounts.names import fold
from parlour.kernel.actor import Actor, Role
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Row, Tx

COLUMNS = "id, user_id, name, email, role, disabled, requests_per_day, created_at"


def account_of(row: Row) -> Account:
    """The account that a row of `COLUMNS` holds."""
    return Account(
        account_id=AccountId(row["id"]),
        user_id=row["user_id"],
        name=row["name"],
        email=row["email"],
        role=cast(Role, row["role"]),
        disabled=bool(row["disabled"]),
        requests_per_day=row["requests_per_day"],
        created_at=row["created_at"],
    )


def insert_account(tx: Tx, account: Account, password_hash: str | None) -> bool:
    """Store a new account; `False` if its user id, email or id is taken."""
    return (
        tx.run(
            "INSERT INTO accounts (id, user_id, folded, name, email, role, password_hash, disabled,"
            " requests_per_day, created_at)"
            " VALUES (:id, :user_id, :folded, :name, :email, :role, :hash, 0, :per_day, :at)"
            " ON CONFLICT DO NOTHING",
            id=account.account_id,
            user_id=account.user_id,
            folded=fold(account.user_id),
            name=account.name,
            email=account.email,
            role=account.role,
            hash=password_hash,
            per_day=account.requests_per_day,
            at=account.created_at,
        )
        == 1
    )


def account_by_id(tx: Tx, account_id: str) -> Account | None:
    """The account, if there is one."""
    row = tx.one(f"SELECT {COLUMNS} FROM accounts WHERE id = :id", id=account_id)  # noqa: S608
    return None if row is None else account_of(row)


def account_by_user_id(tx: Tx, user_id: str) -> Account | None:
    """The account of that name; names are compared folded."""
    row = tx.one(f"SELECT {COLUMNS} FROM accounts WHERE folded = :folded", folded=fold(user_id))  # noqa: S608
    return None if row is None else account_of(row)


def account_by_email(tx: Tx, email: str) -> Account | None:
    """The account with that address, which must be lower case."""
    row = tx.one(f"SELECT {COLUMNS} FROM accounts WHERE email = :email", email=email)  # noqa: S608
    return None if row is None else account_of(row)


def accounts_after(tx: Tx, user_id: str, limit: int) -> list[Account]:
    """At most `limit` accounts by name, those after `user_id`."""
    sql = f"SELECT {COLUMNS} FROM accounts WHERE folded > :folded ORDER BY folded LIMIT :n"  # noqa: S608
    return [account_of(row) for row in tx.all(sql, folded=fold(user_id), n=limit)]


def password_hash(tx: Tx, account_id: str) -> str | None:
    """The argon2id hash, if the account has a password."""
    row = tx.one("SELECT password_hash FROM accounts WHERE id = :id", id=account_id)
    return None if row is None else row["password_hash"]


def update_password(tx: Tx, account_id: str, new_hash: str) -> None:
    """Replace the hash."""
    tx.run("UPDATE accounts SET password_hash = :hash WHERE id = :id", hash=new_hash, id=account_id)


def update_role(tx: Tx, account_id: str, role: Role) -> None:
    """Replace the role."""
    tx.run("UPDATE accounts SET role = :role WHERE id = :id", role=role, id=account_id)


def update_requests_per_day(tx: Tx, account_id: str, requests_per_day: int | None) -> None:
    """Replace the daily limit."""
    tx.run("UPDATE accounts SET requests_per_day = :n WHERE id = :id", n=requests_per_day, id=account_id)


def disable(tx: Tx, account_id: str) -> bool:
    """`False` if it was disabled already."""
    return tx.run("UPDATE accounts SET disabled = 1 WHERE id = :id AND disabled = 0", id=account_id) == 1


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSession:
    """A row of `sessions` about to be stored."""

    digest: str
    account_id: str
    kind: SessionKind
    label: str
    expires_at: int | None
    idle_seconds: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """A stored session; `revoked_at` and `expires_at` in milliseconds. With `idle_seconds` it lives that
    long after its last use."""

    account_id: str
    kind: SessionKind
    expires_at: int | None
    revoked_at: int | None
    idle_seconds: int | None


def insert_session(tx: Tx, new: NewSession) -> None:
    """Store a session."""
    tx.run(
        "INSERT INTO sessions (digest, account_id, kind, label, created_at, expires_at, revoked_at, idle_seconds)"
        " VALUES (:digest, :account_id, :kind, :label, :now, :expires_at, NULL, :idle_seconds)",
        digest=new.digest,
        account_id=new.account_id,
        kind=new.kind,
        label=new.label,
        now=tx.now_ms,
        expires_at=new.expires_at,
        idle_seconds=new.idle_seconds,
    )


def session(tx: Tx, digest: str) -> Session | None:
    """The session of this digest, live or not."""
    sql = "SELECT account_id, kind, expires_at, revoked_at, idle_seconds FROM sessions WHERE digest = :digest"
    row = tx.one(sql, digest=digest)
    if row is None:
        return None
    return Session(
        account_id=row["account_id"],
        kind=cast(SessionKind, row["kind"]),
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        idle_seconds=row["idle_seconds"],
    )


def renew(tx: Tx, digest: str) -> None:
    """Let a live session that slides live its whole time from now."""
    tx.run(
        "UPDATE sessions SET expires_at = :now + idle_seconds * CAST(1000 AS BIGINT)"
        " WHERE digest = :digest AND revoked_at IS NULL AND idle_seconds IS NOT NULL AND expires_at > :now",
        now=tx.now_ms,
        digest=digest,
    )


def revoke(tx: Tx, digest: str) -> str | None:
    """Revoke one live session; its account, or `None` if there was none."""
    row = tx.one(
        "UPDATE sessions SET revoked_at = :now WHERE digest = :digest AND revoked_at IS NULL RETURNING account_id",
        now=tx.now_ms,
        digest=digest,
    )
    return None if row is None else row["account_id"]


def revoke_all(tx: Tx, account_id: str, *, kinds: Collection[SessionKind]) -> list[str]:
    """Revoke every live session of these kinds; their digests."""
    revoked: list[str] = []
    for kind in kinds:
        rows = tx.all(
            "UPDATE sessions SET revoked_at = :now WHERE account_id = :id AND kind = :kind AND revoked_at IS NULL"
            " RETURNING digest",
            now=tx.now_ms,
            id=account_id,
            kind=kind,
        )
        revoked += [row["digest"] for row in rows]
    return revoked


def forget_sessions(tx: Tx, account_id: str, before: int) -> None:
    """Delete the sessions of an account that ended before this instant."""
    tx.run(
        "DELETE FROM sessions WHERE account_id = :id AND (revoked_at < :before OR expires_at < :before)",
        id=account_id,
        before=before,
    )


def actor_of(tx: Tx, account: Account) -> Actor:
    """The account with its departments and the cohorts it teaches."""
    departments = tx.all("SELECT department_id FROM account_departments WHERE account_id = :id", id=account.account_id)
    taught = tx.all(
        "SELECT cohort_id FROM cohort_people WHERE account_id = :id AND part = 'instructor'", id=account.account_id
    )
    return Actor(
        account_id=account.account_id,
        user_id=account.user_id,
        role=account.role,
        department_ids=frozenset(row["department_id"] for row in departments),
        taught_cohort_ids=frozenset(row["cohort_id"] for row in taught),
    )


def upsert_department(tx: Tx, department: Department) -> None:
    """Store a department or rename it; its name must be free."""
    tx.run(
        "INSERT INTO departments (id, name) VALUES (:id, :name) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        id=department.department_id,
        name=department.name,
    )


def departments(tx: Tx) -> list[Department]:
    """All departments by name."""
    rows = tx.all("SELECT id, name FROM departments ORDER BY name, id")
    return [Department(department_id=row["id"], name=row["name"]) for row in rows]


def accounts_of_department(tx: Tx, department_id: str) -> set[str]:
    """The accounts in a department."""
    rows = tx.all("SELECT account_id FROM account_departments WHERE department_id = :id", id=department_id)
    return {row["account_id"] for row in rows}


def replace_departments(tx: Tx, account_id: str, department_ids: Sequence[str]) -> None:
    """Make these the departments of the account."""
    tx.run("DELETE FROM account_departments WHERE account_id = :id", id=account_id)
    tx.many(
        "INSERT INTO account_departments (account_id, department_id) VALUES (:account_id, :department_id)",
        [{"account_id": account_id, "department_id": one} for one in department_ids],
    )


def upsert_cohort(tx: Tx, cohort_id: str, name: str) -> None:
    """Store a cohort or rename it; its department stays."""
    tx.run(
        "INSERT INTO cohorts (id, name, department_id) VALUES (:id, :name, NULL)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        id=cohort_id,
        name=name,
    )


def set_cohort_department(tx: Tx, cohort_id: str, department_id: str | None) -> None:
    """Move the cohort to a department or to none."""
    tx.run("UPDATE cohorts SET department_id = :department WHERE id = :id", department=department_id, id=cohort_id)


def cohorts(tx: Tx) -> list[Cohort]:
    """All cohorts by name."""
    rows = tx.all("SELECT id, name, department_id FROM cohorts ORDER BY name, id")
    return [Cohort(cohort_id=row["id"], name=row["name"], department_id=row["department_id"]) for row in rows]


def cohort(tx: Tx, cohort_id: str) -> Cohort | None:
    """The cohort, if there is one."""
    row = tx.one("SELECT id, name, department_id FROM cohorts WHERE id = :id", id=cohort_id)
    return None if row is None else Cohort(cohort_id=row["id"], name=row["name"], department_id=row["department_id"])


def cohort_people(tx: Tx, cohort_id: str, part: str) -> set[str]:
    """Who has that part in the cohort."""
    rows = tx.all(
        "SELECT account_id FROM cohort_people WHERE cohort_id = :id AND part = :part", id=cohort_id, part=part
    )
    return {row["account_id"] for row in rows}


def cohorts_of_learner(tx: Tx, account_id: str) -> list[str]:
    rows = tx.all(
        "SELECT cohort_id FROM cohort_people WHERE account_id = :id AND part = 'learner' ORDER BY cohort_id",
        id=account_id,
    )
    return [row["cohort_id"] for row in rows]


def add_cohort_people(tx: Tx, cohort_id: str, part: str, account_ids: Sequence[str]) -> None:
    """Give accounts that part; they must not have it."""
    tx.many(
        "INSERT INTO cohort_people (cohort_id, account_id, part, persona_id)"
        " VALUES (:cohort_id, :account_id, :part, NULL) ON CONFLICT DO NOTHING",
        [{"cohort_id": cohort_id, "account_id": one, "part": part} for one in account_ids],
    )


def remove_cohort_people(tx: Tx, cohort_id: str, part: str, account_ids: Sequence[str]) -> None:
    """Take that part from accounts."""
    tx.many(
        "DELETE FROM cohort_people WHERE cohort_id = :cohort_id AND account_id = :account_id AND part = :part",
        [{"cohort_id": cohort_id, "account_id": one, "part": part} for one in account_ids],
    )


def lock(tx: Tx, account_id: str) -> None:
    """Nobody else changes the account, or locks it, before the transaction ends."""
    tx.one("SELECT id FROM accounts WHERE id = :id FOR UPDATE", id=account_id)


def use_one(tx: Tx, account_id: str, day: str, limit: int | None) -> bool:
    """Count one request of the day, unless `limit` are counted already (then `False`)."""
    sql = (
        "INSERT INTO usage_days (account_id, day, used) VALUES (:id, :day, 1)"
        " ON CONFLICT (account_id, day) DO UPDATE SET used = usage_days.used + 1"
    )
    if limit is None:
        return tx.run(sql, id=account_id, day=day) == 1
    return tx.run(sql + " WHERE usage_days.used < :most", id=account_id, day=day, most=limit) == 1


def used(tx: Tx, account_id: str, day: str) -> int:
    """How many requests of that day were counted."""
    row = tx.one("SELECT used FROM usage_days WHERE account_id = :id AND day = :day", id=account_id, day=day)
    return 0 if row is None else row["used"]

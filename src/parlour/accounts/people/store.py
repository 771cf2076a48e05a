"""The SQL of whom somebody sees, and of what staff change about people."""

from collections.abc import Mapping, Sequence
from typing import cast

from parlour.accounts.entities import Account, Cohort, CohortPart
from parlour.accounts.store import COLUMNS, account_of
from parlour.kernel.actor import Role
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """Whom somebody sees: themselves, who is in these departments, in these cohorts, and in cohorts of the departments
    that they run; or everybody."""

    account_id: str
    department_ids: tuple[str, ...] = ()
    cohort_ids: tuple[str, ...] = ()
    run_department_ids: tuple[str, ...] = ()
    everybody: bool = False


def accounts_seen(tx: Tx, sight: Sight, after: str, limit: int) -> list[Account]:
    """At most `limit` of the accounts that somebody sees, by name, those after the folded name `after`."""
    seen, params = _seen(sight)
    sql = f"SELECT {COLUMNS} FROM accounts WHERE folded > :after AND ({seen}) ORDER BY folded LIMIT :n"  # noqa: S608
    return [account_of(row) for row in tx.all(sql, after=after, n=limit, **params)]


def sees(tx: Tx, sight: Sight, account_id: str) -> bool:
    """Whether somebody sees an account."""
    seen, params = _seen(sight)
    return tx.one(f"SELECT id FROM accounts WHERE id = :id AND ({seen})", id=account_id, **params) is not None  # noqa: S608


def roles_seen(tx: Tx, sight: Sight) -> dict[Role, int]:
    """How many of the accounts that somebody sees have each role."""
    seen, params = _seen(sight)
    rows = tx.all(f"SELECT role, COUNT(*) AS people FROM accounts WHERE ({seen}) GROUP BY role", **params)  # noqa: S608
    return {cast(Role, row["role"]): row["people"] for row in rows}


def departments_of(tx: Tx, account_id: str) -> frozenset[str]:
    """The departments of an account."""
    rows = tx.all("SELECT department_id FROM account_departments WHERE account_id = :id", id=account_id)
    return frozenset(row["department_id"] for row in rows)


def parts_of(tx: Tx, account_id: str) -> list[tuple[Cohort, CohortPart]]:
    """The cohorts of an account and its parts in them, by name."""
    rows = tx.all(
        "SELECT c.id, c.name, c.department_id, p.part FROM cohort_people p JOIN cohorts c ON c.id = p.cohort_id"
        " WHERE p.account_id = :id ORDER BY c.name, c.id, p.part",
        id=account_id,
    )
    return [
        (
            Cohort(cohort_id=row["id"], name=row["name"], department_id=row["department_id"]),
            cast(CohortPart, row["part"]),
        )
        for row in rows
    ]


def counts_of_cohorts(tx: Tx) -> Mapping[tuple[str, str], int]:
    """How many have each part in each cohort."""
    rows = tx.all("SELECT cohort_id, part, COUNT(*) AS people FROM cohort_people GROUP BY cohort_id, part")
    return {(row["cohort_id"], row["part"]): row["people"] for row in rows}


def has_people_of(tx: Tx, cohort_id: str, department_ids: Sequence[str]) -> bool:
    """Whether somebody in a cohort is in one of these departments."""
    params = {f"d{number}": each for number, each in enumerate(department_ids)}
    names = ", ".join(f":{name}" for name in params) or "''"
    joined = "cohort_people p JOIN account_departments d ON d.account_id = p.account_id"
    found = f"p.cohort_id = :cohort AND d.department_id IN ({names})"
    sql = f"SELECT p.account_id FROM {joined} WHERE {found} LIMIT 1"  # noqa: S608
    return tx.one(sql, cohort=cohort_id, **params) is not None


def update_name(tx: Tx, account_id: str, name: str) -> None:
    """Replace the name."""
    tx.run("UPDATE accounts SET name = :name WHERE id = :id", name=name, id=account_id)


def update_email(tx: Tx, account_id: str, email: str | None) -> None:
    """Replace the address, which must be free and lower case."""
    tx.run("UPDATE accounts SET email = :email WHERE id = :id", email=email, id=account_id)


def enable(tx: Tx, account_id: str) -> bool:
    """`False` if it was not disabled."""
    return tx.run("UPDATE accounts SET disabled = 0 WHERE id = :id AND disabled = 1", id=account_id) == 1


def _seen(sight: Sight) -> tuple[str, dict[str, object]]:
    if sight.everybody:
        return "1 = 1", {}
    params: dict[str, object] = {"me": sight.account_id}

    def among(name: str, ids: Sequence[str]) -> str:
        params.update({f"{name}{number}": each for number, each in enumerate(ids)})
        return ", ".join(f":{name}{number}" for number in range(len(ids))) or "''"

    departments, cohorts = among("d", sight.department_ids), among("c", sight.cohort_ids)
    run = among("r", sight.run_department_ids)
    shares = f"SELECT account_id FROM account_departments WHERE department_id IN ({departments})"  # noqa: S608
    taught = f"SELECT account_id FROM cohort_people WHERE cohort_id IN ({cohorts})"  # noqa: S608
    joined = "cohort_people p JOIN cohorts c ON c.id = p.cohort_id"
    theirs = f"SELECT p.account_id FROM {joined} WHERE c.department_id IN ({run})"  # noqa: S608
    return f"id = :me OR id IN ({shares}) OR id IN ({taught}) OR id IN ({theirs})", params

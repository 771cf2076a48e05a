"""Pages of people, departments, roles and cohorts, each as far as who asks sees them."""

from collections.abc import Sequence

from parlour.accounts import actions as accounts
from parlour.accounts.entities import Account, Cohort, CohortPart, Department
from parlour.accounts.names import fold
from parlour.accounts.people import store
from parlour.accounts.people.seeing import may_change, may_edit_cohort, may_move, may_read_cohort, sight_of
from parlour.kernel.actor import RANKS, ROLES, Actor, Role
from parlour.kernel.clock import rfc3339
from parlour.kernel.cursors import cursor_of, page_after, said_by
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import not_found
from parlour.storage.tx import Tx

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
CURSOR_CHARS_MAX = 400
# So many accounts are looked at for one page at most; a page may then be short and still have a next one.
LOOKED_AT_MAX = 5_000
_BATCH = 500
_ABOUT: dict[Role, tuple[str, str]] = {
    "superadmin": ("Superadmin", "Sees and does everything."),
    "admin": ("Admin", "Runs departments: their people, their content, the work that is done in them."),
    "instructional": ("Instructor", "Teaches cohorts and writes content."),
    "member": ("Learner", "Practises what is assigned or offered."),
    "guest": ("Guest", "Practises without a lasting identity, where guests are let in."),
    "custom": ("Custom", "A learner with single rights granted besides."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleShown:
    """A role. `may_give`: whether who asks may give it to people; `people`: how many of those whom they see have it."""

    role: Role
    name: str
    description: str
    rank: int
    may_give: bool
    people: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortOf:
    """A cohort in which an account has a part."""

    cohort_id: str
    part: CohortPart


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountShown:
    """An account. `email` and `requests_per_day` only for itself and for who may change it; departments and cohorts as
    far as who asks sees these. `may_move`: whether `department_ids` may be changed, `may_edit`: all the rest."""

    profile_id: str
    user_id: str
    name: str
    role: Role
    rank: int
    disabled: bool
    email: str | None
    requests_per_day: int | None
    department_ids: Sequence[str]
    cohorts: Sequence[CohortOf]
    may_edit: bool
    may_move: bool
    created_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountPage:
    """A page of accounts by user id. `next_cursor` is null at the end."""

    items: Sequence[AccountShown]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DepartmentShown:
    """A department, and whether who asks may rename it."""

    id: str
    name: str
    may_edit: bool


def roles(tx: Tx, actor: Actor) -> list[RoleShown]:
    """Every role, highest first."""
    counts = store.roles_seen(tx, sight_of(actor))
    return [
        RoleShown(
            role=role,
            name=_ABOUT[role][0],
            description=_ABOUT[role][1],
            rank=RANKS[role],
            may_give=may_give(actor, role),
            people=counts.get(role, 0),
        )
        for role in ROLES
    ]


def may_give(actor: Actor, role: Role) -> bool:
    """Whether an actor may give somebody a role: admins and above, and only what is below themselves."""
    return actor.rank >= RANKS["admin"] and RANKS[role] < actor.rank


def departments(tx: Tx, actor: Actor) -> list[DepartmentShown]:
    """The departments that an actor sees: their own, for a superadmin all."""
    return [shown_department(actor, each) for each in accounts.list_departments(tx) if sees_department(actor, each)]


def sees_department(actor: Actor, department: Department) -> bool:
    """Whether an actor sees a department."""
    return actor.role == "superadmin" or department.department_id in actor.department_ids


def shown_department(actor: Actor, department: Department) -> DepartmentShown:
    """A department as it is shown to who sees it."""
    return DepartmentShown(id=department.department_id, name=department.name, may_edit=actor.rank >= RANKS["admin"])


def account_page(tx: Tx, actor: Actor, search: str, cursor: str | None, limit: int) -> AccountPage:
    """Accounts that an actor sees, by user id. `search` is looked for in user ids and names, in any case and width.

    Raises `invalid_request` for a cursor of another list.
    """
    after, wanted = said_by(cursor) if cursor is not None else "", fold(search.strip())
    found: list[Account] = []
    looked_at = 0
    while looked_at < LOOKED_AT_MAX and len(found) <= limit:
        batch = store.accounts_seen(tx, sight_of(actor), after, _BATCH)
        for account in batch:
            after = fold(account.user_id)
            if wanted in after or wanted in fold(account.name):
                found.append(account)
                if len(found) > limit:
                    break
        looked_at += len(batch)
        if len(batch) < _BATCH and len(found) <= limit:
            return AccountPage(items=[shown_account(tx, actor, each) for each in found], next_cursor=None)
    shown = found[:limit]
    last = fold(shown[-1].user_id) if len(found) > limit else after
    return AccountPage(items=[shown_account(tx, actor, each) for each in shown], next_cursor=cursor_of(last))


def account_to_read(tx: Tx, actor: Actor, account_id: str) -> Account:
    """An account that an actor sees; raises `not_found`."""
    account = accounts.account_by_id(tx, account_id)
    if account is None or not store.sees(tx, sight_of(actor), account_id):
        raise not_found("Account")
    return account


def shown_account(tx: Tx, actor: Actor, account: Account) -> AccountShown:
    """An account as it is shown to who sees it."""
    is_in = store.departments_of(tx, account.account_id)
    decides = may_change(actor, account, is_in)
    private = decides or account.account_id == actor.account_id
    return AccountShown(
        profile_id=account.account_id,
        user_id=account.user_id,
        name=account.name,
        role=account.role,
        rank=RANKS[account.role],
        disabled=account.disabled,
        email=account.email if private else None,
        requests_per_day=account.requests_per_day if private else None,
        department_ids=sorted(is_in if actor.role == "superadmin" else is_in & actor.department_ids),
        cohorts=[
            CohortOf(cohort_id=cohort.cohort_id, part=part)
            for cohort, part in store.parts_of(tx, account.account_id)
            if account.account_id == actor.account_id or may_read_cohort(tx, actor, cohort)
        ],
        may_edit=decides,
        may_move=may_move(actor, account, is_in),
        created_at=rfc3339(account.created_at),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortShown:
    """A cohort in the list, with how many learn and teach in it."""

    id: str
    name: str
    department_id: str | None
    learners: int
    instructors: int
    may_edit: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortPage:
    """A page of the cohorts that the caller may read, by name. `next_cursor` is null at the end."""

    items: Sequence[CohortShown]
    next_cursor: str | None


def cohorts(tx: Tx, actor: Actor, cursor: str | None, limit: int) -> CohortPage:
    """The cohorts that an actor may read, those after the one with the id `cursor`."""
    if actor.rank < RANKS["instructional"]:
        return CohortPage(items=(), next_cursor=None)
    readable = [each for each in accounts.list_cohorts(tx) if may_read_cohort(tx, actor, each)]
    found, following = page_after(readable, lambda each: each.cohort_id, cursor, limit)
    counts = store.counts_of_cohorts(tx)
    items = [
        CohortShown(
            id=each.cohort_id,
            name=each.name,
            department_id=seen_department(actor, each),
            learners=counts.get((each.cohort_id, "learner"), 0),
            instructors=counts.get((each.cohort_id, "instructor"), 0),
            may_edit=may_edit_cohort(actor, each),
        )
        for each in found
    ]
    return CohortPage(items=items, next_cursor=following)


def seen_department(actor: Actor, cohort: Cohort) -> str | None:
    """The department of a cohort, if the actor sees that."""
    seen = actor.role == "superadmin" or cohort.department_id in actor.department_ids
    return cohort.department_id if seen else None

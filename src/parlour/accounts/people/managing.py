"""Verbs of staff on accounts and departments. Each asks for the rights as they are now, and leaves a row in the audit.

`route` is the way by which it was done, as the audit keeps it.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Literal

from parlour.accounts import actions as accounts
from parlour.accounts.entities import Account, Department, NewAccount
from parlour.accounts.names import check_email, check_name
from parlour.accounts.people import store
from parlour.accounts.people.listing import account_to_read, may_give, sees_department
from parlour.accounts.people.seeing import may_change, may_move
from parlour.audit import actions as audit
from parlour.audit.entities import Entry
from parlour.kernel.actor import RANKS, Actor, Role
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, forbidden, invalid, not_found
from parlour.storage.tx import Tx

REQUESTS_PER_DAY_MAX = 1_000_000


class Kept(Enum):
    """That a member which may be None was not given."""

    KEEP = "keep"


KEEP: Literal[Kept.KEEP] = Kept.KEEP


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountChange:
    """What is to change about an account; what is left out stays. `requests_per_day` None lifts the limit.

    `department_ids` are the ones that who asks sees: those of other people's departments stay.
    """

    name: str | None = None
    email: str | Literal[Kept.KEEP] | None = KEEP
    role: Role | None = None
    requests_per_day: int | Literal[Kept.KEEP] | None = KEEP
    department_ids: tuple[str, ...] | None = None
    disabled: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPerson:
    """An account to be made. `department_ids` None: those of who makes it."""

    user_id: str
    name: str
    role: Role = "member"
    email: str | None = None
    requests_per_day: int | None = None
    department_ids: tuple[str, ...] | None = None
    password_hash: str | None = None


def open_account(tx: Tx, actor: Actor, new: NewPerson, route: str) -> Account:
    """Make an account of a lower rank in departments of one's own.

    `forbidden` for who is no admin, has no department, or gives a role at or above the own rank; `not_found` for a
    department of others; and the refusals of `accounts.create_account`.
    """
    actor = present(tx, actor)
    if not may_give(actor, new.role):
        raise forbidden()
    _check_requests(new.requests_per_day)
    wanted = new.department_ids
    if wanted is None:
        wanted = () if actor.role == "superadmin" else tuple(sorted(actor.department_ids))
    if actor.role != "superadmin" and not wanted:
        raise forbidden() if new.department_ids is None else invalid("/department_ids", "name at least one department")
    _check_departments(tx, actor, wanted)
    account = accounts.create_account(
        tx,
        NewAccount(
            user_id=new.user_id,
            name=new.name,
            role=new.role,
            email=new.email,
            password_hash=new.password_hash,
            requests_per_day=new.requests_per_day,
        ),
    )
    accounts.set_account_departments(tx, account.account_id, wanted)
    detail = {"role": new.role, "departments": sorted(set(wanted)), "requests_per_day": new.requests_per_day}
    note(tx, actor, Done("account.create", account.account_id, route, detail))
    return account


def change_account(tx: Tx, actor: Actor, account_id: str, change: AccountChange, route: str) -> Account:
    """Change an account of a lower rank; all of it or nothing.

    `not_found` for who is not seen; `forbidden` for the own rank and above, for oneself, for an admin about somebody
    who is in departments of others too (but `department_ids`), for a role at or above the own rank, and for an e-mail
    address by others than superadmins: people sign in with it.
    """
    actor = present(tx, actor)
    accounts.lock(tx, account_id)
    account = account_to_read(tx, actor, account_id)
    is_in = store.departments_of(tx, account_id)
    _check_change(actor, account, change, is_in)
    detail: dict[str, object] = {}
    if change.department_ids is not None:
        _move(tx, actor, account_id, (frozenset(change.department_ids), is_in), detail)
    if change.name is not None and change.name != account.name:
        check_name(change.name)
        store.update_name(tx, account_id, change.name)
        detail["name"] = True
    if change.email is not KEEP:
        _set_email(tx, account, change.email, detail)
    if change.requests_per_day is not KEEP and change.requests_per_day != account.requests_per_day:
        _check_requests(change.requests_per_day)
        accounts.set_requests_per_day(tx, account_id, change.requests_per_day)
        detail["requests_per_day"] = [account.requests_per_day, change.requests_per_day]
    if change.role is not None and change.role != account.role:
        accounts.set_role(tx, account_id, change.role)
        detail["role"] = [account.role, change.role]
    if change.disabled is not None and change.disabled != account.disabled:
        _set_disabled(tx, account_id, disabled=change.disabled)
        detail["disabled"] = change.disabled
    if detail:
        note(tx, actor, Done("account.change", account_id, route, detail))
    return accounts.account_by_id(tx, account_id) or account


def open_department(tx: Tx, actor: Actor, name: str, route: str, department_id: str | None = None) -> Department:
    """A new department; superadmins only. `name_taken`, `name_invalid`."""
    if present(tx, actor).role != "superadmin":
        raise forbidden()
    check_name(name)
    made = accounts.create_department(tx, name, department_id=department_id)
    note(tx, actor, Done("department.create", made.department_id, route, {}))
    return made


def rename_department(tx: Tx, actor: Actor, department_id: str, name: str, route: str) -> Department:
    """Give a department another name; its admins and superadmins may. `not_found`, `forbidden`, `name_taken`."""
    actor = present(tx, actor)
    known = {each.department_id: each for each in accounts.list_departments(tx)}
    department = known.get(department_id)
    if department is None or not sees_department(actor, department):
        raise not_found("Department")
    if actor.rank < RANKS["admin"]:
        raise forbidden()
    check_name(name)
    if name == department.name:
        return department
    accounts.create_department(tx, name, department_id=department_id)
    note(tx, actor, Done("department.rename", department_id, route, {}))
    return replace(department, name=name)


def present(tx: Tx, actor: Actor) -> Actor:
    """Who asks, with the rights of this transaction: who lost them meanwhile gives nobody any."""
    found = accounts.actor_by_id(tx, actor.account_id)
    if found is None:
        raise accounts.account_disabled()
    return found


@dataclass(frozen=True, slots=True)
class Done:
    """What the audit is told: ids, codes and numbers only."""

    action: str
    subject: str
    route: str
    detail: Mapping[str, object]


def note(tx: Tx, actor: Actor, done: Done) -> None:
    """Leave a row in the audit."""
    audit.record(
        tx,
        Entry(actor=actor.account_id, action=done.action, subject=done.subject, route=done.route, detail=done.detail),
    )


def _check_change(actor: Actor, account: Account, change: AccountChange, is_in: frozenset[str]) -> None:
    moves_only = change == AccountChange(department_ids=change.department_ids)
    allowed = may_move(actor, account, is_in) if moves_only else may_change(actor, account, is_in)
    if not allowed or (change.role is not None and not may_give(actor, change.role)):
        raise forbidden()
    if change.email is not KEEP and actor.role != "superadmin" and (change.email or None) != account.email:
        raise forbidden()


def _check_departments(tx: Tx, actor: Actor, department_ids: tuple[str, ...]) -> None:
    known = {each.department_id for each in accounts.list_departments(tx) if sees_department(actor, each)}
    if not known.issuperset(department_ids):
        raise not_found("Department")


def _move(
    tx: Tx, actor: Actor, account_id: str, sides: tuple[frozenset[str], frozenset[str]], detail: dict[str, object]
) -> None:
    """Make the departments that the actor sees the wanted ones; `sides`: (wanted, those it is in)."""
    wanted, is_in = sides
    _check_departments(tx, actor, tuple(wanted))
    others: frozenset[str] = frozenset() if actor.role == "superadmin" else is_in - actor.department_ids
    after = wanted | others
    if not after and actor.role != "superadmin":
        raise invalid("/department_ids", "name at least one department")
    if after != is_in:
        accounts.set_account_departments(tx, account_id, after)
        detail["departments"] = [sorted(is_in), sorted(after)]


def _set_email(tx: Tx, account: Account, given: str | None, detail: dict[str, object]) -> None:
    email = given.lower() if given else None
    if email == account.email:
        return
    if email is not None:
        check_email(email)
        if accounts.account_by_email(tx, email) is not None:
            raise Refusal("account_taken", "This name or email is taken.")
    store.update_email(tx, account.account_id, email)
    detail["email"] = True


def _set_disabled(tx: Tx, account_id: str, *, disabled: bool) -> None:
    if disabled:
        accounts.deactivate(tx, account_id)
    elif store.enable(tx, account_id):
        accounts.rights_changed(tx, [account_id])


def _check_requests(requests_per_day: int | None) -> None:
    if requests_per_day is not None and not 0 <= requests_per_day <= REQUESTS_PER_DAY_MAX:
        raise invalid("/requests_per_day", f"it is a number from 0 to {REQUESTS_PER_DAY_MAX}, or null")

"""Publishing departments and profiles: what their values say is done to the accounts."""

from collections.abc import Iterator
from typing import Protocol

from parlour.accounts import actions as accounts
from parlour.accounts.names import check_email, check_name, is_user_id
from parlour.accounts.people.managing import (
    REQUESTS_PER_DAY_MAX,
    AccountChange,
    NewPerson,
    change_account,
    open_account,
    open_department,
    rename_department,
)
from parlour.accounts.people.seeing import may_edit_cohort
from parlour.catalog import actions as catalog
from parlour.drafts.values import Values
from parlour.kernel.actor import Actor
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.library import forms
from parlour.library.checks.findings import Finding
from parlour.library.trainings.cohorts import add_person, remove_person
from parlour.storage.tx import Tx


class Asked(Protocol):
    """What is to be published, and by which way."""

    @property
    def values(self) -> Values: ...
    @property
    def route(self) -> str: ...


def apply_department(tx: Tx, actor: Actor, department: tuple[str, bool], asked: Asked) -> None:
    """Make a department (`department`: its id, whether it is new), or rename it.

    Raises `forbidden`, `name_taken`, `name_invalid`.
    """
    department_id, is_new = department
    name = forms.title(asked.values)
    known = any(each.department_id == department_id for each in accounts.list_departments(tx))
    if is_new or not known:
        open_department(tx, actor, name, asked.route, department_id=department_id)
    else:
        rename_department(tx, actor, department_id, name, asked.route)


def check_profile(tx: Tx, actor: Actor, account_id: str | None, values: Values) -> Iterator[Finding]:
    """What keeps a profile from being applied."""
    name, email = forms.title(values), _email(values)
    checks = [("names", "name", lambda: check_name(name))]
    if email:
        checks.append(("emails", "email", lambda: check_email(email)))
    for type_name, field, check in checks:
        try:
            check()
        except Refusal as refusal:
            yield _wrong(type_name, field, refusal.text)
    holder = accounts.account_by_email(tx, email) if email else None
    if holder is not None and holder.account_id != account_id:
        yield _wrong("emails", "email", "This name or email is taken.")
    limit = _limit(values)
    if limit is not None and not 0 <= limit <= REQUESTS_PER_DAY_MAX:
        yield _wrong("request_limits", "requests_per_day", f"It is a number from 0 to {REQUESTS_PER_DAY_MAX}.")
    if account_id is not None and actor.role != "superadmin":
        account = accounts.account_by_id(tx, account_id)
        if account is not None and (account.email or "") != email:
            yield _wrong("emails", "email", "People sign in with it; only superadmins may change it.")


def apply_profile(tx: Tx, actor: Actor, account_id: str | None, asked: Asked) -> AccountId:
    """Make an account, or change it; its id. Cohorts that the actor may not edit stay as they are.

    Raises what `accounts.people.managing` does.
    """
    values = asked.values
    departments = tuple(value.id for value in values.get("departments", ()) if value.linked)
    name, email, limit = forms.title(values), _email(values) or None, _limit(values)
    if account_id is None:
        new = NewPerson(
            user_id=_user_id(tx, name, email),
            name=name,
            email=email,
            requests_per_day=limit,
            department_ids=departments or None,
        )
        account = open_account(tx, actor, new, asked.route)
    else:
        _lock_cohorts(tx, account_id, asked)
        flags = [value for value in values.get("flags", ()) if value.fields.get("name") == "active"]
        wanted = AccountChange(
            name=name,
            email=email,
            requests_per_day=limit,
            department_ids=departments,
            disabled=flags[0].fields.get("value") is False if flags else None,
        )
        account = change_account(tx, actor, account_id, wanted, asked.route)
    _set_cohorts(tx, actor, (account.account_id, account.user_id), asked)
    return account.account_id


def _lock_cohorts(tx: Tx, account_id: str, asked: Asked) -> None:
    """Before the account, which is the order of locks (`publishing`)."""
    wanted = {value.id for value in asked.values.get("cohorts", ()) if value.linked}
    for cohort_id in sorted(wanted ^ set(accounts.cohorts_of_learner(tx, account_id))):
        catalog.lock(tx, cohort_id)


def _set_cohorts(tx: Tx, actor: Actor, person: tuple[AccountId, str], asked: Asked) -> None:
    account_id, user_id = person
    wanted = {value.id for value in asked.values.get("cohorts", ()) if value.linked}
    present = set(accounts.cohorts_of_learner(tx, account_id))
    for cohort_id in sorted(wanted ^ present):
        cohort = accounts.cohort_by_id(tx, cohort_id)
        if cohort is None or not may_edit_cohort(actor, cohort):
            continue
        if cohort_id in wanted:
            add_person(tx, actor, cohort_id, (user_id, "learner"), asked.route)
        else:
            remove_person(tx, actor, cohort_id, (account_id, "learner"), asked.route)


def _email(values: Values) -> str:
    for value in values.get("emails", ()):
        email = value.fields.get("email")
        if isinstance(email, str):
            return email.strip().lower()
    return ""


def _limit(values: Values) -> int | None:
    for value in values.get("request_limits", ()):
        limit = value.fields.get("requests_per_day")
        if isinstance(limit, int) and not isinstance(limit, bool):
            return limit
    return None


def _user_id(tx: Tx, name: str, email: str | None) -> str:
    """A free user id for a person: the name, else what stands before the sign of the address, else a new one."""
    for candidate in (name.strip(), (email or "").partition("@")[0]):
        if is_user_id(candidate) and accounts.account_by_user_id(tx, candidate) is None:
            return candidate
    return f"person-{tx.new_id()}"


def _wrong(type_name: str, field: str, message: str) -> Finding:
    return Finding(code="form.account", severity="error", message=message, type=type_name, field=field)

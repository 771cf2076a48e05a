"""Departments and profiles as values: they live with the accounts."""

from dataclasses import replace

from parlour.accounts import actions as accounts
from parlour.accounts.entities import Account
from parlour.accounts.people.seeing import departments_of
from parlour.catalog.records import Record
from parlour.drafts.values import Values
from parlour.library.forms.cells import derived, links, singles
from parlour.library.forms.records import values as values_of_record
from parlour.storage.tx import Tx

PEOPLE = ("profiles", "instructors")


def department_values(tx: Tx, department_id: str, record: Record | None) -> Values | None:
    """What a department is written from; its name is that which the accounts know. None if there is none."""
    found = next((each for each in accounts.list_departments(tx) if each.department_id == department_id), None)
    if found is None:
        return values_of_record(record) if record is not None else None
    kept: Values = values_of_record(record) if record is not None else {}
    return {**kept, **singles(department_id, {"names": {"name": found.name}})}


def profile_values(tx: Tx, account_id: str) -> Values | None:
    """What a profile is written from; None if there is no such account."""
    account = accounts.account_by_id(tx, account_id)
    if account is None:
        return None
    return {
        **singles(account_id, {"names": {"name": account.name}, "emails": {"email": account.email}}),
        **_limit(account),
        "flags": (derived(account_id, "flags", 0, {"name": "active", "value": not account.disabled}),),
        **links("departments", sorted(departments_of(tx, account_id))),
        **links("cohorts", accounts.cohorts_of_learner(tx, account_id)),
    }


def without_user_ids(values: Values) -> Values:
    """Values that only link people: who they are is not kept in a version, and not everybody may see it."""
    return {
        name: tuple(replace(each, fields={}, by={}) for each in found) if name in PEOPLE else found
        for name, found in values.items()
    }


def _limit(account: Account) -> Values:
    if account.requests_per_day is None:
        return {}
    fields = {"requests_per_day": account.requests_per_day}
    return {"request_limits": (derived(account.account_id, "request_limits", 0, fields),)}

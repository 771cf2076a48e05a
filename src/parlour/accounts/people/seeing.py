"""Who sees and changes whom. Everything else about people asks here.

A superadmin sees everybody. An admin sees who shares a department, who is in a cohort of one of the own departments,
and the people of cohorts that the admin teaches; an instructional account who shares a department and the people of
the cohorts that it teaches; all others only themselves.
"""

from parlour.accounts.access import shares_department
from parlour.accounts.actions import cohort_by_id
from parlour.accounts.entities import Account, Cohort
from parlour.accounts.people import store
from parlour.accounts.people.store import Sight
from parlour.kernel.actor import RANKS, Actor
from parlour.kernel.refusals import forbidden, not_found
from parlour.storage.tx import Tx


def sight_of(actor: Actor) -> Sight:
    """Whom an actor sees, as the store takes it."""
    departments = tuple(sorted(actor.department_ids))
    match actor.role:
        case "superadmin":
            return Sight(account_id=actor.account_id, everybody=True)
        case "admin" | "instructional":
            return Sight(
                account_id=actor.account_id,
                department_ids=departments,
                cohort_ids=tuple(sorted(actor.taught_cohort_ids)),
                run_department_ids=departments if actor.role == "admin" else (),
            )
        case "member" | "guest" | "custom":
            return Sight(account_id=actor.account_id)


def may_see(tx: Tx, actor: Actor, account_id: str) -> bool:
    """Whether an actor sees an account; there may be none."""
    return store.sees(tx, sight_of(actor), account_id)


def departments_of(tx: Tx, account_id: str) -> frozenset[str]:
    """The departments of an account, also of a disabled one (which is no actor)."""
    return store.departments_of(tx, account_id)


def may_change(actor: Actor, account: Account, department_ids: frozenset[str]) -> bool:
    """Whether an actor decides about an account: role, limit, whether it may come in.

    An admin does only for lower ranks who are in the own departments and in no other one.
    """
    if actor.rank < RANKS["admin"] or RANKS[account.role] >= actor.rank:
        return False
    return actor.role == "superadmin" or (bool(department_ids) and department_ids <= actor.department_ids)


def may_move(actor: Actor, account: Account, department_ids: frozenset[str]) -> bool:
    """Whether an actor puts an account into the own departments and takes it out of them."""
    if actor.rank < RANKS["admin"] or RANKS[account.role] >= actor.rank:
        return False
    return actor.role == "superadmin" or shares_department(actor.department_ids, department_ids)


def teaches(actor: Actor, cohort_id: str) -> bool:
    """Whether an actor teaches a cohort, with a role that teaches at all."""
    return actor.rank >= RANKS["instructional"] and cohort_id in actor.taught_cohort_ids


def may_read_cohort(tx: Tx, actor: Actor, cohort: Cohort) -> bool:
    """Who teaches it; admins and instructional accounts of its department; if it has none, admins who share a
    department with somebody in it."""
    if actor.role == "superadmin" or teaches(actor, cohort.cohort_id):
        return True
    if actor.rank < RANKS["instructional"]:
        return False
    if cohort.department_id is not None:
        return cohort.department_id in actor.department_ids
    return actor.role == "admin" and store.has_people_of(tx, cohort.cohort_id, tuple(sorted(actor.department_ids)))


def may_edit_cohort(actor: Actor, cohort: Cohort) -> bool:
    """Who teaches it, admins of its department, superadmins. Not everybody who authors in its department: who is in a
    cohort as an instructor reads its attempts."""
    if actor.role == "superadmin" or teaches(actor, cohort.cohort_id):
        return True
    return actor.role == "admin" and cohort.department_id in actor.department_ids


def cohort_to_read(tx: Tx, actor: Actor, cohort_id: str) -> Cohort:
    """A cohort that an actor may read; raises `not_found`."""
    cohort = cohort_by_id(tx, cohort_id)
    if cohort is None or not may_read_cohort(tx, actor, cohort):
        raise not_found("Cohort")
    return cohort


def cohort_to_edit(tx: Tx, actor: Actor, cohort_id: str) -> Cohort:
    """A cohort that an actor may change; raises `not_found`, or `forbidden` for who only reads it."""
    cohort = cohort_to_read(tx, actor, cohort_id)
    if not may_edit_cohort(actor, cohort):
        raise forbidden()
    return cohort

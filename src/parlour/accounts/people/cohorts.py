"""Verbs of staff on cohorts: who is in them, what they are called, whose they are. `managing` says what `route` is."""

from collections.abc import Collection

from parlour.accounts import actions as accounts
from parlour.accounts.entities import Account, Cohort, CohortPart
from parlour.accounts.names import check_name
from parlour.accounts.people.managing import Done, note, present
from parlour.accounts.people.seeing import cohort_to_edit, may_edit_cohort, may_see
from parlour.kernel.actor import RANKS, Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import forbidden, invalid, not_found
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortChange:
    """A cohort as it is to be, of whatever it was. `learners` and `instructors` None: those who are in it."""

    name: str
    department_id: str | None
    learners: Collection[AccountId] | None = None
    instructors: Collection[AccountId] | None = None


def set_cohort(tx: Tx, actor: Actor, cohort_id: str, change: CohortChange, route: str) -> Cohort:
    """Make a cohort, or make it like this. Who makes one teaches it, unless it is theirs as admins of its department.

    `not_found` and `forbidden` about the cohort; `not_found` for a department of others, and for people who are not
    seen; `forbidden` for people of a higher rank, for taking the part of another instructor as no admin, and for
    giving the cohort away.
    """
    actor = present(tx, actor)
    known = accounts.cohort_by_id(tx, cohort_id)
    if known is not None:
        cohort_to_edit(tx, actor, cohort_id)
    elif actor.rank < RANKS["instructional"]:
        raise forbidden()
    check_name(change.name)
    if known is None or known.department_id != change.department_id:
        _check_department(tx, actor, change.department_id)
    learners, instructors = _settled(tx, cohort_id, change)
    made = Cohort(cohort_id=cohort_id, name=change.name, department_id=change.department_id)
    if not may_edit_cohort(actor, made):
        if known is not None:
            raise forbidden()
        instructors = instructors | {actor.account_id}
    _check_parts(tx, actor, cohort_id, (learners, instructors))
    detail = _detail(tx, cohort_id, (learners, instructors))
    if known is None or known != made:
        accounts.create_cohort(tx, change.name, change.department_id, cohort_id=cohort_id)
        detail |= {"department": change.department_id, "renamed": known is not None and known.name != change.name}
    accounts.set_cohort_people(tx, cohort_id, change.name, sorted(learners), sorted(instructors))
    if detail:
        note(tx, actor, Done("cohort.create" if known is None else "cohort.change", cohort_id, route, detail))
    return made


def add_person(tx: Tx, actor: Actor, cohort_id: str, person: tuple[str, CohortPart], route: str) -> AccountId:
    """Give somebody, by user id, a part in a cohort. `not_found` for an account that the actor does not see."""
    actor = present(tx, actor)
    cohort_to_edit(tx, actor, cohort_id)
    user_id, part = person
    account = accounts.account_by_user_id(tx, user_id)
    if account is None:
        raise not_found("Account")
    _check_added(tx, actor, account.account_id, part)
    if accounts.add_to_cohort(tx, cohort_id, account.account_id, part):
        note(tx, actor, Done("cohort.add", cohort_id, route, {"account": account.account_id, "part": part}))
    return account.account_id


def remove_person(tx: Tx, actor: Actor, cohort_id: str, person: tuple[str, CohortPart | None], route: str) -> None:
    """Take a part, or (None) every part, from somebody, by account id. `not_found` for who does not have it."""
    actor = present(tx, actor)
    cohort_to_edit(tx, actor, cohort_id)
    account_id, part = person
    parts: tuple[CohortPart, ...] = ("learner", "instructor") if part is None else (part,)
    held: list[CohortPart] = [each for each in parts if account_id in _people(tx, cohort_id, each)]
    if not held:
        raise not_found("Account")
    if "instructor" in held:
        _check_removed(actor, account_id)
    for each in held:
        accounts.remove_from_cohort(tx, cohort_id, account_id, each)
        note(tx, actor, Done("cohort.remove", cohort_id, route, {"account": account_id, "part": each}))


def _people(tx: Tx, cohort_id: str, part: CohortPart) -> set[AccountId]:
    return (accounts.learners_of_cohort if part == "learner" else accounts.instructors_of_cohort)(tx, cohort_id)


def _settled(tx: Tx, cohort_id: str, change: CohortChange) -> tuple[set[AccountId], set[AccountId]]:
    learners, instructors = change.learners, change.instructors
    return (
        accounts.learners_of_cohort(tx, cohort_id) if learners is None else set(learners),
        accounts.instructors_of_cohort(tx, cohort_id) if instructors is None else set(instructors),
    )


def _check_parts(tx: Tx, actor: Actor, cohort_id: str, wanted: tuple[set[AccountId], set[AccountId]]) -> None:
    learners, instructors = wanted
    teaching = accounts.instructors_of_cohort(tx, cohort_id)
    for account_id in sorted(learners - accounts.learners_of_cohort(tx, cohort_id)):
        _check_added(tx, actor, account_id, "learner")
    for account_id in sorted(instructors - teaching):
        _check_added(tx, actor, account_id, "instructor")
    for account_id in sorted(teaching - instructors):
        _check_removed(actor, account_id)


def _check_added(tx: Tx, actor: Actor, account_id: str, part: CohortPart) -> None:
    account: Account | None = accounts.account_by_id(tx, account_id)
    if account is None or not may_see(tx, actor, account_id):
        raise not_found("Account")
    if RANKS[account.role] > actor.rank:
        raise forbidden()
    if part == "instructor" and RANKS[account.role] < RANKS["instructional"]:
        raise invalid("/part", "an instructor of a cohort needs a role that teaches")


def _check_removed(actor: Actor, account_id: str) -> None:
    if actor.rank < RANKS["admin"] and account_id != actor.account_id:
        raise forbidden()


def _check_department(tx: Tx, actor: Actor, department_id: str | None) -> None:
    if department_id is None:
        return
    known = any(each.department_id == department_id for each in accounts.list_departments(tx))
    if not known or (actor.role != "superadmin" and department_id not in actor.department_ids):
        raise not_found("Department")


def _detail(tx: Tx, cohort_id: str, wanted: tuple[set[AccountId], set[AccountId]]) -> dict[str, object]:
    learners, instructors = wanted
    learning, teaching = accounts.learners_of_cohort(tx, cohort_id), accounts.instructors_of_cohort(tx, cohort_id)
    changes: dict[str, object] = {
        "learners_added": sorted(learners - learning),
        "learners_removed": sorted(learning - learners),
        "instructors_added": sorted(instructors - teaching),
        "instructors_removed": sorted(teaching - instructors),
    }
    return {name: ids for name, ids in changes.items() if ids}

"""Cohorts for who teaches them: seen with their people, made and changed. What is published follows at once."""

from collections.abc import Sequence
from dataclasses import replace

from parlour.accounts import actions as accounts
from parlour.accounts.entities import Account, CohortPart
from parlour.accounts.people import cohorts as people
from parlour.accounts.people.cohorts import CohortChange
from parlour.accounts.people.listing import seen_department
from parlour.accounts.people.managing import present
from parlour.accounts.people.seeing import cohort_to_edit, cohort_to_read, may_edit_cohort, may_see
from parlour.catalog import actions as catalog
from parlour.catalog import entities as content
from parlour.catalog import trainings
from parlour.catalog.entities import EntryKind
from parlour.kernel.actor import Actor, Role
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import forbidden
from parlour.library import access
from parlour.library.trainings.access import may_read
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonShown:
    """Somebody in a cohort. `persona_id`: whom a learner plays there."""

    profile_id: str
    user_id: str
    name: str
    role: Role
    persona_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingOf:
    """A training of a cohort."""

    id: str
    kind: EntryKind
    name: str
    active: bool


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class CohortDetail:
    """A cohort with its people, as far as who asks sees them. `version`: of what is published, 0 if nothing is."""

    id: str
    name: str
    description: str
    department_id: str | None
    version: int
    may_edit: bool
    simulation_ids: Sequence[str]
    learners: Sequence[PersonShown]
    instructors: Sequence[PersonShown]
    trainings: Sequence[TrainingOf]


@dataclass(frozen=True, kw_only=True, slots=True)
class NewCohort:
    """A cohort to be made, without people but who makes it."""

    name: str
    description: str = ""
    department_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortEdit:
    """What is to change about a cohort: of `department_id` only with `moves`; None stays."""

    name: str | None = None
    description: str | None = None
    department_id: str | None = None
    moves: bool = False


def detail(tx: Tx, actor: Actor, cohort_id: str) -> CohortDetail:
    """A cohort that an actor may read; raises `not_found`."""
    cohort = cohort_to_read(tx, actor, cohort_id)
    published = catalog.cohort(tx, cohort_id)
    plays = {each.profile_id: each.persona_id for each in published.profile_personas} if published else {}
    newest = catalog.newest(tx, (cohort_id,))
    return CohortDetail(
        id=cohort.cohort_id,
        name=cohort.name,
        description=published.description if published else "",
        department_id=seen_department(actor, cohort),
        version=newest[0].version if newest else 0,
        may_edit=may_edit_cohort(actor, cohort),
        simulation_ids=published.simulation_ids if published else (),
        learners=[
            _shown(each, plays.get(each.account_id))
            for each in _people(tx, actor, accounts.learners_of_cohort(tx, cohort_id))
        ],
        instructors=[_shown(each, None) for each in _people(tx, actor, accounts.instructors_of_cohort(tx, cohort_id))],
        trainings=[
            TrainingOf(id=each.entry.id, kind=each.entry.kind, name=each.entry.name, active=each.entry.active)
            for each in trainings.trainings(tx)
            if cohort_id in each.entry.cohort_ids and may_read(tx, actor, each)
        ],
    )


def detail_now(tx: Tx, actor: Actor, cohort_id: str) -> CohortDetail:
    """The same with the rights that the actor has in this transaction, in which they may have changed."""
    return detail(tx, present(tx, actor), cohort_id)


def create(tx: Tx, actor: Actor, new: NewCohort, route: str) -> str:
    """Make a cohort, in the actor's only department if none is named; its id. `forbidden` for who does not author."""
    actor = present(tx, actor)
    if not access.may_author(actor):
        raise forbidden()
    department_id = new.department_id
    if department_id is None and actor.role != "superadmin" and len(actor.department_ids) == 1:
        department_id = next(iter(actor.department_ids))
    cohort_id = tx.new_id()
    people.set_cohort(tx, actor, cohort_id, CohortChange(name=new.name, department_id=department_id), route)
    made = content.Cohort(id=cohort_id, name=new.name, description=new.description)
    _publish(tx, actor, made)
    return cohort_id


def change(tx: Tx, actor: Actor, cohort_id: str, edit: CohortEdit, route: str) -> None:
    """Change what a cohort is called and whose it is; raises as `people.cohorts.set_cohort`."""
    catalog.lock(tx, cohort_id)
    cohort = cohort_to_edit(tx, present(tx, actor), cohort_id)
    wanted = CohortChange(
        name=cohort.name if edit.name is None else edit.name,
        department_id=edit.department_id if edit.moves else cohort.department_id,
    )
    people.set_cohort(tx, actor, cohort_id, wanted, route)
    _follow(tx, actor, cohort_id, edit.description)


def add_person(tx: Tx, actor: Actor, cohort_id: str, person: tuple[str, CohortPart], route: str) -> None:
    """Give somebody a part in a cohort, as `people.cohorts.add_person`."""
    catalog.lock(tx, cohort_id)
    people.add_person(tx, actor, cohort_id, person, route)
    _follow(tx, actor, cohort_id)


def remove_person(tx: Tx, actor: Actor, cohort_id: str, person: tuple[str, CohortPart | None], route: str) -> None:
    """Take a part from somebody, as `people.cohorts.remove_person`."""
    catalog.lock(tx, cohort_id)
    people.remove_person(tx, actor, cohort_id, person, route)
    _follow(tx, actor, cohort_id)


def _follow(tx: Tx, actor: Actor, cohort_id: str, description: str | None = None) -> None:
    """Publish who is in a cohort now, and what it is called: a draft of it that was begun before is rebased."""
    cohort = accounts.cohort_by_id(tx, cohort_id)
    if cohort is None:
        return
    before = catalog.cohort(tx, cohort_id) or content.Cohort(id=cohort_id, name=cohort.name)
    said = before.description if description is None else description
    _publish(tx, actor, replace(before, name=cohort.name, description=said))


def _publish(tx: Tx, actor: Actor, cohort: content.Cohort) -> None:
    learners = sorted(accounts.learners_of_cohort(tx, cohort.id))
    instructors = sorted(accounts.instructors_of_cohort(tx, cohort.id))
    now = replace(
        cohort,
        profile_ids=_as_before(cohort.profile_ids, learners),
        instructor_ids=_as_before(cohort.instructor_ids, instructors),
        profile_personas=tuple(each for each in cohort.profile_personas if each.profile_id in learners),
    )
    trainings.put_cohort(tx, now, actor.account_id)


def _as_before(before: Sequence[AccountId], now: Sequence[AccountId]) -> tuple[AccountId, ...]:
    """Those who are in it now: in the order in which they were, the new ones last."""
    return tuple(dict.fromkeys((*(each for each in before if each in now), *now)))


def _people(tx: Tx, actor: Actor, account_ids: set[AccountId]) -> list[Account]:
    found = [account for each in account_ids if (account := accounts.account_by_id(tx, each)) is not None]
    return [each for each in sorted(found, key=lambda one: one.user_id) if may_see(tx, actor, each.account_id)]


def _shown(account: Account, persona_id: str | None) -> PersonShown:
    return PersonShown(
        profile_id=account.account_id,
        user_id=account.user_id,
        name=account.name,
        role=account.role,
        persona_id=persona_id,
    )

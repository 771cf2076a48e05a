"""A published cohort comes to life: its people, and the home trainings of its simulations (Glow 1.2)."""

from collections.abc import Collection
from dataclasses import replace

from parlour.accounts import actions as accounts
from parlour.accounts.people.cohorts import CohortChange, set_cohort
from parlour.accounts.people.managing import present
from parlour.catalog import actions as catalog
from parlour.catalog import trainings
from parlour.catalog.entities import ChatTemplate, Cohort, Entry
from parlour.catalog.trainings import Training
from parlour.kernel.actor import Actor
from parlour.kernel.ids import EntryId
from parlour.library.forms.cohorts import CohortPlan, training_id
from parlour.library.trainings.access import may_edit
from parlour.library.trainings.actions import simulation_of
from parlour.library.trainings.templates import kept, templates_for
from parlour.storage.tx import Tx


def settle_cohort(tx: Tx, actor: Actor, cohort: Cohort, plan: CohortPlan, route: str) -> tuple[str, ...]:
    """Bring a published cohort to life: its people, and a home training for each of its simulations; their ids.

    A simulation that the cohort trains with already, by whatever training, gets none again; those of simulations that
    are no longer in it end. To be called before the new version is stored; raises what
    `accounts.people.cohorts.set_cohort` does, before anything is written.
    """
    published = catalog.cohort(tx, cohort.id)
    before = frozenset(published.simulation_ids if published else ())
    for simulation_id in cohort.simulation_ids:
        simulation_of(tx, simulation_id)
    wanted = CohortChange(
        name=cohort.name,
        department_id=_department(tx, cohort.id, plan),
        learners=cohort.profile_ids,
        instructors=cohort.instructor_ids,
    )
    ids = {each.entry.id for each in trainings.trainings(tx) if cohort.id in each.entry.cohort_ids}
    trainings.locked(tx, ids | {training_id(cohort.id, each) for each in cohort.simulation_ids})
    set_cohort(tx, actor, cohort.id, wanted, route)
    actor = present(tx, actor)
    of_cohort = [each for each in trainings.trainings(tx) if cohort.id in each.entry.cohort_ids]
    for training in of_cohort:
        ended = training.entry.simulation_id in before and training.entry.simulation_id not in cohort.simulation_ids
        _settle(tx, actor, cohort, training, ended=ended)
    return tuple(_train(tx, actor, (cohort, simulation_id), plan, before) for simulation_id in cohort.simulation_ids)


def _settle(tx: Tx, actor: Actor, cohort: Cohort, training: Training, *, ended: bool) -> None:
    """Bring who plays whom into a training of a cohort, and end it if the cohort no longer has its simulation."""
    if not may_edit(tx, actor, training):
        return
    entry = training.entry
    alone = entry.kind == "home" and entry.cohort_ids == (cohort.id,)
    others = (each for each in entry.profile_personas if each.profile_id not in cohort.profile_ids)
    after = replace(
        entry,
        active=entry.active and not (ended and alone),
        profile_personas=(*others, *cohort.profile_personas),
    )
    if after != entry:
        trainings.put_training(tx, after, actor.account_id)


def _train(tx: Tx, actor: Actor, which: tuple[Cohort, str], plan: CohortPlan, before: Collection[str]) -> str:
    """The home training of a cohort with one of its simulations, made if there is none."""
    cohort, simulation_id = which
    entry_id = EntryId(training_id(cohort.id, simulation_id))
    catalog.lock(tx, entry_id)
    old = catalog.entry_for(tx, "home", entry_id)
    if old is None:
        for training in trainings.trainings(tx):
            entry = training.entry
            same = entry.simulation_id == simulation_id and cohort.id in entry.cohort_ids
            if entry.kind == "home" and entry.active and same:
                return entry.id
    elif not may_edit(tx, actor, Training(entry=old, version=0, author_id=None)):
        return entry_id
    simulation = simulation_of(tx, simulation_id)
    chats: dict[str, ChatTemplate] = {each.id: each for each in old.templates} if old else {}
    entry = Entry(
        id=entry_id,
        kind="home",
        name=old.name if old else simulation.name,
        description=old.description if old else simulation.description,
        simulation_id=simulation_id,
        cohort_ids=tuple(dict.fromkeys((*(old.cohort_ids if old else ()), cohort.id))),
        profile_personas=old.profile_personas if old and cohort.id in old.cohort_ids else cohort.profile_personas,
        start_time=plan.starts.get(simulation_id),
        end_time=plan.ends.get(simulation_id),
        position=plan.positions.get(simulation_id, old.position if old else 0),
        active=old is None or old.active or simulation_id not in before,
        everyone=old is not None and old.everyone,
        templates=tuple(kept(each, chats) for each in templates_for(tx, entry_id, simulation.parts)),
    )
    trainings.put_training(tx, entry, actor.account_id)
    return entry_id


def _department(tx: Tx, cohort_id: str, plan: CohortPlan) -> str | None:
    """The one department of a cohort: the one that it has, if that is among the wanted ones."""
    known = accounts.cohort_by_id(tx, cohort_id)
    present_one = known.department_id if known else None
    return present_one if present_one in plan.department_ids else next(iter(plan.department_ids), None)

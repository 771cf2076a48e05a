"""Trainings: which simulation which cohorts practise, from when to when, with which versions (Glow 1.2).

A training belongs to its cohorts: who may change all of them may change it, who may read one of them may read it.
One that is for everyone is a superadmin's; one without cohorts its author's.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal

from parlour.accounts import actions as accounts
from parlour.accounts.names import NAME_CHARS_MAX
from parlour.accounts.people.cohorts import CohortChange, set_cohort
from parlour.accounts.people.managing import Done, note, present
from parlour.accounts.people.seeing import cohort_to_edit, may_edit_cohort, may_read_cohort
from parlour.catalog import actions as catalog
from parlour.catalog import trainings
from parlour.catalog.entities import ChatTemplate, Cohort, Entry, EntryKind, ProfilePersona, Simulation
from parlour.catalog.trainings import Training
from parlour.kernel.actor import Actor
from parlour.kernel.ids import EntryId
from parlour.kernel.refusals import Refusal, forbidden, invalid, not_found
from parlour.library import access
from parlour.library.forms.cohorts import CohortPlan, training_id
from parlour.library.templates import Given, kept, templates_for, with_settings
from parlour.storage.tx import Tx

COHORTS_MAX = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTraining:
    """A training to be made. Times in milliseconds; `settings` hold for every chat of it."""

    kind: EntryKind
    simulation_id: str
    cohort_ids: tuple[str, ...] = ()
    everyone: bool = False
    name: str | None = None
    description: str | None = None
    start_time: int | None = None
    end_time: int | None = None
    position: int = 0
    active: bool = True
    settings: Given = field(default_factory=dict[str, "bool | int | None"])


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateChange:
    """What is to change about one chat of a training; None stays."""

    template_id: str
    name: str | None = None
    scenario_version: int | None = None
    rubric_version: int | None = None
    settings: Given = field(default_factory=dict[str, "bool | int | None"])


Member = Literal[
    "name", "description", "cohort_ids", "everyone", "start_time", "end_time", "position", "active"
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingChange:
    """What is to change about a training: `members` of the entry by name, chats, and with `adopt` everything that its
    simulation says now, with the newest versions."""

    members: Mapping[Member, object] = field(default_factory=dict[Member, object])
    templates: tuple[TemplateChange, ...] = ()
    adopt: bool = False
    expected_version: int | None = None


def readable_trainings(tx: Tx, actor: Actor) -> list[Training]:
    """Every training that an actor may read in the library; none for who does not author."""
    if not access.may_author(actor):
        return []
    return [each for each in trainings.trainings(tx) if may_read(tx, actor, each)]


def may_read(tx: Tx, actor: Actor, training: Training) -> bool:
    """Whether an actor may read a training in the library."""
    if not access.may_author(actor):
        return False
    if training.entry.everyone or may_edit(tx, actor, training):
        return True
    found = (accounts.cohort_by_id(tx, each) for each in training.entry.cohort_ids)
    return any(cohort is not None and may_read_cohort(tx, actor, cohort) for cohort in found)


def may_edit(tx: Tx, actor: Actor, training: Training) -> bool:
    """Whether an actor may change a training."""
    if actor.role == "superadmin":
        return True
    entry = training.entry
    if entry.everyone or not access.may_author(actor):
        return False
    if not entry.cohort_ids:
        return training.author_id == actor.account_id
    found = [accounts.cohort_by_id(tx, each) for each in entry.cohort_ids]
    return all(cohort is not None and may_edit_cohort(actor, cohort) for cohort in found)


def training_to_read(tx: Tx, actor: Actor, entry_id: str) -> Training:
    """A training that the actor may read; raises `not_found`."""
    training = trainings.training(tx, entry_id)
    if training is None or not may_read(tx, actor, training):
        raise not_found("Training")
    return training


def create(tx: Tx, actor: Actor, new: NewTraining, route: str) -> str:
    """Make a training of a simulation that the actor may read, for cohorts that the actor may change; its id.

    `forbidden` for who does not author, and for `everyone` by others than superadmins.
    """
    actor = present(tx, actor)
    if not access.may_author(actor) or (new.everyone and actor.role != "superadmin"):
        raise forbidden()
    access.artifact_to_read(tx, actor, new.simulation_id, "simulation")
    simulation = _simulation(tx, new.simulation_id)
    _check_cohorts(tx, actor, new.cohort_ids)
    if not new.cohort_ids and not new.everyone:
        raise invalid("/cohort_ids", "name at least one cohort")
    entry_id = EntryId(tx.new_id())
    entry = Entry(
        id=entry_id,
        kind=new.kind,
        name=simulation.name if new.name is None else new.name,
        description=simulation.description if new.description is None else new.description,
        simulation_id=simulation.id,
        cohort_ids=tuple(dict.fromkeys(new.cohort_ids)),
        profile_personas=_plays(tx, new.cohort_ids),
        start_time=new.start_time,
        end_time=new.end_time,
        position=new.position,
        active=new.active,
        everyone=new.everyone,
        templates=templates_for(tx, entry_id, simulation.parts, new.settings),
    )
    _check_entry(entry)
    trainings.put_training(tx, entry, actor.account_id)
    detail = {"kind": new.kind, "simulation": simulation.id, "cohorts": list(entry.cohort_ids)}
    note(tx, actor, Done("training.create", entry_id, route, detail))
    return entry_id


def change(tx: Tx, actor: Actor, entry_id: str, change: TrainingChange, route: str) -> None:
    """Change a training; chats that are open keep what they have.

    `not_found`; `forbidden` for who only reads it; `version_mismatch` when it is at another version than expected.
    """
    actor = present(tx, actor)
    catalog.lock(tx, entry_id)
    training = training_to_read(tx, actor, entry_id)
    if not may_edit(tx, actor, training):
        raise forbidden()
    if change.expected_version not in (None, training.version):
        raise Refusal("version_mismatch", f"The training has been changed meanwhile. It is at {training.version}.")
    before = training.entry
    after = replace(before, **dict(change.members))  # pyright: ignore[reportArgumentType]
    if after.everyone and not before.everyone and actor.role != "superadmin":
        raise forbidden()
    if set(after.cohort_ids) != set(before.cohort_ids):
        _check_cohorts(tx, actor, after.cohort_ids)
        after = replace(after, cohort_ids=tuple(dict.fromkeys(after.cohort_ids)))
        after = replace(after, profile_personas=_plays(tx, after.cohort_ids) or before.profile_personas)
    if not after.cohort_ids and not after.everyone and (before.cohort_ids or before.everyone):
        raise invalid("/cohort_ids", "name at least one cohort")
    if change.adopt:
        after = replace(after, templates=templates_for(tx, after.id, _simulation(tx, after.simulation_id).parts))
    after = replace(after, templates=_changed(tx, after.templates, change.templates))
    _check_entry(after)
    if after != before:
        trainings.put_training(tx, after, actor.account_id)
        note(tx, actor, Done("training.change", entry_id, route, {"members": _differing(before, after)}))


def settle_cohort(tx: Tx, actor: Actor, cohort: Cohort, plan: CohortPlan, route: str) -> tuple[str, ...]:
    """Bring a published cohort to life: its people, and a home training for each of its simulations; their ids.

    A simulation that the cohort trains with already, by whatever training, gets none again; those of simulations that
    are no longer in it end. To be called before the new version is stored; raises what
    `accounts.people.cohorts.set_cohort` does, before anything is written.
    """
    published = catalog.cohort(tx, cohort.id)
    before = frozenset(published.simulation_ids if published else ())
    for simulation_id in cohort.simulation_ids:
        _simulation(tx, simulation_id)
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
    simulation = _simulation(tx, simulation_id)
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


def _simulation(tx: Tx, simulation_id: str) -> Simulation:
    simulation = catalog.simulation(tx, simulation_id)
    if simulation is None:
        raise not_found("Simulation")
    return simulation


def _check_cohorts(tx: Tx, actor: Actor, cohort_ids: Collection[str]) -> None:
    if len(cohort_ids) > COHORTS_MAX:
        raise invalid("/cohort_ids", f"name at most {COHORTS_MAX} cohorts")
    for cohort_id in cohort_ids:
        cohort_to_edit(tx, actor, cohort_id)


def _plays(tx: Tx, cohort_ids: Collection[str]) -> tuple[ProfilePersona, ...]:
    """Who plays whom in these cohorts, as they are published."""
    found = (catalog.cohort(tx, each) for each in cohort_ids)
    pairs = {pair.profile_id: pair for cohort in found if cohort for pair in cohort.profile_personas}
    return tuple(pairs.values())


def _changed(
    tx: Tx, templates: tuple[ChatTemplate, ...], changes: tuple[TemplateChange, ...]
) -> tuple[ChatTemplate, ...]:
    found = {template.id: template for template in templates}
    for number, wanted in enumerate(changes):
        template = next((each for each in templates if each.id == wanted.template_id), None)
        if template is None:
            raise invalid(f"/templates/{number}/chat_entry_id", "the training has no such chat")
        template = with_settings(found[template.id], wanted.settings)
        if wanted.name is not None:
            template = replace(template, name=wanted.name)
        if wanted.scenario_version is not None:
            if catalog.scenario_version(tx, template.scenario_id, wanted.scenario_version) is None:
                raise invalid(f"/templates/{number}/scenario_version", "there is no such version")
            template = replace(template, scenario_version=wanted.scenario_version)
        if wanted.rubric_version is not None:
            rubric_id = template.rubric_id
            if rubric_id is None or catalog.rubric_version(tx, rubric_id, wanted.rubric_version) is None:
                raise invalid(f"/templates/{number}/rubric_version", "there is no such version")
            template = replace(template, rubric_version=wanted.rubric_version)
        found[template.id] = template
    return tuple(found[template.id] for template in templates)


def _check_entry(entry: Entry) -> None:
    """Refuses what no training may be."""
    if not 0 < len(entry.name.strip()) <= NAME_CHARS_MAX or not entry.name.isprintable():
        raise Refusal("name_invalid", f"A name has 1 to {NAME_CHARS_MAX} printable characters.")
    if entry.start_time is not None and entry.end_time is not None and entry.end_time <= entry.start_time:
        raise invalid("/end_time", "it must be after start_time")
    for template in entry.templates:
        if template.generate_questions and not template.generate_options:
            raise invalid("/templates", "generate_questions needs generate_options: questions need answers")
        if template.generate_images or template.generate_videos:
            raise invalid("/templates", "generate_images and generate_videos: nothing makes pictures for a chat")


def _differing(before: Entry, after: Entry) -> list[str]:
    return [each.name for each in fields(Entry) if getattr(before, each.name) != getattr(after, each.name)]

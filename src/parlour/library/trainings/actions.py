"""Making and changing a training: a simulation for cohorts, from when to when, with which versions (Glow 1.2)."""

from collections.abc import Collection, Mapping
from dataclasses import field, fields, replace
from typing import Literal, cast

from parlour.accounts import actions as accounts
from parlour.accounts.names import NAME_CHARS_MAX
from parlour.accounts.people.managing import Done, note, present
from parlour.accounts.people.seeing import cohort_to_edit
from parlour.catalog import actions as catalog
from parlour.catalog import trainings
from parlour.catalog.entities import ChatTemplate, Entry, EntryKind, ProfilePersona, Simulation
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import EntryId
from parlour.kernel.refusals import Refusal, forbidden, invalid, not_found
from parlour.library import access
from parlour.library.trainings.access import may_edit, training_to_read
from parlour.library.trainings.templates import Given, templates_for, with_settings
from parlour.storage.tx import Tx

COHORTS_MAX = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTraining:
    """A training to be made. Times in milliseconds; `settings` hold for every chat of it. `again`: also for a cohort
    that has one of this simulation."""

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
    again: bool = False
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
    simulation says now, with the newest versions. `again`: also for a cohort that has another one of it."""

    members: Mapping[Member, object] = field(default_factory=dict[Member, object])
    templates: tuple[TemplateChange, ...] = ()
    adopt: bool = False
    again: bool = False
    expected_version: int | None = None


def create(tx: Tx, actor: Actor, new: NewTraining, route: str) -> str:
    """Make a training of a simulation that the actor may read, for cohorts that the actor may change; its id.

    `forbidden` for who does not author, and for `everyone` by others than superadmins; `already_assigned`.
    """
    trainings.locked(tx, new.cohort_ids)
    actor = present(tx, actor)
    if not access.may_author(actor) or (new.everyone and actor.role != "superadmin"):
        raise forbidden()
    access.artifact_to_read(tx, actor, new.simulation_id, "simulation")
    simulation = simulation_of(tx, new.simulation_id)
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
    if not new.again:
        _check_once(tx, entry, entry.cohort_ids)
    trainings.put_training(tx, entry, actor.account_id)
    detail = {"kind": new.kind, "simulation": simulation.id, "cohorts": list(entry.cohort_ids)}
    note(tx, actor, Done("training.create", entry_id, route, detail))
    return entry_id


def change(tx: Tx, actor: Actor, entry_id: str, change: TrainingChange, route: str) -> None:
    """Change a training; chats that are open keep what they have.

    `not_found`; `forbidden` for who only reads it; `version_mismatch` when it is at another version than expected;
    `already_assigned`.
    """
    named = cast("Collection[str]", change.members.get("cohort_ids", ()))
    trainings.locked(tx, named)
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
        after = replace(after, templates=templates_for(tx, after.id, simulation_of(tx, after.simulation_id).parts))
    after = replace(after, templates=_changed(tx, after.templates, change.templates))
    _check_entry(after)
    if not change.again:
        _check_once(tx, after, set(after.cohort_ids) - set(before.cohort_ids))
    if after != before:
        trainings.put_training(tx, after, actor.account_id)
        note(tx, actor, Done("training.change", entry_id, route, {"members": _differing(before, after)}))


def simulation_of(tx: Tx, simulation_id: str) -> Simulation:
    """What a training trains; raises `not_found`."""
    simulation = catalog.simulation(tx, simulation_id)
    if simulation is None:
        raise not_found("Simulation")
    return simulation


def _check_cohorts(tx: Tx, actor: Actor, cohort_ids: Collection[str]) -> None:
    if len(cohort_ids) > COHORTS_MAX:
        raise invalid("/cohort_ids", f"name at most {COHORTS_MAX} cohorts")
    for cohort_id in cohort_ids:
        cohort_to_edit(tx, actor, cohort_id)


def _check_once(tx: Tx, entry: Entry, cohort_ids: Collection[str]) -> None:
    """Refuses a simulation for a cohort that has it already, in a training of the same kind that is not over."""
    for other in (each.entry for each in trainings.trainings(tx)):
        alike = (other.kind, other.simulation_id) == (entry.kind, entry.simulation_id) and other.id != entry.id
        over = not other.active or (other.end_time is not None and other.end_time <= tx.now_ms)
        shared = sorted(set(other.cohort_ids) & set(cohort_ids))
        if alike and entry.active and not over and shared:
            cohort = accounts.cohort_by_id(tx, shared[0])
            name = cohort.name if cohort else "A cohort"
            raise Refusal("already_assigned", f"{name} has this simulation already, as “{other.name}”.")


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

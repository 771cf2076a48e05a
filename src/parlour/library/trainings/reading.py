"""Trainings as they are shown in the library."""

from collections.abc import Sequence
from dataclasses import fields

from parlour.accounts import actions as accounts
from parlour.accounts.people.seeing import may_read_cohort
from parlour.catalog import actions as catalog
from parlour.catalog.entities import ChatSettings, ChatTemplate, EntryKind
from parlour.catalog.trainings import Training
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.cursors import page_after
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.library.trainings.access import may_edit, readable_trainings, training_to_read
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateShown:
    """A chat of a training: what it pins, what is newest, and its flags and limits (1.2)."""

    chat_entry_id: str
    name: str
    position: int
    scenario_id: str
    scenario_version: int
    newest_scenario_version: int | None
    rubric_id: str | None
    rubric_version: int | None
    newest_rubric_version: int | None
    settings: ChatSettings


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingShown:
    """A training. `cohort_ids` as far as who asks may read them; times in RFC 3339, null for no bound."""

    id: str
    kind: EntryKind
    name: str
    description: str
    simulation_id: str
    simulation_name: str | None
    cohort_ids: Sequence[str]
    everyone: bool
    start_time: str | None
    end_time: str | None
    position: int
    active: bool
    version: int
    may_edit: bool
    templates: Sequence[TemplateShown]


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingList:
    """A page of the trainings that the caller may read, by (kind, position, name). `next_cursor` null: the last."""

    items: Sequence[TrainingShown]
    next_cursor: str | None


def shown_trainings(tx: Tx, actor: Actor, cursor: str | None, limit: int) -> TrainingList:
    """The trainings that an actor may read in the library, those after the one with the id `cursor`."""
    found, following = page_after(readable_trainings(tx, actor), lambda each: each.entry.id, cursor, limit)
    return TrainingList(items=[_shown(tx, actor, each) for each in found], next_cursor=following)


def shown_training(tx: Tx, actor: Actor, entry_id: str) -> TrainingShown:
    """One of them; raises `not_found`."""
    return _shown(tx, actor, training_to_read(tx, actor, entry_id))


def _shown(tx: Tx, actor: Actor, training: Training) -> TrainingShown:
    entry = training.entry
    simulation = catalog.simulation(tx, entry.simulation_id)
    found = [accounts.cohort_by_id(tx, each) for each in entry.cohort_ids]
    return TrainingShown(
        id=entry.id,
        kind=entry.kind,
        name=entry.name,
        description=entry.description,
        simulation_id=entry.simulation_id,
        simulation_name=simulation.name if simulation else None,
        cohort_ids=[each.cohort_id for each in found if each is not None and may_read_cohort(tx, actor, each)],
        everyone=entry.everyone,
        start_time=None if entry.start_time is None else rfc3339(entry.start_time),
        end_time=None if entry.end_time is None else rfc3339(entry.end_time),
        position=entry.position,
        active=entry.active,
        version=training.version,
        may_edit=may_edit(tx, actor, training),
        templates=[_template(tx, each) for each in sorted(entry.templates, key=lambda one: one.position)],
    )


def _template(tx: Tx, template: ChatTemplate) -> TemplateShown:
    ids = [template.scenario_id, *([template.rubric_id] if template.rubric_id else [])]
    newest = {each.id: each.version for each in catalog.newest(tx, ids)}
    return TemplateShown(
        chat_entry_id=template.id,
        name=template.name,
        position=template.position,
        scenario_id=template.scenario_id,
        scenario_version=template.scenario_version,
        newest_scenario_version=newest.get(template.scenario_id),
        rubric_id=template.rubric_id,
        rubric_version=template.rubric_version,
        newest_rubric_version=newest.get(template.rubric_id) if template.rubric_id else None,
        settings=ChatSettings(**{each.name: getattr(template, each.name) for each in fields(ChatSettings)}),
    )

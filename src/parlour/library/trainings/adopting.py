"""Which trainings play an artifact, and bringing its newest version into them (Glow 1.2).

Only templates pin versions, of scenarios and rubrics; chats that have begun keep theirs.
"""

from collections.abc import Iterator
from dataclasses import replace

from parlour.accounts.people.managing import Done, note, present
from parlour.catalog import actions as catalog
from parlour.catalog import trainings
from parlour.catalog.entities import ChatTemplate, EntryKind
from parlour.catalog.trainings import Training
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.library import access
from parlour.library.trainings.access import may_edit, may_read
from parlour.library.trainings.actions import TrainingChange, change
from parlour.library.trainings.templates import SCENARIO_FLAGS
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class PlayedIn:
    """A training that plays an artifact. `version`: which one it pins, None if that is not pinned by itself;
    `newest`: the newest one that there is."""

    id: str
    kind: EntryKind
    name: str
    version: int | None
    newest: int


def trainings_of(tx: Tx, actor: Actor, artifact_id: str) -> tuple[PlayedIn, ...]:
    """The active trainings that play an artifact, of those that the actor may read. Whose it is, is not asked."""
    held = access.held(tx, None, artifact_id)
    if held is None:
        return ()
    newest = access.newest_version(tx, held.artifact_type, artifact_id)
    return tuple(
        _told(each, min((pin for pin in _pins(tx, held, each) if pin is not None), default=None), newest)
        for each in _playing(tx, held)
        if may_read(tx, actor, each)
    )


def adopt(tx: Tx, actor: Actor, artifact_id: str, route: str) -> tuple[PlayedIn, ...]:
    """Bring the newest version of an artifact into the active trainings that the actor may edit; those of them."""
    held = access.artifact_to_read(tx, actor, artifact_id)
    newest = access.newest_version(tx, held.artifact_type, artifact_id)
    adopted: list[PlayedIn] = []
    trainings.locked(tx, [each.entry.id for each in _playing(tx, held)])
    actor = present(tx, actor)
    for training in _playing(tx, held):
        if not may_edit(tx, actor, training):
            continue
        if held.artifact_type == "simulation":
            change(tx, actor, training.entry.id, TrainingChange(adopt=True), route)
        elif held.artifact_type in ("scenario", "rubric"):
            _pin(tx, actor, training, (held, newest), route)
        else:
            continue
        pinned = newest if held.artifact_type in ("scenario", "rubric") else None
        adopted.append(_told(training, pinned, newest))
    return tuple(adopted)


def _playing(tx: Tx, held: access.Held) -> list[Training]:
    return [each for each in trainings.trainings(tx) if each.entry.active and _pins(tx, held, each)]


def _told(training: Training, version: int | None, newest: int) -> PlayedIn:
    entry = training.entry
    return PlayedIn(id=entry.id, kind=entry.kind, name=entry.name, version=version, newest=newest)


def _pins(tx: Tx, held: access.Held, training: Training) -> set[int | None]:
    """The versions of an artifact that a training pins; {None} if it plays it without a pin, nothing if not at all."""
    entry, artifact_id = training.entry, held.artifact_id
    match held.artifact_type:
        case "scenario":
            return {each.scenario_version for each in entry.templates if each.scenario_id == artifact_id}
        case "rubric":
            return {each.rubric_version for each in entry.templates if each.rubric_id == artifact_id}
        case "simulation":
            return {None} if entry.simulation_id == artifact_id else set()
        case "cohort":
            return {None} if artifact_id in entry.cohort_ids else set()
        case "persona" | "document":
            return {None} if any(_plays(tx, each, artifact_id) for each in entry.templates) else set()
        case _:
            return set()


def _plays(tx: Tx, template: ChatTemplate, artifact_id: str) -> bool:
    scenario = catalog.scenario_version(tx, template.scenario_id, template.scenario_version)
    return scenario is not None and artifact_id in (*scenario.persona_ids, *scenario.document_ids)


def _pin(tx: Tx, actor: Actor, training: Training, wanted: tuple[access.Held, int], route: str) -> None:
    held, version = wanted
    entry = training.entry
    templates = tuple(
        _with_scenario(tx, each, version)
        if each.scenario_id == held.artifact_id
        else replace(each, rubric_version=version)
        if each.rubric_id == held.artifact_id
        else each
        for each in entry.templates
    )
    if templates != entry.templates:
        trainings.put_training(tx, replace(entry, templates=templates), actor.account_id)
        note(tx, actor, Done("training.adopt", entry.id, route, {"artifact": held.artifact_id, "version": version}))


def _with_scenario(tx: Tx, template: ChatTemplate, version: int) -> ChatTemplate:
    """A template with another version of its scenario; its name and what it shows go along where they were those of
    the old one."""
    old = catalog.scenario_version(tx, template.scenario_id, template.scenario_version)
    new = catalog.scenario_version(tx, template.scenario_id, version)
    if old is None or new is None:
        return replace(template, scenario_version=version)
    flags = {name: getattr(new, name) for name in _followed(template, old)}
    name = new.name if template.name == old.name else template.name
    return replace(template, scenario_version=version, name=name, **flags)


def _followed(template: ChatTemplate, scenario: object) -> Iterator[str]:
    return (name for name in SCENARIO_FLAGS if getattr(template, name) == getattr(scenario, name))

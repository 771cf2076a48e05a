"""From the section `rubrics` to rubrics and their anchors, with every rule that they must keep."""

from collections.abc import Mapping

from parlour.catalog.anchors import LEVELS, Anchors, anchors_id
from parlour.catalog.dialogues import MOVE_NAMES
from parlour.catalog.entities import Rubric, Signals, Standard, StandardGroup
from parlour.catalog.naming import Naming
from parlour.catalog.phrases import phrase_fault
from parlour.catalog.rubric_rules import rubric_faults
from parlour.catalog.sources import AnchorsSource, GroupSource, RubricSource
from parlour.catalog.yaml_reader import Errors

ANCHORS_MAX = 20
SPEAKERS = ("Learner:", "Persona:")


def resolve_rubrics(sources: Mapping[str, RubricSource], naming: Naming, errors: Errors) -> tuple[Rubric, ...]:
    """The rubrics. What is wrong is noted; then the result is not used."""
    return tuple(_rubric(slug, source, naming, errors) for slug, source in sources.items())


def resolve_anchors(sources: Mapping[str, RubricSource], naming: Naming, errors: Errors) -> tuple[Anchors, ...]:
    """The example transcripts of those rubrics that say something about them."""
    found: list[Anchors] = []
    for slug, source in sources.items():
        if source.anchors is None:
            continue
        for fault in _anchor_faults(source.anchors):
            errors.add(source.anchors.place, f"anchors: {fault}")
        rubric_id = naming.id("rubric", slug)
        given = {level: getattr(source.anchors, level) for level in LEVELS}
        found.append(Anchors(id=anchors_id(rubric_id), rubric_id=rubric_id, **given))
    return tuple(found)


def _rubric(slug: str, source: RubricSource, naming: Naming, errors: Errors) -> Rubric:
    rubric = Rubric(
        id=naming.id("rubric", slug),
        name=source.name,
        description=source.description,
        department_ids=source.department_ids,
        total_points=source.total_points,
        pass_points=source.pass_points,
        simulation_rubric=source.simulation_rubric,
        video_rubric=source.video_rubric,
        groups=tuple(_group(slug, key, group, naming) for key, group in source.groups.items()),
    )
    for fault in rubric_faults(rubric):
        errors.add(source.place, fault)
    for group in source.groups.values():
        for fault in _signal_faults(group.signals) if group.signals else ():
            errors.add(group.place, fault)
    return rubric


def _group(slug: str, key: str, group: GroupSource, naming: Naming) -> StandardGroup:
    group_id = naming.id("standard_group", slug, key)
    return StandardGroup(
        id=group_id,
        name=group.name,
        short_name=group.short_name,
        description=group.description,
        points=group.points,
        pass_points=group.pass_points,
        signals=group.signals,
        standards=tuple(
            Standard(
                id=naming.id("standard", slug, key, str(standard.points)),
                standard_group_id=group_id,
                name=standard.name,
                description=standard.description,
                points=standard.points,
            )
            for standard in group.standards
        ),
    )


def _signal_faults(signals: Signals) -> list[str]:
    faults = [fault for fault in map(phrase_fault, (*signals.good, *signals.bad)) if fault]
    unknown = sorted({*signals.good_moves, *signals.bad_moves} - set(MOVE_NAMES))
    faults += [f"signals: there is no move '{name}'" for name in unknown]
    return faults if signals.enough >= 1 else [*faults, "signals: 'enough' must be at least 1"]


def _anchor_faults(source: AnchorsSource) -> list[str]:
    faults: list[str] = []
    for level in LEVELS:
        transcripts: tuple[str, ...] = getattr(source, level)
        if len(transcripts) > ANCHORS_MAX:
            faults.append(f"{level} has more than {ANCHORS_MAX} transcripts")
        for number, transcript in enumerate(transcripts, 1):
            lines = [line for line in transcript.splitlines() if line.strip()]
            if not all(line.lstrip().startswith(SPEAKERS) for line in lines):
                faults.append(f'{level} {number}: every line begins with "Learner:" or "Persona:"')
    return faults

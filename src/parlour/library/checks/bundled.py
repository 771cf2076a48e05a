"""Tests of a bundle that is not imported anywhere: what stands in its files, and nothing else. Pure."""

from collections.abc import Iterable, Mapping

from parlour.catalog.entities import Material, Persona, Scenario
from parlour.catalog.sources import Bundle
from parlour.drafts.values import Values
from parlour.kernel.dataclass import dataclass
from parlour.library.checks.findings import Finding
from parlour.library.checks.linting import Surroundings, lint
from parlour.library.checks.trials.entities import Subject, Trial
from parlour.library.checks.trials.subjects import rubric_subject, stand_in
from parlour.library.forms import documents, personas, rubrics, scenarios, simulations


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """An artifact, what rules find in it, and how its trials ended, if they were run."""

    type: str
    id: str
    name: str
    findings: tuple[Finding, ...]
    trials: tuple[Trial, ...] = ()


def findings_of(bundle: Bundle) -> tuple[Checked, ...]:
    """Every persona, document, scenario, rubric and simulation of a bundle, in this order, with what is found."""
    written = values_of(bundle)
    linked = {artifact_id: values for (_, artifact_id), (_, values) in written.items()}
    playing: dict[str, list[Values]] = {}
    for scenario in bundle.scenarios:
        for persona_id in scenario.persona_ids:
            playing.setdefault(persona_id, []).append(linked[scenario.id])
    return tuple(
        Checked(
            type=kind,
            id=artifact_id,
            name=name,
            findings=lint(kind, values, Surroundings(linked=linked, used_by=tuple(playing.get(artifact_id, ())))),
        )
        for (kind, artifact_id), (name, values) in written.items()
    )


def values_of(bundle: Bundle) -> Mapping[tuple[str, str], tuple[str, Values]]:
    """The name and the values of everything in a bundle that can be checked, by type and id."""
    anchors = {each.rubric_id: each for each in bundle.anchors}
    found: Iterable[tuple[str, str, str, Values]] = (
        *(("persona", each.id, each.name, personas.values(each)) for each in bundle.personas),
        *(("document", each.id, each.name, documents.values(each)) for each in bundle.documents),
        *(("scenario", each.id, each.name, scenarios.values(each)) for each in bundle.scenarios),
        *(("rubric", each.id, each.name, rubrics.values(each, anchors.get(each.id))) for each in bundle.rubrics),
        *(("simulation", each.id, each.name, simulations.values(each)) for each in bundle.simulations),
    )
    return {(kind, artifact_id): (name, values) for kind, artifact_id, name, values in found}


def subjects_of(bundle: Bundle) -> Mapping[tuple[str, str], Subject]:
    """What trials are run on, by type and id: every rubric, persona and scenario of a bundle."""
    anchors = {each.rubric_id: each for each in bundle.anchors}
    playing = {each.persona_ids[0]: each for each in reversed(bundle.scenarios) if len(each.persona_ids) == 1}
    found: dict[tuple[str, str], Subject] = {}
    for persona in bundle.personas:
        scenario = playing.get(persona.id) or stand_in(persona)
        found["persona", persona.id] = _played(bundle, "persona", scenario, (persona,))
    for scenario in bundle.scenarios:
        cast = tuple(each for wanted in scenario.persona_ids for each in bundle.personas if each.id == wanted)
        found["scenario", scenario.id] = _played(bundle, "scenario", scenario, cast)
    for rubric in bundle.rubrics:
        found["rubric", rubric.id] = rubric_subject(rubric, anchors.get(rubric.id))
    return found


def _played(bundle: Bundle, kind: str, scenario: Scenario, personas: tuple[Persona, ...]) -> Subject:
    dialogues = {each.id: each.dialogue for each in bundle.dialogues}
    cast = {casting.persona_id: casting.dialogue_id for casting in scenario.castings}
    parts = {each.id: cast.get(each.id) or each.dialogue_id or "" for each in personas}
    return Subject(
        artifact_type=kind,
        material=Material(
            scenario=scenario,
            personas=personas,
            documents=tuple(each for each in bundle.documents if each.id in scenario.document_ids),
        ),
        dialogues={each: dialogues[part] for each, part in parts.items() if part in dialogues},
    )

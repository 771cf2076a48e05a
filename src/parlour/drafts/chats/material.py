"""What a chat plays with once a draft is applied: pure rules over `catalog.entities.Material` (Glow 6.1.6)."""

from collections.abc import Collection
from dataclasses import replace
from typing import TypeVar

from parlour.catalog import actions as catalog
from parlour.catalog.entities import ChatTemplate, Material, Parameter, Question, Scenario
from parlour.catalog.filling import needed_by
from parlour.conversations.scenes import published_material
from parlour.drafts.entities import Basis, ChatValues
from parlour.storage.tx import Tx

T = TypeVar("T")

PERSONAS_MAX = 5
QUESTIONS_WITH_MADE_OPTIONS_MAX = 5


def template_of(tx: Tx, basis: Basis) -> ChatTemplate | None:
    """The chat template that a draft is about, as it is now; None if it is gone."""
    entry = catalog.entry_for(tx, basis.kind, basis.entry_id)
    templates = entry.templates if entry else ()
    return next((template for template in templates if template.id == basis.template_id), None)


def published_of(tx: Tx, template: ChatTemplate) -> Material | None:
    """What a chat of this template plays with if nothing changes it; None if its scenario is gone."""
    scenario = catalog.scenario_version(tx, template.scenario_id, template.scenario_version)
    if scenario is None:
        return None
    personas = catalog.newest(tx, scenario.persona_ids)
    return published_material(tx, scenario, personas, catalog.newest(tx, scenario.document_ids))


def generated_types(template: ChatTemplate) -> tuple[str, ...]:
    """The types that are made anew for each chat of a template, in the order in which they are made."""
    flags = {
        "names": template.generate_names,
        "descriptions": template.generate_descriptions,
        "parameter_fields": template.generate_parameter_fields,
        "personas": template.generate_personas,
        "documents": template.generate_documents,
        "problem_statements": template.generate_problem_statements,
        "objectives": template.generate_objectives,
        "questions": template.generate_questions,
        "options": template.generate_options,
        "images": template.generate_images,
        "videos": template.generate_videos,
    }
    return tuple(name for name, wanted in flags.items() if wanted)


def without(material: Material, types: Collection[str]) -> Material:
    """The material without the types that a generation will make (6.1.6)."""
    scenario = material.scenario
    if "names" in types:
        scenario = replace(scenario, name="")
    if "descriptions" in types:
        scenario = replace(scenario, description="")
    if "parameter_fields" in types:
        scenario = replace(scenario, parameters=())
    if "personas" in types:
        scenario = replace(scenario, persona_ids=(), castings=())
    if "documents" in types:
        scenario = replace(scenario, document_ids=())
    if "problem_statements" in types:
        scenario = replace(scenario, problem_statements=())
    if "objectives" in types:
        scenario = replace(scenario, objectives=())
    if "questions" in types:
        scenario = replace(scenario, questions=())
    elif "options" in types:
        made = [replace(each, options=()) for each in scenario.questions[:QUESTIONS_WITH_MADE_OPTIONS_MAX]]
        scenario = replace(scenario, questions=(*made, *scenario.questions[QUESTIONS_WITH_MADE_OPTIONS_MAX:]))
    if "images" in types:
        scenario = replace(scenario, images=())
    if "videos" in types:
        scenario = replace(scenario, videos=())
    return Material(
        scenario=scenario,
        personas=() if "personas" in types else material.personas,
        documents=() if "documents" in types else material.documents,
    )


def apply(values: ChatValues, material: Material) -> Material:
    """The material with a draft's values in the place of what they change."""
    scenario = material.scenario
    personas = material.personas if values.personas is None else values.personas
    documents = material.documents if values.documents is None else values.documents
    known = {casting.persona_id: casting for casting in (*values.castings, *scenario.castings)}
    changed = replace(
        scenario,
        name=scenario.name if values.name is None else values.name,
        description=scenario.description if values.description is None else values.description,
        persona_ids=tuple(persona.id for persona in personas),
        document_ids=tuple(document.id for document in documents),
        parameters=_merged(scenario, values.parameters or ()),
        problem_statements=_kept(values.problem_statements, scenario.problem_statements),
        objectives=_kept(values.objectives, scenario.objectives),
        questions=_kept(values.questions, scenario.questions),
        images=_kept(values.images, scenario.images),
        videos=_kept(values.videos, scenario.videos),
        castings=tuple(known[persona.id] for persona in personas if persona.id in known),
    )
    return Material(scenario=changed, personas=personas, documents=documents)


def faults(material: Material) -> list[str]:
    """Why no chat can be opened with this material; empty if one can."""
    found: list[str] = []
    if not material.personas:
        found.append("a chat needs a persona")
    given = {parameter.name for parameter in material.scenario.parameters if parameter.value.strip()}
    for persona in material.personas:
        missing = sorted(needed_by(persona) - given)
        if missing:
            found.append(f"{persona.name} needs a value for {', '.join(missing)}")
    found += [fault for question in material.scenario.questions for fault in question_faults(question)]
    return found


def question_faults(question: Question) -> list[str]:
    """Why a question cannot be asked."""
    right = sum(option.is_correct for option in question.options)
    if right == 0:
        return [f"the question '{question.question_text}' needs a right option"]
    if right > 1 and not question.allow_multiple:
        return [f"the question '{question.question_text}' has more than one right option and allows one answer"]
    return []


def _merged(scenario: Scenario, changes: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    merged = {parameter.name: parameter for parameter in scenario.parameters}
    for change in changes:
        merged[change.name] = replace(change, id=merged[change.name].id) if change.name in merged else change
    return tuple(merged.values())


def _kept(changed: tuple[T, ...] | None, before: tuple[T, ...]) -> tuple[T, ...]:
    return before if changed is None else changed

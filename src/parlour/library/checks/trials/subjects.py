"""What trials are run on, out of values that are being written, as they are at this moment."""

from collections.abc import Collection, Mapping, Sequence

from parlour.catalog import actions as catalog
from parlour.catalog import authored
from parlour.catalog.anchors import LEVELS, Anchors, Level
from parlour.catalog.dialogues import Dialogue
from parlour.catalog.entities import (
    Document,
    Material,
    Parameter,
    Persona,
    Rubric,
    Scenario,
    Statement,
)
from parlour.catalog.filling import needed_by
from parlour.kernel.actor import Actor
from parlour.library import access, forms
from parlour.library.checks.trials.entities import Subject, Transcript, Used
from parlour.library.checks.trials.transcripts import read_transcript
from parlour.library.forms import Compiled, Compiling, Nested
from parlour.library.seen import as_seen
from parlour.storage.tx import Tx

STAND_IN_ID = "00000000-0000-7000-8000-000000000000"
_STAND_IN_OBJECTIVE = "Find out what is really the matter, and agree on a next step."


def subject_of(tx: Tx, compiling: Compiling, samples: Sequence[str] = ()) -> Subject:
    """What is tried of an artifact; for types without trials there is nothing in it."""
    built = forms.compiled(tx, compiling)
    match built.content:
        case Rubric() as rubric:
            return rubric_subject(rubric, built.anchors, samples)
        case Persona() as persona:
            found = next(iter(_playing(tx, compiling.actor, persona.id)), None)
            material = Material(scenario=found or stand_in(persona), personas=(persona,), documents=())
            used = (Used(artifact_type="scenario", artifact_id=found.id),) if found is not None else ()
            return Subject(artifact_type="persona", material=material, dialogues=_dialogues(tx, material), used=used)
        case Scenario() as scenario:
            material = _material(tx, compiling, built, scenario)
            used = _used(material, {each.artifact_id for each in built.nested})
            return Subject(artifact_type="scenario", material=material, dialogues=_dialogues(tx, material), used=used)
        case _:
            return Subject(artifact_type=compiling.artifact_type)


def rubric_subject(rubric: Rubric, anchors: Anchors | None, samples: Sequence[str] = ()) -> Subject:
    """A rubric with its example transcripts; of each level the first that has anything in it."""
    found: dict[Level, Transcript] = {}
    for level in LEVELS:
        texts = anchors.of_level(level) if anchors is not None else ()
        for lines in map(read_transcript, texts):
            if level not in found and any(line.who == "learner" for line in lines):
                found[level] = lines
    return Subject(artifact_type="rubric", rubric=rubric, anchors=found, samples=tuple(samples))


def stand_in(persona: Persona) -> Scenario:
    """A plain scenario for a persona that is in none yet; its placeholders are filled with their own names."""
    names = sorted(needed_by(persona))
    return Scenario(
        id=STAND_IN_ID,
        name=f"A conversation with {persona.name}",
        persona_ids=(persona.id,),
        objectives=(Statement(id=STAND_IN_ID, text=_STAND_IN_OBJECTIVE),),
        parameters=tuple(
            Parameter(id=STAND_IN_ID, name=name, value=name.replace("-", " ").replace("_", " ")) for name in names
        ),
    )


def _playing(tx: Tx, actor: Actor, persona_id: str) -> list[Scenario]:
    """The scenarios that play a published persona alone, as far as the actor may read them."""
    if access.held(tx, "persona", persona_id) is None:
        return []
    found: list[Scenario] = []
    for row in authored.naming(tx, ("scenario",), persona_id):
        held = access.held_of_row(tx, row)
        scenario = row.read(Scenario)
        if held is not None and access.may_read(actor, held) and scenario.persona_ids == (persona_id,):
            found.append(scenario)
    return found


def _material(tx: Tx, compiling: Compiling, built: Compiled, scenario: Scenario) -> Material:
    """A scenario with its personas and documents, also with those that are written inside it; without those that the
    actor may not read."""
    nested = {each.artifact_id: _built(tx, compiling, each) for each in built.nested}
    scenario = as_seen(tx, compiling.actor, scenario, nested)
    personas = (nested.get(each) or catalog.persona(tx, each) for each in scenario.persona_ids)
    documents = (nested.get(each) or catalog.document(tx, each) for each in scenario.document_ids)
    return Material(
        scenario=scenario,
        personas=tuple(each for each in personas if isinstance(each, Persona)),
        documents=tuple(each for each in documents if isinstance(each, Document)),
    )


def _used(material: Material, own: Collection[str]) -> tuple[Used, ...]:
    personas = (Used(artifact_type="persona", artifact_id=each.id) for each in material.personas)
    documents = (Used(artifact_type="document", artifact_id=each.id) for each in material.documents)
    return tuple(each for each in (*personas, *documents) if each.artifact_id not in own)


def _built(tx: Tx, compiling: Compiling, nested: Nested) -> object:
    inner = Compiling(
        actor=compiling.actor,
        artifact_type=nested.artifact_type,
        artifact_id=nested.artifact_id,
        values=nested.values,
    )
    return forms.compiled(tx, inner).content


def _dialogues(tx: Tx, material: Material) -> Mapping[str, Dialogue]:
    """The parts of the offline model: as the scenario casts them, else as the persona has it."""
    cast = {casting.persona_id: casting.dialogue_id for casting in material.scenario.castings}
    found: dict[str, Dialogue] = {}
    for persona in material.personas:
        dialogue_id = cast.get(persona.id) or persona.dialogue_id
        newest = catalog.newest(tx, (dialogue_id,)) if dialogue_id else ()
        dialogue = catalog.dialogue_version(tx, newest[0].id, newest[0].version) if newest else None
        if dialogue is not None:
            found[persona.id] = dialogue
    return found

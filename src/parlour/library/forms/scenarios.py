"""Scenarios as values, and back. What is not said to be shown is shown if there is something of it."""

from collections.abc import Mapping, Sequence
from typing import cast

from parlour.catalog import actions as catalog
from parlour.catalog import authored
from parlour.catalog.entities import (
    Casting,
    Option,
    Question,
    Scenario,
    Statement,
)
from parlour.drafts.values import Value, Values
from parlour.kernel.ids import is_id, named_id
from parlour.library.forms import documents, personas
from parlour.library.forms.cells import NAME_CHARS_MAX, Form, Nested, given, links, singles
from parlour.library.forms.media import compiled_media, media_value, object_of, video_value
from parlour.library.forms.parameters import compiled_parameters, parameter_values

ENABLED: Mapping[str, str] = {
    "problem_statement_enabled": "problem_statements",
    "objectives_enabled": "objectives",
    "video_enabled": "videos",
    "images_enabled": "images",
    "questions_enabled": "questions",
}


def values(scenario: Scenario) -> Values:
    """What a scenario would have been written from."""
    cast_as = {casting.persona_id: casting.dialogue_id for casting in scenario.castings}
    several: dict[str, tuple[Value, ...]] = {
        "problem_statements": tuple(
            given(each.id, {"problem_statement": each.text}) for each in scenario.problem_statements
        ),
        "objectives": tuple(given(each.id, {"objective": each.text}) for each in scenario.objectives),
        "images": tuple(map(media_value, scenario.images)),
        "videos": tuple(map(video_value, scenario.videos)),
        "questions": tuple(map(_question, scenario.questions)),
        "parameter_fields": parameter_values(scenario.parameters),
        "personas": tuple(
            given(each, {"dialogue_id": cast_as[each]} if each in cast_as else {}, linked=True)
            for each in scenario.persona_ids
        ),
        "scenario_flags": tuple(
            given(named_id("value", scenario.id, name), {"name": name, "value": getattr(scenario, name)})
            for name, of in ENABLED.items()
            if getattr(scenario, name) != bool(getattr(scenario, of))
        ),
    }
    return {
        **singles(
            scenario.id, {"names": {"name": scenario.name}, "descriptions": {"description": scenario.description}}
        ),
        **{type_name: found for type_name, found in several.items() if found},
        **links("documents", scenario.document_ids),
        **links("departments", scenario.department_ids),
    }


def compiled(form: Form) -> Scenario:
    """The scenario that values describe; personas and documents that are written in it are nested."""
    for value in form.all("scenario_flags"):
        if form.text("scenario_flags", value, "name", most=NAME_CHARS_MAX) not in ENABLED:
            form.wrong("scenario_flags", value.id, "name", f"This must be one of {', '.join(ENABLED)}.")
    stood = authored.current(form.tx, form.artifact_id)
    persona_ids = _written_or_linked(form, "personas", "persona")
    flags = {name: form.flag("scenario_flags", name) for name in ENABLED}
    enabled = {name: flags[name] if flags[name] is not None else bool(form.all(of)) for name, of in ENABLED.items()}
    return Scenario(
        id=form.artifact_id,
        name=form.one("names", "name", most=NAME_CHARS_MAX),
        description=form.one("descriptions", "description"),
        department_ids=form.linked("departments", "department"),
        problem_statements=tuple(
            Statement(id=each.id, text=form.text("problem_statements", each, "problem_statement"))
            for each in form.all("problem_statements")
        ),
        objectives=tuple(
            Statement(id=each.id, text=form.text("objectives", each, "objective")) for each in form.all("objectives")
        ),
        persona_ids=persona_ids,
        document_ids=_written_or_linked(form, "documents", "document"),
        parameters=compiled_parameters(
            form, stood.read(Scenario).parameters if stood is not None and stood.kind == "scenario" else ()
        ),
        images=tuple(compiled_media(form, "images", each) for each in form.all("images")),
        videos=tuple(compiled_media(form, "videos", each) for each in form.all("videos")),
        questions=tuple(_compiled_question(form, each) for each in form.all("questions")),
        castings=_castings(form, persona_ids),
        problem_statement_enabled=enabled["problem_statement_enabled"] is True,
        objectives_enabled=enabled["objectives_enabled"] is True,
        video_enabled=enabled["video_enabled"] is True,
        images_enabled=enabled["images_enabled"] is True,
        questions_enabled=enabled["questions_enabled"] is True,
    )


def written_persona(value: Value) -> Values:
    """The values of a persona that is written inside a scenario."""
    fields = value.fields
    examples = fields.get("examples")
    listed = isinstance(examples, Sequence) and not isinstance(examples, str)
    rows = cast("Sequence[object]", examples) if listed else ()
    return {
        **singles(
            value.id,
            {
                "names": {"name": fields.get("name")},
                "descriptions": {"description": fields.get("description")},
                "colors": {"hex_code": fields.get("color")},
                "icons": {"value": fields.get("icon")},
                "instructions": {"template": fields.get("instructions")},
                "dialogues": {"dialogue_id": fields.get("dialogue_id")},
            },
        ),
        **(
            {
                "examples": tuple(
                    given(named_id("value", value.id, "examples", str(number)), {"example": each})
                    for number, each in enumerate(rows)
                )
            }
            if rows
            else {}
        ),
    }


def _written_or_linked(form: Form, type_name: str, artifact_type: str) -> tuple[str, ...]:
    for value in form.all(type_name):
        if value.linked:
            form.link(artifact_type, value.id, type_name, value)
            continue
        written = written_persona(value) if artifact_type == "persona" else documents.of_cells(value)
        written = {**written, **_picked(form, type_name, value)}
        among = {**written, "departments": form.all("departments")} if form.all("departments") else written
        inner = Form(tx=form.tx, actor=form.actor, artifact_id=value.id, values=among)
        if artifact_type == "persona":
            personas.compiled(inner)
        else:
            documents.compiled(inner)
        for finding in inner.findings:
            form.wrong(type_name, value.id, finding.field, finding.message, finding.code)
        for link in inner.links:
            form.link(link.artifact_type, link.id, type_name, value, link.field)
        form.nested.append(Nested(artifact_type=artifact_type, artifact_id=value.id, values=among))
    return tuple(dict.fromkeys(value.id for value in form.all(type_name)))


# What is written inside a scenario may take values of the scenario along, by their ids.
_TAKEN: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "personas": (("parameter_field_ids", "parameter_fields", "parameter_fields"),),
    "documents": (("parameter_field_ids", "parameter_fields", "fields"), ("image_ids", "images", "images")),
}


def _picked(form: Form, type_name: str, value: Value) -> Values:
    """The values of the scenario that a persona or a document in it names as its own."""
    found: dict[str, tuple[Value, ...]] = {}
    for field_name, of_type, as_type in _TAKEN[type_name]:
        wanted = form.texts(type_name, value, field_name)
        there = tuple(each for each in form.all(of_type) if each.id in wanted)
        if len(there) < len(set(wanted)):
            message = f"The scenario has no such {of_type.removesuffix('s').replace('_', ' ')}."
            form.wrong(type_name, value.id, field_name, message, "form.unknown_link")
        if there:
            found[as_type] = there
    return found


def _castings(form: Form, persona_ids: Sequence[str]) -> tuple[Casting, ...]:
    values = {value.id: value for value in form.all("personas")}
    found: list[Casting] = []
    for persona_id in persona_ids:
        value = values[persona_id]
        dialogue_id = form.named("dialogue", "personas", value, "dialogue_id")
        if not dialogue_id and value.linked:
            persona = catalog.persona(form.tx, persona_id)
            dialogue_id = (persona.dialogue_id or "") if persona is not None else ""
        newest = catalog.newest(form.tx, (dialogue_id,)) if dialogue_id else ()
        found += [
            Casting(persona_id=persona_id, dialogue_id=dialogue_id, dialogue_version=each.version) for each in newest
        ]
    return tuple(found)


def _question(question: Question) -> Value:
    options = [
        {"id": each.id, "option_text": each.option_text, "is_correct": each.is_correct} for each in question.options
    ]
    fields: dict[str, object] = {
        "question_text": question.question_text,
        "allow_multiple": question.allow_multiple,
        "times": list(question.times),
        "options": options,
    }
    return given(question.id, fields)


def _compiled_question(form: Form, value: Value) -> Question:
    options: list[Option] = []
    for number, item in enumerate(form.items("questions", value, "options")):
        inner = Value(id=value.id, fields=object_of(item))
        given_id = form.text("questions", inner, "id", most=NAME_CHARS_MAX)
        options.append(
            Option(
                id=given_id or named_id("option", value.id, str(number)),
                question_id=value.id,
                option_text=form.text("questions", inner, "option_text"),
                is_correct=form.yes("questions", inner, "is_correct") is True,
            )
        )
    ids = [option.id for option in options]
    if len(set(ids)) < len(ids) or not all(map(is_id, ids)):
        form.wrong("questions", value.id, "options", "Every option has an id of its own, or none.")
    return Question(
        id=value.id,
        question_text=form.text("questions", value, "question_text"),
        allow_multiple=form.yes("questions", value, "allow_multiple") is True,
        times=_times(form, value),
        options=tuple(options),
    )


def _times(form: Form, value: Value) -> tuple[int, ...]:
    found = list(form.items("questions", value, "times"))
    once = form.whole("questions", value, "time")
    times = [each for each in found if isinstance(each, int) and not isinstance(each, bool) and each >= 0]
    if len(times) < len(found) or (once is not None and once < 0):
        form.wrong("questions", value.id, "times", "Times are whole seconds from 0.")
    return tuple(times) if found or once is None or once < 0 else (once,)

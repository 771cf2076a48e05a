"""Personas as values, and back."""

from collections.abc import Iterator

from parlour.catalog import actions as catalog
from parlour.catalog.entities import Flag, Persona
from parlour.drafts.values import Value, Values
from parlour.library.forms.cells import NAME_CHARS_MAX, Form, given, links, many, singles
from parlour.library.forms.parameters import compiled_parameters, parameter_values


def values(persona: Persona) -> Values:
    """What a persona would have been written from."""
    color = persona.color
    several: dict[str, tuple[Value, ...]] = {
        "parameter_fields": parameter_values(persona.parameters),
        "flags": tuple(
            given(each.id, {"name": each.name, "description": each.description, "value": each.value})
            for each in persona.flags
        ),
    }
    return {
        **singles(
            persona.id,
            {
                "names": {"name": persona.name},
                "descriptions": {"description": persona.description},
                "colors": {"hex_code": color} if color.startswith("#") else {"name": color},
                "icons": {"value": persona.icon},
                "instructions": {"template": persona.instructions},
                "voices": {"voice": persona.voice},
                "dialogues": {"dialogue_id": persona.dialogue_id},
            },
        ),
        **many(persona.id, "examples", [{"example": example} for example in persona.examples]),
        **{type_name: found for type_name, found in several.items() if found},
        **links("departments", persona.department_ids),
    }


def compiled(form: Form) -> Persona:
    """The persona that values describe."""
    dialogues = form.all("dialogues")
    stood = catalog.persona(form.tx, form.artifact_id)
    return Persona(
        id=form.artifact_id,
        name=form.one("names", "name", most=NAME_CHARS_MAX),
        description=form.one("descriptions", "description"),
        icon=form.one("icons", "value", most=NAME_CHARS_MAX) or form.one("icons", "name", most=NAME_CHARS_MAX),
        color=form.one("colors", "hex_code", most=NAME_CHARS_MAX) or form.one("colors", "name", most=NAME_CHARS_MAX),
        department_ids=form.linked("departments", "department"),
        instructions=form.one("instructions", "template"),
        examples=tuple(form.text("examples", each, "example") for each in form.all("examples")),
        voice=form.one("voices", "voice", most=NAME_CHARS_MAX),
        dialogue_id=(form.named("dialogue", "dialogues", dialogues[0], "dialogue_id") or None) if dialogues else None,
        parameters=compiled_parameters(form, stood.parameters if stood else ()),
        flags=tuple(_flags(form)),
    )


def _flags(form: Form) -> Iterator[Flag]:
    for value in form.all("flags"):
        name = form.text("flags", value, "name", most=NAME_CHARS_MAX)
        holds = form.yes("flags", value, "value") is not False
        description = form.text("flags", value, "description")
        if name:
            yield Flag(id=value.id, name=name, description=description, value=holds)

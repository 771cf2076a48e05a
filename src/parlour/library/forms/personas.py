"""Personas as values, and back."""

from parlour.catalog.entities import Persona
from parlour.drafts.values import Values
from parlour.library.forms.cells import NAME_CHARS_MAX, Form, links, many, singles


def values(persona: Persona) -> Values:
    """What a persona would have been written from."""
    color = persona.color
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
        **links("departments", persona.department_ids),
    }


def compiled(form: Form) -> Persona:
    """The persona that values describe."""
    dialogues = form.all("dialogues")
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
    )

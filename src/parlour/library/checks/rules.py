"""The rules by their codes, and how bad it is to break one.

Errors are for what must not be published, and nothing else. Warnings turn the light red and keep nobody from
publishing; notes are for authors who ask.
"""

from collections.abc import Mapping

from parlour.drafts.values import Value
from parlour.kernel.dataclass import dataclass
from parlour.library.checks.findings import Finding, Severity

QUOTE_CHARACTERS_MAX = 200

RULES: Mapping[str, Severity] = {
    "name.missing": "error",
    "text.leftover": "warning",
    "text.bad_placeholder": "warning",
    "text.hard_to_read": "note",
    "value.unsupported": "warning",
    "value.unseen": "note",
    "rubric.no_groups": "error",
    "rubric.no_levels": "error",
    "rubric.level_points": "error",
    "rubric.group_points": "error",
    "rubric.group_pass": "error",
    "rubric.points": "error",
    "rubric.pass_points": "error",
    "rubric.same_name": "warning",
    "rubric.one_level": "warning",
    "rubric.no_negative_level": "warning",
    "rubric.always_passes": "warning",
    "rubric.empty_level": "warning",
    "rubric.vague_level": "warning",
    "rubric.overlapping_levels": "warning",
    "rubric.double_barrelled": "warning",
    "rubric.level_order": "warning",
    "rubric.all_or_nothing": "note",
    "rubric.unobservable": "note",
    "persona.no_instructions": "warning",
    "persona.thin": "warning",
    "persona.not_a_person": "warning",
    "persona.gives_answer": "warning",
    "persona.coaches": "warning",
    "persona.contradiction": "warning",
    "persona.other_name": "warning",
    "persona.stereotype": "warning",
    "persona.example_breaks": "warning",
    "persona.unfilled": "warning",
    "persona.no_examples": "note",
    "scenario.no_persona": "error",
    "scenario.unfilled": "error",
    "scenario.no_objectives": "warning",
    "scenario.same_objective": "warning",
    "scenario.switched_on_empty": "warning",
    "scenario.video_without_captions": "warning",
    "scenario.image_without_text": "warning",
    "scenario.unused_parameter": "note",
    "quiz.no_text": "error",
    "quiz.no_right_option": "error",
    "quiz.too_few_options": "error",
    "quiz.several_right": "error",
    "quiz.empty_option": "error",
    "quiz.no_wrong_option": "warning",
    "quiz.same_options": "warning",
    "quiz.all_of_the_above": "note",
    "simulation.no_scenario": "error",
    "simulation.time_limit": "error",
    "simulation.short_time": "warning",
    "simulation.no_rubric": "note",
    "document.empty": "warning",
    "document.orders": "warning",
    "cohort.nobody": "note",
    "trial.discrimination": "warning",
    "trial.margin": "warning",
    "trial.criterion": "warning",
    "trial.alone": "warning",
    "trial.character": "warning",
    "trial.injection": "warning",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where something is wrong; nothing in it means the whole."""

    type: str | None = None
    value_id: str | None = None
    field: str | None = None
    quote: str | None = None


WHOLE = Place()


def at(value: Value, type_name: str, field: str | None = None, quote: str | None = None) -> Place:
    """A value, or a field of it; without a quote, the words that are in that field."""
    said = value.fields.get(field) if field is not None else None
    words = quote if quote is not None else said if isinstance(said, str) else None
    return Place(type=type_name, value_id=value.id, field=field, quote=words[:QUOTE_CHARACTERS_MAX] if words else None)


def told(code: str, place: Place, message: str, advice: str) -> Finding:
    """A finding, as bad as its rule is. Raises `KeyError` for a code that is no rule's."""
    return Finding(
        code=code,
        severity=RULES[code],
        message=message,
        advice=advice,
        type=place.type,
        value_id=place.value_id,
        field=place.field,
        quote=place.quote,
    )

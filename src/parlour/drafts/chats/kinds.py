"""The types of values that a chat can have made: how many, in which shape, and where they go (Glow A.1).

A type's values are made one after another, a request each. `plan` says which there will be; `read`
holds an answer against its shape and bounds; `add` puts the value into the draft's values.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec

from parlour.catalog.entities import (
    Document,
    Material,
    Option,
    Parameter,
    Persona,
    Question,
    Statement,
)
from parlour.catalog.filling import needed_by, placeholders
from parlour.drafts.chats.material import PERSONAS_MAX, QUESTIONS_WITH_MADE_OPTIONS_MAX
from parlour.drafts.entities import ChatValues
from parlour.drafts.making import ROUNDS_MAX, Slot, UnusableAnswerError
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode

DOCUMENTS_MAX = 3
OBJECTIVES_MAX = 8
STATEMENTS_MAX = 5
OPTIONS_DEFAULT = 3
NAME_CHARACTERS_MAX = 120
LINE_CHARACTERS_MAX = 500
TEXT_CHARACTERS_MAX = 2_000
INSTRUCTIONS_CHARACTERS_MAX = 8_000
DOCUMENT_CHARACTERS_MAX = 12_000
EXAMPLES_MAX = 5

T = TypeVar("T")
Made = str | Parameter | Persona | Document | Statement | Question | Option


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What values are made from: `published` as the author wrote it, `now` with the draft's values.

    `seed` makes choices that nobody should guess the same at every repetition: the run's id.
    """

    published: Material
    now: Material
    seed: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A model's answer within its bounds; which members count depends on the type."""

    name: str = ""
    description: str = ""
    icon: str = ""
    color: str = ""
    instructions: str = ""
    examples: tuple[str, ...] = ()
    text: str = ""
    value: str = ""
    problem_statement: str = ""
    objective: str = ""
    question_text: str = ""
    option_text: str = ""
    time: int | None = None


# What a request for a type asks for: the member, its longest text, and whether it must be there.
_WANTED: Mapping[str, Mapping[str, tuple[int, bool]]] = {
    "names": {"name": (NAME_CHARACTERS_MAX, True)},
    "descriptions": {"description": (TEXT_CHARACTERS_MAX, True)},
    "parameter_fields": {"value": (LINE_CHARACTERS_MAX, True)},
    "personas": {
        "name": (NAME_CHARACTERS_MAX, True),
        "description": (TEXT_CHARACTERS_MAX, True),
        "icon": (16, False),
        "color": (16, False),
        "instructions": (INSTRUCTIONS_CHARACTERS_MAX, True),
    },
    "documents": {
        "name": (NAME_CHARACTERS_MAX, True),
        "description": (TEXT_CHARACTERS_MAX, False),
        "text": (DOCUMENT_CHARACTERS_MAX, True),
    },
    "problem_statements": {"problem_statement": (TEXT_CHARACTERS_MAX, True)},
    "objectives": {"objective": (LINE_CHARACTERS_MAX, True)},
    "questions": {"question_text": (LINE_CHARACTERS_MAX, True)},
    "options": {"option_text": (LINE_CHARACTERS_MAX, True)},
}
MADE_TYPES = tuple(_WANTED)


def plan(type_name: str, scene: Scene) -> Sequence[Slot]:
    """The values that a type will have: as many as the author wrote, within bounds."""
    scenario = scene.published.scenario
    match type_name:
        case "parameter_fields":
            names = dict.fromkeys(parameter.name for parameter in scenario.parameters)
            names |= dict.fromkeys(sorted(name for each in scene.published.personas for name in needed_by(each)))
            abouts: list[Mapping[str, object]] = [{"parameter": name} for name in list(names)[:ROUNDS_MAX]]
        case "options":
            abouts = _options(scene)
        case _:
            counts = {
                "personas": min(len(scene.published.personas), PERSONAS_MAX),
                "documents": min(len(scene.published.documents), DOCUMENTS_MAX),
                "problem_statements": min(len(scenario.problem_statements), STATEMENTS_MAX),
                "objectives": min(len(scenario.objectives), OBJECTIVES_MAX),
                "questions": min(len(scenario.questions), QUESTIONS_WITH_MADE_OPTIONS_MAX),
            }
            abouts = [{}] * max(1, counts.get(type_name, 1))
    return [Slot(number=number, of=len(abouts), about=about) for number, about in enumerate(abouts)]


def _options(scene: Scene) -> list[Mapping[str, object]]:
    """For each question options of which one, at a place that the seed decides, is right."""
    questions = scene.now.scenario.questions[:QUESTIONS_WITH_MADE_OPTIONS_MAX]
    written = [len(each.options) for each in scene.published.scenario.questions]
    found: list[Mapping[str, object]] = []
    for index, question in enumerate(questions):
        wanted = written[index] if index < len(written) and written[index] > 1 else OPTIONS_DEFAULT
        count = max(2, min(wanted, ROUNDS_MAX // len(questions)))
        right = hashlib.sha256(f"{scene.seed}/{question.id}".encode()).digest()[0] % count
        found += [
            {"question_id": question.id, "question": question.question_text, "right": place == right}
            for place in range(count)
        ]
    return found


def schema(type_name: str) -> Mapping[str, object]:
    """The JSON schema of an answer, in the subset that vendors enforce."""
    members: dict[str, object] = {name: {"type": "string"} for name in _WANTED[type_name]}
    if type_name == "personas":
        members["examples"] = {"type": "array", "items": {"type": "string"}}
    if type_name == "questions":
        members["time"] = {"type": ["integer", "null"]}
    return {"type": "object", "properties": members, "required": [*members], "additionalProperties": False}


def read(type_name: str, text: str, scene: Scene) -> Answered:
    """An answer that holds. Raises `UnusableAnswerError`, in words that the model can act on."""
    try:
        answered = decode(text, Answered)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnusableAnswerError(f"It is not a JSON object of the given schema: {error}") from None
    for name, (longest, must) in _WANTED[type_name].items():
        said = str(getattr(answered, name)).strip()
        if must and not said:
            raise UnusableAnswerError(f"'{name}' is empty.")
        if len(said) > longest:
            raise UnusableAnswerError(f"'{name}' is longer than {longest} characters.")
        if not is_clean(said):
            raise UnusableAnswerError(f"'{name}' has control characters.")
        answered = replace(answered, **{name: said})
    if type_name == "personas":
        examples = tuple(each.strip()[:LINE_CHARACTERS_MAX] for each in answered.examples if each.strip())
        if not all(map(is_clean, examples)):
            raise UnusableAnswerError("'examples' has control characters.")
        answered = replace(answered, examples=examples[:EXAMPLES_MAX])
        known = {parameter.name for parameter in scene.now.scenario.parameters}
        unknown = placeholders("\n".join((answered.instructions, *answered.examples))) - known
        if unknown:
            raise UnusableAnswerError(f"There is no parameter {', '.join(sorted(unknown))}.")
    if answered.time is not None and not 0 <= answered.time <= 86_400:
        raise UnusableAnswerError("'time' must be between 0 and 86400 seconds, or null.")
    return answered


def is_clean(text: str) -> bool:
    """Whether a text is free of control characters but for line breaks and tabs."""
    return all(character >= " " or character in "\n\r\t" for character in text)


def made(type_name: str, slot: Slot, answered: Answered, value_id: str) -> Made:
    """The value that an answer stands for."""
    match type_name:
        case "names":
            return answered.name
        case "descriptions":
            return answered.description
        case "parameter_fields":
            return Parameter(id=value_id, name=str(slot.about["parameter"]), value=answered.value)
        case "personas":
            return Persona(
                id=value_id,
                name=answered.name,
                description=answered.description,
                icon=answered.icon,
                color=answered.color,
                instructions=answered.instructions,
                examples=answered.examples,
            )
        case "documents":
            return Document(id=value_id, name=answered.name, description=answered.description, text=answered.text)
        case "problem_statements":
            return Statement(id=value_id, text=answered.problem_statement)
        case "objectives":
            return Statement(id=value_id, text=answered.objective)
        case "questions":
            times = () if answered.time is None else (answered.time,)
            return Question(id=value_id, question_text=answered.question_text, times=times)
        case _:
            return Option(
                id=value_id,
                question_id=str(slot.about["question_id"]),
                option_text=answered.option_text,
                is_correct=bool(slot.about["right"]),
            )


def add(values: ChatValues, slot: Slot, value: Made, type_name: str, scene: Scene) -> ChatValues:
    """The values with one more; the first of a type takes the place of what was there."""
    fresh = slot.number == 0
    match value:
        case str():
            return replace(values, name=value) if type_name == "names" else replace(values, description=value)
        case Parameter():
            kept = tuple(each for each in values.parameters or () if each.name != value.name)
            return replace(values, parameters=(*(() if fresh else kept), value))
        case Persona():
            castings = scene.published.scenario.castings
            like = [each for each in castings if each.persona_id in _ids_at(scene, slot.number)]
            played = (replace(like[0], persona_id=value.id),) if like else ()
            return replace(
                values, personas=(*_before(values.personas, fresh), value), castings=(*values.castings, *played)
            )
        case Document():
            return replace(values, documents=(*_before(values.documents, fresh), value))
        case Statement() if type_name == "objectives":
            return replace(values, objectives=(*_before(values.objectives, fresh), value))
        case Statement():
            return replace(values, problem_statements=(*_before(values.problem_statements, fresh), value))
        case Question():
            return replace(values, questions=(*_before(values.questions, fresh), value))
        case Option():
            questions = scene.now.scenario.questions if values.questions is None else values.questions
            if fresh:
                bare = [replace(each, options=()) for each in questions[:QUESTIONS_WITH_MADE_OPTIONS_MAX]]
                questions = (*bare, *questions[QUESTIONS_WITH_MADE_OPTIONS_MAX:])
            return replace(values, questions=tuple(_with_option(each, value) for each in questions))


def _ids_at(scene: Scene, number: int) -> set[str]:
    personas = scene.published.personas
    return {personas[number % len(personas)].id} if personas else set()


def _before(values: tuple[T, ...] | None, fresh: bool) -> tuple[T, ...]:
    return () if fresh or values is None else values


def _with_option(question: Question, option: Option) -> Question:
    return replace(question, options=(*question.options, option)) if question.id == option.question_id else question


def shown(type_name: str, value: Made, value_id: str) -> Mapping[str, object]:
    """The fields of a value as its events tell them (Appendix A)."""
    match value:
        case str():
            return {"name": value} if type_name == "names" else {"description": value}
        case Parameter():
            return {"field_id": value_id, "parameter_id": value_id}
        case Persona():
            members = ("name", "description", "icon", "color", "instructions")
            found: dict[str, object] = {name: getattr(value, name) for name in members}
            return found | {"examples": list(value.examples), "department_ids": list(value.department_ids)}
        case Document():
            return {"name": value.name, "description": value.description, "template": value.template}
        case Statement():
            return {"objective": value.text} if type_name == "objectives" else {"problem_statement": value.text}
        case Question():
            time = value.times[0] if value.times else None
            return {"question_text": value.question_text, "allow_multiple": value.allow_multiple, "time": time}
        case Option():
            return {
                "option_text": value.option_text,
                "is_correct": value.is_correct,
                "question_id": value.question_id,
            }

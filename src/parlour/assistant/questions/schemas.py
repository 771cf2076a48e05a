"""The structured answers of each kind as JSON Schema 2020-12, and their check (lab protocol 6.2, 6.3, 6.8)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

from parlour.assistant.entities import JsonValue
from parlour.assistant.questions.entities import Question
from parlour.assistant.questions.values import STRING_CHARS_MAX, TEXT_CHARS_MAX, is_storable, value_of
from parlour.assistant.questions.words import NOTE_CHARS_MAX
from parlour.files.handles import HANDLE_CHARS_MAX
from parlour.kernel.refusals import Fault, Refusal
from parlour.pauses.entities import Body, Item

Schema = dict[str, object]

DIALECT = "https://" + "json-schema.org/draft/2020-12/schema"
FAULTS_MAX = 20
ADVICE_CHARS_MAX = 32_000
DURATION_CHARS_MAX = 100


class _Error(Protocol):
    absolute_path: Iterable[str | int]
    validator: str


class _Checker(Protocol):
    def iter_errors(self, instance: object) -> Iterable[_Error]: ...


def answer_schema(question: Question) -> Schema:
    """What a structured answer to this question must look like."""
    return {"$schema": DIALECT, "type": "object", **_shape(question)}


def check(question: Question, answer: object) -> dict[str, JsonValue]:
    """The answer with its values in the form that is kept. Raises `answer_invalid` with pointers into the body."""
    import jsonschema  # noqa: PLC0415 (2 MiB that a server at rest does not need)

    schema = cast("dict[str, Any]", answer_schema(question))
    checker = cast("_Checker", jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()))
    given = dict(cast("Mapping[str, object]", answer)) if isinstance(answer, Mapping) else None
    faults = [Fault(_pointer(each.absolute_path), _said(each.validator)) for each in checker.iter_errors(given)]
    checked: dict[str, JsonValue] = {}
    if not faults and given is not None:
        checked, faults = _kept(question.body, given)
    if faults:
        raise Refusal("answer_invalid", "This answer does not fit the question.", faults=tuple(faults[:FAULTS_MAX]))
    return checked


def _shape(question: Question) -> Schema:
    body = question.body
    match question.kind:
        case "authorize":
            return _members(
                {"decision": {"enum": ["allow", "deny"]}, "note": {"type": "string", "maxLength": NOTE_CHARS_MAX}}
            )
        case "collect":
            return _or_abandon("values", _values(body.items))
        case "select":
            names = [*(option.index for option in body.options), *(option.id for option in body.options)]
            choices: Schema = {"type": "array", "uniqueItems": True, "minItems": body.min, "maxItems": body.max}
            return _or_abandon("choices", {**choices, "items": {"enum": names}})
        case "verify":
            shape = _members(
                {"decision": {"enum": ["confirm", "change", "abandon"]}, "values": _values(body.items)},
            )
            only_change: Schema = {"properties": {"decision": {"const": "change"}}}
            return {**shape, "if": {"required": ["values"]}, "then": only_change}
        case "instruct" | "comment":
            word = "advise" if question.kind == "instruct" else "comment"
            text: Schema = {"type": "string", "minLength": 1, "maxLength": ADVICE_CHARS_MAX, "pattern": r"\S"}
            shape = _members({"decision": {"enum": ["continue", word, "stop"]}, "text": text})
            said: Schema = {"properties": {"decision": {"const": word}}, "required": ["decision"]}
            return {**shape, "if": said, "then": {"required": ["text"]}}


def _members(properties: Schema) -> Schema:
    return {"required": ["decision"], "additionalProperties": False, "properties": properties}


def _or_abandon(name: str, schema: Schema) -> Schema:
    return {
        "additionalProperties": False,
        "properties": {name: schema, "abandon": {"const": True}},
        "oneOf": [{"required": [name]}, {"required": ["abandon"]}],
    }


def _values(items: Sequence[Item]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {item.key: _value(item) for item in items},
        "minProperties": 1,
    }


def _value(item: Item) -> Schema:
    named: Schema = {"title": item.label}
    if item.choices:
        return {**named, "enum": list(item.choices)}
    match item.type:
        case "number":
            return {**named, "type": "number"}
        case "date":
            return {**named, "type": "string", "format": "date"}
        case "duration":
            return {**named, "type": "string", "minLength": 1, "maxLength": DURATION_CHARS_MAX}
        case "file":
            return {**named, "type": "string", "pattern": "^files/", "maxLength": HANDLE_CHARS_MAX}
        case "text":
            return {**named, "type": "string", "pattern": r"\S", "maxLength": TEXT_CHARS_MAX}
        case _:
            return {**named, "type": "string", "pattern": r"\S", "maxLength": STRING_CHARS_MAX}


def _kept(body: Body, answer: Mapping[str, object]) -> tuple[dict[str, JsonValue], list[Fault]]:
    """The answer as it is stored; faults where a value has the right type but is none, or is chosen twice."""
    kept = cast("dict[str, JsonValue]", dict(answer))
    words = [key for key in ("note", "text") if not is_storable(str(answer.get(key, "")))]
    faults = [Fault(_pointer([key]), "has a character that is none") for key in words]
    if "values" in answer:
        items = {item.key: item for item in body.items}
        given = cast("Mapping[str, object]", answer["values"])
        values = {key: value_of(items[key], value) for key, value in given.items()}
        faults = [
            Fault(_pointer(["values", key]), "is no value of this type") for key, each in values.items() if each is None
        ]
        kept["values"] = values
    if "choices" in answer:
        places = {option.id: option.index for option in body.options}
        chosen = cast("list[int | str]", answer["choices"])
        indexes = [each if isinstance(each, int) else places[each] for each in chosen]
        if len(set(indexes)) < len(indexes):
            faults.append(Fault(_pointer(["choices"]), "names one option twice"))
    return kept, faults


def _pointer(path: Iterable[str | int]) -> str:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in ("answer", *steps))


_SAID = {
    "additionalProperties": "has a member that is not asked for",
    "enum": "is none of the possible values",
    "const": "is none of the possible values",
    "format": "is no date",
    "maxItems": "has too many choices",
    "maxLength": "is too long",
    "minItems": "has too few choices",
    "minProperties": "is empty",
    "oneOf": "must have exactly one of its members",
    "pattern": "is empty or of the wrong form",
    "required": "lacks a member",
    "type": "has the wrong type",
    "uniqueItems": "names one option twice",
}


def _said(keyword: str) -> str:
    return _SAID.get(keyword, "does not fit the question")

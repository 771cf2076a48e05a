"""Holding an answer of a model against its shape. What is wrong is said in words that a model can act on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import msgspec

from parlour.catalog.entities import Signals
from parlour.drafts.making import UnusableAnswerError
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import convert, decode_untyped
from parlour.library.making.shapes import (
    LINE_MAX,
    QUOTE_MAX,
    QUOTES_MAX,
    Member,
    Shape,
    is_clean,
    text_fault,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """Words that a value is said to rest on; `source` is its number in the request, from 1."""

    source: int
    quote: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a model answered, within its bounds. `choice` is an index into the candidates."""

    fields: Mapping[str, object]
    quotes: tuple[Quote, ...] = ()
    choice: int | None = None


def read_answer(text: str, shape: Shape) -> Answer:
    """The answer, if it holds. Raises `UnusableAnswerError`."""
    try:
        found = decode_untyped(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnusableAnswerError(f"It is not a JSON object of the given schema: {error}") from None
    if not isinstance(found, dict):
        raise UnusableAnswerError("It is not a JSON object of the given schema.")
    given = cast("dict[str, object]", found)
    fields = {name: _member(name, given.get(name), member) for name, member in shape.members.items()}
    answer = Answer(fields=fields, quotes=_quotes(given.get("quotes")) if shape.claims else ())
    return _consistent(answer, given)


def read_choice(text: str, shape: Shape, candidates: int) -> Answer:
    """The index of what was chosen. Raises `UnusableAnswerError`."""
    answer = read_answer(text, shape)
    choice = cast("int", answer.fields["choice"])
    if choice > candidates:
        raise UnusableAnswerError(f"'choice' must be between 1 and {candidates}.")
    return replace(answer, fields={}, choice=choice - 1)


def _member(name: str, value: object, member: Member) -> object:
    match member.holds:
        case "string":
            return _text(name, value, member)
        case "bool":
            if not isinstance(value, bool):
                raise UnusableAnswerError(f"'{name}' must be true or false.")
            return value
        case "int" | "number":
            return _number(name, value, member)
        case "strings":
            return _strings(name, value, member)
        case "options":
            return _options(name, value, member)


def _text(name: str, value: object, member: Member) -> str:
    if value is not None and not isinstance(value, str):
        raise UnusableAnswerError(f"'{name}' must be a text.")
    said = (value or "").strip()
    fault = text_fault(name, said, member)
    if fault is not None:
        raise UnusableAnswerError(fault)
    return said


def _number(name: str, value: object, member: Member) -> float | None:
    if value is None and not member.must:
        return None
    whole = member.holds == "int"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise UnusableAnswerError(f"'{name}' must be a {'whole ' if whole else ''}number.")
    if not member.least <= value <= member.most:
        raise UnusableAnswerError(f"'{name}' must be between {member.least:g} and {member.most:g}.")
    return value


def _strings(name: str, value: object, member: Member) -> list[str]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    said = [each.strip()[:LINE_MAX] for each in items if isinstance(each, str) and each.strip()]
    if not all(map(is_clean, said)):
        raise UnusableAnswerError(f"'{name}' has control characters.")
    return said[: int(member.most)]


def _options(name: str, value: object, member: Member) -> list[object]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    if not member.least <= len(items) <= member.most:
        raise UnusableAnswerError(f"'{name}' needs {member.least:g} to {member.most:g} options.")
    found: list[object] = []
    for item in items:
        option = cast("dict[str, object]", item) if isinstance(item, dict) else {}
        right = option.get("is_correct")
        if not isinstance(right, bool):
            raise UnusableAnswerError("'is_correct' must be true or false for every option.")
        found.append(
            {"option_text": _text("option_text", option.get("option_text"), Member(most=LINE_MAX)), "is_correct": right}
        )
    return found


def _quotes(value: object) -> tuple[Quote, ...]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    found: list[Quote] = []
    for item in items[:QUOTES_MAX]:
        quote = cast("dict[str, object]", item) if isinstance(item, dict) else {}
        source, words = quote.get("source"), quote.get("quote")
        if isinstance(source, int) and not isinstance(source, bool) and isinstance(words, str) and words.strip():
            found.append(Quote(source=source, quote=words.strip()[:QUOTE_MAX]))
    return tuple(found)


def _consistent(answer: Answer, given: Mapping[str, object]) -> Answer:
    """The rules between members."""
    fields = answer.fields
    if "options" in fields:
        options = cast("list[dict[str, object]]", fields["options"])
        right = sum(bool(each["is_correct"]) for each in options)
        if right == 0:
            raise UnusableAnswerError("At least one option must be right.")
        if right > 1 and not fields["allow_multiple"]:
            raise UnusableAnswerError("More than one option is right: set 'allow_multiple', or leave one right.")
        texts = [str(each["option_text"]).casefold() for each in options]
        if len(set(texts)) < len(texts):
            raise UnusableAnswerError("Two options are the same.")
    if "pass_points" in fields and "points" in fields:
        if cast("int", fields["pass_points"]) > cast("int", fields["points"]):
            raise UnusableAnswerError("'pass_points' must not be more than 'points'.")
        return replace(answer, fields={**fields, **_signals(given.get("signals"))})
    return answer


def _signals(given: object) -> Mapping[str, object]:
    """What the rule grader looks for, where the author of the criterion says it."""
    if given is None:
        return {}
    try:
        signals = convert(given, Signals)
    except msgspec.ValidationError as error:
        raise UnusableAnswerError(f"'signals' is not usable: {error}") from None
    return {"signals": cast("object", msgspec.to_builtins(signals))}

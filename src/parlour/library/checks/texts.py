"""What is wrong with any text: something left over from writing it, a placeholder that is none, hard to read. Pure."""

import re
from collections.abc import Iterable, Mapping

from parlour.drafts.artifacts import draft_types
from parlour.drafts.values import Value, Values
from parlour.library.checks.fields import of, text
from parlour.library.checks.findings import Finding
from parlour.library.checks.reading_level import reading_level
from parlour.library.checks.rules import WHOLE, at, told

# The fields of each type that people read or models play.
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "names": ("name",),
    "descriptions": ("description",),
    "instructions": ("template",),
    "examples": ("example",),
    "problem_statements": ("problem_statement", "name"),
    "objectives": ("objective",),
    "questions": ("question_text",),
    "standard_groups": ("name", "description"),
    "standards": ("name", "description"),
    "personas": ("name", "description", "instructions"),
    "parameter_fields": ("value",),
    "prompts": ("system_prompt",),
}
# What learners read before they begin, by artifact.
_FOR_LEARNERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "scenario": (
        ("descriptions", "description"), ("problem_statements", "problem_statement"), ("objectives", "objective"),
    ),
    "document": (("texts", "text"),),
}  # fmt: skip
_LEFTOVER = re.compile(
    r"\blorem ipsum\b|\b(?:TO[D]O|TBD|FIX[M]E|XX[X]+)\b"
    r"|\[(?i:insert|add|your|to[d]o|placeholder|name|text|hier|bitte)\b"
    r"[^\]\n]{0,60}\]"
    r"|<(?i:insert|your|name|placeholder)\b[^>\n]{0,60}>|\bplaceholder text\b|待补充|待填写|（此处填写|\[请?填写"
)  # leftovers are written in capitals or in brackets; the words themselves are used in earnest
_BRACES = re.compile(r"\{\{[^{}\n]{0,80}\}\}|\{\{(?![^{}\n]*\}\})")
_GOOD_BRACES = re.compile(r"\{\{ ?[a-z0-9_-]{1,64} ?\}\}")


def text_findings(artifact_type: str, values: Values) -> list[Finding]:
    """What rules find in the texts of any artifact."""
    named = "names" in draft_types(artifact_type)
    found = [*(_name(values) if named else ()), *_unseen(values)]
    for type_name, fields in _TEXTS.items():
        for value in of(values, type_name):
            if not value.linked:
                found += _text(value, type_name, fields)
    hard = _hard(values, _FOR_LEARNERS.get(artifact_type, ()))
    return [*found, hard] if hard else found


def _name(values: Values) -> Iterable[Finding]:
    names = of(values, "names")
    if not any(text(each, "name") for each in names):
        place = at(names[0], "names", "name") if names else WHOLE
        yield told("name.missing", place, "It has no name.", "Give it one that people will find it by.")


def _unseen(values: Values) -> Iterable[Finding]:
    """What a model made: words that are not in its sources, and what nobody has looked at."""
    for type_name, own in values.items():
        for value in own:
            if value.unsupported:
                message = "This claims to rest on a source whose words are not there."
                advice = "Compare it with the sources; mend it or refuse it."
                yield told("value.unsupported", at(value, type_name), message, advice)
        waiting = [value for value in own if value.state == "proposed"]
        if waiting:
            message = f"A model wrote {len(waiting)} of these, and nobody has accepted that yet."
            yield told("value.unseen", at(waiting[0], type_name), message, "Read it, then accept or refuse it.")


def _text(value: Value, type_name: str, fields: Iterable[str]) -> Iterable[Finding]:
    for field in fields:
        said = text(value, field)
        match = _LEFTOVER.search(said)
        if match is not None:
            message = f"'{match[0]}' was left over from writing."
            yield told("text.leftover", at(value, type_name, field, match[0]), message, "Write what belongs here.")
        for braces in _BRACES.finditer(said):
            if not _GOOD_BRACES.fullmatch(braces[0]):
                message = f"'{braces[0]}' is no placeholder, and would be read as it stands."
                advice = "Write {{name}} with a-z, 0-9, '-' and '_' only."
                yield told("text.bad_placeholder", at(value, type_name, field, braces[0]), message, advice)
                break


def _hard(values: Values, fields: Iterable[tuple[str, str]]) -> Finding | None:
    said = "\n".join(text(value, field) for type_name, field in fields for value in of(values, type_name))
    level = reading_level(said)
    if level is None or not level.hard:
        return None
    message = f"What learners read here is hard ({level.formula} {level.figure:g})."
    return told("text.hard_to_read", WHOLE, message, "Use shorter sentences and more common words.")

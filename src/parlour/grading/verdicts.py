"""What a grader answers, before anything of it is believed: its shape, its schema, a bounded reading.

Only the shape is checked here; `rules.py` decides what of a verdict holds.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from parlour.catalog.entities import Rubric
from parlour.grading.entities import ResourceType
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decoder_of

T = TypeVar("T")

VERDICT_CHARACTERS_MAX = 200_000
_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n?\s*```", re.DOTALL | re.IGNORECASE)


class UnusableVerdictError(Exception):
    """A verdict that is not to be stored; `reason` is a sentence without words of the transcript."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Quoted:
    """Words that a grader says are in a message."""

    message_id: str = ""
    quote: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A level for a criterion: by its id, or by its points."""

    standard_group: str
    standard: str | None = None
    points: int | float | None = None
    feedback: str = ""
    evidence: tuple[Quoted, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Marked:
    """Words to highlight, or to replace."""

    section: str = ""
    replace: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Praised:
    """A strength with its highlights."""

    name: str = ""
    description: str = ""
    message_id: str | None = None
    highlights: tuple[Marked, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Improved:
    """An improvement with its replacements."""

    name: str = ""
    description: str = ""
    message_id: str | None = None
    replacements: tuple[Marked, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysed:
    """A remark on the whole."""

    content: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """A grader's whole answer."""

    feedbacks: tuple[Judged, ...] = ()
    strengths: tuple[Praised, ...] = ()
    improvements: tuple[Improved, ...] = ()
    analyses: tuple[Analysed, ...] = ()
    summary: str = ""


def read_verdict(text: str) -> Verdict:
    """The verdict in a grader's answer. Raises `UnusableVerdictError`."""
    return read_answer(text, Verdict)


def read_answer(text: str, kind: type[T]) -> T:
    """The JSON object in a judge's answer: plain, fenced, or with words around it.

    Raises `UnusableVerdictError` for what is too long or has another shape.
    """
    if len(text) > VERDICT_CHARACTERS_MAX:
        raise UnusableVerdictError(f"The verdict is longer than {VERDICT_CHARACTERS_MAX} characters.")
    fenced = _FENCED.search(text)
    begin, end = text.find("{"), text.rfind("}")
    decoder = decoder_of(kind)
    candidates = [text, *([fenced[1]] if fenced else []), *([text[begin : end + 1]] if 0 <= begin < end else [])]
    fault = ""
    for candidate in candidates:
        try:
            return decoder.decode(candidate)
        except msgspec.ValidationError as error:
            fault = f": {error}"
        except (msgspec.DecodeError, RecursionError):
            continue
    raise UnusableVerdictError(f"The verdict is not a JSON object of the given schema{fault}.")


def verdict_schema(rubric: Rubric, wanted: Sequence[ResourceType]) -> Mapping[str, object]:
    """The JSON schema of a verdict on these kinds, in the subset that vendors enforce."""
    text: Mapping[str, object] = {"type": "string"}
    message: Mapping[str, object] = {"type": ["string", "null"]}
    members: dict[str, object] = {}
    if "feedbacks" in wanted:
        judged = _object(
            standard_group={"type": "string", "enum": [group.id for group in rubric.groups]},
            standard={"type": "string", "enum": [level.id for group in rubric.groups for level in group.standards]},
            feedback=text,
            evidence=_array(_object(message_id=text, quote=text)),
        )
        members["feedbacks"] = _array(judged)
    if "strengths" in wanted:
        highlights = {"highlights": _array(_object(section=text))} if "highlights" in wanted else {}
        members["strengths"] = _array(_object(name=text, description=text, message_id=message, **highlights))
    if "improvements" in wanted:
        replacements = {"replacements": _array(_object(section=text, replace=text))} if "replacements" in wanted else {}
        members["improvements"] = _array(_object(name=text, description=text, message_id=message, **replacements))
    if "analyses" in wanted:
        members["analyses"] = _array(_object(content=text))
    return _object(**members, summary=text)


def _object(**members: object) -> Mapping[str, object]:
    return {"type": "object", "properties": members, "required": [*members], "additionalProperties": False}


def _array(items: object) -> Mapping[str, object]:
    return {"type": "array", "items": items}

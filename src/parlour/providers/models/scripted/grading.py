"""The grading request as the rule grader reads it, and its verdict as JSON text.

The request is the content of the last user message, a JSON object: `rubric` (its criteria under
`groups` or `standard_groups`), `transcript` (`message_id`, `speaker`, `text`), `scenario`, `wanted`
(kinds of Glow 6.4.4; empty = all), `instructions` (which rules do not follow).
The judges `scripted-strict` and `scripted-lenient` are known to lie up to a level lower or higher.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from parlour.catalog.entities import Rubric, Scenario
from parlour.kernel.decoding import convert, decode
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.scripted.grader import Improvement, Line, Strength, Temper, Verdict, grade_transcript

# Where a request does not say what passes, the summary speaks as if this share did.
PASS_SHARE = 0.72
_TEMPERS: Mapping[str, Temper] = {"scripted-strict": "strict", "scripted-lenient": "lenient"}


class _Input(msgspec.Struct, frozen=True, kw_only=True):
    rubric: dict[str, object]
    transcript: tuple[Line, ...]
    scenario: dict[str, object] | None = None
    wanted: tuple[str, ...] = ()


def temper_of(model: str) -> Temper:
    """How strictly a judge of this name grades."""
    return _TEMPERS.get(model, "usual")


def grade_request(text: str, model: str = "scripted") -> str:
    """The verdict on a grading request. Raises `ProviderFault` if the text is none."""
    try:
        given = decode(text, _Input)
        rubric = read_rubric(given.rubric)
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise ProviderFault("The scripted model cannot read the grading request.", retryable=False) from error
    verdict = grade_transcript(rubric, given.transcript, _scenario(given.scenario), temper_of(model))
    return msgspec.json.encode(_wanted(verdict, given.wanted)).decode()


def _wanted(verdict: Verdict, wanted: Sequence[str]) -> Verdict:
    kinds = set(wanted) or {"feedbacks", "strengths", "highlights", "improvements", "replacements", "analyses"}
    strengths = verdict.strengths if kinds & {"strengths", "highlights"} else ()
    improvements = verdict.improvements if kinds & {"improvements", "replacements"} else ()
    if "highlights" not in kinds:
        strengths = tuple(
            Strength(name=item.name, description=item.description, message_id=item.message_id, highlights=())
            for item in strengths
        )
    if "replacements" not in kinds:
        improvements = tuple(
            Improvement(name=item.name, description=item.description, message_id=item.message_id, replacements=())
            for item in improvements
        )
    return Verdict(
        feedbacks=verdict.feedbacks if "feedbacks" in kinds else (),
        strengths=strengths,
        improvements=improvements,
        analyses=verdict.analyses if "analyses" in kinds else (),
        summary=verdict.summary,
    )


def _scenario(given: Mapping[str, object] | None) -> Scenario | None:
    name = given.get("name") if given else None
    return Scenario(id="", name=name, persona_ids=()) if isinstance(name, str) else None


def read_rubric(given: Mapping[str, object]) -> Rubric:
    """The rubric of a request. Raises `ValidationError`, `KeyError` or `TypeError` if it is none."""
    return convert(_rubric(given), Rubric)


def _rubric(given: Mapping[str, object]) -> dict[str, object]:
    """The rubric with the members that grading needs, whether or not the caller sent the others."""
    groups = [_group(group) for group in _mappings(given.get("groups", given.get("standard_groups")))]
    total = sum(cast("int", group["points"]) for group in groups)
    usual = round(total * PASS_SHARE)
    rubric: dict[str, object] = {"id": "", "name": "", "total_points": total, "pass_points": usual, **given}
    return {**rubric, "groups": groups}


def _group(given: Mapping[str, object]) -> dict[str, object]:
    group_id = given.get("id", given.get("standard_group_id"))
    standards: list[dict[str, object]] = [
        {"name": "", **item, "id": item.get("id", item.get("standard_id")), "standard_group_id": group_id}
        for item in _mappings(given.get("standards"))
    ]
    best = max(cast("int", item["points"]) for item in standards) if standards else 0
    return {"name": "", "points": best, "pass_points": 0, **given, "id": group_id, "standards": standards}


def _mappings(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list | tuple):
        raise TypeError("a list was expected")
    items = cast("Sequence[object]", value)
    return [cast("Mapping[str, object]", item) for item in items if isinstance(item, Mapping)]

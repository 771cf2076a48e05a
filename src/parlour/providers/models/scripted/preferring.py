"""Which of two transcripts is better, by the rules of the rule grader: the offline judge of pairs.

The request is the content of the last user message, a JSON object: `scenario`, `rubric` (or null), `first` and `second`
with a `transcript` each. The answer has a choice, why, and verbatim words of both. What is shown first makes no
difference to it, except to `scripted-first`, which always chooses that: a judge whose preference is for a place.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from parlour.catalog.entities import Rubric, Standard, StandardGroup
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.scripted.grader import Line, Verdict, grade_transcript
from parlour.providers.models.scripted.grading import read_rubric, temper_of

FIRST = "scripted-first"
TIE_SHARE = 0.05  # of all points: what lies closer together is called a tie
QUOTES_MAX = 3

Place = Literal["first", "second"]


class _Shown(msgspec.Struct, frozen=True):
    transcript: tuple[Line, ...] = ()


class _Ask(msgspec.Struct, frozen=True, kw_only=True):
    first: _Shown
    second: _Shown
    rubric: dict[str, object] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Quotes:
    first: tuple[str, ...]
    second: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What the judge of pairs answers."""

    choice: Literal["first", "second", "tie"]
    reason: str
    quotes: Quotes


@dataclass(frozen=True, kw_only=True, slots=True)
class _Side:
    """A transcript with its points by criterion."""

    verdict: Verdict
    points: dict[str, int]

    @property
    def score(self) -> int:
        return sum(self.points.values())


def prefer_request(text: str, model: str = "scripted") -> str:
    """The choice for a request, as JSON. Raises `ProviderFault` if the text is none."""
    try:
        ask = decode(text, _Ask)
        rubric = read_rubric(ask.rubric) if ask.rubric else _general()
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise ProviderFault("The scripted model cannot read what it should compare.", retryable=False) from error
    first, second = (_side(rubric, shown.transcript, model) for shown in (ask.first, ask.second))
    return msgspec.json.encode(_choose(rubric, first, second, model)).decode()


def _choose(rubric: Rubric, first: _Side, second: _Side, model: str) -> Choice:
    ahead = first.score - second.score
    best = sum(max(level.points for level in group.standards) for group in rubric.groups)
    quotes = Quotes(first=_quotes(rubric, first, second), second=_quotes(rubric, second, first))
    if not (quotes.first or quotes.second):
        return Choice(choice="tie", reason="Nobody says anything in either of them.", quotes=quotes)
    if model == FIRST:
        return Choice(choice="first", reason="The first one convinced me at once.", quotes=quotes)
    if abs(ahead) < max(1.0, best * TIE_SHARE + 1e-9):
        return Choice(choice="tie", reason="Both do about the same of what the rubric asks for.", quotes=quotes)
    winner: Place = "first" if ahead > 0 else "second"
    better, other = (first, second) if ahead > 0 else (second, first)
    return Choice(choice=winner, reason=_reason(rubric, better, other), quotes=quotes)


def _reason(rubric: Rubric, better: _Side, other: _Side) -> str:
    lead = [group for group in rubric.groups if better.points[group.id] > other.points[group.id]]
    lead.sort(key=lambda group: other.points[group.id] - better.points[group.id])
    names = " and ".join(group.name.lower() for group in lead[:2])
    feedback = next(item.feedback for item in better.verdict.feedbacks if item.standard_group == lead[0].id)
    return f"It does more in {names}. {feedback}"


def _side(rubric: Rubric, transcript: Sequence[Line], model: str) -> _Side:
    verdict = grade_transcript(rubric, transcript, None, temper_of(model))
    worth = {level.id: level.points for group in rubric.groups for level in group.standards}
    points = {item.standard_group: worth[item.standard] for item in verdict.feedbacks}
    return _Side(verdict=verdict, points=points)


def _quotes(rubric: Rubric, side: _Side, other: _Side) -> tuple[str, ...]:
    """Words of one side, of the criteria first in which it differs most from the other."""
    apart = {group.id: abs(side.points[group.id] - other.points[group.id]) for group in rubric.groups}
    items = sorted(side.verdict.feedbacks, key=lambda item: -apart[item.standard_group])
    words = dict.fromkeys(evidence.quote for item in items for evidence in item.evidence[:1])
    return tuple(words)[:QUOTES_MAX]


def _general() -> Rubric:
    """What helps in any conversation, for a comparison without a rubric."""
    levels = tuple(
        Standard(id=f"level-{points}", standard_group_id="all", name="", points=points) for points in range(1, 6)
    )
    group = StandardGroup(id="all", name="The whole conversation", points=5, pass_points=3, standards=levels)
    return Rubric(id="general", name="General", total_points=5, pass_points=3, groups=(group,))

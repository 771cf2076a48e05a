"""Which candidate is better: every other one beside the baseline, or every pair, each with a word and a sentence."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from parlour.benchmarks.entities import Invocation
from parlour.benchmarks.results.data import Cell, Data
from parlour.benchmarks.results.preferences import preference_result
from parlour.benchmarks.results.shapes import Comparison, Measure, PassDifference
from parlour.benchmarks.results.units import options, shown, unit_of
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from parlour.benchmarks.statistics.comparing import Difference, Pair
    from parlour.benchmarks.statistics.power import Spread


CLOSE = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """One comparison, computed but not yet adjusted for the others."""

    a: Invocation
    b: Invocation
    measure: Measure
    scores: "list[Pair]"
    passes: "list[Pair]"
    difference: "Difference"
    pass_difference: "Difference"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Family:
    """What comparisons have in common: their level, their number, and the noise floor."""

    alpha: float
    count: int
    floor: float | None


def comparisons(data: Data, floor: float | None = None, alpha: float | None = None) -> list[Comparison]:
    """The verdicts, p-values adjusted by Holm's method. `floor` is the half-width of the noise floor.

    `alpha` is what the adjusted p-values are set against: 1 - the plan's confidence unless it is given.
    """
    from parlour.benchmarks.statistics.comparing import holm  # noqa: PLC0415 (numpy costs 30 MiB)

    level = 1 - data.test.plan.confidence if alpha is None else alpha
    asked = [_ask(data, a, b, level) for a, b in pairs_of(data)]
    adjusted = holm([each.difference.p_value for each in asked])
    family = _Family(alpha=level, count=len(asked), floor=floor)
    return [_judged(data, each, p, family) for each, p in zip(asked, adjusted, strict=True)]


def pairs_of(data: Data) -> list[tuple[Invocation, Invocation]]:
    """Which candidates are compared: (baseline, other), or without a baseline every pair in order."""
    in_order = sorted(data.invocations, key=lambda each: each.position)
    baseline = next((each for each in in_order if each.template.id == data.test.snapshot.baseline), None)
    if baseline is None:
        return list(combinations(in_order, 2))
    return [(baseline, each) for each in in_order if each.id != baseline.id]


def pairs(data: Data, a: Invocation, b: Invocation, measure: Measure) -> "list[Pair]":
    """The repetitions of recordings for which both candidates have a score, or are decided."""
    from parlour.benchmarks.statistics.comparing import Pair  # noqa: PLC0415 (numpy costs 30 MiB)

    def value(cell: Cell) -> float | None:
        if measure == "score":
            return cell.score
        return None if cell.passed is None else float(cell.passed)

    first = {(cell.recording_id, cell.repetition): value(cell) for cell in data.cells_of(a.id)}
    found: list[Pair] = []
    for cell in data.cells_of(b.id):
        one, other = first.get((cell.recording_id, cell.repetition)), value(cell)
        if one is not None and other is not None:
            found.append(Pair(case=cell.recording_id, cluster=cell.cluster, a=one, b=other))
    return found


def spread(data: Data, given: "Sequence[Pair]") -> "Spread | None":
    """How much scores vary in these pairs, by the unit of the test."""
    from parlour.benchmarks.statistics.power import spread_of  # noqa: PLC0415 (numpy costs 30 MiB)

    by_case = unit_of(data) == "recording"
    return spread_of([replace(each, cluster=each.case) if by_case else each for each in given])


def points_of(data: Data) -> int:
    """Of how many points the rubric has, the coarsest if there are several; 0 without one."""
    return min((each.total_points for each in data.rubrics.values()), default=0)


def detectable(data: Data, given: "Sequence[Pair]", measure: Measure, alpha: float, count: int) -> float | None:
    """The least difference that recordings like these, as often as they were played, would probably show."""
    from parlour.benchmarks.statistics.power import (  # noqa: PLC0415 (numpy costs 30 MiB)
        DEFAULT_PASS_SPREAD,
        DEFAULT_SPREAD,
        Plan,
        minimum_detectable_difference,
    )

    sizes = group_sizes(data, {each.case for each in given})
    if not sizes:
        return None
    points = points_of(data)
    cases = sum(sizes)
    usual = DEFAULT_SPREAD if measure == "score" else DEFAULT_PASS_SPREAD
    plan = Plan(
        cases=cases,
        clusters=len(sizes),
        repeats=max(1, round(len(given) / cases)),
        spread=spread(data, given) or usual,
        alpha=alpha,
        comparisons=count,
        sizes=sizes,
        step=1.0 if measure == "passes" else (1 / points if points else 0.0),
    )
    return minimum_detectable_difference(plan)


def group_sizes(data: Data, recordings: set[str]) -> tuple[int, ...]:
    """How many of these recordings each independent unit has."""
    if unit_of(data) == "recording":
        return (1,) * len(recordings)
    sizes: dict[str, int] = {}
    for each in recordings:
        cluster = data.clusters.get(each, each)
        sizes[cluster] = sizes.get(cluster, 0) + 1
    return tuple(sorted(sizes.values()))


def _ask(data: Data, a: Invocation, b: Invocation, alpha: float) -> _Asked:
    from parlour.benchmarks.statistics.comparing import paired_passes, paired_scores  # noqa: PLC0415 (numpy)

    measure: Measure = "score" if a.id in data.rubrics and b.id in data.rubrics else "passes"
    settings = options(data, 1 - alpha)
    scores, passes = pairs(data, a, b, "score"), pairs(data, a, b, "passes")
    of_passes = paired_passes(passes, settings)
    return _Asked(
        a=a,
        b=b,
        measure=measure,
        scores=scores,
        passes=passes,
        difference=paired_scores(scores, settings) if measure == "score" else of_passes,
        pass_difference=of_passes,
    )


def _judged(data: Data, asked: _Asked, p_adjusted: float, family: _Family) -> Comparison:
    from parlour.benchmarks.statistics.verdicts import sentence, verdict  # noqa: PLC0415 (numpy costs 30 MiB)

    difference = asked.difference
    given = asked.scores if asked.measure == "score" else asked.passes
    least = detectable(data, given, asked.measure, family.alpha, family.count)
    word = verdict(difference, p_adjusted, family.alpha, data.test.snapshot.smallest_worthwhile, least)
    floor = family.floor
    within = None if floor is None or difference.mean is None else abs(difference.mean) <= floor + CLOSE
    return Comparison(
        a=asked.a.id,
        b=asked.b.id,
        a_title=asked.a.title,
        b_title=asked.b.title,
        measure=asked.measure,
        word=word,
        sentence=sentence(word, difference, asked.b.title, asked.a.title, least),
        difference=difference.mean,
        interval=shown(difference.interval),
        p=difference.p_value,
        p_adjusted=p_adjusted,
        alpha=family.alpha,
        method=difference.method,
        reason=difference.reason,
        detectable=least,
        pairs=difference.pairs,
        recordings=difference.cases,
        units=difference.clusters,
        within_noise=within if asked.measure == "score" else None,
        passes=_passes(asked),
        preference=preference_result(data, asked.a, asked.b),
    )


def _passes(asked: _Asked) -> PassDifference:
    found = asked.pass_difference
    return PassDifference(
        difference=found.mean,
        interval=shown(found.interval),
        p=found.p_value,
        method=found.method,
        b_only=sum(pair.b > pair.a for pair in asked.passes),
        a_only=sum(pair.b < pair.a for pair in asked.passes),
    )

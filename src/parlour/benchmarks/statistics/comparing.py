"""Whether candidate b differs from baseline a on the same recordings."""

import math
from collections.abc import Sequence
from dataclasses import replace

from parlour.benchmarks.statistics.flips import EXACT_CLUSTERS_MAX, Flipped, Totals, flipped, totals_of
from parlour.benchmarks.statistics.intervals import DEFAULTS, Interval, Options
from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One repetition of the recording `case` of the scenario `cluster`: what `a`, the baseline, and `b` got."""

    case: str
    cluster: str
    a: float
    b: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """How much more b got than a (positive: b is better), and how sure that is.

    The interval excludes 0 exactly if the p-value is at most 1 - level. Without an interval, `reason` says why; an
    interval of no width has a reason too. `method` names the test.
    """

    mean: float | None
    interval: Interval | None
    p_value: float
    method: str
    pairs: int
    cases: int
    clusters: int
    reason: str


def paired_scores(pairs: Sequence[Pair], options: Options = DEFAULTS) -> Difference:
    """Test and interval of the mean difference. Every recording counts the same, however often it was repeated.

    Test: the repetitions of a recording are averaged, since they are not independent; if both candidates are alike,
    each scenario's difference might as well have had the other sign, so the mean is set beside those of all sign
    flips, one sign per scenario (Fisher 1935, sec. 21; Edgington & Onghena 2007). All flips up to 15 scenarios,
    else drawn ones with p = (b + 1)/(m + 1) (Phipson & Smyth 2010). For equal candidates it is exact whatever
    the scores look like. Flipping one sign per recording would be exact for equal candidates too, but a candidate that
    is better in some scenarios and worse in others would then be "better" far too often.

    Interval: the differences that this test does not reject, as in `cluster_interval` (the wild cluster bootstrap,
    inverted), so that test and interval never contradict each other; without the logit, since differences of paired
    scores are nearly symmetric. At 95 % at least 6 scenarios are needed: with 5 the smallest p is 2/32.
    """
    given, cases = _totals(pairs, options)
    method = "sign flips by scenario" if options.unit == "cluster" else "sign flips by recording"
    if given.sizes.size == 0:
        return _without("No recording was scored for both candidates.", method, pairs, (0, 0))
    count = given.sizes.size
    if count == 1:
        reason = f"All recordings are of one {_unit(options)}; one sign cannot be tested."
        return _without(reason, method, pairs, (cases, 1), mean=given.mean)
    method += f", {'all' if count <= EXACT_CLUSTERS_MAX else f'{options.resamples:,} drawn'}"
    splits = flipped(given, options.seed, options.resamples)
    interval, reason = _interval(given, splits, options)
    return Difference(
        mean=given.mean,
        interval=interval,
        p_value=splits.p_value(0.0),
        method=method,
        pairs=len(pairs),
        cases=cases,
        clusters=count,
        reason=reason,
    )


def paired_passes(pairs: Sequence[Pair], options: Options = DEFAULTS) -> Difference:
    """The same for passes (`a` and `b` are 0 or 1): the difference of pass rates.

    If every scenario has one recording and every recording one repetition, the test is McNemar's exact one (McNemar
    1947; Fay 2010): twice the smaller tail of a binomial of the discordant pairs. Sign flips of differences
    that are -1, 0 or 1 are that test. So where recordings repeat or share a scenario, its clustered form is to flip
    one sign per scenario, and that is what is done: the variance-corrected χ² of Obuchowski (1998) and Durkalski et
    al. (2003) need about 20 clusters or more, while flips are exact for equal candidates with any number. From 16
    scenarios on, McNemar's p is still exact while the interval's flips are drawn; they may differ in the third digit.
    """
    if any(value not in (0.0, 1.0) for pair in pairs for value in (pair.a, pair.b)):
        raise ValueError("a pass is 0 or 1")
    found = paired_scores(pairs, options)
    if found.mean is None or found.clusters < len(pairs):
        return replace(found, method="clustered McNemar, " + found.method)
    gained = sum(pair.b > pair.a for pair in pairs)
    lost = sum(pair.b < pair.a for pair in pairs)
    return replace(found, method="exact McNemar", p_value=mcnemar(gained, lost))


def mcnemar(gained: int, lost: int) -> float:
    """Exact two-sided p of so many gained and lost passes: Fay (2010)."""
    discordant = gained + lost
    tail = ways = 1
    for few in range(min(gained, lost)):
        ways = ways * (discordant - few) // (few + 1)
        tail += ways
    return min(1.0, 2 * tail / 2**discordant)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values of a family of comparisons, in the order given: Holm (1979), sec. 3.

    Those at most alpha are the ones that may be called different, with at most alpha chance of any false one, whatever
    the dependence (comparisons with the same baseline are dependent).
    """
    if any(not 0 <= p <= 1 for p in p_values):
        raise ValueError("a p-value lies between 0 and 1")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return tuple(adjusted)


def case_means(pairs: Sequence[Pair]) -> dict[str, tuple[str, list[float]]]:
    """Per recording its scenario and its differences b - a. A recording belongs to one scenario."""
    found: dict[str, tuple[str, list[float]]] = {}
    for pair in pairs:
        cluster, differences = found.setdefault(pair.case, (pair.cluster, []))
        if cluster != pair.cluster:
            raise ValueError("a recording cannot be of two scenarios")
        differences.append(pair.b - pair.a)
    return found


def _totals(pairs: Sequence[Pair], options: Options) -> tuple[Totals, int]:
    cases = case_means(pairs)
    units = [case if options.unit == "case" else cluster for case, (cluster, _) in cases.items()]
    means = [math.fsum(differences) / len(differences) for _, differences in cases.values()]
    return totals_of(means, units), len(cases)


def _interval(given: Totals, splits: Flipped, options: Options) -> tuple[Interval | None, str]:
    limits = splits.limits(options.level)
    if limits is None:
        unit = _unit(options)
        return None, f"{given.sizes.size} {unit}s are too few for an interval of {options.level:.0%}."
    reason = f"No {_unit(options)} differs from another, so the width of the interval is not known." * given.alike
    return Interval(low=limits[0], high=limits[1], level=options.level), reason


def _unit(options: Options) -> str:
    return "scenario" if options.unit == "cluster" else "recording"


def _without(
    reason: str, method: str, pairs: Sequence[Pair], counts: tuple[int, int], mean: float | None = None
) -> Difference:
    return Difference(
        mean=mean,
        interval=None,
        p_value=1.0,
        method=method,
        pairs=len(pairs),
        cases=counts[0],
        clusters=counts[1],
        reason=reason,
    )

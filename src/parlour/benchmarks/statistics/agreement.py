"""Whether judges agree with each other, and with people."""

from collections.abc import Hashable, Sequence
from typing import Literal, TypeVar

import numpy as np

from parlour.benchmarks.statistics.flips import Floats
from parlour.benchmarks.statistics.intervals import DEFAULTS, Interval, Options, cluster_interval
from parlour.kernel.dataclass import dataclass

Metric = Literal["nominal", "ordinal", "interval"]
LevelT = TypeVar("LevelT", bound=Hashable)


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """1 is complete agreement, 0 what chance gives, less than 0 is systematic disagreement.

    `units` are those with at least two ratings. Without a value, `reason` says why.
    """

    value: float | None
    raters: int
    units: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What a judge and a person gave for one criterion of one conversation of the scenario `cluster`."""

    criterion: str
    cluster: str
    judge: float
    human: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Bias:
    """By how much the judge gives more than people do; positive is generous."""

    criterion: str
    mean: float
    interval: Interval | None
    marks: int
    reason: str


def krippendorff_alpha(ratings: Sequence[Sequence[float | str | None]], metric: Metric = "interval") -> Agreement:
    """Agreement of any number of judges, a row each, a column a unit, `None` where one gave nothing.

    Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability": coincidences (sec. C, step 2), the metrics' δ²
    (step 3) and α = 1 - (n - 1) Σ o δ² / Σ n n δ² (step 4, the forms of D and E). Names only with `nominal`.
    """
    if len({len(row) for row in ratings}) > 1:
        raise ValueError("each judge needs as many places as there are units")
    units = [[value for value in unit if value is not None] for unit in zip(*ratings, strict=True)]
    pairable = [unit for unit in units if len(unit) > 1]
    given = {value for unit in pairable for value in unit}
    values = _ordered(given, metric)
    if len(values) < 2:
        reason = "No unit has two ratings." if not pairable else "All ratings are the same, so chance cannot be told."
        return Agreement(value=None, raters=len(ratings), units=len(pairable), reason=reason)
    places = {value: place for place, value in enumerate(values)}
    counts = np.zeros((len(pairable), len(values)))
    for row, unit in enumerate(pairable):
        for value in unit:
            counts[row, places[value]] += 1
    weights = 1 / (counts.sum(axis=1) - 1)
    coincidences = (counts * weights[:, None]).T @ counts - np.diag((counts * weights[:, None]).sum(axis=0))
    totals = counts.sum(axis=0)
    distances = _distances(values, totals, metric)
    observed = float((coincidences * distances).sum())
    expected = float((np.outer(totals, totals) * distances).sum())
    value = 1 - (float(totals.sum()) - 1) * observed / expected
    return Agreement(value=value, raters=len(ratings), units=len(pairable), reason="")


def _ordered(given: set[float | str], metric: Metric) -> list[float | str]:
    if metric == "nominal":
        return sorted(given, key=str)
    numbers = [value for value in given if not isinstance(value, str)]
    if len(numbers) < len(given):
        raise ValueError("names have no order; take the nominal metric")
    if not bool(np.isfinite(numbers).all()):
        raise ValueError("a rating is not a finite number")
    return [*sorted(numbers)]


def _distances(values: Sequence[float | str], totals: Floats, metric: Metric) -> Floats:
    """The squared differences δ² of Krippendorff (2011), step 3."""
    if metric == "nominal":
        return 1 - np.eye(len(values))
    # Ordinal: the ranks between two values, theirs counted half.
    points = np.array(values, dtype=np.float64) if metric == "interval" else np.cumsum(totals) - totals / 2
    return (points[:, None] - points[None, :]) ** 2


def weighted_kappa(a: Sequence[LevelT], b: Sequence[LevelT], levels: Sequence[LevelT]) -> Agreement:
    """Quadratically weighted kappa of two raters on ordered levels: Cohen (1968), eq. 5 with v = (i - j)².

    A disagreement by two levels counts four times one by a single level, which makes it an intraclass correlation
    (Fleiss & Cohen 1973).
    """
    if len(a) != len(b):
        raise ValueError("both raters rate the same units")
    places = {level: place for place, level in enumerate(levels)}
    if len(places) < len(levels) or any(value not in places for value in (*a, *b)):
        raise ValueError("every rating is one of the levels, which differ")
    if not a:
        return Agreement(value=None, raters=2, units=0, reason="There is no rating.")
    observed = np.zeros((len(levels), len(levels)))
    np.add.at(observed, ([places[value] for value in a], [places[value] for value in b]), 1)
    points = np.arange(len(levels), dtype=np.float64)
    distances = (points[:, None] - points[None, :]) ** 2
    chance = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / len(a)
    expected = float((chance * distances).sum())
    if expected == 0:
        reason = "Both gave one and the same level throughout, so chance cannot be told."
        return Agreement(value=None, raters=2, units=len(a), reason=reason)
    value = 1 - float((observed * distances).sum()) / expected
    return Agreement(value=value, raters=2, units=len(a), reason="")


def bias(marks: Sequence[Mark], options: Options = DEFAULTS) -> tuple[Bias, ...]:
    """Per criterion the mean of judge minus human, with the interval of `cluster_interval` (Bland & Altman 1986).

    `options.bounds` are those of the marks; differences lie between plus and minus their width.
    """
    found: list[Bias] = []
    width = None if options.bounds is None else options.bounds[1] - options.bounds[0]
    limits = None if width is None else (-width, width)
    inner = Options(level=options.level, seed=options.seed, resamples=options.resamples, bounds=limits)
    for criterion in dict.fromkeys(mark.criterion for mark in marks):
        own = [mark for mark in marks if mark.criterion == criterion]
        differences = [mark.judge - mark.human for mark in own]
        estimate = cluster_interval(differences, [mark.cluster for mark in own], inner)
        found.append(
            Bias(
                criterion=criterion,
                mean=estimate.mean or 0.0,
                interval=estimate.interval,
                marks=len(own),
                reason=estimate.reason,
            )
        )
    return tuple(found)

"""How sure a rate or a mean score is."""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Literal

from parlour.benchmarks.statistics.flips import Totals, flipped, student_arm, totals_of
from parlour.kernel.dataclass import dataclass

LEVEL = 0.95
SEED = 1
RESAMPLES = 9_999
NORMAL = NormalDist()


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """From `low` to `high`, meant to hold the truth in the share `level` of benchmarks."""

    low: float
    high: float
    level: float

    @property
    def half_width(self) -> float:
        """Half of the distance between the ends."""
        return (self.high - self.low) / 2

    def excludes(self, value: float) -> bool:
        """Whether the value lies outside; the ends belong to the interval."""
        return value < self.low or value > self.high


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A mean and how sure it is. Without an interval, `reason` says why; without cells there is no mean either."""

    mean: float | None
    interval: Interval | None
    reason: str
    cells: int
    clusters: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """How to resample.

    `bounds` are the least and greatest possible value of one cell, `None` if there are none (latency). `unit` is what
    counts as independent: the scenarios (`cluster`), so that a conclusion is about scenarios like these, or the
    recordings (`case`), so that it is about other recordings of these very scenarios only.
    """

    level: float = LEVEL
    seed: int = SEED
    resamples: int = RESAMPLES
    bounds: tuple[float, float] | None = (0.0, 1.0)
    unit: Literal["cluster", "case"] = "cluster"

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise ValueError("a level lies between 0 and 1")
        if self.resamples < 1:
            raise ValueError("at least one resample is needed")
        if self.bounds is not None and not self.bounds[0] < self.bounds[1]:
            raise ValueError("the lower bound is to be below the upper")


DEFAULTS = Options()


def wilson(successes: int, trials: int, level: float = LEVEL) -> Interval:
    """The score interval of a rate of independent trials: Wilson (1927), p. 209; Brown, Cai & DasGupta (2001), eq. 4.

    Unlike the usual p ± z·√(p(1−p)/n) it stays between 0 and 1 and is not empty when all trials end alike. Trials of
    one scenario are not independent: for them take `cluster_interval` of zeros and ones. Of 0 trials: from 0 to 1.
    """
    if not 0 <= successes <= trials:
        raise ValueError("successes lie between 0 and the number of trials")
    if trials == 0:
        return Interval(low=0.0, high=1.0, level=level)
    z2 = NORMAL.inv_cdf((1 + level) / 2) ** 2
    rate = successes / trials
    middle = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    arm = math.sqrt(z2 * (rate * (1 - rate) + z2 / (4 * trials)) / trials) / (1 + z2 / trials)
    low = 0.0 if successes == 0 else middle - arm
    high = 1.0 if successes == trials else middle + arm
    return Interval(low=low, high=high, level=level)


def cluster_interval(values: Sequence[float], clusters: Sequence[str], options: Options = DEFAULTS) -> Estimate:
    """The mean over all cells, one `value` each, and its interval, where cells of one cluster are not independent.

    Method: the wild cluster bootstrap with the null imposed and Rademacher weights (Cameron, Gelbach & Miller 2008),
    inverted into an interval. For a mean the inversion has a closed form, the typical values of Hartigan (1969): split
    the clusters in two by coin tosses; the truth lies between the means of the two parts for a known share of all
    splits. Then each arm is carried over at the logit of the mean within `bounds` (delta method), since scores near a
    bound are skewed away from it. With 6 to 8 clusters, where splits are few, the limit is interpolated between order
    statistics (in the manner of Hettmansperger & Sheather 1986).

    Why not another: `python -m bench intervals` draws benchmarks of 6 to 40 scenarios, equal and uneven, with
    symmetric, skewed and two-valued scores. See docs/explanation/statistics.md for its figures: percentile, BCa,
    Hesterberg's (2015) expanded percentile and Student's t cover too little where scores are skewed or scenarios
    uneven, and bootstrap-t does not cover enough there at greater width.

    With 2 to 5 clusters splits cannot say 95 %: Student's t of the ratio estimator (Cochran 1977, sec. 6.4) instead.
    If all clusters have the same mean, the limit is that of a deviation which a share w of clusters might have, w
    being Wilson's upper limit for 0 of them; 12 of 12 perfect scenarios thus give what `wilson(12, 12)` gives.
    """
    given = totals_of(values, clusters)
    count = given.sizes.size
    if count == 0:
        return Estimate(mean=None, interval=None, reason="There is no scored cell.", cells=0, clusters=0)
    if options.bounds is not None:
        _check_bounds(values, options.bounds)
    mean = given.mean
    if count == 1:
        reason = "All cells are of one scenario; how scenarios differ cannot be known."
        return Estimate(mean=mean, interval=None, reason=reason, cells=len(values), clusters=1)
    if given.alike:
        ends = _of_alike(mean, count, options)
    else:
        low, high = _arms(given, options)
        ends = _carried(mean, (low, high), count, options.bounds)
    if ends is None:
        reason = "All scenarios have the same mean; how they differ cannot be known."
        return Estimate(mean=mean, interval=None, reason=reason, cells=len(values), clusters=count)
    interval = Interval(low=ends[0], high=ends[1], level=options.level)
    return Estimate(mean=mean, interval=interval, reason="", cells=len(values), clusters=count)


def _check_bounds(values: Sequence[float], bounds: tuple[float, float]) -> None:
    if min(values) < bounds[0] - 1e-9 or max(values) > bounds[1] + 1e-9:
        raise ValueError("a value lies outside of the bounds")


def _arms(given: Totals, options: Options) -> tuple[float, float]:
    """How far the interval reaches below and above the mean."""
    limits = flipped(given, options.seed, options.resamples).limits(options.level, interpolated=True)
    if limits is None:
        arm = student_arm(given, options.level)
        return arm, arm
    return max(given.mean - limits[0], 0.0), max(limits[1] - given.mean, 0.0)


def _carried(
    mean: float, arms: tuple[float, float], clusters: int, bounds: tuple[float, float] | None
) -> tuple[float, float]:
    """The ends, the arms being those of the logit of the mean. The logit is taken a little inside of the bounds."""
    if bounds is None:
        return mean - arms[0], mean + arms[1]
    least, width = bounds[0], bounds[1] - bounds[0]
    margin = 1 / (4 * clusters)
    share = (mean - least) / width
    inner = min(max(share, margin), 1 - margin)
    slope = inner * (1 - inner)
    logit = math.log(inner / (1 - inner))
    ends = [1 / (1 + math.exp(-(logit + arm / width / slope))) for arm in (-arms[0], arms[1])]
    low, high = min(ends[0], share), max(ends[1], share)
    return least + width * low, least + width * high


def _of_alike(mean: float, clusters: int, options: Options) -> tuple[float, float] | None:
    if options.bounds is None:
        return None
    rare = wilson(0, clusters, options.level).high
    least, most = options.bounds
    return mean - rare * (mean - least), mean + rare * (most - mean)

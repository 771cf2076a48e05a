"""How often a candidate gets a conversation right every time."""

import math
from collections.abc import Sequence

from parlour.benchmarks.statistics.intervals import DEFAULTS, Estimate, Options, cluster_interval
from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """How many of the trials of one recording passed."""

    case: str
    cluster: str
    successes: int
    trials: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reliability:
    """pass^k over all recordings with at least k trials; `left_out` had fewer."""

    k: int
    estimate: Estimate
    cases: int
    left_out: int


def pass_hat_k(successes: int, trials: int, k: int) -> float | None:
    """The chance that k independent trials of one recording all pass: C(c, k) / C(n, k), `None` if n < k.

    Yao et al. (2024), tau-bench, the pass^k metric; unbiased, unlike (c/n)^k, since it is the share of all choices of
    k trials that all passed (Hoeffding 1948: a U-statistic). Not pass@k (Chen et al. 2021), which asks for any pass.
    """
    if k < 1 or not 0 <= successes <= trials:
        raise ValueError("k is at least 1 and successes lie between 0 and the number of trials")
    return math.comb(successes, k) / math.comb(trials, k) if k <= trials else None


def pass_hat(tallies: Sequence[Tally], k: int, options: Options = DEFAULTS) -> Reliability:
    """The average over recordings, each counting the same, with the interval of `cluster_interval`."""
    values: list[float] = []
    clusters: list[str] = []
    for tally in tallies:
        value = pass_hat_k(tally.successes, tally.trials, k)
        if value is not None:
            values.append(value)
            clusters.append(tally.cluster if options.unit == "cluster" else tally.case)
    estimate = cluster_interval(values, clusters, options)
    return Reliability(k=k, estimate=estimate, cases=len(values), left_out=len(tallies) - len(values))

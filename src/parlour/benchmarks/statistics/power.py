"""What a benchmark can see, before it is run."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy import special

from parlour.benchmarks.statistics.comparing import Pair, case_means, mcnemar
from parlour.benchmarks.statistics.flips import EXACT_CLUSTERS_MAX, Floats, all_splits
from parlour.kernel.dataclass import dataclass

CASES_MAX = 100_000
PLAYED_CLUSTERS_MAX = 10
PLAYED = 4_000
LONE_CASES_MAX = 200
PLAYED_AT_ONCE = 500
BISECTIONS, FEW_BISECTIONS = 60, 20
NONCENTRALITY_MAX = 40.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """Standard deviations, in the unit of the score.

    `within`: of one cell's score between repetitions by one candidate. Of the true difference between two candidates:
    `between_cases` among the recordings of a scenario, `between_clusters` among scenarios.
    """

    within: float
    between_cases: float
    between_clusters: float


# Without an earlier run: a level of a rubric of four more or less in one repetition out of three, and candidates whose
# difference varies by a tenth of the points from scenario to scenario. Cautious for models at low temperature.
DEFAULT_SPREAD = Spread(within=0.12, between_cases=0.08, between_clusters=0.10)

# The same for passes (0 or 1): a recording that passes four times of five varies by 0.4 between repetitions.
DEFAULT_PASS_SPREAD = Spread(within=0.4, between_cases=0.2, between_clusters=0.2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A comparison of candidates with a baseline, before it is run.

    `cases` recordings in `clusters` scenarios, played `repeats` times by each; `sizes`, if known, says how many
    recordings each scenario has. `comparisons` share `alpha` by Holm's method; `power` is the chance asked for of
    seeing the difference. `step` is the least distance of two scores: 1/20 with 20 points, 1 for passes, 0 if any.
    """

    cases: int
    clusters: int
    repeats: int = 1
    spread: Spread = DEFAULT_SPREAD
    alpha: float = 0.05
    comparisons: int = 1
    power: float = 0.8
    sizes: tuple[int, ...] = ()
    step: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.clusters <= self.cases or self.repeats < 1 or self.comparisons < 1:
            raise ValueError("a plan has at least one scenario, one recording in each, one repetition, one comparison")
        if not 0 < self.alpha < 1 or not 0 < self.power < 1:
            raise ValueError("alpha and power lie between 0 and 1")
        if self.sizes and (len(self.sizes) != self.clusters or sum(self.sizes) != self.cases or min(self.sizes) < 1):
            raise ValueError("the sizes are those of the scenarios and sum to the recordings")
        if min(self.spread.within, self.spread.between_cases, self.spread.between_clusters, self.step) < 0:
            raise ValueError("a standard deviation or a step is not negative")


def spread_of(pairs: Sequence[Pair]) -> Spread | None:
    """The spread in an earlier run, by the moments of a nested analysis of variance (Searle, Casella & McCulloch 1992).

    Variances that come out negative are 0. What cannot be told apart is counted where it hurts: without repetitions
    their noise is part of `between_cases`, and with one recording a scenario all of that is part of
    `between_clusters`. `None` with fewer than 2 scenarios.
    """
    cases = case_means(pairs)
    scenarios: dict[str, list[tuple[float, int]]] = {}
    squares, freedom = 0.0, 0
    for cluster, differences in cases.values():
        mean = math.fsum(differences) / len(differences)
        squares += math.fsum((difference - mean) ** 2 for difference in differences)
        freedom += len(differences) - 1
        scenarios.setdefault(cluster, []).append((mean, len(differences)))
    if len(scenarios) < 2:
        return None
    noise = squares / freedom if freedom else 0.0
    among, spare = 0.0, 0
    means: list[float] = []
    for cluster_cases in scenarios.values():
        mean = math.fsum(each for each, _ in cluster_cases) / len(cluster_cases)
        among += math.fsum((each - mean) ** 2 for each, _ in cluster_cases)
        spare += len(cluster_cases) - 1
        means.append(mean)
    left = noise * sum(1 / len(differences) for _, differences in cases.values()) / len(cases)
    case_variance = max(0.0, among / spare - left) if spare else 0.0
    inverse = sum(1 / len(cluster_cases) for cluster_cases in scenarios.values()) / len(scenarios)
    cluster_variance = float(np.var(means, ddof=1)) - (case_variance + left) * inverse
    return Spread(
        within=math.sqrt(noise / 2),
        between_cases=math.sqrt(case_variance),
        between_clusters=math.sqrt(max(0.0, cluster_variance)),
    )


def standard_error(plan: Plan) -> float:
    """Of the mean difference: √(σ_s² Σn²/N² + σ_c²/N + 2σ_w²/(N·R)), N recordings, R repetitions, n of a scenario.

    Cochran (1977), sec. 10.8, three stages, here with a first one of unequal sizes; Miller (2024) for tests of
    language models. Both candidates have noise of their own, hence 2σ_w².
    """
    return math.sqrt(
        plan.spread.between_clusters**2 / _clusters(plan)
        + plan.spread.between_cases**2 / plan.cases
        + 2 * plan.spread.within**2 / (plan.cases * plan.repeats)
    )


def power_of(plan: Plan, difference: float) -> float:
    """The chance that a true difference of this size is called, in its true direction, by `comparing.paired_scores`.

    Up to 10 scenarios the test itself is played 4,000 times on normal differences with the plan's variances: with few
    sign flips a p-value moves in coarse steps and the test sees less than Student's t (at 8 scenarios by 5 points).
    Beyond, sign flips have the power of Student's t (Hoeffding 1952), a noncentral t (Johnson & Kotz 1970, ch. 31;
    Cohen 1988, ch. 2), where scenarios of unequal size count as the number of equal ones with the same variance (Kish
    1965, sec. 11.7). Scores in steps make ties, which the test counts against a difference: half a step of the mean is
    taken off, as in the continuity correction of Edwards (1948) for McNemar's test; for passes of up to 200 recordings
    that are played once, each of its own scenario, the exact power of that test is summed up instead (Connor 1987).
    Alpha is divided by the number of comparisons, the first step of Holm's method: power is no less in later ones.
    """
    level = _reachable(plan)
    if level == 0:
        return 0.0
    error = standard_error(plan)
    left = abs(difference) - _tied(plan)
    if error == 0:
        return 1.0 if left > 0 else 0.0
    if _lone_passes(plan):
        return _mcnemar_power(plan, abs(difference))
    if plan.clusters <= PLAYED_CLUSTERS_MAX:
        return float((_lower_limits(plan) + left > 0).mean())
    return _power(plan, level, max(min(left / error, NONCENTRALITY_MAX), 0.0))


def minimum_detectable_difference(plan: Plan) -> float | None:
    """The least true difference that is called with the plan's power; `None` if none is (too few scenarios)."""
    level = _reachable(plan)
    if level == 0:
        return None
    error = standard_error(plan)
    if error == 0:
        return _tied(plan)
    if _lone_passes(plan):
        return _least_lone(plan)
    if plan.clusters <= PLAYED_CLUSTERS_MAX:
        limits = np.sort(_lower_limits(plan))
        return max(0.0, -float(limits[math.floor((1 - plan.power) * PLAYED)])) + _tied(plan)
    low, high = 0.0, NONCENTRALITY_MAX
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if _power(plan, level, middle) >= plan.power else (middle, high)
    return high * error + _tied(plan)


def cases_needed(plan: Plan, difference: float) -> int | None:
    """How many recordings see this difference with the plan's power, if new ones come in new scenarios of the same
    size and are repeated as often; `None` if more than 100,000 or if the difference is 0.
    """
    if difference == 0:
        return None
    per_cluster = plan.cases / plan.clusters
    # Uneven scenarios stay as uneven as they are.
    uneven = math.sqrt(plan.clusters / _clusters(plan))
    spread = replace(plan.spread, between_clusters=plan.spread.between_clusters * uneven)

    def enough(clusters: int) -> bool:
        cases = math.ceil(clusters * per_cluster)
        larger = replace(plan, cases=cases, clusters=clusters, spread=spread, sizes=())
        return power_of(larger, difference) >= plan.power

    low, high = 1, 2
    while not enough(high):
        low, high = high, high * 2
        if high * per_cluster > 2 * CASES_MAX:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    found = math.ceil(high * per_cluster)
    return found if found <= CASES_MAX else None


def _clusters(plan: Plan) -> float:
    """How many equal scenarios have the same variance."""
    return plan.cases**2 / sum(size**2 for size in plan.sizes) if plan.sizes else float(plan.clusters)


def _reachable(plan: Plan) -> float:
    """The greatest p-value within alpha that sign flips of so many scenarios can give; 0 if there is none."""
    alpha = plan.alpha / plan.comparisons
    if plan.clusters > EXACT_CLUSTERS_MAX:
        return alpha
    steps = 1 << (plan.clusters - 1)
    return math.floor(alpha * steps + 1e-9) / steps


def _power(plan: Plan, level: float, noncentrality: float) -> float:
    freedom = max(_clusters(plan) - 1, 1.0)
    critical = special.stdtrit(freedom, 1 - level / 2)
    return min(1.0, max(0.0, 1 - float(special.nctdtr(freedom, noncentrality, critical))))


def _tied(plan: Plan) -> float:
    """Half of the distance of two means that sign flips can give."""
    return plan.step / (plan.cases * plan.repeats)


@lru_cache(maxsize=64)
def _lower_limits(plan: Plan) -> Floats:
    """The lower limits of the test's intervals in played benchmarks whose true difference is 0."""
    sizes = np.array(plan.sizes or [plan.cases / plan.clusters] * plan.clusters, dtype=np.float64)
    alone = plan.spread.between_cases**2 + 2 * plan.spread.within**2 / plan.repeats
    errors = np.sqrt((sizes * plan.spread.between_clusters) ** 2 + sizes * alone)
    coins = all_splits(plan.clusters)
    rank = round(_reachable(plan) * (len(coins) + 1))
    generator = np.random.default_rng(plan.clusters)
    part = coins @ sizes
    limits: list[Floats] = []
    for _ in range(PLAYED // PLAYED_AT_ONCE):
        sums = generator.standard_normal((PLAYED_AT_ONCE, plan.clusters)) * errors
        parts = sums @ coins.T
        lows = np.minimum(parts / part, (sums.sum(axis=1, keepdims=True) - parts) / (sizes.sum() - part))
        limits.append(np.partition(lows, rank - 1, axis=1)[:, rank - 1])
    return np.concatenate(limits)


def _lone_passes(plan: Plan) -> bool:
    """Whether McNemar's exact test will be used, and is small enough to be summed up."""
    return plan.step == 1 and plan.repeats == 1 and plan.cases == plan.clusters <= LONE_CASES_MAX


def _mcnemar_power(plan: Plan, difference: float) -> float:
    """Over all numbers of discordant pairs and lost ones: Connor (1987), their share being variance + difference²."""
    variance = standard_error(plan) ** 2 * plan.cases
    share = min(1.0, max(variance + difference**2, difference))
    if share == 0:
        return 0.0
    lost = (1 - difference / share) / 2
    total = 0.0
    for discordant, chance in enumerate(_binomial(plan.cases, share)):
        most = _most_lost(discordant, plan.alpha / plan.comparisons)
        total += chance * math.fsum(_binomial(discordant, lost)[: most + 1])
    return min(1.0, total)


@lru_cache(maxsize=4_096)
def _most_lost(discordant: int, alpha: float) -> int:
    """With how many lost of so many discordant passes the gain is still significant; -1 if with none."""
    lost = -1
    while lost + 1 < discordant - lost - 1 and mcnemar(discordant - lost - 1, lost + 1) <= alpha:
        lost += 1
    return lost


def _binomial(trials: int, chance: float) -> list[float]:
    return [math.comb(trials, n) * chance**n * (1 - chance) ** (trials - n) for n in range(trials + 1)]


def _least_lone(plan: Plan) -> float | None:
    """The detectable difference of pass rates, by bisection; `None` if even the greatest one is not seen."""
    if _mcnemar_power(plan, 1.0) < plan.power:
        return None
    low, high = 0.0, 1.0
    for _ in range(FEW_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if _mcnemar_power(plan, middle) >= plan.power else (middle, high)
    return high

"""Which interval of a mean is honest with few scenarios: several of the literature beside Parlour's.

Populations: the easiness of a scenario is symmetric, skewed, or very skewed near the upper bound, its cells have 0 to
20 points of 20; or cells only pass or fail. Scenarios have one cell, four, or 1 to 15.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.report import PARLOUR, STOCK, Column, Outcome, Reach, Row, Shape
from bench.systems import Plan
from parlour.benchmarks.statistics.intervals import Options, cluster_interval

SIMULATIONS, SIMULATIONS_QUICK = 2_000, 100
RESAMPLES = 1_000
TAIL = 0.025
POINTS = 20
CLUSTERS = (6, 8, 12, 20, 40)
KINDS: Mapping[str, tuple[float, float]] = {
    "symmetric": (4, 4),
    "skewed": (4, 2),
    "very skewed": (6, 1),
    "pass or fail": (2, 0.6),
}
SIZES = ("one", "four", "uneven")
METHODS = ("percentile", "BCa", "expanded percentile", "bootstrap-t", "Student's t")
Floats = NDArray[np.float64]
Ends = tuple[Floats, Floats]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Sums and sizes of scenarios, a row a benchmark, and the true mean."""

    sums: Floats
    sizes: Floats
    truth: float


def drawn(kind: str, sizes: str, clusters: int, count: int) -> Drawn:
    """Benchmarks of one population."""
    generator = np.random.default_rng([clusters, len(kind), len(sizes)])
    shape = (count, clusters)
    number = np.full(shape, 1 if sizes == "one" else 4)
    if sizes == "uneven":
        number = np.minimum(generator.geometric(0.3, shape), 15)
    one, other = KINDS[kind]
    easiness = generator.beta(one, other, shape)
    points = 1 if kind == "pass or fail" else POINTS
    sums = generator.binomial(points * number, easiness) / points
    return Drawn(sums=sums, sizes=number.astype(np.float64), truth=one / (one + other))


def literature(given: Drawn) -> dict[str, Ends]:
    """The ends of the other methods' intervals at 95 %."""
    clusters = given.sums.shape[1]
    weights = np.random.default_rng(7).multinomial(clusters, np.full(clusters, 1 / clusters), RESAMPLES).astype(float)
    sizes = given.sizes.sum(axis=1)
    means = given.sums.sum(axis=1) / sizes
    residuals = given.sums - means[:, None] * given.sizes
    errors = np.sqrt((residuals**2).sum(axis=1) * clusters / (clusters - 1)) / sizes
    again = given.sizes @ weights.T
    resampled = (given.sums @ weights.T) / again
    student = float(special.stdtrit(clusters - 1, 1 - TAIL))
    wider = float(special.ndtr(-student * np.sqrt(clusters / (clusters - 1))))
    squares = (
        given.sums**2 @ weights.T
        - 2 * resampled * ((given.sums * given.sizes) @ weights.T)
        + resampled**2 * (given.sizes**2 @ weights.T)
    )
    spread = np.sqrt(np.maximum(squares, 0) * clusters / (clusters - 1)) / again
    apart = resampled - means[:, None]
    pivots = np.where(spread > 1e-9, apart / np.maximum(spread, 1e-9), np.where(np.abs(apart) < 1e-9, 0, 1e3 * apart))
    low, high = np.quantile(pivots, [TAIL, 1 - TAIL], axis=1)
    return {
        "percentile": _quantiles(resampled, TAIL, 1 - TAIL),
        "BCa": _corrected(given, resampled, means),
        "expanded percentile": _quantiles(resampled, wider, 1 - wider),
        "bootstrap-t": (np.clip(means - high * errors, 0, 1), np.clip(means - low * errors, 0, 1)),
        "Student's t": (means - student * errors, means + student * errors),
    }


def _quantiles(resampled: Floats, low: float, high: float) -> Ends:
    ends = np.quantile(resampled, [low, high], axis=1)
    return ends[0], ends[1]


def _corrected(given: Drawn, resampled: Floats, means: Floats) -> Ends:
    """Efron's (1987) BCa, eq. 2.3, with the jackknife over scenarios for its acceleration."""
    below = (resampled < means[:, None]).mean(axis=1) + (resampled == means[:, None]).mean(axis=1) / 2
    shift = special.ndtri(np.clip(below, 1e-3, 1 - 1e-3))
    left_out = (given.sums.sum(axis=1)[:, None] - given.sums) / (given.sizes.sum(axis=1)[:, None] - given.sizes)
    apart = left_out.mean(axis=1)[:, None] - left_out
    acceleration = (apart**3).sum(axis=1) / (6 * np.maximum((apart**2).sum(axis=1), 1e-12) ** 1.5)
    ordered = np.sort(resampled, axis=1)
    ends: list[Floats] = []
    for tail in (TAIL, 1 - TAIL):
        moved = shift + float(special.ndtri(tail))
        share = special.ndtr(shift + moved / (1 - acceleration * moved))
        place = np.clip(np.rint(share * (RESAMPLES - 1)), 0, RESAMPLES - 1).astype(int)
        ends.append(ordered[np.arange(len(ordered)), place])
    return ends[0], ends[1]


def ours(given: Drawn) -> Ends:
    """The ends of `cluster_interval`: any cells with these sums do, so each is its scenario's mean."""
    lows: list[float] = []
    highs: list[float] = []
    options = Options(resamples=RESAMPLES - 1)
    for sums, sizes in zip(given.sums, given.sizes.astype(int), strict=True):
        values = np.repeat(sums / sizes, sizes).tolist()
        names = np.repeat(np.arange(len(sizes)), sizes).astype(str).tolist()
        interval = cluster_interval(values, names, options).interval
        lows.append(interval.low if interval else 0.0)
        highs.append(interval.high if interval else 1.0)
    return np.array(lows), np.array(highs)


def coverage(ends: Ends, truth: float) -> float:
    """The share of benchmarks, in percent, whose interval holds the truth."""
    return float(((ends[0] <= truth + 1e-9) & (ends[1] >= truth - 1e-9)).mean() * 100)


async def run(plan: Plan) -> Outcome:
    """Per population and method the coverage for each number of scenarios, and the width at 12 of them."""
    count = SIMULATIONS_QUICK if plan.quick else SIMULATIONS
    methods: dict[str, Callable[[dict[str, Ends], Drawn], Ends]] = {
        name: (lambda found, _given, name=name: found[name]) for name in METHODS
    }
    methods[PARLOUR] = lambda _found, given: ours(given)
    columns = [Column(key=f"k{number}", label=f"{number}") for number in CLUSTERS]
    columns.append(Column(key="width", label="width at 12"))
    shapes: list[Shape] = []
    least: list[float] = []
    for kind in KINDS:
        for sizes in SIZES:
            if kind == "pass or fail" and sizes == "one":
                continue  # independent trials: that is what `wilson` is for
            figures: dict[str, dict[str, float]] = {name: {} for name in methods}
            for number in CLUSTERS:
                given = drawn(kind, sizes, number, count)
                found = literature(given)
                for name, ends_of in methods.items():
                    ends = ends_of(found, given)
                    figures[name][f"k{number}"] = coverage(ends, given.truth)
                    if number == 12:
                        figures[name]["width"] = float((ends[1] - ends[0]).mean() * 100)
            least += [figure for key, figure in figures[PARLOUR].items() if key != "width"]
            rows = [
                Row(system=name if name == PARLOUR else f"{STOCK}: {name}", figures=figures[name]) for name in methods
            ]
            title = f"{kind}, cells per scenario: {sizes}; % of {count:,} intervals that hold the truth"
            shapes.append(Shape(bench="intervals", title=title, columns=columns, rows=rows))
    near = sum(93 <= figure <= 97 for figure in least) / len(least) * 100
    reaches = [
        Reach(text="least coverage, %", got=min(least), wanted=93, sense="at least"),
        Reach(text="populations with 93 to 97 %, %", got=near, wanted=90, sense="at least"),
    ]
    return Outcome(shapes=shapes, reaches=reaches)

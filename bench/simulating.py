"""Benchmarks whose truth is known: are false verdicts rare, forecasts right and intervals honest?

Each simulated benchmark has scenarios with recordings, played several times by three candidates. A recording has an
easiness (skewed between scenarios), a candidate does a little better or worse in each scenario and recording, and a
score is 0 to 20 points of 20. The second candidate lacks `planted`; the third is as good as the first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.report import PARLOUR, Column, Outcome, Reach, Row, Shape
from bench.systems import Plan as BenchPlan
from parlour.benchmarks.statistics.comparing import Difference, Pair, holm, paired_scores
from parlour.benchmarks.statistics.intervals import Estimate, Options, cluster_interval
from parlour.benchmarks.statistics.power import Plan, Spread, minimum_detectable_difference, power_of, spread_of
from parlour.benchmarks.statistics.sequential import Boundary
from parlour.benchmarks.statistics.verdicts import Word, verdict

SIMULATIONS, SIMULATIONS_QUICK = 2_000, 200
POINTS = 20
ALPHA = 0.05
PLANTED = 0.15
LOOKS = 4
Scores = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class World:
    """What benchmarks are drawn from. `sizes` says how many recordings each scenario has."""

    sizes: tuple[int, ...]
    repeats: int
    planted: float = PLANTED
    by_scenario: float = 0.06
    by_case: float = 0.03

    @property
    def label(self) -> str:
        """For tables."""
        least, most = min(self.sizes), max(self.sizes)
        each = f"{least}" if least == most else f"{least}-{most}"
        return f"{len(self.sizes)} x {each} x {self.repeats}"

    @property
    def clusters(self) -> list[str]:
        """The scenario of each recording."""
        return [f"s{place}" for place, size in enumerate(self.sizes) for _ in range(size)]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What a world's benchmarks would say if they were endless."""

    first: float
    difference: float
    spread: Spread


def drawn(world: World, generator: np.random.Generator, count: int) -> Scores:
    """Scores of `count` benchmarks: benchmark, candidate (first, second, third), recording, repetition."""
    scenario = np.repeat(np.arange(len(world.sizes)), world.sizes)
    scenarios, cases = len(world.sizes), len(scenario)
    easiness = 0.25 + 0.65 * generator.beta(4, 2, (count, 1, scenarios))[:, :, scenario]
    easiness = easiness + generator.uniform(-0.05, 0.05, (count, 1, cases))
    liking = generator.uniform(-1, 1, (count, 3, scenarios))[:, :, scenario] * np.sqrt(3) * world.by_scenario
    liking = liking + generator.uniform(-1, 1, (count, 3, cases)) * np.sqrt(3) * world.by_case
    lacking = np.array([0.0, world.planted, 0.0])[None, :, None]
    chance = np.clip(easiness + liking - lacking, 0, 1)
    shape = (count, 3, cases, world.repeats)
    return generator.binomial(POINTS, np.broadcast_to(chance[..., None], shape)) / POINTS


def truth_of(world: World) -> Truth:
    """From very many scenarios of that kind."""
    large = replace(world, sizes=(2,) * 20_000, repeats=4)
    scores = drawn(large, np.random.default_rng(99), 1)[0]
    spread = spread_of(pairs_of(scores, large.clusters, 1))
    if spread is None:
        raise RuntimeError("a large world has a spread")
    means = scores.mean(axis=(1, 2))
    return Truth(first=float(means[0]), difference=float(means[1] - means[0]), spread=spread)


def pairs_of(scores: Scores, clusters: Sequence[str], candidate: int) -> list[Pair]:
    """One benchmark's cells as pairs of the first and another candidate."""
    return [
        Pair(case=f"c{place}", cluster=cluster, a=a, b=b)
        for place, cluster in enumerate(clusters)
        for a, b in zip(scores[0, place].tolist(), scores[candidate, place].tolist(), strict=True)
    ]


def plan_of(world: World, truth: Truth, comparisons: int = 2) -> Plan:
    """What would be known before the run, with a spread from earlier ones."""
    return Plan(
        cases=sum(world.sizes),
        clusters=len(world.sizes),
        sizes=world.sizes,
        repeats=world.repeats,
        spread=truth.spread,
        comparisons=comparisons,
        alpha=ALPHA,
        step=1 / POINTS,
    )


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Shares of simulated benchmarks. `false_*` are about the third candidate, the others about the second."""

    false_better: float
    false_either: float
    found: float
    forecast: float
    covered: float
    covered_differences: float


def counted(world: World, simulations: int, seed: int) -> Counted:
    """Verdicts with Holm over both comparisons with the first, and how often intervals hold the truth."""
    truth, generator = truth_of(world), np.random.default_rng(seed)
    plan = plan_of(world, truth)
    detectable = minimum_detectable_difference(plan)
    better = either = found = covered = covered_differences = 0
    clusters = world.clusters
    for scores in drawn(world, generator, simulations):
        differences = [paired_scores(pairs_of(scores, clusters, other)) for other in (1, 2)]
        words = words_of(differences, detectable)
        better += words[1] == "better"
        either += words[1] in ("better", "worse")
        found += words[0] == ("worse" if world.planted > 0 else "better")
        covered += holds(mean_of(scores[0], clusters), truth.first)
        covered_differences += holds(differences[0], truth.difference)
    return Counted(
        false_better=better / simulations,
        false_either=either / simulations,
        found=found / simulations,
        forecast=power_of(plan, truth.difference),
        covered=covered / simulations,
        covered_differences=covered_differences / simulations,
    )


def words_of(differences: Sequence[Difference], detectable: float | None) -> list[Word]:
    """The verdicts of one benchmark."""
    adjusted = holm([difference.p_value for difference in differences])
    return [verdict(each, p, ALPHA, PLANTED, detectable) for each, p in zip(differences, adjusted, strict=True)]


def mean_of(scores: Scores, clusters: Sequence[str]) -> Estimate:
    """The mean of one candidate's cells."""
    repeats = scores.shape[1]
    names = [cluster for cluster in clusters for _ in range(repeats)]
    return cluster_interval(scores.ravel().tolist(), names)


def holds(found: Estimate | Difference, truth: float) -> bool:
    """Whether the interval holds the truth."""
    return found.interval is not None and not found.interval.excludes(truth)


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Shares of simulated benchmarks of three candidates that are the very same, with false verdicts.

    Of the first two at the full alpha: one is called `better` than the other named one, or `either` way. `family`: any
    of all three pairs, adjusted by Holm.
    """

    better: float
    either: float
    family: float


def alike(world: World, simulations: int, seed: int) -> Alike:
    """False verdicts where there is nothing to find."""
    same = replace(world, planted=0.0, by_scenario=0.0, by_case=0.0)
    better = either = family = 0
    for scores in drawn(same, np.random.default_rng(seed), simulations):
        pairs = [scores, scores, scores[1:]]
        differences = [
            paired_scores(pairs_of(given, same.clusters, other)) for given, other in zip(pairs, (1, 2, 1), strict=True)
        ]
        word = verdict(differences[0], differences[0].p_value, ALPHA, PLANTED, PLANTED)
        better += word == "better"
        either += word in ("better", "worse")
        family += any(word in ("better", "worse") for word in words_of(differences, PLANTED))
    return Alike(better=better / simulations, either=either / simulations, family=family / simulations)


def stopped(world: World, simulations: int, seed: int) -> tuple[float, float, float]:
    """With looks after every repetition: shares of any false verdict and of found ones, and the mean look of these."""
    boundary = Boundary(looks=world.repeats, alpha=ALPHA)
    false = found = looks = 0
    for scores in drawn(world, np.random.default_rng(seed), simulations):
        false += _stop(boundary, scores, world, 2) is not None
        look = _stop(boundary, scores, world, 1)
        found += look is not None
        looks += look or 0
    return false / simulations, found / simulations, looks / max(found, 1)


def _stop(boundary: Boundary, scores: Scores, world: World, candidate: int) -> int | None:
    for look in range(1, boundary.count + 1):
        level = boundary.level(look)
        options = Options(level=1 - level)
        difference = paired_scores(pairs_of(scores[:, :, :look], world.clusters, candidate), options)
        if verdict(difference, difference.p_value, level, PLANTED, PLANTED) in ("better", "worse"):
            return look
    return None


WORLDS = (
    World(sizes=(1,) * 12, repeats=1),
    World(sizes=(1,) * 12, repeats=2),
    World(sizes=(1,) * 12, repeats=3),
    World(sizes=(1,) * 12, repeats=4),
    World(sizes=(1,) * 12, repeats=5),
    World(sizes=(3, 1, 2, 1, 4, 1, 2, 1, 1, 3, 1, 2), repeats=2),
    World(sizes=(2,) * 8, repeats=3),
    World(sizes=(4, 1, 2, 1, 3, 1), repeats=3),
    World(sizes=(1,) * 30, repeats=1, planted=0.08),
)
COLUMNS = (
    Column(key="false_better", label="false better %"),
    Column(key="false_either", label="false either %"),
    Column(key="power", label="power %"),
    Column(key="forecast", label="forecast %"),
    Column(key="covered", label="means covered %"),
    Column(key="covered_differences", label="differences covered %"),
)
ALIKE_COLUMNS = (*COLUMNS[:2], Column(key="family", label="any of 3 pairs, Holm %"))
STOPPED_COLUMNS = (
    Column(key="false", label="false either %"),
    Column(key="power", label="power %"),
    Column(key="look", label="mean look"),
)


async def run(plan: BenchPlan) -> Outcome:
    """Every world; the figures are shares of simulated benchmarks."""
    simulations = SIMULATIONS_QUICK if plan.quick else SIMULATIONS
    rows = [_row(world, counted(world, simulations, seed)) for seed, world in enumerate(WORLDS)]
    same_rows = [_same_row(world, alike(world, simulations, 50 + seed)) for seed, world in enumerate(WORLDS)]
    looked = World(sizes=(1,) * 12, repeats=LOOKS)
    false, found, look = stopped(looked, simulations, 80)
    figures = {"false": false * 100, "power": found * 100, "look": look}
    stopped_rows = [Row(system=f"{PARLOUR} {looked.label}", figures=figures)]
    title = f"{simulations:,} benchmarks each: scenarios x recordings x repetitions"
    same_title = f"{title}, three times the same candidate"
    shapes = [
        Shape(bench="statistics", title=f"{title}, 3 candidates, Holm", columns=COLUMNS, rows=rows),
        Shape(bench="statistics", title=same_title, columns=ALIKE_COLUMNS, rows=same_rows),
        Shape(bench="statistics", title=f"a look after each of {LOOKS}", columns=STOPPED_COLUMNS, rows=stopped_rows),
    ]
    return Outcome(shapes=shapes, reaches=reaches(rows, same_rows, stopped_rows, simulations))


def _row(world: World, found: Counted) -> Row:
    figures = {
        "false_better": found.false_better * 100,
        "false_either": found.false_either * 100,
        "power": found.found * 100,
        "forecast": found.forecast * 100,
        "covered": found.covered * 100,
        "covered_differences": found.covered_differences * 100,
    }
    return Row(system=f"{PARLOUR} {world.label}", figures=figures, note=f"{world.planted:.0%} planted")


def _same_row(world: World, same: Alike) -> Row:
    figures = {"false_better": same.better * 100, "false_either": same.either * 100, "family": same.family * 100}
    return Row(system=f"{PARLOUR} {world.label}", figures=figures)


def reaches(rows: Sequence[Row], same: Sequence[Row], stopped_rows: Sequence[Row], simulations: int) -> list[Reach]:
    """What issue 5 asks for, in the worst of the worlds with at least 8 scenarios.

    With 6 an interval of 95 % is one of 31/32, since there are only 32 splits. The third candidate of `rows` differs
    from the first in each scenario and is as good on average, so that its false verdicts are as many as alpha allows;
    of their worst world in eight more than 5 % is to be expected by chance, hence the standard errors.
    """
    enough = [row for row in rows if not row.system.startswith(f"{PARLOUR} 6 ")]

    def every(given: Sequence[Row], key: str) -> list[float]:
        return [row.figures[key] for row in given]

    apart = [abs(row.figures["power"] - row.figures["forecast"]) for row in enough]
    covered = [*every(enough, "covered"), *every(enough, "covered_differences")]
    chance = 100 * ALPHA + 200 * math.sqrt(ALPHA * (1 - ALPHA) / simulations)
    false = max(every(stopped_rows, "false"))
    return [
        Reach(
            text="the same candidate: false better, %", got=max(every(same, "false_better")), wanted=5, sense="at most"
        ),
        Reach(text="the same: better or worse, %", got=max(every(same, "false_either")), wanted=5, sense="at most"),
        Reach(text="the same: any of 3 pairs, Holm, %", got=max(every(same, "family")), wanted=5, sense="at most"),
        Reach(text="equal on average: better, %", got=max(every(rows, "false_better")), wanted=5, sense="at most"),
        Reach(
            text="equal on average: either, %; 5 and 2 standard errors",
            got=max(every(rows, "false_either")),
            wanted=round(chance, 2),
            sense="at most",
        ),
        Reach(text="with looks: better or worse, %", got=false, wanted=5, sense="at most"),
        Reach(text="power and forecast apart, points", got=max(apart), wanted=5, sense="at most"),
        Reach(text="truth covered, least %", got=min(covered), wanted=93, sense="at least"),
        Reach(text="truth covered, greatest %", got=max(covered), wanted=97, sense="at most"),
    ]

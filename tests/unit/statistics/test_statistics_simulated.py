"""Small simulations of what `python -m bench statistics` measures with 2,000; margins are 3 standard errors."""

from math import sqrt

import pytest

from bench.simulating import World, alike, counted, stopped
from parlour.benchmarks.statistics.comparing import Pair, paired_scores
from parlour.benchmarks.statistics.intervals import cluster_interval

SIMULATIONS = 400


def margin(share: float) -> float:
    """Three standard errors of a share."""
    return 3 * sqrt(share * (1 - share) / SIMULATIONS)


@pytest.mark.parametrize("repeats", [1, 3])
def test_the_same_candidate_is_falsely_better_in_at_most_5_of_100_benchmarks(repeats: int) -> None:
    same = alike(World(sizes=(1,) * 12, repeats=repeats), SIMULATIONS, 11)
    assert same.better <= 0.05
    assert same.either <= 0.05 + margin(0.05)
    assert same.family <= 0.05 + margin(0.05)
    print(f"same candidate, {repeats} repetitions: better {same.better:.1%}, either {same.either:.1%}")


@pytest.mark.parametrize(
    "world", [World(sizes=(1,) * 12, repeats=1), World(sizes=(2,) * 8, repeats=3)], ids=["12 x 1 x 1", "8 x 2 x 3"]
)
def test_15_points_are_found_as_often_as_forecast_and_intervals_hold_the_truth(world: World) -> None:
    found = counted(world, SIMULATIONS, 12)
    assert abs(found.found - found.forecast) <= 0.05 + margin(found.forecast)
    for covered in (found.covered, found.covered_differences):
        assert 0.93 - margin(0.93) <= covered <= 0.97 + margin(0.97)
    print(f"{world.label}: found {found.found:.1%}, forecast {found.forecast:.1%}, covered {found.covered:.1%}")


def test_looking_early_does_not_make_false_verdicts() -> None:
    false, found, look = stopped(World(sizes=(1,) * 12, repeats=4), SIMULATIONS // 2, 13)
    assert false <= 0.05 + margin(0.05)
    assert found > 0.8
    assert look < 4


def test_ten_thousand_cells_are_no_trouble() -> None:
    """How long it takes depends on the machine (0.1 s on an idle one); here only that it works at that size."""
    cells = [(place * 7919 % 21 / 20, place * 104_729 % 21 / 20) for place in range(10_000)]
    pairs = [Pair(case=f"c{place}", cluster=f"s{place % 500}", a=a, b=b) for place, (a, b) in enumerate(cells)]
    assert paired_scores(pairs).interval is not None
    assert cluster_interval([pair.b for pair in pairs], [pair.cluster for pair in pairs]).interval is not None

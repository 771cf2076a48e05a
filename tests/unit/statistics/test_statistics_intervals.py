"""Intervals of rates and means, against published figures and in the cases where there is nothing to know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.benchmarks.statistics.intervals import Interval, Options, cluster_interval, wilson

TWELVE = [f"s{place}" for place in range(12)]


def test_wilson_gives_the_textbook_figures() -> None:
    """Brown, Cai & DasGupta (2001) and Newcombe (1998), table I: 81 of 263 and 0 of 20."""
    assert wilson(81, 263).low == pytest.approx(0.2553, abs=5e-5)
    assert wilson(81, 263).high == pytest.approx(0.3662, abs=5e-5)
    assert wilson(0, 20).low == 0.0
    assert wilson(0, 20).high == pytest.approx(0.1611, abs=5e-5)
    assert wilson(1, 29).low == pytest.approx(0.0061, abs=5e-5)
    assert wilson(1, 29).high == pytest.approx(0.1718, abs=5e-5)


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == Interval(low=0.0, high=1.0, level=0.95)


def test_more_successes_than_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="successes"):
        wilson(3, 2)


def test_without_cells_there_is_neither_mean_nor_interval() -> None:
    found = cluster_interval([], [])
    assert (found.mean, found.interval) == (None, None)
    assert found.reason


def test_one_scenario_has_a_mean_and_no_interval() -> None:
    found = cluster_interval([0.5, 0.7], ["s", "s"])
    assert found.mean == pytest.approx(0.6)
    assert found.interval is None
    assert "one scenario" in found.reason


def test_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        cluster_interval([float("nan")], ["s"])
    with pytest.raises(ValueError, match="bounds"):
        cluster_interval([1.5, 0.2], ["s", "t"])
    with pytest.raises(ValueError, match="cluster"):
        cluster_interval([0.5], [])


def test_twelve_perfect_scenarios_are_as_sure_as_twelve_passes() -> None:
    found = cluster_interval([1.0] * 12, TWELVE).interval
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(wilson(12, 12).low), 1.0)


def test_near_a_bound_the_longer_arm_points_away_from_it() -> None:
    scores = [1.0, 1.0, 0.95, 1.0, 0.9, 1.0, 0.6, 1.0, 0.95, 1.0, 1.0, 0.8]
    found = cluster_interval(scores, TWELVE)
    assert found.mean is not None
    assert found.interval is not None
    assert found.mean - found.interval.low > 1.5 * (found.interval.high - found.mean)
    assert found.interval.high <= 1


def test_what_has_no_bounds_is_not_bent() -> None:
    seconds = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]
    found = cluster_interval(seconds, TWELVE, Options(bounds=None)).interval
    assert found is not None
    assert 6.5 - found.low == pytest.approx(found.high - 6.5)


def test_repeating_the_cells_of_each_scenario_does_not_make_it_surer() -> None:
    scores = [0.2, 0.9, 0.4, 0.5, 0.6, 0.35, 0.8, 0.7, 0.75, 0.3, 0.55, 0.65]
    once = cluster_interval(scores, TWELVE).interval
    often = cluster_interval(scores * 10, TWELVE * 10).interval
    assert once is not None
    assert often is not None
    assert (often.low, often.high) == (pytest.approx(once.low), pytest.approx(once.high))


def test_two_to_five_scenarios_have_the_interval_of_students_t() -> None:
    found = cluster_interval([0.0, 1.0, 2.0], ["a", "b", "c"], Options(bounds=None)).interval
    assert found is not None
    assert found.half_width == pytest.approx(4.303 / 3**0.5, abs=1e-3)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(TWELVE)), max_size=60),
    st.sampled_from([0.8, 0.9, 0.95, 0.99]),
)
def test_an_interval_holds_its_mean_and_stays_within_the_bounds(cells: list[tuple[int, str]], level: float) -> None:
    options = Options(level=level, resamples=199)
    found = cluster_interval([points / 20 for points, _ in cells], [cluster for _, cluster in cells], options)
    assert (found.interval is None) == bool(found.reason)
    if found.interval is not None and found.mean is not None:
        assert 0 <= found.interval.low <= found.mean + 1e-12
        assert found.mean - 1e-12 <= found.interval.high <= 1


def test_the_same_seed_gives_the_same_interval() -> None:
    values, clusters = [(place * 7 % 20) / 20 for place in range(40)], [f"s{place}" for place in range(40)]
    one = cluster_interval(values, clusters, Options(seed=3, resamples=99))
    assert one == cluster_interval(values, clusters, Options(seed=3, resamples=99))
    assert one != cluster_interval(values, clusters, Options(seed=4, resamples=99))

"""Tests of differences, against published figures, and that they never contradict their intervals."""

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.benchmarks.statistics.comparing import Pair, holm, mcnemar, paired_passes, paired_scores
from parlour.benchmarks.statistics.intervals import Options

# Darwin's maize, crossed minus self-fertilised, in eighths of an inch: Fisher (1935), table 3.
DARWIN = (49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48)


def pairs_of(differences: Sequence[float], per_cluster: int = 1) -> list[Pair]:
    """A recording each."""
    return [
        Pair(case=f"c{place}", cluster=f"s{place // per_cluster}", a=0.0, b=difference)
        for place, difference in enumerate(differences)
    ]


def test_fishers_test_of_darwins_maize() -> None:
    """Fisher (1935), sec. 21: 863 of 32,768 sign flips come to as much, so twice that in both directions."""
    found = paired_scores(pairs_of(DARWIN))
    assert found.p_value == pytest.approx(2 * 863 / 32_768)
    assert found.mean == pytest.approx(314 / 15)
    assert found.method == "sign flips by scenario, all"


def test_the_limits_for_darwins_maize_are_where_the_test_begins_to_reject() -> None:
    found = paired_scores(pairs_of(DARWIN)).interval
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(-0.2, abs=0.06), pytest.approx(41.0, abs=0.06))
    for limit, out in ((found.low, -0.01), (found.high, 0.01)):
        assert paired_scores(pairs_of([each - limit for each in DARWIN])).p_value > 0.05
        assert paired_scores(pairs_of([each - limit - out for each in DARWIN])).p_value <= 0.05


def test_drawn_flips_come_near_the_exact_ones() -> None:
    spread = [*DARWIN, 10, -10, 20]
    exact = sum(
        abs(sum(sign * each for sign, each in zip(signs, spread, strict=True))) >= abs(sum(spread))
        for signs in product((-1, 1), repeat=len(spread))
    )
    found = paired_scores(pairs_of(spread))
    assert found.p_value == pytest.approx(exact / 2 ** len(spread), abs=0.007)
    assert found.method == "sign flips by scenario, 9,999 drawn"


def test_repeating_a_recording_does_not_make_a_difference_surer() -> None:
    pairs = pairs_of([0.1, 0.2, -0.05, 0.15, 0.1, 0.0, 0.3, 0.1])
    once, often = paired_scores(pairs), paired_scores(pairs * 5)
    assert (often.p_value, often.interval) == (once.p_value, once.interval)
    assert (often.pairs, often.cases, often.clusters) == (40, 8, 8)


def test_a_recording_that_was_repeated_more_often_does_not_count_more() -> None:
    pairs = pairs_of([0.4, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert paired_scores([*pairs, pairs[0], pairs[0]]).mean == pytest.approx(0.4 / 6)


def test_the_unit_of_chance_may_be_the_recording() -> None:
    pairs = pairs_of([0.1, 0.2, 0.1, 0.3, 0.1, 0.2, 0.1, 0.2], per_cluster=4)
    by_scenario, by_case = paired_scores(pairs), paired_scores(pairs, Options(unit="case"))
    assert by_scenario.interval is None
    assert by_case.p_value == pytest.approx(2 / 2**8)
    assert by_case.clusters == 8
    assert "recording" in by_case.method


def test_five_scenarios_are_too_few_for_an_interval() -> None:
    found = paired_scores(pairs_of([0.3, 0.31, 0.32, 0.33, 0.34]))
    assert found.p_value == pytest.approx(2 / 32)
    assert found.interval is None
    assert found.reason == "5 scenarios are too few for an interval of 95%."


def test_nothing_and_one_scenario_have_a_reason_instead_of_an_interval() -> None:
    nothing, one = paired_scores([]), paired_scores(pairs_of([0.1, 0.2], per_cluster=2))
    assert (nothing.mean, nothing.interval, nothing.p_value) == (None, None, 1.0)
    assert one.mean == pytest.approx(0.15)
    assert (one.interval, one.p_value) == (None, 1.0)
    assert nothing.reason
    assert one.reason


def test_two_runs_that_are_alike_to_the_letter_do_not_differ() -> None:
    found = paired_scores(pairs_of([0.0] * 12))
    assert (found.mean, found.p_value) == (0.0, 1.0)
    assert found.interval is not None
    assert not found.interval.excludes(0.0)
    assert "not known" in found.reason


def test_a_recording_cannot_be_of_two_scenarios() -> None:
    with pytest.raises(ValueError, match="two scenarios"):
        paired_scores([Pair(case="c", cluster="s", a=0, b=0), Pair(case="c", cluster="t", a=0, b=0)])


@given(st.lists(st.integers(-20, 20), min_size=6, max_size=13), st.integers(1, 2))
def test_the_interval_excludes_zero_exactly_if_the_test_rejects(points: list[int], per_cluster: int) -> None:
    found = paired_scores(pairs_of([each / 20 for each in points], per_cluster))
    if found.interval is not None:
        assert found.interval.excludes(0.0) == (found.p_value <= 0.05 + 1e-12)


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=20))
def test_swapping_the_candidates_turns_everything_around(points: list[int]) -> None:
    options = Options(resamples=199)
    one = paired_scores(pairs_of([each / 20 for each in points]), options)
    other = paired_scores(pairs_of([-each / 20 for each in points]), options)
    assert one.p_value == other.p_value
    assert one.mean == -(other.mean or 0.0)
    if one.interval is not None and other.interval is not None:
        assert (one.interval.low, one.interval.high) == (-other.interval.high, -other.interval.low)


def test_mcnemars_exact_test() -> None:
    assert mcnemar(1, 9) == pytest.approx(22 / 1024)
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 5) == 1.0
    assert mcnemar(3_000, 3_000) == 1.0


def test_lone_recordings_are_tested_by_mcnemar() -> None:
    found = paired_passes([*pairs_of([1.0] * 9 + [0.0] * 10), Pair(case="x", cluster="x", a=1.0, b=0.0)])
    assert found.method == "exact McNemar"
    assert found.p_value == pytest.approx(22 / 1024)
    few = paired_passes(pairs_of([1.0] * 6 + [0.0] * 4))
    assert few.p_value == pytest.approx(2 / 2**6) == paired_scores(pairs_of([1.0] * 6 + [0.0] * 4)).p_value


def test_repeated_recordings_are_tested_by_scenario() -> None:
    found = paired_passes(pairs_of([1.0] * 12, per_cluster=2) * 3)
    assert found.method == "clustered McNemar, sign flips by scenario, all"
    assert found.p_value == pytest.approx(2 / 2**6)


def test_a_score_is_no_pass() -> None:
    with pytest.raises(ValueError, match="0 or 1"):
        paired_passes(pairs_of([0.5]))


def test_holm_steps_down() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([1.2])

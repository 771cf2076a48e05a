"""Verdicts, reliability, agreement, noise, looks and plans, against published figures."""

from collections.abc import Callable
from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.benchmarks.statistics.agreement import Mark, Metric, bias, krippendorff_alpha, weighted_kappa
from parlour.benchmarks.statistics.comparing import Difference, Pair, paired_scores
from parlour.benchmarks.statistics.intervals import Interval, Options
from parlour.benchmarks.statistics.noise import Cell, noise_floor
from parlour.benchmarks.statistics.power import (
    Plan,
    Spread,
    cases_needed,
    minimum_detectable_difference,
    power_of,
    spread_of,
    standard_error,
)
from parlour.benchmarks.statistics.reliability import Tally, pass_hat, pass_hat_k
from parlour.benchmarks.statistics.sequential import Boundary, spent
from parlour.benchmarks.statistics.verdicts import Word, sentence, verdict

UNIT = Spread(within=0.0, between_cases=0.0, between_clusters=1.0)


def difference(mean: float, low: float, high: float) -> Difference:
    """As from twelve recordings."""
    return Difference(
        mean=mean,
        interval=Interval(low=low, high=high, level=0.95),
        p_value=0.01,
        method="",
        pairs=12,
        cases=12,
        clusters=12,
        reason="",
    )


SURE, UNSURE = difference(0.2, 0.1, 0.3), difference(0.1, -0.1, 0.3)
UNKNOWN = paired_scores([])


@pytest.mark.parametrize(
    ("given_difference", "p_adjusted", "detectable", "word"),
    [
        (SURE, 0.01, 0.1, "better"),
        (difference(-0.2, -0.3, -0.1), 0.05, 0.1, "worse"),
        (SURE, 0.06, 0.1, "no evidence"),
        (UNSURE, 0.01, 0.1, "no evidence"),
        (SURE, 0.06, 0.2, "too small"),
        (UNSURE, 0.5, None, "too small"),
        (UNKNOWN, 1.0, 0.01, "too small"),
    ],
)
def test_a_verdict_is_one_of_four_words(
    given_difference: Difference, p_adjusted: float, detectable: float | None, word: Word
) -> None:
    assert verdict(given_difference, p_adjusted, 0.05, 0.15, detectable) == word


def test_every_word_has_a_plain_sentence() -> None:
    assert sentence("better", SURE, "B", "A", 0.1) == (
        "B is better than A by 20.0 points of 100 (95% interval +10.0 to +30.0)."
    )
    assert sentence("no evidence", UNSURE, "B", "A", 0.1) == (
        "There is no evidence that B differs from A (95% interval -10.0 to +30.0); "
        "this benchmark would probably have shown a difference of 10.0 points of 100."
    )
    assert sentence("too small", UNKNOWN, "B", "A", None) == (
        "The benchmark is too small to tell B from A; it can show no difference at all. "
        "No recording was scored for both candidates."
    )
    assert "from 30.0 points of 100 on" in sentence("too small", UNSURE, "B", "A", 0.3)


@given(st.integers(0, 7), st.integers(1, 7), st.integers(1, 7))
def test_pass_hat_k_is_the_share_of_choices_that_all_passed(passed: int, trials: int, k: int) -> None:
    if passed > trials:
        return
    chosen = list(combinations([1] * passed + [0] * (trials - passed), k))
    expected = sum(all(each) for each in chosen) / comb(trials, k) if k <= trials else None
    assert pass_hat_k(passed, trials, k) == (None if expected is None else pytest.approx(expected))


def test_pass_hat_leaves_out_recordings_with_too_few_trials() -> None:
    tallies = [Tally(case=f"c{n}", cluster=f"s{n}", successes=n % 4, trials=3) for n in range(12)]
    found = pass_hat([*tallies, Tally(case="x", cluster="x", successes=1, trials=1)], 2)
    assert (found.cases, found.left_out) == (12, 1)
    assert found.estimate.mean == pytest.approx((0 + 0 + 1 / 3 + 1) / 4)
    assert found.estimate.interval is not None


RELIABILITY_DATA: list[list[float | str | None]] = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


@pytest.mark.parametrize(("metric", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_krippendorffs_own_example(metric: Metric, value: float) -> None:
    """Krippendorff (2011), sec. D: four observers, twelve units, with missing ones."""
    found = krippendorff_alpha(RELIABILITY_DATA, metric)
    assert found.value == pytest.approx(value, abs=5e-4)
    assert (found.raters, found.units) == (4, 11)


def test_krippendorffs_example_of_two_observers_with_names() -> None:
    """Krippendorff (2011), sec. B: α = 0.692."""
    one: list[str | None] = ["a", "a", "b", "b", "d", "c", "c", "c", "e", "d", "d", "a"]
    other: list[str | None] = ["b", "a", "b", "b", "b", "c", "c", "c", "e", "d", "d", "d"]
    assert krippendorff_alpha([one, other], "nominal").value == pytest.approx(0.692, abs=5e-4)


def test_alpha_is_unknown_without_differences() -> None:
    assert krippendorff_alpha([[1, 1], [1, 1]]).value is None
    assert krippendorff_alpha([[1, None], [None, 1]]).reason == "No unit has two ratings."
    with pytest.raises(ValueError, match="no order"):
        krippendorff_alpha([["a"], ["b"]], "ordinal")


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=30))
def test_weighted_kappa_is_an_intraclass_correlation(marks: list[tuple[int, int]]) -> None:
    """Fleiss & Cohen (1973): 2 cov / (var + var + (difference of means)²)."""
    a, b = [one for one, _ in marks], [other for _, other in marks]
    found = weighted_kappa(a, b, [1, 2, 3, 4, 5])
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    below = sum((x - mean_a) ** 2 + (y - mean_b) ** 2 + (mean_a - mean_b) ** 2 for x, y in marks)
    above = 2 * sum((x - mean_a) * (y - mean_b) for x, y in marks)
    if found.value is None:
        assert below == pytest.approx(0)
    else:
        assert found.value == pytest.approx(above / below)


def test_weighted_kappa_knows_its_levels() -> None:
    with pytest.raises(ValueError, match="one of the levels"):
        weighted_kappa(["good"], ["bad"], ["good"])
    assert weighted_kappa(["good"], ["good"], ["bad", "good"]).value is None


def test_bias_is_told_for_each_criterion() -> None:
    marks = [
        Mark(criterion=name, cluster=f"s{place}", judge=0.5 + extra, human=0.5 + place % 3 / 20)
        for name, extra in (("kind", 0.2), ("clear", 0.05))
        for place in range(12)
    ]
    kind, clear = bias(marks)
    assert (kind.criterion, clear.criterion) == ("kind", "clear")
    assert kind.mean == pytest.approx(0.15)
    assert kind.interval is not None
    assert clear.interval is not None
    assert kind.interval.excludes(0.0)
    assert not clear.interval.excludes(0.0)


def test_the_noise_floor_is_known_from_repetitions_only() -> None:
    once = [Cell(case=f"c{n}", cluster="s", score=0.5) for n in range(12)]
    assert noise_floor(once).half_width is None
    assert noise_floor([]).reason
    same = noise_floor(once * 3)
    assert (same.half_width, same.identical, same.repeats) == (0.0, 1.0, 3.0)


def test_the_noise_floor_grows_with_the_noise_and_shrinks_with_repetitions() -> None:
    cells = [
        Cell(case=f"c{n}", cluster="s", score=n / 12 + (0.1 if turn % 2 else -0.1))
        for n in range(12)
        for turn in (0, 1)
    ]
    found = noise_floor(cells)
    assert found.within == pytest.approx(0.02**0.5)
    assert found.sd == pytest.approx((2 * 0.02 / 24) ** 0.5)
    assert found.half_width is not None
    assert found.half_width == pytest.approx(2.179 * (2 * 0.02 / 24) ** 0.5, abs=1e-3)
    longer = noise_floor([*cells, *cells])
    assert longer.half_width is not None
    assert longer.half_width < found.half_width


def test_lan_and_demets_spend_little_at_first() -> None:
    """Lan & DeMets (1983), table 1: 0.0001, 0.0056, 0.0236, 0.0500 of two-sided 0.05."""
    assert [spent(share) for share in (0.25, 0.5, 0.75, 1)] == pytest.approx([0.0001, 0.0056, 0.0236, 0.05], abs=5e-5)


@given(st.integers(1, 12), st.sampled_from([0.01, 0.05, 0.1]))
def test_all_levels_sum_to_alpha(looks: int, alpha: float) -> None:
    boundary = Boundary(looks=looks, alpha=alpha)
    levels = [boundary.level(look) for look in range(1, boundary.count + 1)]
    assert sum(levels) == pytest.approx(alpha)
    assert all(level >= 0 for level in levels)


def test_looks_are_fixed_beforehand() -> None:
    assert Boundary(looks=(0.5, 1.0)).level(1) == pytest.approx(spent(0.5))
    for looks in (0, (0.5, 0.4, 1.0), (0.5,), ()):
        with pytest.raises(ValueError, match="looks are"):
            Boundary(looks=looks)
    with pytest.raises(ValueError, match="no such look"):
        Boundary(looks=2).level(3)


def test_many_scenarios_have_the_power_of_students_t() -> None:
    """Cohen (1988), table 2.3.5, of a paired test of 30 with d = 0.5: 0.75."""
    assert power_of(Plan(cases=30, clusters=30, spread=UNIT), 0.5) == pytest.approx(0.754, abs=1e-3)


def test_forecasts_agree_with_each_other() -> None:
    for clusters in (8, 12, 40):
        plan = Plan(cases=2 * clusters, clusters=clusters, repeats=2, comparisons=2, step=0.05)
        least = minimum_detectable_difference(plan)
        assert least is not None
        assert power_of(plan, least) == pytest.approx(0.8, abs=2e-3)
        assert power_of(plan, -least) == power_of(plan, least)
        needed = cases_needed(plan, least)
        assert needed is not None
        assert abs(needed - plan.cases) <= 2


def test_too_few_scenarios_see_nothing() -> None:
    five = Plan(cases=50, clusters=5)
    assert minimum_detectable_difference(five) is None
    assert power_of(five, 1.0) == 0.0
    assert cases_needed(five, 0.0) is None
    assert cases_needed(five, 1e-6) is None


def test_repetitions_take_away_noise_but_not_differences_between_scenarios() -> None:
    spread = Spread(within=0.2, between_cases=0.0, between_clusters=0.1)
    errors = [standard_error(Plan(cases=12, clusters=12, repeats=n, spread=spread)) for n in (1, 10, 10_000)]
    assert errors[0] == pytest.approx(((0.01 + 0.08) / 12) ** 0.5)
    assert errors[2] == pytest.approx(0.1 / 12**0.5, rel=1e-3)


def test_uneven_scenarios_see_less() -> None:
    even = Plan(cases=40, clusters=20)
    uneven = Plan(cases=40, clusters=20, sizes=(21, *[1] * 19))
    assert power_of(uneven, 0.1) < power_of(even, 0.1)


def test_a_plan_that_cannot_be_is_refused() -> None:
    wrong: list[Callable[[], object]] = [
        lambda: Plan(cases=3, clusters=4),
        lambda: Plan(cases=3, clusters=2, sizes=(1, 1)),
        lambda: Plan(cases=3, clusters=2, alpha=0.0),
        lambda: Plan(cases=3, clusters=2, step=-1.0),
        lambda: Options(level=1.0),
        lambda: Options(resamples=0),
        lambda: Options(bounds=(1.0, 0.0)),
    ]
    for made in wrong:
        with pytest.raises(ValueError, match=r"plan|sizes|alpha|negative|level|resample|bound"):
            made()


def test_the_power_for_passes_is_that_of_mcnemars_exact_test() -> None:
    """Six recordings that all gain: p = 2/64. With a variance of 0 each of 6 is gained, or with ψ = 0.5 a half."""
    certain = Plan(cases=6, clusters=6, spread=Spread(within=0, between_cases=0, between_clusters=0.5), step=1.0)
    assert power_of(certain, 0.75) == pytest.approx((0.8125 * (1 + 0.75 / 0.8125) / 2) ** 6)
    twelve = Plan(cases=12, clusters=12, spread=Spread(within=0, between_cases=0, between_clusters=0.5), step=1.0)
    least = minimum_detectable_difference(twelve)
    assert least is not None
    assert power_of(twelve, least) == pytest.approx(0.8, abs=1e-3)


def test_the_spread_of_an_earlier_run_is_found_again() -> None:
    """Two scenarios apart by 2, two recordings each apart by 1, two repetitions apart by 0.2."""
    pairs = [
        Pair(case=f"c{cluster}{case}", cluster=f"s{cluster}", a=0.0, b=2.0 * cluster + case + 0.2 * repetition)
        for cluster in (0, 1)
        for case in (0, 1)
        for repetition in (0, 1)
    ]
    found = spread_of(pairs)
    assert found is not None
    assert found.within == pytest.approx((0.02 / 2) ** 0.5)
    assert found.between_cases == pytest.approx((0.5 - 0.01) ** 0.5)
    assert found.between_clusters == pytest.approx((2.0 - 0.25) ** 0.5)
    assert spread_of(pairs[:4]) is None

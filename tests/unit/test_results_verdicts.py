"""Verdicts, intervals and reliability of a test, with expectations computed by hand, on both stores."""

import pytest

from parlour.benchmarks.entities import Plan, Test
from parlour.benchmarks.judging import store as judgements
from parlour.benchmarks.results.looking import alpha_of, ends_of, is_decided, level_at
from parlour.benchmarks.results.shapes import Comparison
from tests.unit.results_hall import Bench, Given, opened, preference, replay_of

SIX: tuple[str, ...] = ("r1", "r2", "r3", "r4", "r5", "r6")
EIGHT = (*SIX, "r7", "r8")


@pytest.fixture
def bench(store_url: str) -> Bench:
    database = opened(store_url)
    return Bench(database)


def each(points: list[int | None], names: tuple[str, ...] = SIX) -> dict[str, list[int | None]]:
    """One repetition of every recording with these points."""
    return {name: [given] for name, given in zip(names, points, strict=True)}


def only(bench: Bench) -> Comparison:
    (found,) = bench.results().comparisons
    return found


def test_means_are_shares_of_all_points(bench: Bench) -> None:
    bench.put(Given(points={"a": each([6, 9, 12, 6, 9, 12]), "b": each([15, 15, 15, 15, 15, 15])}))
    a, b = bench.results().candidates
    assert (a.mean, a.scored, a.cells, a.completed) == (pytest.approx(0.6), 6, 6, 6)
    assert a.interval is not None
    assert a.interval.low < 0.6 < a.interval.high
    assert (b.mean, b.passes.successes, b.passes.trials, b.passes.rate) == (1.0, 6, 6, 1.0)
    assert (a.passes.successes, a.passes.trials) == (2, 6)


def test_six_scenarios_that_all_gain_are_better_with_two_of_64_flips(bench: Bench) -> None:
    bench.put(Given(points={"a": each([6] * 6), "b": each([9, 9, 9, 9, 9, 12])}))
    found = only(bench)
    assert (found.word, found.measure, found.pairs, found.units) == ("better", "score", 6, 6)
    assert found.difference == pytest.approx((5 * 3 + 6) / 6 / 15)
    assert found.p == found.p_adjusted == 2 / 64
    assert found.interval is not None
    assert found.interval.low > 0
    assert found.sentence.startswith("B is better than A by 23.3 points of 100")
    assert (found.passes.b_only, found.passes.a_only) == (1, 0)


def test_gains_that_cancel_out_in_six_scenarios_are_too_few_to_tell(bench: Bench) -> None:
    bench.put(Given(points={"a": each([6] * 6), "b": each([9, 3, 9, 3, 9, 3])}))
    found = only(bench)
    assert (found.word, found.difference, found.p) == ("too small", pytest.approx(0.0), 1.0)
    assert found.detectable is not None
    assert found.detectable > 0.1


def test_the_same_answers_again_are_no_evidence(bench: Bench) -> None:
    points = {name: [6, 6, 6] for name in EIGHT}
    bench.put(Given(points={"a": points, "b": {**points, "r1": [6, 6, 7], "r2": [6, 6, 5]}}))
    found = only(bench)
    assert (found.word, found.difference) == ("no evidence", pytest.approx(0.0))
    assert found.within_noise


def test_of_three_candidates_p_is_three_times_as_large(bench: Bench) -> None:
    bench.put(Given(points={"a": each([6] * 6), "b": each([9] * 6), "c": each([12] * 6)}))
    found = bench.results().comparisons
    assert [(one.a, one.b) for one in found] == [("i-a", "i-b"), ("i-a", "i-c"), ("i-b", "i-c")]
    assert {one.p for one in found} == {2 / 64}
    assert {one.p_adjusted for one in found} == {3 * 2 / 64}
    assert "better" not in {one.word for one in found}


def test_with_a_baseline_only_it_is_compared_with(bench: Bench) -> None:
    bench.put(Given(points={"a": each([6] * 6), "b": each([9] * 6), "c": each([3] * 6)}, baseline="b"))
    found = bench.results().comparisons
    assert [(one.a, one.b) for one in found] == [("i-b", "i-a"), ("i-b", "i-c")]
    assert {one.p_adjusted for one in found} == {2 * 2 / 64}


def test_with_few_scenarios_recordings_are_the_unit_and_that_is_said(bench: Bench) -> None:
    clusters = dict.fromkeys(SIX, "one scenario")
    bench.put(Given(points={"a": each([6] * 6), "b": each([9, 9, 9, 9, 9, 12])}, clusters=clusters))
    found = bench.results()
    assert (found.unit, found.comparisons[0].word, found.comparisons[0].p) == ("recording", "better", 2 / 64)
    assert any(caveat.startswith("There are only 1 scenarios") for caveat in found.caveats)


def test_scenarios_of_two_recordings_are_counted_once(bench: Bench) -> None:
    names = tuple(f"r{number}" for number in range(12))
    clusters = {name: f"s{number // 2}" for number, name in enumerate(names)}
    bench.put(Given(points={"a": each([6] * 12, names), "b": each([9] * 12, names)}, clusters=clusters))
    found = only(bench)
    assert (found.units, found.recordings, found.p) == (6, 12, 2 / 64)


def test_what_was_not_graded_counts_for_nobody(bench: Bench) -> None:
    bench.put(Given(points={"a": each([6, 6, 6, 6, 6, None]), "b": each([9] * 6)}))
    found = bench.results()
    assert (found.candidates[0].scored, found.candidates[0].completed, found.comparisons[0].pairs) == (5, 6, 5)
    assert found.comparisons[0].word == "too small"
    assert found.matrix.cells[5][0].mean is None


def test_pass_to_the_k_goes_recording_by_recording(bench: Bench) -> None:
    bench.put(Given(points={"a": {"r1": [12, 12, 3], "r2": [12, 12, 12]}}))
    (a,) = bench.results().candidates
    assert [(one.k, one.rate) for one in a.pass_k] == [
        (1, pytest.approx(5 / 6)),
        (2, pytest.approx((1 / 3 + 1) / 2)),
        (3, pytest.approx(1 / 2)),
    ]
    assert (a.passes.successes, a.passes.trials) == (5, 6)


def test_the_matrix_has_a_row_a_recording_and_a_column_a_candidate(bench: Bench) -> None:
    bench.put(Given(points={"a": {"r1": [6, 9], "r2": [12, 15]}, "b": {"r1": [3, 3], "r2": [0, 0]}}))
    matrix = bench.results().matrix
    assert [row.recording_id for row in matrix.recordings] == ["r1", "r2"]
    assert [[cell.mean for cell in row] for row in matrix.cells] == [[0.5, 0.2], [0.9, 0.0]]
    assert (matrix.cells[1][0].passed, matrix.cells[1][0].trials, matrix.cells[1][0].state) == (2, 2, "completed")


def test_people_stand_on_the_same_scale(bench: Bench) -> None:
    bench.put(Given(points={"a": each([6] * 6)}, people={"r1": 12, "r2": 6}))
    found = bench.results()
    (people,) = found.people
    assert (people.source, people.n, people.mean) == ("recorded", 2, pytest.approx(0.6))
    assert [row.people for row in found.matrix.recordings] == [0.8, 0.4, None, None, None, None]


def test_the_panel_agrees_as_krippendorff_computes_it(bench: Bench) -> None:
    """Units (6, 9) and (9, 9): one disagreement of four values, three of which are alike: alpha = 1 - 3 * 2 / 6 = 0."""
    bench.put(Given(points={"a": {"r1": [6], "r2": [9]}}))
    for name in ("r1", "r2"):
        bench.do(lambda tx, name=name: bench.grade(tx, replay_of("a", name, 0, 1), "other", 9, counts=False))
    found = bench.results()
    assert found.agreement is not None
    assert (found.agreement.alpha, found.agreement.raters, found.agreement.units) == (pytest.approx(0.0), 2, 2)
    assert [(judge.judge, judge.counts, judge.n, judge.mean) for judge in found.judges] == [
        ("judge", True, 2, 0.5),
        ("other", False, 2, 0.6),
    ]
    assert any("agree little" in caveat for caveat in found.caveats)


def test_a_judge_beside_a_person_is_generous_by_a_level(bench: Bench) -> None:
    """Three criteria of 5 points: the judge gives 3, 4, 5 where the person gives 2, 4, 4."""
    bench.put(Given(points={"a": {"r1": [None]}}))
    replay = replay_of("a", "r1", 0, 1)
    bench.do(lambda tx: bench.grade(tx, replay, "judge", 12, items=bench.levels(tx, (3, 4, 5))))
    bench.do(
        lambda tx: bench.grade(tx, replay, "olive", 10, items=bench.levels(tx, (2, 4, 4)), source="human", counts=False)
    )
    found = bench.results()
    (human,) = found.human
    assert (human.judge, human.n, human.cases) == ("judge", 3, 1)
    # Observed squares: 1 + 0 + 1. By chance: judge {3, 4, 5} against person {2, 4, 4}, all pairs, over 3.
    by_chance = sum((x - y) ** 2 for x in (3, 4, 5) for y in (2, 4, 4)) / 3
    assert human.kappa == pytest.approx(1 - 2 / by_chance)
    assert [(one.criterion, one.mean) for one in human.bias] == [
        ("inquiry", pytest.approx(0.2)),
        ("empathy", pytest.approx(0.0)),
        ("structure", pytest.approx(0.2)),
    ]
    assert found.candidates[0].mean == 0.8, "a mark changes no score"


def test_preferences_show_wins_and_whether_order_matters(bench: Bench) -> None:
    bench.put(Given(points={"a": {"r1": [6], "r2": [6]}, "b": {"r1": [9], "r2": [9]}}, baseline="b"))
    choices = (
        preference("p1", "a/r1/1", "b/r1/1", "a", "b"),
        preference("p2", "a/r1/1", "b/r1/1", "b", "b"),
        preference("p3", "a/r2/1", "b/r2/1", "a", "a"),
        preference("p4", "a/r2/1", "b/r2/1", "b", "b"),
        preference("p5", "a/r2/1", "b/r2/1", "b", None, "broken"),
    )
    for choice in choices:
        bench.do(lambda tx, choice=choice: judgements.insert_preference(tx, choice))
    made = only(bench)
    found = made.preference
    assert (made.a, made.b) == ("i-b", "i-a"), "the baseline comes first"
    assert found is not None
    assert (found.wins_a, found.wins_b, found.ties, found.failed) == (3, 1, 0, 1)
    assert (found.rate_b, found.order_consistent, found.first_rate) == (0.25, 0.5, 0.75)


def test_noise_is_how_far_repetitions_lie_apart(bench: Bench) -> None:
    """Repetitions of 6 and 9 points of 15: variance 0.02; two runs of two recordings differ by sqrt(2 * 0.02/2/2)."""
    bench.put(Given(points={"a": {"r1": [6, 9], "r2": [9, 6]}}))
    floor = bench.results().noise_floor
    assert floor is not None
    assert (floor.kind, floor.within) == ("first", pytest.approx(0.02**0.5))
    assert floor.sd == pytest.approx((2 * 0.02 / 2 / 2) ** 0.5)
    assert (floor.recordings, floor.repeats, floor.identical) == (2, 2.0, 0.0)


def looking(bench: Bench, gain: int) -> Test:
    """A test with four looks, half of whose eight repetitions are there, in 16 scenarios."""
    names = tuple(f"r{number}" for number in range(16))
    a = {name: [6] * 8 for name in names}
    b = {name: [6 + gain] * 8 for name in names}
    return bench.put(Given(points={"a": a, "b": b}, plan=Plan(automatic=True, looks=4), state="running"))


def test_a_run_is_decided_early_only_by_what_is_obvious(bench: Bench) -> None:
    test = looking(bench, 3)
    assert ends_of(test) == (2, 4, 6, 8)
    levels = [level_at(test, end) for end in ends_of(test)]
    assert sum(levels) == pytest.approx(0.05)
    assert levels == sorted(levels)
    decided = [bench.database.read_here(lambda tx, end=end: is_decided(tx, test, end)) for end in (2, 4)]
    assert decided == [False, True], "p of 16 scenarios is 0.0001 at least: more than the first level"
    assert alpha_of(test) == pytest.approx(levels[0])


def test_equal_candidates_are_never_decided(bench: Bench) -> None:
    test = looking(bench, 0)
    assert not any(bench.database.read_here(lambda tx, end=end: is_decided(tx, test, end)) for end in ends_of(test))

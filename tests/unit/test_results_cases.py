"""Cases with blame, one case in full, differences, reports, lists and the estimate of a test, on both stores."""

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest

from parlour.benchmarks import store
from parlour.benchmarks.entities import InvocationId, Plan, ReplayId
from parlour.benchmarks.judging import store as judgements
from parlour.benchmarks.results import listing
from parlour.benchmarks.results.cell import cell_detail, difference
from parlour.benchmarks.results.cells import CellFilter, cell_page, wanted_cells
from parlour.benchmarks.results.estimate import Material, estimate
from parlour.benchmarks.results.exporting import all_cells
from parlour.benchmarks.results.keeping import ResultsKeeper
from parlour.benchmarks.results.list_shapes import CellPage, CellShown
from parlour.benchmarks.results.reports.formats import REPORTS
from parlour.benchmarks.results.reports.markdown import cell_text, code_text, plain
from parlour.catalog.benchmarks import Benchmark, Candidate, RecordedMessage, Recording
from parlour.catalog.entities import Reference
from parlour.catalog.prices import Rate
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import Refusal
from tests.unit.results_hall import (
    ACTOR,
    FAULT,
    RUBRIC,
    TEST,
    Bench,
    Given,
    blame,
    opened,
    outcome,
    preference,
    replay_of,
    turn_of,
)

HOSTILE = 'a | b <script> "]]>\x00\x1b &'


@pytest.fixture
def bench(store_url: str) -> Bench:
    return Bench(opened(store_url))


@pytest.fixture
def failing(bench: Bench) -> Bench:
    """Of two candidates in two recordings: one case of `a` fails by its own fault, one of `b` by a check, one never
    came to an answer."""
    bench.put(Given(points={"a": {"r1": [3], "r2": [12]}, "b": {"r1": [12], "r2": []}}, state="running"))
    bench.do(lambda tx: store.save_blame(tx, replay_of("a", "r1", 0, 1).id, blame("candidate", HOSTILE, "No idea.")))
    broken = replay_of("b", "r1", 0, 1).id
    bench.do(lambda tx: store.set_checks(tx, broken, (outcome("asks", passed=False), outcome("short", passed=True))))
    bench.do(lambda tx: store.save_blame(tx, broken, blame("judge")))
    dead = replay_of("b", "r2", 1, 1)
    bench.do(lambda tx: store.insert_replay(tx, dead))
    bench.do(lambda tx: store.fail_replay(tx, dead.id, FAULT))
    bench.do(lambda tx: store.save_blame(tx, dead.id, blame("infrastructure", FAULT.text)))
    return bench


def page(bench: Bench, **wanted: Any) -> CellPage:
    data = bench.data()
    found, following = wanted_cells(data, CellFilter(**wanted))
    return bench.database.read_here(lambda tx: cell_page(tx, data, found, following))


def names(found: CellPage) -> list[str]:
    return [cell.replay_id for cell in found.items]


def test_cases_come_by_repetition_recording_and_candidate_some_at_a_time(failing: Bench) -> None:
    first = page(failing, limit=3)
    assert names(first) == ["a/r1/1", "b/r1/1", "a/r2/1"]
    second = page(failing, limit=3, after=first.next)
    assert (names(second), second.next) == (["b/r2/1"], None)
    with pytest.raises(Refusal, match="no place"):
        page(failing, after="1.2")


def test_cases_are_found_by_blame_state_candidate_and_verdict(failing: Bench) -> None:
    assert names(page(failing, blame="candidate")) == ["a/r1/1"]
    assert names(page(failing, blame="any")) == ["a/r1/1", "b/r1/1", "b/r2/1"]
    assert names(page(failing, state="failed")) == ["b/r2/1"]
    assert names(page(failing, passed=False)) == ["a/r1/1", "b/r1/1"]
    assert names(page(failing, passed=True, invocation_id="i-a")) == ["a/r2/1"]
    assert names(page(failing, recording_id="r2")) == ["a/r2/1", "b/r2/1"]


def test_a_case_says_points_checks_blame_and_evidence(failing: Bench) -> None:
    own, checked, _, dead = page(failing).items
    assert (own.score, own.total_points, own.passed, own.blame) == (3, 15, False, "candidate")
    assert [(each.turn, each.quote, each.reason) for each in own.evidence] == [(1, "No idea.", HOSTILE)]
    assert (checked.score, checked.passed) == (12, False), "a required check that failed outweighs the grade"
    assert [check.key for check in checked.failed_checks] == ["asks"]
    assert (dead.state, dead.error, dead.passed, dead.score) == ("failed", FAULT.text, None, None)


def test_blame_and_checks_are_counted_by_candidate(failing: Bench) -> None:
    found = failing.results()
    a, b = found.candidates
    assert (a.blame.candidate, b.blame.judge, b.blame.infrastructure) == (1, 1, 1)
    assert [(check.key, check.passed, check.failed) for check in b.checks] == [("asks", 0, 1), ("short", 1, 0)]
    assert (found.progress.cells, found.progress.completed, found.progress.failed, found.progress.pending) == (
        4,
        3,
        1,
        1,
    )
    assert not found.final
    assert "The test is not finished: 1 of 4 cases are open." in found.caveats
    assert found.matrix.cells[1][1].state == "failed"


def test_a_cell_that_was_tried_again_stands_for_its_new_replay(failing: Bench) -> None:
    second = replace(replay_of("b", "r2", 1, 1), id=ReplayId("again"), created_at=2)
    failing.do(lambda tx: store.insert_replay(tx, second))
    assert names(page(failing, recording_id="r2", invocation_id="i-b")) == ["again"]


def test_a_case_in_full_has_words_grades_preferences_and_the_rubric(bench: Bench) -> None:
    bench.put(Given(points={"a": {"r1": [None]}, "b": {"r1": [9]}}))
    replay = replay_of("a", "r1", 0, 1)
    bench.do(lambda tx: bench.grade(tx, replay, "judge", 12, items=bench.levels(tx, (3, 4, 5))))
    asked = preference("p", "a/r1/1", "b/r1/1", "b", "b")
    bench.do(lambda tx: judgements.insert_preference(tx, asked))
    found = bench.database.read_here(lambda tx: cell_detail(tx, ACTOR, TEST, replay.id))
    assert [(turn.content, turn.state) for turn in found.turns] == [("Hello.", "done")]
    assert [message.role for message in found.recording.messages] == ["user", "assistant"]
    (grade,) = found.grades
    assert [(row.name, row.level, row.points) for row in grade.criteria] == [
        ("inquiry", "Level 3", 3),
        ("empathy", "Level 4", 4),
        ("structure", "Level 5", 5),
    ]
    (chosen,) = found.preferences
    assert (chosen.other_replay_id, chosen.choice, chosen.shown_first) == ("b/r1/1", "other", "other")
    assert found.rubric is not None
    assert found.may_mark
    with pytest.raises(Refusal, match="Run not found"):
        bench.database.read_here(lambda tx: cell_detail(tx, ACTOR, TEST, "unknown"))


def test_two_replays_are_aligned_word_by_word_and_with_the_record(bench: Bench) -> None:
    bench.put(Given(points={"a": {"r1": [6], "r2": [6]}, "b": {"r1": [9], "r2": [9]}}))
    bench.do(lambda tx: store.put_turn(tx, turn_of("b/r1/1", content="Hello there.")))
    found = bench.database.read_here(lambda tx: difference(tx, ACTOR, TEST, "a/r1/1", "b/r1/1"))
    (turn,) = found.turns
    assert [(part.change, part.text) for part in turn.words] == [("delete", "Hello."), ("insert", "Hello there.")]
    assert (found.a.title, found.b.title, turn.same) == ("A, repetition 1", "B, repetition 1", False)
    recorded = bench.database.read_here(lambda tx: difference(tx, ACTOR, TEST, "recorded", "b/r1/1"))
    assert (recorded.a.replay_id, recorded.a.title) == (None, "The recording")
    with pytest.raises(Refusal, match="one recording"):
        bench.database.read_here(lambda tx: difference(tx, ACTOR, TEST, "a/r2/1", "b/r1/1"))


def cells_of(bench: Bench) -> list[CellShown]:
    data = bench.data()
    return bench.database.read_here(lambda tx: all_cells(tx, data))


def test_junit_tells_failures_errors_and_what_is_undecided_apart(failing: Bench) -> None:
    text = REPORTS["junit"].write(failing.results(), cells_of(failing))
    root = ET.fromstring(text)  # noqa: S314 (we wrote it)
    assert root.attrib | {"name": ""} == {"name": "", "tests": "4", "failures": "1", "errors": "2", "skipped": "0"}
    a, b = root.findall("testsuite")
    failure = a.find("testcase/failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("candidate", "3 of 15 points")
    assert "<script>" in (failure.text or "")
    assert [each.get("type") for each in b.findall("testcase/error")] == ["judge", "infrastructure"]


def test_markdown_cannot_be_broken_by_what_was_said(failing: Bench) -> None:
    text = REPORTS["markdown"].write(failing.results(), cells_of(failing))
    (row,) = [line for line in text.splitlines() if "No idea." in line]
    assert "a \\| b &lt;script>" in row
    assert text.startswith("# Test\n\nBenchmark *Benchmark* (version 1), 2 recordings")
    assert "not finished (running)" in text


def test_json_has_everything_under_a_name_and_a_version(failing: Bench) -> None:
    whole = msgspec.json.decode(REPORTS["json"].write(failing.results(), cells_of(failing)))
    assert (whole["format"], whole["version"]) == ("parlour.test-results", 1)
    assert len(whole["cells"]) == 4
    assert whole["results"]["test"]["id"] == TEST


async def test_results_are_computed_once_until_the_test_changes(failing: Bench) -> None:
    keeper = ResultsKeeper(failing.database)
    first = await keeper.results(ACTOR, TEST)
    assert await keeper.results(ACTOR, TEST) is first
    failing.do(lambda tx: failing.grade(tx, replay_of("a", "r1", 0, 1), "judge", 15))
    second = await keeper.results(ACTOR, TEST)
    assert second is not first
    assert second.candidates[0].mean == pytest.approx((1 + 12 / 15) / 2)
    with pytest.raises(Refusal, match="Test not found"):
        await keeper.results(ACTOR, "unknown")


def test_tests_are_listed_and_put_aside(failing: Bench) -> None:
    head = failing.do(lambda tx: listing.archive(tx, ACTOR, TEST, archived=True))
    assert (head.archived, head.cells, head.completed, head.candidates) == (True, 4, 3, 2)
    own = Actor(account_id=ACTOR.account_id, user_id="olive", role="member")
    found = failing.database.read_here(lambda tx: listing.list_tests(tx, own, listing.TestFilter(archived=True)))
    assert [each.test_id for each in found.items] == [TEST]
    none = failing.database.read_here(lambda tx: listing.list_tests(tx, own, listing.TestFilter(archived=False)))
    assert not none.items


def test_how_far_a_test_is(failing: Bench) -> None:
    test = failing.database.read_here(lambda tx: store.test(tx, TEST))
    assert test is not None
    now = failing.database.read_here(lambda tx: listing.standing(tx, test))
    assert (now.completed, now.failed, now.active) == ({InvocationId("i-a"): 2, InvocationId("i-b"): 1}, 1, 0)
    assert not listing.is_over(test, now)


def test_an_estimate_counts_requests_and_prices_them() -> None:
    """Eight recordings in eight scenarios, four messages of 40 characters (10 tokens) each, two models, two judges."""
    said = [RecordedMessage(id=f"{n}", role=role, content="x" * 40) for n in (1, 2) for role in ("user", "assistant")]
    recordings = [Recording(id=f"r{n}", title="R", cluster=f"s{n}", messages=tuple(said)) for n in range(8)]
    candidates = tuple(
        Candidate(id=name, position=0, title=name, model=f"vendor:{name}", rubric=RUBRIC) for name in ("x", "y")
    )
    snapshot = Benchmark(
        id="b", eval_id="e", name="B", candidates=candidates, repeats=3, judges=("vendor:judge", "scripted"),
        recordings=tuple(Reference(id=each.id, version=1) for each in recordings), prefer=True,
    )  # fmt: skip
    rate = Rate(currency="EUR", input_per_million=1_000_000.0, output_per_million=0.0)
    given = Material(
        snapshot=snapshot, plan=Plan(automatic=True, parallel=4), recordings=recordings, rubric_points=15,
        rubric_characters=0, prices={"vendor:x": rate}, before=(), earlier=None, judge="scripted",
    )  # fmt: skip
    made = estimate(given)
    assert (made.cells, made.turns, made.model_requests) == (8 * 2 * 3, 8 * 2 * 3 * 2, 8 * 2 * 3 * 2)
    assert made.judge_requests == 2 * (8 * 2 * 3) + 2 * (2 * 8 * 3)
    # Half-way through four messages of 10 tokens 30 have been said: 48 requests of 30 tokens at 1 EUR a token.
    (cost,) = made.costs
    assert (cost.currency, cost.low, cost.high) == ("EUR", pytest.approx(48 * 30 * 0.6), pytest.approx(48 * 30 * 1.8))
    assert made.without_price == ["vendor:judge", "vendor:y"]
    assert made.comparisons == 1
    assert made.detectable_difference is not None
    assert 0.1 < made.detectable_difference < 0.3
    assert not made.from_earlier


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("![x](http://evil.example/?q)", r"\!\[x\](http://evil.example/?q)"),
        ("a | b <img src=x> `c`", r"a \| b &lt;img src=x> \`c\`"),
        ("@everyone *loud* #1", r"&#64;everyone \*loud\* \#1"),
        ("red\x1b[31m and\x9b5m \u202eback\n# head", r"red \[31m and 5m back \# head"),
    ],
)
def test_words_of_models_and_authors_are_text_in_markdown_and_steer_no_terminal(text: str, told: str) -> None:
    assert cell_text(text) == told
    assert not {"\x1b", "\x9b", "\u202e", "\n"} & set(code_text(text) + plain(text))
    assert "`" not in code_text(text)

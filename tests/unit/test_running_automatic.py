"""Tests that the server carries through by itself: auto-advance and plans, with their bounds (Glow 6.9)."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from parlour.benchmarks.entities import Plan, TestId
from parlour.benchmarks.facts import TestCompleted, TestHalted
from parlour.benchmarks.judging import store as judgements
from parlour.benchmarks.running.filling import LOOK, LookAt
from parlour.benchmarks.running.starting import Overrides
from parlour.benchmarks.running.work import Looker
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.dice import SeededDice
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx
from tests.unit.running_hall import AUTOMATIC, Hall, candidate, open_hall, titles


@pytest.fixture
def hall(store_url: str) -> Iterator[Hall]:
    with open_hall(store_url) as made:
        yield made


def carried_through(hall: Hall, test_id: str) -> None:
    """Every replay that is begun completes, until none is begun any more."""
    while running := hall.replays(test_id, "running"):
        hall.complete(running[0].id)


@pytest.mark.case(100)
def test_auto_advance_replays_one_by_one_and_grades_each(hall: Hall) -> None:
    hall.benchmark(auto_advance=True)
    started = hall.start()
    for count in (1, 2, 3, 4):
        [running] = hall.replays(started.test_id, "running")
        hall.told.clear()
        assert hall.complete(running.id).ended == "graded"
        assert hall.names() == ["ReplayGrading", "ReplayStarted"][: 2 if count < 4 else 1]
        assert len(hall.replays(started.test_id)) == min(count + 1, 4)
    positions = {each.id: each.position for each in hall.invocations(started.test_id)}
    began = [(positions[each.invocation_id], each.recording_id) for each in hall.replays(started.test_id)]
    assert began == [(0, "one"), (0, "two"), (1, "one"), (1, "two")]
    assert hall.test(started.test_id).state == "running"
    assert hall.judge(started.test_id) == 4
    assert hall.test(started.test_id).state == "completed"


def test_a_plan_runs_so_many_at_once_by_repetition_recording_and_candidate(hall: Hall) -> None:
    hall.benchmark(repeats=2)
    started = hall.start(plan=replace(AUTOMATIC, parallel=3))
    assert len(hall.replays(started.test_id, "running")) == 3
    assert hall.jobs() == 3
    carried_through(hall, started.test_id)
    assert hall.cells(started.test_id) == [
        (name, run, n) for n in (1, 2) for run in ("one", "two") for name in ("alpha", "beta")
    ]
    assert {each.ended for each in hall.replays(started.test_id)} == {"graded"}
    assert [each.repetition for each in hall.invocations(started.test_id)] == [2, 2]
    hall.judge(started.test_id)
    assert hall.test(started.test_id).state == "completed"
    assert len(hall.facts(TestCompleted)) == 1


def test_a_test_by_itself_waits_for_preferences_and_recorded_answers(hall: Hall) -> None:
    hall.benchmark(prefer=True)
    started = hall.start(plan=replace(AUTOMATIC, recorded=True))
    carried_through(hall, started.test_id)
    grades = hall.read(lambda tx: judgements.grades_of(tx, started.test_id))
    assert sorted(each.recording_id for each in grades if each.replay_id is None) == ["one", "two"]
    assert len(hall.read(lambda tx: judgements.preferences_of(tx, started.test_id))) == 4
    assert hall.judge(started.test_id) == 6
    assert hall.test(started.test_id).state == "completed"


def test_what_has_no_rubric_is_closed(hall: Hall) -> None:
    hall.benchmark(candidates=(candidate("alpha", rubric=None),))
    started = hall.start(plan=AUTOMATIC)
    carried_through(hall, started.test_id)
    assert {each.ended for each in hall.replays(started.test_id)} == {"closed"}
    assert hall.test(started.test_id).state == "completed"


def test_a_grading_that_fails_closes_the_replay_and_holds_nobody_up(hall: Hall) -> None:
    started = hall.start(plan=AUTOMATIC)
    carried_through(hall, started.test_id)
    hall.judge(started.test_id, score=None)
    assert {each.ended for each in hall.replays(started.test_id)} == {"closed"}
    assert hall.test(started.test_id).state == "completed"


def test_an_end_by_hand_goes_before_the_one_by_itself(hall: Hall) -> None:
    hall.benchmark(auto_advance=True, candidates=(candidate("alpha"),))
    started = hall.start()
    [running] = hall.replays(started.test_id)
    hall.end(running, grade=False)
    assert hall.complete(running.id).ended == "closed"
    assert hall.cells(started.test_id, "running") == [("alpha", "two", 1)]


@pytest.mark.parametrize("how", [{"plan": AUTOMATIC}, {}])
def test_a_failed_cell_is_left_until_the_test_is_resumed(hall: Hall, how: dict[str, Any]) -> None:
    hall.benchmark(auto_advance=True)
    started = hall.start(**how)
    [failed, *_] = hall.replays(started.test_id, "running")
    hall.fail(failed.id)
    carried_through(hall, started.test_id)
    assert len(hall.replays(started.test_id)) == 4
    assert hall.test(started.test_id).halted is None
    hall.judge(started.test_id)
    assert (hall.test(started.test_id).state, hall.test(started.test_id).halted) == ("running", "failures")
    assert hall.facts(TestHalted) == [TestHalted(test_id=started.test_id, reason="failures")]
    hall.resume(started.test_id)
    [again] = hall.replays(started.test_id, "running")
    assert (again.recording_id, again.invocation_id) == (failed.recording_id, failed.invocation_id)
    hall.complete(again.id)
    hall.judge(started.test_id)
    assert (hall.test(started.test_id).state, hall.test(started.test_id).halted) == ("completed", None)


def test_too_many_failures_halt_a_test_at_once_and_are_counted_anew_after_it(hall: Hall) -> None:
    started = hall.start(plan=replace(AUTOMATIC, failures_max=1))
    for _ in range(2):
        [first, *_] = hall.replays(started.test_id, "running")
        hall.fail(first.id)
    assert hall.test(started.test_id).halted == "failures"
    assert len(hall.replays(started.test_id)) == 3
    hall.clock.ms += 1_000
    hall.resume(started.test_id)
    assert len(hall.replays(started.test_id, "running")) == 2


@pytest.mark.parametrize(
    ("bound", "reason"), [({"tokens_max": 100}, "tokens"), ({"seconds_max": 60}, "time"), ({}, None)]
)
def test_a_bound_is_looked_at_before_each_start(hall: Hall, bound: dict[str, int], reason: str | None) -> None:
    started = hall.start(plan=replace(AUTOMATIC, **bound))
    hall.spend(started.test_id, 100)
    hall.clock.ms += 60_000
    first, second = hall.replays(started.test_id)
    hall.complete(first.id)
    assert hall.test(started.test_id).halted == reason
    hall.complete(second.id)
    assert len(hall.replays(started.test_id)) == (2 if reason else 4)
    hall.told.clear()
    assert hall.resume(started.test_id).halted == ("tokens" if reason == "tokens" else None)
    hall.resume(started.test_id, tokens_max=1_000)
    assert hall.test(started.test_id).halted is None
    assert hall.test(started.test_id).plan.tokens_max == (1_000 if reason == "tokens" else None)
    carried_through(hall, started.test_id)
    assert len(hall.replays(started.test_id)) == 4


@pytest.mark.case(110)
def test_replays_by_themselves_are_requests_of_the_owners_day(hall: Hall) -> None:
    busy = hall.person("busy", "admin", "department", limit=3)
    started = hall.start(busy, plan=AUTOMATIC)
    carried_through(hall, started.test_id)
    assert (len(hall.replays(started.test_id)), hall.test(started.test_id).halted) == (3, "requests")
    tests_before = len(hall.facts(TestHalted))
    with pytest.raises(Refusal, match=r"rate_limited: Daily limit reached \(3 of 3 requests today\)"):
        hall.start(busy, plan=AUTOMATIC)
    assert len(hall.facts(TestHalted)) == tests_before
    hall.clock.ms += 86_400_000
    hall.resume(started.test_id)
    carried_through(hall, started.test_id)
    hall.judge(started.test_id)
    assert hall.test(started.test_id).state == "completed"


@pytest.mark.parametrize("how", [{"plan": AUTOMATIC}, {}])
def test_a_candidate_of_ones_own_is_left_to_its_owner(hall: Hall, how: dict[str, Any]) -> None:
    hall.benchmark(auto_advance=True, candidates=(candidate("alpha", use_custom=True), candidate("beta", position=1)))
    started = hall.start(**how)
    carried_through(hall, started.test_id)
    hall.judge(started.test_id)
    assert hall.cells(started.test_id) == [("beta", "one", 1), ("beta", "two", 1)]
    assert hall.test(started.test_id).halted == "custom"
    alpha = titles(hall, started.test_id)["alpha"]
    for run_id in ("one", "two"):
        assert hall.complete(hall.run(started.test_id, alpha, run_id).replay_id).ended == "graded"
    hall.judge(started.test_id)
    assert (hall.test(started.test_id).state, hall.test(started.test_id).halted) == ("completed", None)


@pytest.mark.case(100)
def test_an_infinite_test_by_itself_is_fair_and_ends_at_its_maximum(hall: Hall) -> None:
    hall.rules = replace(hall.rules, runs_max=10)
    hall.benchmark(auto_advance=True)
    started = hall.start(infinite_mode=True)
    carried_through(hall, started.test_id)
    expected = [(name, run, n) for n in (1, 2, 3) for name in ("alpha", "beta") for run in ("one", "two")]
    assert hall.cells(started.test_id) == expected[:10]
    hall.judge(started.test_id)
    assert (hall.test(started.test_id).state, hall.test(started.test_id).halted) == ("completed", None)


def test_a_test_may_differ_from_its_benchmark(hall: Hall) -> None:
    other = (candidate("gamma", model="vendor:z"), candidate("delta", position=7))
    overrides = Overrides(repeats=3, judges=("vendor:a",), prefer=True, baseline="delta", smallest_worthwhile=0.2)
    started = hall.start(candidates=other, overrides=overrides, name="Tuesday")
    test = hall.test(started.test_id)
    assert [(each.title, each.template.model) for each in hall.invocations(started.test_id)] == [
        ("gamma", "vendor:z"),
        ("delta", "vendor:x"),
    ]
    assert (test.name, started.total_runs) == ("Tuesday", 6)
    assert (test.snapshot.repeats, test.snapshot.judges, test.snapshot.baseline) == (3, ("vendor:a",), "delta")
    assert (test.snapshot.prefer, test.snapshot.smallest_worthwhile) == (True, 0.2)


def test_what_a_test_cannot_have_is_said(hall: Hall) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        ("Two candidates are called alpha", {"candidates": (candidate("alpha"), candidate("b", title="alpha"))}),
        ("The baseline is no candidate", {"overrides": Overrides(baseline="gamma")}),
        ("at least once", {"overrides": Overrides(repeats=0)}),
        ("at most 20000 replays, this one would have 40000", {"overrides": Overrides(repeats=10_000)}),
        ("at most 20 candidates", {"candidates": tuple(candidate(f"c{n}") for n in range(21))}),
        ("names no scenario", {"overrides": Overrides(replay_mode="live")}),
    ]
    for text, how in cases:
        with pytest.raises(Refusal, match=f"invalid_request: .*{text}"):
            hall.start(**how)
    with pytest.raises(Refusal, match="empty_benchmark"):
        hall.start(candidates=())


async def looked(hall: Hall, *, decided: bool) -> list[int]:
    """Let a worker look, who finds this; at how many repetitions it looked."""
    asked: list[int] = []

    def answer(_tx: Any, _test: Any, repetitions: int) -> bool:
        asked.append(repetitions)
        return decided

    hall.database.start()
    await hall.database.write(lambda tx: tx.run("DELETE FROM jobs WHERE kind <> :kind", kind=LOOK))
    worker = Worker(hall.database, SeededDice(1), "worker", WorkerLimits(poll_seconds=0.01))
    worker.add(Looker(hall.database, answer, hall.rules).kind())
    await worker.start()
    async with asyncio.timeout(60):
        while hall.jobs(LOOK):  # noqa: ASYNC110 (another task of the worker ends it)
            await asyncio.sleep(0.01)
    await worker.stop()
    return asked


def test_a_test_that_was_decided_and_goes_on_is_looked_at_again(hall: Hall) -> None:
    hall.benchmark(repeats=3, candidates=(candidate("alpha"),))
    started = hall.start(plan=replace(AUTOMATIC, looks=3))
    for repetitions in (1, 2):
        carried_through(hall, started.test_id)
        hall.judge(started.test_id)
        assert hall.jobs(LOOK) == 1
        hall.do(lambda tx, n=repetitions: looked_at(hall, tx, started.test_id, n))
        assert (hall.test(started.test_id).looked, hall.test(started.test_id).halted) == (repetitions, "decided")
        hall.resume(started.test_id)
    carried_through(hall, started.test_id)
    hall.judge(started.test_id)
    assert hall.test(started.test_id).state == "completed"


def looked_at(hall: Hall, tx: Tx, test_id: str, repetitions: int) -> None:
    """The job that looks is done, and found the question decided."""
    looker = Looker(hall.database, lambda *_: True, hall.rules)
    tx.run("DELETE FROM jobs WHERE kind = :kind", kind=LOOK)
    looker.keep(tx, LookAt(test_id=TestId(test_id), repetitions=repetitions), decided=True)


@pytest.mark.parametrize("decided", [True, False])
async def test_a_plan_looks_after_shares_of_its_repetitions(hall: Hall, decided: bool) -> None:
    hall.benchmark(repeats=5, candidates=(candidate("alpha"),))
    started = hall.start(plan=replace(AUTOMATIC, looks=2, parallel=8))
    carried_through(hall, started.test_id)
    assert {repetition for _, _, repetition in hall.cells(started.test_id)} == {1, 2, 3}
    assert hall.jobs(LOOK) == 0
    hall.judge(started.test_id)
    assert hall.jobs(LOOK) == 1
    assert await looked(hall, decided=decided) == [3]
    test = hall.test(started.test_id)
    assert (test.looked, test.halted) == (3, "decided" if decided else None)
    if decided:
        hall.resume(started.test_id)
    again = [each for each in hall.replays(started.test_id, "running")]
    assert {each.repetition for each in again} == {4, 5}
    for each in again:
        hall.complete(each.id)
    hall.judge(started.test_id)
    assert hall.test(started.test_id).state == "completed"


def test_a_look_that_cannot_be_done_lets_the_test_go_on(hall: Hall) -> None:
    hall.benchmark(repeats=2, candidates=(candidate("alpha"),))
    started = hall.start(plan=replace(AUTOMATIC, looks=2))
    carried_through(hall, started.test_id)
    hall.judge(started.test_id)
    looker = Looker(hall.database, lambda *_: True, hall.rules)
    body = msgspec.json.encode(LookAt(test_id=started.test_id, repetitions=1))
    hall.do(lambda tx: looker.kind().stuck(tx, body, "it failed"))
    assert {each.repetition for each in hall.replays(started.test_id, "running")} == {2}
    assert hall.test(started.test_id).halted is None


def test_a_plan_is_kept_as_it_was_asked_for(hall: Hall) -> None:
    plan = Plan(seed=5, cost_micros_max=100, currency="EUR", confidence=0.9)
    assert hall.test(hall.start(plan=plan).test_id).plan == plan

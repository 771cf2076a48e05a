"""Replays that a client asks for: found, begun, queued, refused (Glow 7.17 to 7.19)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from parlour.benchmarks.facts import ReplayStarted, TestHalted, TestStarted
from parlour.catalog.benchmarks import Benchmark
from parlour.catalog.entities import Reference
from parlour.catalog.publishing_benchmarks import put_recording
from parlour.kernel.refusals import Refusal
from tests.unit.running_hall import BENCHMARK, Hall, candidate, open_hall, recorded, titles


@pytest.fixture
def hall(store_url: str) -> Iterator[Hall]:
    with open_hall(store_url) as made:
        yield made


def test_a_test_has_an_invocation_per_candidate_in_position_order_and_a_snapshot(hall: Hall) -> None:
    hall.told.clear()
    started = hall.start()
    assert (started.num_invocations, started.total_runs) == (2, 2)
    made = hall.invocations(started.test_id)
    assert [(each.title, each.position, each.state, each.repetition) for each in made] == [
        ("alpha", 0, "open", 1),
        ("beta", 1, "open", 1),
    ]
    assert started.invocation_id == made[0].id
    test = hall.test(started.test_id)
    assert (test.state, test.name, test.account_id, test.halted) == ("pending", "Benchmark", "owner", None)
    hall.benchmark(name="Renamed", candidates=())
    assert hall.test(started.test_id).snapshot == replace(
        BENCHMARK, version=1, candidates=(candidate("alpha"), candidate("beta", position=1))
    )
    assert [rooms for rooms, fact in hall.told if isinstance(fact, TestStarted)] == [("person:owner",)]
    assert hall.jobs() == 0


def test_what_cannot_be_tested_is_refused(hall: Hall) -> None:
    with pytest.raises(Refusal, match="not_found: Benchmark not found"):
        hall.start(benchmark_id="unknown")
    with pytest.raises(Refusal, match="not_found: Benchmark not found"):
        hall.start(hall.person("stranger", "instructional", "elsewhere"))
    with pytest.raises(Refusal, match="not_found: Benchmark not found"):
        hall.start(hall.person("learner", "member", "department"))
    hall.benchmark(candidates=())
    with pytest.raises(Refusal, match="empty_benchmark: This benchmark has no model or no recorded run"):
        hall.start()
    hall.benchmark(recordings=())
    with pytest.raises(Refusal, match="empty_benchmark"):
        hall.start()
    hall.benchmark(active=False)
    with pytest.raises(Refusal, match="benchmark_inactive: This benchmark is not active"):
        hall.start()


def test_whom_the_benchmark_names_may_run_it(hall: Hall) -> None:
    learner = hall.person("learner")
    hall.benchmark(profile_ids=("learner",))
    started = hall.start(learner)
    assert hall.test(started.test_id).account_id == "learner"
    assert hall.next(started.test_id).run_id == "one"


def test_next_only_finds_and_start_has_it_replayed(hall: Hall) -> None:
    started = hall.start()
    first = hall.next(started.test_id)
    assert first == hall.next(started.test_id)
    assert (first.invocation_id, first.run_id, first.current_run, first.total_runs, first.done, first.started) == (
        started.invocation_id,
        "one",
        1,
        2,
        False,
        False,
    )
    assert hall.replays(started.test_id) == []
    begun = hall.next(started.test_id, start=True)
    assert (begun.run_id, begun.started) == ("one", True)
    assert [each.id for each in hall.replays(started.test_id)] == [begun.replay_run_id]
    assert hall.next(started.test_id).run_id == "two"


def test_when_nothing_is_left_next_is_done(hall: Hall) -> None:
    started = hall.start()
    ids = [each.id for each in hall.invocations(started.test_id)]
    for invocation_id in ids:
        for run_id in ("one", "two"):
            hall.complete(hall.run(started.test_id, invocation_id, run_id).replay_id)
    last = hall.next(started.test_id)
    assert (last.done, last.run_id, last.invocation_id) == (True, None, ids[-1])
    assert (last.current_run, last.total_runs) == (2, 2)
    assert hall.next(started.test_id, start=True).started is False
    assert hall.test(started.test_id).state == "running"


def test_a_replay_begins_is_told_and_has_a_job(hall: Hall) -> None:
    colleague = hall.person("colleague", "admin", "department")
    started = hall.start()
    hall.told.clear()
    begun = hall.run(started.test_id, started.invocation_id, "two", colleague)
    assert (begun.original_run_id, begun.mode, begun.invocation_id) == (
        "two",
        "auto_regressive",
        started.invocation_id,
    )
    replay = hall.replay(begun.replay_id)
    assert (replay.state, replay.repetition, replay.turns_total, replay.requested_by) == ("running", 1, 2, "colleague")
    assert replay.fence is not None
    [(rooms, fact)] = hall.told
    assert rooms == (f"invocation:{started.invocation_id}", "person:owner", "person:colleague")
    assert isinstance(fact, ReplayStarted)
    assert (fact.run_id, fact.original_run_resource_id, fact.current_run, fact.total_runs, fact.total_turns) == (
        replay.id,
        "two",
        1,
        2,
        2,
    )
    assert hall.jobs() == 1
    assert hall.test(started.test_id).state == "running"


@pytest.mark.case(97)
def test_run_again_is_the_same_replay_while_it_runs_and_refused_when_it_is_done(hall: Hall) -> None:
    started = hall.start()
    begun = hall.run(started.test_id, started.invocation_id, "one")
    hall.told.clear()
    assert hall.run(started.test_id, started.invocation_id, "one") == begun
    assert (hall.told, hall.jobs()) == ([], 1)
    hall.complete(begun.replay_id)
    with pytest.raises(Refusal, match="run_done: This run has already been replayed") as refused:
        hall.run(started.test_id, started.invocation_id, "one")
    assert refused.value.members == {"replay_run_id": begun.replay_id}


@pytest.mark.case(97)
def test_what_is_of_another_test_or_benchmark_is_not_found(hall: Hall) -> None:
    hall.benchmark()
    started, other = hall.start(), hall.start()
    cases = [
        (started.test_id, other.invocation_id, "one", "Invocation"),
        (started.test_id, started.invocation_id, "three", "Run"),
        ("unknown", started.invocation_id, "one", "Test"),
    ]
    for test_id, invocation_id, run_id, kind in cases:
        with pytest.raises(Refusal, match=f"not_found: {kind} not found"):
            hall.run(test_id, invocation_id, run_id)
    stranger = hall.person("stranger", "admin", "elsewhere")
    for test_id in (started.test_id, "unknown"):
        with pytest.raises(Refusal, match="not_found: Test not found"):
            hall.run(test_id, started.invocation_id, "one", stranger)
        with pytest.raises(Refusal, match="not_found: Test not found"):
            hall.next(test_id, actor=stranger)


def test_an_owner_who_may_not_run_the_benchmark_any_more_may_read_only(hall: Hall) -> None:
    started = hall.start()
    moved = replace(hall.owner, department_ids=frozenset({"elsewhere"}))
    with pytest.raises(Refusal, match="forbidden: You may not do this"):
        hall.run(started.test_id, started.invocation_id, "one", moved)
    with pytest.raises(Refusal, match="forbidden"):
        hall.stop(started.invocation_id, moved)


@pytest.mark.case(97)
def test_after_a_stop_or_a_failure_the_run_is_pending_and_gets_a_new_replay(hall: Hall) -> None:
    started = hall.start()
    first = hall.run(started.test_id, started.invocation_id, "one")
    assert hall.stop(started.invocation_id) == [first.replay_id]
    second = hall.run(started.test_id, started.invocation_id, "one")
    assert hall.fail(second.replay_id).state == "failed"
    assert hall.next(started.test_id).run_id == "one"
    third = hall.run(started.test_id, started.invocation_id, "one")
    assert len({first.replay_id, second.replay_id, third.replay_id}) == 3
    assert hall.complete(third.replay_id).state == "completed"
    assert [each.state for each in hall.replays(started.test_id)] == ["stopped", "failed", "completed"]


def test_two_replays_of_a_test_run_at_once_and_one_of_an_invocation(hall: Hall) -> None:
    hall.benchmark(candidates=tuple(candidate(name, position=n) for n, name in enumerate("abc")))
    started = hall.start()
    ids = titles(hall, started.test_id)
    first = hall.run(started.test_id, ids["a"], "one")
    waits = hall.run(started.test_id, ids["a"], "two")
    hall.run(started.test_id, ids["b"], "one")
    full = hall.run(started.test_id, ids["c"], "one")
    assert hall.cells(started.test_id, "running") == [("a", "one", 1), ("b", "one", 1)]
    assert [hall.replay(each.replay_id).state for each in (waits, full)] == ["queued", "queued"]
    assert hall.run(started.test_id, ids["a"], "two") == waits
    assert (hall.jobs(), len(hall.facts(ReplayStarted))) == (2, 2)
    hall.complete(first.replay_id)
    assert hall.replay(waits.replay_id).state == "running"
    assert hall.replay(full.replay_id).state == "queued"
    assert hall.facts(ReplayStarted)[-1].current_run == 2
    hall.stop(ids["a"])
    assert hall.replay(full.replay_id).state == "running"


def test_a_model_that_cannot_be_asked_is_said_so(hall: Hall) -> None:
    hall.rules = replace(hall.rules, usable=lambda model: model == "vendor:y")
    started = hall.start()
    with pytest.raises(Refusal, match="no_model: This invocation has no usable model"):
        hall.run(started.test_id, started.invocation_id, "one")
    with pytest.raises(Refusal, match="no_model"):
        hall.next(started.test_id, start=True)
    assert hall.replays(started.test_id) == []
    with pytest.raises(Refusal, match="no_model"):
        hall.start(plan=replace(hall.test(started.test_id).plan, automatic=True))


@pytest.mark.case(110)
def test_a_replay_is_one_request_of_the_day_and_refused_at_the_limit_without_effect(hall: Hall) -> None:
    busy = hall.person("busy", "admin", "department", limit=2)
    started = hall.start(busy)
    hall.run(started.test_id, started.invocation_id, "one", busy)
    hall.run(started.test_id, started.invocation_id, "one", busy)
    hall.next(started.test_id, start=True, actor=busy)
    with pytest.raises(Refusal, match=r"rate_limited: Daily limit reached \(2 of 2 requests today\)") as refused:
        hall.run(started.test_id, titles(hall, started.test_id)["beta"], "one", busy)
    assert refused.value.retry_after_seconds is not None
    assert len(hall.replays(started.test_id)) == 2


def test_runs_are_repeated_when_the_repetition_is_done(hall: Hall) -> None:
    hall.benchmark(repeats=2, candidates=(candidate("alpha"),))
    started = hall.start()
    assert started.total_runs == 4
    for number, (run_id, repetition) in enumerate([("one", 1), ("two", 1), ("one", 2), ("two", 2)], 1):
        found = hall.next(started.test_id, start=True)
        assert (found.run_id, found.current_run, found.total_runs) == (run_id, number, 4)
        assert found.replay_run_id is not None
        assert hall.complete(found.replay_run_id).repetition == repetition
    assert hall.next(started.test_id).done


def test_an_infinite_test_begins_again_until_its_replays_are_used_up(hall: Hall) -> None:
    hall.rules = replace(hall.rules, runs_max=5)
    hall.benchmark(candidates=(candidate("alpha"),))
    started = hall.start(infinite_mode=True)
    assert started.total_runs == 2
    counts: list[tuple[str | None, int]] = []
    for _ in range(5):
        found = hall.next(started.test_id, start=True)
        assert found.replay_run_id is not None
        hall.complete(found.replay_run_id)
        counts.append((found.run_id, found.current_run))
    assert counts == [("one", 1), ("two", 2), ("one", 1), ("two", 2), ("one", 1)]
    assert hall.next(started.test_id).done
    with pytest.raises(Refusal, match="invocation_completed: This invocation is completed"):
        hall.run(started.test_id, started.invocation_id, "two")
    for replay in hall.replays(started.test_id):
        hall.end(replay, grade=False)
    assert hall.test(started.test_id).state == "completed"


def test_in_an_infinite_test_no_candidate_keeps_the_others_waiting(hall: Hall) -> None:
    started = hall.start(infinite_mode=True)
    for _ in range(8):
        found = hall.next(started.test_id, start=True)
        assert found.replay_run_id is not None
        hall.complete(found.replay_run_id)
    expected = [(name, run, n) for n in (1, 2) for name in ("alpha", "beta") for run in ("one", "two")]
    assert hall.cells(started.test_id) == expected


def test_without_a_run_the_next_pending_one_of_the_invocation_is_meant(hall: Hall) -> None:
    started = hall.start()
    beta = titles(hall, started.test_id)["beta"]
    first = hall.run(started.test_id, beta, None)
    assert first.original_run_id == "one"
    hall.complete(first.replay_id)
    second = hall.run(started.test_id, beta, None)
    assert second.original_run_id == "two"
    assert hall.run(started.test_id, beta, None) == second
    hall.complete(second.replay_id)
    with pytest.raises(Refusal, match="run_done"):
        hall.run(started.test_id, beta, None)


@pytest.mark.parametrize(("mode", "turns"), [("last_turn", 1), ("auto_regressive", 3), ("live", 8)])
def test_the_mode_says_how_many_turns_there_will_be(hall: Hall, mode: str, turns: int) -> None:
    hall.do(lambda tx: put_recording(tx, recorded("long", 3)))
    made: Benchmark = hall.benchmark(recordings=(Reference(id="long", version=1),), replay_mode=mode)
    started = hall.start()
    begun = hall.run(started.test_id, started.invocation_id, "long")
    assert (begun.mode, hall.replay(begun.replay_id).turns_total) == (made.replay_mode, turns)
    assert hall.facts(TestHalted) == []

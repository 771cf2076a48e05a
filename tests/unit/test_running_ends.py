"""How replays, invocations and tests end (Glow 6.9, 7.20, decisions D23 and D32)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from parlour.accounts import actions as accounts
from parlour.benchmarks.facts import ReplayClosed, ReplayGrading, TestCompleted
from parlour.benchmarks.judging import store as judgements
from parlour.benchmarks.waiting import grading_of
from parlour.kernel.refusals import Refusal
from tests.unit.running_hall import Hall, candidate, open_hall, titles


@pytest.fixture
def hall(store_url: str) -> Iterator[Hall]:
    with open_hall(store_url) as made:
        made.benchmark(candidates=(candidate("alpha"),))
        yield made


@pytest.mark.case(93)
def test_start_next_run_end_over_all_runs_completes_invocations_and_the_test_once(hall: Hall) -> None:
    hall.benchmark()
    started = hall.start()
    while not (found := hall.next(started.test_id, start=True)).done:
        assert found.replay_run_id is not None
        ended = hall.end(hall.complete(found.replay_run_id))
        assert (ended.run_id, ended.pending) == (found.replay_run_id, False)
        assert ended.grade_id is not None
    assert hall.test(started.test_id).state == "running"
    assert {each.state for each in hall.invocations(started.test_id)} == {"open"}
    assert hall.judge(started.test_id, count=2) == 2
    assert [each.state for each in hall.invocations(started.test_id)] == ["completed", "open"]
    hall.judge(started.test_id)
    assert {each.state for each in hall.invocations(started.test_id)} == {"completed"}
    assert hall.test(started.test_id).state == "completed"
    last = hall.invocations(started.test_id)[-1].id
    [(rooms, fact)] = [(rooms, fact) for rooms, fact in hall.told if isinstance(fact, TestCompleted)]
    assert (fact.test_id, fact.invocation_id, fact.total_runs) == (started.test_id, last, 2)
    assert rooms == (f"invocation:{last}", "person:owner")
    with pytest.raises(Refusal, match="invocation_completed"):
        hall.run(started.test_id, last, "one")


@pytest.mark.case(98)
def test_an_end_while_the_replay_runs_is_kept_until_it_completes(hall: Hall) -> None:
    colleague = hall.person("colleague", "admin", "department")
    started = hall.start()
    begun = hall.run(started.test_id, started.invocation_id, "one")
    ended = hall.end(hall.replay(begun.replay_id), colleague)
    assert (ended.run_id, ended.grade_id, ended.pending) == (begun.replay_id, None, True)
    assert hall.facts(ReplayGrading) == []
    assert hall.complete(begun.replay_id).ended == "graded"
    [rooms] = [rooms for rooms, fact in hall.told if isinstance(fact, ReplayGrading)]
    assert rooms == (f"invocation:{started.invocation_id}", "person:owner", "person:colleague")


@pytest.mark.case(98)
def test_the_last_of_two_kept_ends_is_applied(hall: Hall) -> None:
    started = hall.start()
    running = hall.run(started.test_id, started.invocation_id, "one")
    queued = hall.run(started.test_id, started.invocation_id, "two")
    for replay_id in (running.replay_id, queued.replay_id):
        assert hall.end(hall.replay(replay_id)).pending
        assert hall.end(hall.replay(replay_id), grade=False).pending
        assert hall.complete(replay_id).ended == "closed"
    assert hall.test(started.test_id).state == "completed"
    assert hall.names()[-2:] == ["ReplayClosed", "TestCompleted"]


@pytest.mark.case(98)
def test_an_original_run_means_its_newest_replay_in_the_invocation(hall: Hall) -> None:
    started = hall.start()
    stopped = hall.run(started.test_id, started.invocation_id, "one")
    hall.stop(started.invocation_id)
    with pytest.raises(Refusal, match="run_not_completed: This run was stopped or has failed"):
        hall.end(hall.replay(stopped.replay_id), run_id="one")
    newest = hall.run(started.test_id, started.invocation_id, "one")
    hall.complete(newest.replay_id)
    assert hall.end(hall.replay(newest.replay_id), run_id="one", grade=False).run_id == newest.replay_id
    with pytest.raises(Refusal, match="run_not_completed"):
        hall.end(hall.replay(stopped.replay_id))
    with pytest.raises(Refusal, match="not_found: Run not found"):
        hall.end(hall.replay(newest.replay_id), run_id="two")


def test_a_replay_of_another_invocation_or_test_is_not_found(hall: Hall) -> None:
    hall.benchmark()
    started, other = hall.start(), hall.start()
    replay = hall.complete(hall.run(started.test_id, started.invocation_id, "one").replay_id)
    ids = titles(hall, started.test_id)
    with pytest.raises(Refusal, match="not_found: Run not found"):
        hall.end(replay, invocation_id=ids["beta"])
    with pytest.raises(Refusal, match="not_found: Invocation not found"):
        hall.end(replay, invocation_id=other.invocation_id)
    with pytest.raises(Refusal, match="not_found: Test not found"):
        hall.end(replay, hall.person("stranger", "admin", "elsewhere"))
    with pytest.raises(Refusal, match="forbidden"):
        hall.end(replay, replace(hall.owner, department_ids=frozenset()))


@pytest.mark.case(98)
def test_without_a_rubric_a_replay_can_only_be_closed(hall: Hall) -> None:
    hall.benchmark(candidates=(candidate("alpha", rubric=None),))
    started = hall.start()
    begun = hall.run(started.test_id, started.invocation_id, "one")
    for replay in (hall.replay(begun.replay_id), hall.complete(begun.replay_id)):
        with pytest.raises(Refusal, match="no_rubric: This invocation has no rubric"):
            hall.end(replay)
    assert hall.end(hall.replay(begun.replay_id), grade=False).grade_id is None
    [(rooms, fact)] = [(rooms, fact) for rooms, fact in hall.told if isinstance(fact, ReplayClosed)]
    assert (fact.run_id, fact.current_run, fact.total_runs) == (begun.replay_id, 1, 2)
    assert rooms == (f"invocation:{started.invocation_id}", "person:owner")


def test_whoever_closes_a_replay_is_told_so_and_a_grade_stays(hall: Hall) -> None:
    started = hall.start()
    replay = hall.complete(hall.run(started.test_id, started.invocation_id, "one").replay_id)
    hall.end(replay, grade=False)
    hall.end(replay, grade=False)
    assert len(hall.facts(ReplayClosed)) == 2
    hall.end(replay)
    hall.judge(started.test_id)
    hall.end(replay, grade=False)
    assert (hall.replay(replay.id).ended, len(hall.facts(ReplayClosed))) == ("graded", 3)


def test_a_graded_replay_is_graded_again_also_when_the_test_is_over(hall: Hall) -> None:
    started = hall.start()
    first = hall.complete(hall.run(started.test_id, started.invocation_id, "one").replay_id)
    second = hall.complete(hall.run(started.test_id, started.invocation_id, "two").replay_id)
    earlier = hall.end(first).grade_id
    assert hall.end(first).grade_id == earlier
    hall.end(second)
    hall.judge(started.test_id, score=12)
    assert hall.test(started.test_id).state == "completed"
    later = hall.end(first).grade_id
    assert later not in (None, earlier)
    hall.judge(started.test_id, score=5)
    counting = hall.read(lambda tx: grading_of(tx, first.id, None))
    assert counting is not None
    assert (counting.grade_id, counting.score) == (later, 5)
    assert (len(hall.facts(TestCompleted)), hall.test(started.test_id).state) == (1, "completed")


def test_a_replay_whose_grading_failed_has_not_ended_and_may_be_ended_again(hall: Hall) -> None:
    started = hall.start()
    first = hall.complete(hall.run(started.test_id, started.invocation_id, "one").replay_id)
    hall.end(hall.complete(hall.run(started.test_id, started.invocation_id, "two").replay_id), grade=False)
    hall.end(first)
    hall.judge(started.test_id, score=None)
    assert (hall.replay(first.id).ended, hall.test(started.test_id).state) == (None, "running")
    hall.end(first)
    hall.judge(started.test_id)
    assert (hall.replay(first.id).ended, hall.test(started.test_id).state) == ("graded", "completed")


def test_a_closed_replay_stays_closed_until_it_has_a_grade(hall: Hall) -> None:
    started = hall.start()
    replay = hall.complete(hall.run(started.test_id, started.invocation_id, "one").replay_id)
    hall.end(replay, grade=False)
    hall.end(replay)
    hall.judge(started.test_id, score=None)
    assert hall.replay(replay.id).ended == "closed"
    hall.end(replay)
    hall.judge(started.test_id)
    assert hall.replay(replay.id).ended == "graded"


def test_a_later_grading_that_fails_leaves_the_grade(hall: Hall) -> None:
    started = hall.start()
    first = hall.complete(hall.run(started.test_id, started.invocation_id, "one").replay_id)
    hall.end(first)
    hall.judge(started.test_id)
    hall.end(first)
    hall.judge(started.test_id, score=None)
    assert hall.replay(first.id).ended == "graded"


def test_a_test_is_over_when_the_whole_panel_has_judged(hall: Hall) -> None:
    hall.benchmark(candidates=(candidate("alpha"),), judges=("vendor:a", "vendor:b"))
    started = hall.start()
    for run_id in ("one", "two"):
        hall.end(hall.complete(hall.run(started.test_id, started.invocation_id, run_id).replay_id))
    assert hall.judge(started.test_id, count=3) == 3
    assert hall.test(started.test_id).state == "running"
    hall.judge(started.test_id, score=None)
    assert hall.test(started.test_id).state == "completed"


def test_preferences_are_asked_for_and_waited_for(hall: Hall) -> None:
    hall.benchmark(prefer=True)
    started = hall.start()
    for invocation in hall.invocations(started.test_id):
        for run_id in ("one", "two"):
            hall.end(hall.complete(hall.run(started.test_id, invocation.id, run_id).replay_id))
    preferences = hall.read(lambda tx: judgements.preferences_of(tx, started.test_id))
    assert sorted((each.recording_id, each.shown_first) for each in preferences) == [
        (run_id, first) for run_id in ("one", "two") for first in ("a", "b")
    ]
    hall.judge(started.test_id)
    assert hall.test(started.test_id).state == "completed"
    assert hall.names().count("TestCompleted") == 1


@pytest.mark.case(110)
def test_a_grade_is_one_request_of_the_day_and_an_end_without_grade_none(hall: Hall) -> None:
    busy = hall.person("busy", "admin", "department", limit=3)
    started = hall.start(busy)
    begun = hall.run(started.test_id, started.invocation_id, "one", busy)
    hall.end(hall.replay(begun.replay_id), busy)
    hall.end(hall.replay(begun.replay_id), busy)
    replay = hall.complete(begun.replay_id)
    hall.judge(started.test_id)
    second = hall.complete(hall.run(started.test_id, started.invocation_id, "two", busy).replay_id)
    with pytest.raises(Refusal, match="rate_limited"):
        hall.end(replay, busy)
    assert hall.end(second, busy, grade=False).pending is False
    assert hall.read(lambda tx: accounts.requests_today(tx, "busy", "UTC")) == 3

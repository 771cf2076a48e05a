"""What two servers do to one test at once on PostgreSQL: the second waits for the first, and then sees what it did."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from parlour.benchmarks import store
from parlour.benchmarks.entities import ReplayId
from parlour.benchmarks.facts import ReplayClosed, ReplayStarted, ReplayStopped, TestCompleted
from parlour.benchmarks.judging import store as judgements
from parlour.benchmarks.running import advancing, ending, stopping
from parlour.benchmarks.running.advancing import Begun, Next, Running
from parlour.benchmarks.running.ending import Ended, Ending
from parlour.storage.tx import Tx
from tests.conftest import new_database
from tests.unit.running_hall import AUTOMATIC, Hall, candidate, meanwhile, open_hall, titles


@pytest.fixture
def hall(postgresql: str) -> Iterator[Hall]:
    with open_hall(new_database(postgresql)) as made:
        yield made


def test_a_run_that_is_asked_for_twice_at_once_is_replayed_once(hall: Hall) -> None:
    started = hall.start()
    wanted = Running(test_id=started.test_id, invocation_id=started.invocation_id, run_id="one")

    def run(tx: Tx) -> Begun:
        return advancing.run(tx, hall.owner, wanted, hall.rules)

    begun = meanwhile(hall, run, run)
    assert [each.id for each in hall.replays(started.test_id)] == [begun.replay_id]
    assert len(hall.facts(ReplayStarted)) == 1


def test_two_who_start_the_next_run_start_two(hall: Hall) -> None:
    started = hall.start()

    def go_on(tx: Tx) -> Next:
        return advancing.next_run(tx, hall.owner, started.test_id, True, hall.rules)

    assert meanwhile(hall, go_on, go_on).run_id == "two"
    assert sorted(each.state for each in hall.replays(started.test_id)) == ["queued", "running"]


def test_of_a_stop_and_a_completion_the_first_holds(hall: Hall) -> None:
    started = hall.start()
    one = hall.run(started.test_id, started.invocation_id, "one")

    def stop(tx: Tx) -> list[ReplayId]:
        return stopping.stop(tx, hall.owner, started.invocation_id, hall.rules)

    assert meanwhile(hall, lambda tx: hall.completed(tx, one.replay_id), stop) == []
    assert hall.replay(one.replay_id).state == "completed"
    two = hall.run(started.test_id, started.invocation_id, "two")
    meanwhile(hall, stop, lambda tx: hall.completed(tx, two.replay_id))
    assert hall.replay(two.replay_id).state == "stopped"
    assert len(hall.facts(ReplayStopped)) == 1


@pytest.mark.parametrize("completes_first", [True, False])
def test_an_end_at_the_moment_of_the_completion_is_not_lost(hall: Hall, completes_first: bool) -> None:
    started = hall.start()
    begun = hall.run(started.test_id, started.invocation_id, "one")
    wanted = Ending(test_id=started.test_id, invocation_id=started.invocation_id, run_id=begun.replay_id, grade=False)

    def end(tx: Tx) -> Ended:
        return ending.end(tx, hall.owner, wanted, hall.rules)

    if completes_first:
        assert meanwhile(hall, lambda tx: hall.completed(tx, begun.replay_id), end).pending is False
    else:
        meanwhile(hall, end, lambda tx: hall.completed(tx, begun.replay_id))
    replay = hall.replay(begun.replay_id)
    assert (replay.state, replay.ended, replay.end_wanted) == ("completed", "closed", None)


@pytest.mark.parametrize("completes_first", [True, False])
def test_an_end_between_the_last_turn_and_what_follows_is_not_lost(hall: Hall, completes_first: bool) -> None:
    started = hall.start()
    begun = hall.run(started.test_id, started.invocation_id, "one")
    wanted = Ending(test_id=started.test_id, invocation_id=started.invocation_id, run_id=begun.replay_id, grade=False)

    def complete(tx: Tx) -> bool:
        return hall.said(tx, begun.replay_id)

    def end(tx: Tx) -> Ended:
        return ending.end(tx, hall.owner, wanted, hall.rules)

    if completes_first:
        meanwhile(hall, complete, end)
    else:
        meanwhile(hall, end, complete)
    hall.do(lambda tx: hall.followed(tx, begun.replay_id))
    replay = hall.replay(begun.replay_id)
    assert (replay.state, replay.ended, replay.end_wanted) == ("completed", "closed", None)
    assert len(hall.facts(ReplayClosed)) == 1


def test_what_was_said_while_a_run_ran_holds_before_what_is_said_after_its_last_turn(hall: Hall) -> None:
    started = hall.start()
    begun = hall.run(started.test_id, started.invocation_id, "one")
    hall.end(hall.replay(begun.replay_id))
    hall.do(lambda tx: hall.said(tx, begun.replay_id))
    hall.end(hall.replay(begun.replay_id), grade=False)
    hall.do(lambda tx: hall.followed(tx, begun.replay_id))
    grades = hall.read(lambda tx: judgements.grades_of(tx, started.test_id))
    assert hall.replay(begun.replay_id).ended == "graded"
    assert [grade.replay_id for grade in grades if grade.counts] == [begun.replay_id]


def test_auto_advance_does_not_begin_a_run_before_the_last_one_is_ended(hall: Hall) -> None:
    hall.benchmark(auto_advance=True)
    started = hall.start()
    [first] = [each.id for each in hall.replays(started.test_id, "running")]
    hall.do(lambda tx: hall.said(tx, first))
    hall.do(lambda tx: advancing.advance(tx, started.test_id, hall.rules))  # a grade, or a command, meanwhile
    assert hall.replays(started.test_id, "queued", "running") == []
    hall.do(lambda tx: hall.followed(tx, first))
    assert hall.replay(first).ended is not None
    assert len(hall.replays(started.test_id, "running")) == 1


def test_the_last_two_ends_complete_the_test_once(hall: Hall) -> None:
    started = hall.start()
    ids = titles(hall, started.test_id)
    replays = [
        hall.complete(hall.run(started.test_id, ids[name], run_id).replay_id)
        for name in ("alpha", "beta")
        for run_id in ("one", "two")
    ]
    hall.end(replays[0], grade=False)
    hall.end(replays[2], grade=False)

    def end(tx: Tx, number: int) -> Ended:
        replay = replays[number]
        wanted = Ending(test_id=replay.test_id, invocation_id=replay.invocation_id, run_id=replay.id, grade=False)
        return ending.end(tx, hall.owner, wanted, hall.rules)

    meanwhile(hall, lambda tx: end(tx, 1), lambda tx: end(tx, 3))
    assert hall.test(started.test_id).state == "completed"
    assert len(hall.facts(TestCompleted)) == 1


def test_the_last_two_grades_complete_the_test_once(hall: Hall) -> None:
    hall.benchmark(candidates=(candidate("alpha"),))
    started = hall.start()
    for run_id in ("one", "two"):
        hall.end(hall.complete(hall.run(started.test_id, started.invocation_id, run_id).replay_id))
    one, two = (each.id for each in hall.read(lambda tx: judgements.grades_of(tx, started.test_id)))

    def judged(tx: Tx, grade_id: str) -> None:
        grade = judgements.grade(tx, grade_id)
        assert grade is not None
        store.test(tx, grade.test_id, lock=True)
        result = judgements.Result(score=12, passed=True, summary="", items=())
        assert judgements.finish_grade(tx, grade.id, result)
        ending.graded(tx, grade.id, hall.rules)

    meanwhile(hall, lambda tx: judged(tx, one), lambda tx: judged(tx, two))
    assert hall.test(started.test_id).state == "completed"
    assert len(hall.facts(TestCompleted)) == 1


def test_two_completions_at_once_start_two_different_cells(hall: Hall) -> None:
    hall.benchmark(repeats=2)
    started = hall.start(plan=AUTOMATIC)
    one, two = hall.replays(started.test_id, "running")
    meanwhile(hall, lambda tx: hall.completed(tx, one.id), lambda tx: hall.completed(tx, two.id))
    assert [(name, run) for name, run, _ in hall.cells(started.test_id, "running")] == [
        ("alpha", "two"),
        ("beta", "two"),
    ]


def test_a_stop_at_the_moment_of_a_completion_starts_nothing_after_it(hall: Hall) -> None:
    hall.benchmark(auto_advance=True, candidates=(candidate("alpha"),))
    started = hall.start()
    [running] = hall.replays(started.test_id)

    def stop(tx: Tx) -> list[ReplayId]:
        return stopping.stop(tx, hall.owner, started.invocation_id, hall.rules)

    [next_one] = meanwhile(hall, lambda tx: hall.completed(tx, running.id), stop)
    assert hall.replay(next_one).recording_id == "two"
    assert hall.replays(started.test_id, "running", "queued") == []
    assert hall.test(started.test_id).halted == "stopped"


def test_two_who_resume_a_test_start_no_cell_twice(hall: Hall) -> None:
    started = hall.start(plan=replace(AUTOMATIC, parallel=1))
    hall.stop(hall.replays(started.test_id)[0].invocation_id)

    def resume(tx: Tx) -> object:
        return stopping.resume(tx, hall.owner, started.test_id, hall.rules)

    meanwhile(hall, resume, resume)
    assert len(hall.replays(started.test_id, "running")) == 1

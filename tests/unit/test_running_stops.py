"""Stopping replays and tests, and going on (Glow 7.23)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from parlour.benchmarks.facts import ReplayStopped, TestHalted
from parlour.benchmarks.running import stopping
from parlour.kernel.refusals import Refusal
from tests.unit.running_hall import AUTOMATIC, Hall, candidate, open_hall, titles


@pytest.fixture
def hall(store_url: str) -> Iterator[Hall]:
    with open_hall(store_url) as made:
        yield made


@pytest.mark.case(99)
def test_what_runs_and_waits_is_stopped_told_and_pending_again(hall: Hall) -> None:
    colleague = hall.person("colleague", "admin", "department")
    started = hall.start()
    running = hall.run(started.test_id, started.invocation_id, "one")
    queued = hall.run(started.test_id, started.invocation_id, "two")
    hall.end(hall.replay(running.replay_id))
    hall.told.clear()
    assert hall.stop(started.invocation_id, colleague) == [running.replay_id, queued.replay_id]
    for replay_id in (running.replay_id, queued.replay_id):
        replay = hall.replay(replay_id)
        assert (replay.state, replay.end_wanted, replay.ended) == ("stopped", None, None)
    assert [(rooms, fact) for rooms, fact in hall.told] == [
        (
            (f"invocation:{started.invocation_id}", "person:owner", "person:colleague"),
            ReplayStopped(invocation_id=started.invocation_id, run_id=replay_id, original_run_resource_id=run_id),
        )
        for replay_id, run_id in ((running.replay_id, "one"), (queued.replay_id, "two"))
    ]
    assert hall.test(started.test_id).halted is None
    assert hall.next(started.test_id).run_id == "one"


@pytest.mark.case(99)
def test_a_replay_that_was_stopped_cannot_be_completed(hall: Hall) -> None:
    started = hall.start()
    begun = hall.run(started.test_id, started.invocation_id, "one")
    hall.stop(started.invocation_id)
    hall.told.clear()
    hall.do(lambda tx: hall.completed(tx, begun.replay_id))
    assert (hall.replay(begun.replay_id).state, hall.told) == ("stopped", [])


@pytest.mark.case(99)
def test_nothing_that_runs_is_nothing_to_stop(hall: Hall) -> None:
    started = hall.start()
    hall.complete(hall.run(started.test_id, started.invocation_id, "one").replay_id)
    hall.told.clear()
    assert hall.stop(started.invocation_id) == []
    assert hall.told == []
    other = titles(hall, started.test_id)["beta"]
    assert hall.stop(other) == []
    for invocation_id in ("unknown", other):
        with pytest.raises(Refusal, match="not_found: Invocation not found"):
            hall.stop(invocation_id, hall.person(f"stranger-{invocation_id}", "admin", "elsewhere"))


def test_other_invocations_and_their_gradings_go_on(hall: Hall) -> None:
    started = hall.start()
    ids = titles(hall, started.test_id)
    graded = hall.complete(hall.run(started.test_id, ids["alpha"], "one").replay_id)
    hall.end(graded)
    hall.run(started.test_id, ids["alpha"], "two")
    other = hall.run(started.test_id, ids["beta"], "one")
    hall.stop(ids["alpha"])
    assert hall.replay(other.replay_id).state == "running"
    assert hall.judge(started.test_id) == 1
    assert hall.replay(graded.id).ended == "graded"


def test_auto_advance_ends_with_a_stop_and_clients_may_go_on_by_hand(hall: Hall) -> None:
    hall.benchmark(auto_advance=True, candidates=(candidate("alpha"),))
    started = hall.start()
    [running] = hall.replays(started.test_id)
    assert hall.stop(started.invocation_id) == [running.id]
    assert hall.facts(TestHalted) == [TestHalted(test_id=started.test_id, reason="stopped")]
    assert len(hall.replays(started.test_id)) == 1
    replay = hall.complete(hall.run(started.test_id, started.invocation_id, "one").replay_id)
    assert (replay.ended, len(hall.replays(started.test_id))) == (None, 2)
    hall.resume(started.test_id)
    assert hall.replay(replay.id).ended == "graded"
    assert hall.cells(started.test_id, "running") == [("alpha", "two", 1)]


def test_auto_advance_ends_also_when_nothing_of_that_invocation_runs(hall: Hall) -> None:
    hall.benchmark(auto_advance=True)
    started = hall.start()
    assert hall.stop(titles(hall, started.test_id)["beta"]) == []
    assert hall.test(started.test_id).halted == "stopped"
    [running] = hall.replays(started.test_id)
    assert hall.complete(running.id).state == "completed"
    assert len(hall.replays(started.test_id)) == 1


def test_a_halted_test_goes_on_where_it_was_and_tries_again_what_was_stopped(hall: Hall) -> None:
    started = hall.start(plan=AUTOMATIC)
    ids = titles(hall, started.test_id)
    [first] = [each for each in hall.replays(started.test_id) if each.invocation_id == ids["alpha"]]
    hall.complete(first.id)
    hall.stop(ids["beta"])
    assert hall.test(started.test_id).halted == "stopped"
    [left] = hall.replays(started.test_id, "running")
    hall.complete(left.id)
    assert hall.replays(started.test_id, "running") == []
    test = hall.resume(started.test_id)
    assert (test.halted, test.resumed_at) == (None, hall.clock.ms)
    while running := hall.replays(started.test_id, "running"):
        hall.complete(running[0].id)
    hall.judge(started.test_id)
    assert hall.test(started.test_id).state == "completed"
    assert sorted(hall.cells(started.test_id, "completed")) == [
        (name, run, 1) for name in ("alpha", "beta") for run in ("one", "two")
    ]
    assert hall.resume(started.test_id).state == "completed"


def test_a_whole_test_is_stopped_and_halted_whatever_its_mode(hall: Hall) -> None:
    started = hall.start()
    ids = titles(hall, started.test_id)
    begun = [hall.run(started.test_id, ids[name], "one").replay_id for name in ("alpha", "beta")]
    stopped = hall.do(lambda tx: stopping.stop_test(tx, hall.owner, started.test_id, hall.rules))
    assert stopped == begun
    assert hall.test(started.test_id).halted == "stopped"
    assert hall.resume(started.test_id).halted is None
    with pytest.raises(Refusal, match="forbidden"):
        hall.do(lambda tx: stopping.stop_test(tx, replace(hall.owner, role="member"), started.test_id, hall.rules))


def test_an_infinite_test_ends_with_the_repetition_in_which_it_was_stopped(hall: Hall) -> None:
    hall.benchmark(candidates=(candidate("alpha"),))
    started = hall.start(infinite_mode=True)
    for run_id in ("one", "two"):
        hall.end(hall.complete(hall.run(started.test_id, started.invocation_id, run_id).replay_id), grade=False)
    third = hall.run(started.test_id, started.invocation_id, "one")
    hall.stop(started.invocation_id)
    assert hall.test(started.test_id).state == "running"
    again = hall.run(started.test_id, started.invocation_id, "one")
    assert hall.replay(again.replay_id).repetition == hall.replay(third.replay_id).repetition == 2
    for replay_id in (again.replay_id, None):
        begun = replay_id or hall.run(started.test_id, started.invocation_id, "two").replay_id
        hall.end(hall.complete(begun), grade=False)
    assert hall.test(started.test_id).state == "completed"


def test_an_infinite_test_that_is_stopped_between_two_repetitions_is_over(hall: Hall) -> None:
    hall.benchmark(candidates=(candidate("alpha"),))
    started = hall.start(infinite_mode=True)
    for run_id in ("one", "two"):
        hall.end(hall.complete(hall.run(started.test_id, started.invocation_id, run_id).replay_id), grade=False)
    assert hall.invocations(started.test_id)[0].repetition == 2
    assert hall.stop(started.invocation_id) == []
    assert hall.test(started.test_id).state == "completed"
    assert hall.invocations(started.test_id)[0].repetition == 1

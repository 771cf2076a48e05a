"""Whatever people, candidates and judges do, and in whatever order: a test keeps its promises (Glow 6.9)."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from parlour.benchmarks.facts import TestCompleted
from parlour.kernel.dice import SeededDice
from parlour.kernel.refusals import Refusal
from tests.unit.running_hall import AUTOMATIC, Hall, candidate, open_hall

STEPS = 60


@pytest.fixture
def hall(sqlite_store_url: str) -> Iterator[Hall]:
    with open_hall(sqlite_store_url) as made:
        yield made


class Crowd:
    """People, candidates and judges who do whatever the dice say to one test."""

    def __init__(self, hall: Hall, seed: int, how: str) -> None:
        self.hall, self.dice = hall, SeededDice(seed)
        repeats = 1 + self.pick(2)
        custom = self.pick(3) == 0
        hall.rules = replace(hall.rules, runs_max=15)
        hall.benchmark(
            auto_advance=how == "auto",
            repeats=repeats,
            prefer=self.pick(2) == 0,
            candidates=(candidate("alpha"), candidate("beta", position=1, use_custom=custom)),
        )
        plan = replace(AUTOMATIC, automatic=how == "plan", parallel=1 + self.pick(4))
        self.started = hall.start(plan=plan, infinite_mode=self.pick(4) == 0)
        self.test_id = self.started.test_id

    def pick(self, sides: int) -> int:
        return min(int(self.dice.between(0, sides)), sides - 1)

    def act(self) -> None:
        """One thing that somebody may do now; refusals are no faults."""
        often: list[Callable[[], None]] = [self.complete, self.complete, self.judge, self.judge, self.run]
        deeds = [*often, *often, self.fail, self.stop, self.resume, self.end, self.end, self.go_on]
        with suppress(Refusal):
            deeds[self.pick(len(deeds))]()

    def complete(self) -> None:
        if running := self.hall.replays(self.test_id, "running"):
            self.hall.complete(running[self.pick(len(running))].id)

    def fail(self) -> None:
        if running := self.hall.replays(self.test_id, "running"):
            self.hall.fail(running[self.pick(len(running))].id)

    def judge(self) -> None:
        self.hall.judge(self.test_id, score=None if self.pick(5) == 0 else 12, count=1 + self.pick(3))

    def run(self) -> None:
        invocations = self.hall.invocations(self.test_id)
        self.hall.run(self.test_id, invocations[self.pick(2)].id, ("one", "two", None)[self.pick(3)])

    def go_on(self) -> None:
        self.hall.next(self.test_id, start=True)

    def stop(self) -> None:
        self.hall.stop(self.hall.invocations(self.test_id)[self.pick(2)].id)

    def resume(self) -> None:
        self.hall.resume(self.test_id)

    def end(self) -> None:
        if replays := self.hall.replays(self.test_id):
            self.hall.end(replays[self.pick(len(replays))], grade=self.pick(2) == 0)

    def check(self) -> None:
        """What holds at every moment."""
        replays, test = self.hall.replays(self.test_id), self.hall.test(self.test_id)
        alive = [each for each in replays if each.state in ("queued", "running", "completed")]
        cells = Counter((each.invocation_id, each.recording_id, each.repetition) for each in alive)
        assert set(cells.values()) <= {1}
        running = [each for each in replays if each.state == "running"]
        assert len(running) <= (test.plan.parallel if test.plan.automatic else 2)
        if not test.plan.automatic:
            assert set(Counter(each.invocation_id for each in running).values()) <= {1}
        if any(each.state == "queued" for each in replays):
            assert running, "something waits for a slot though all are free"
        assert len(self.hall.facts(TestCompleted)) == (test.state == "completed")
        if test.state == "completed":
            assert all(each.ended for each in replays if each.state == "completed")
            assert [each for each in replays if each.state in ("queued", "running")] == []

    def finish(self) -> None:
        """From now on everybody does his part: the test is completed, or says why not."""
        for _ in range(200):
            test = self.hall.test(self.test_id)
            if test.state == "completed":
                return
            running = self.hall.replays(self.test_id, "running")
            for each in running:
                self.hall.complete(each.id)
            judged = self.hall.judge(self.test_id)
            unended = [each for each in self.hall.replays(self.test_id, "completed") if each.ended is None]
            for each in unended:
                self.hall.end(each, grade=False)
            if not running and not judged and not unended:
                if test.halted is not None and self.pick(2) == 0:
                    self.hall.resume(self.test_id)
                    continue
                found = self.hall.next(self.test_id, start=True)
                assert not found.done, "nothing is pending, and yet the test is not over"
        raise AssertionError("the test does not end")


@pytest.mark.parametrize("how", ["client", "auto", "plan"])
@pytest.mark.parametrize("seed", range(12))
def test_any_sequence_keeps_the_promises_and_can_be_brought_to_its_end(hall: Hall, how: str, seed: int) -> None:
    crowd = Crowd(hall, seed, how)
    for _ in range(STEPS):
        crowd.act()
        crowd.check()
    crowd.finish()
    crowd.check()

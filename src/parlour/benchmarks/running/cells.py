"""The cells of a test: (invocation, recording, repetition). Which have no replay yet, and which comes first.

A cell of an invocation has a number, by repetition and recording, from 0.
"""

from collections.abc import Sequence

from parlour.benchmarks import store
from parlour.benchmarks.entities import Invocation, InvocationId, Test
from parlour.benchmarks.running import store as marks
from parlour.benchmarks.running.rules import RunRules
from parlour.catalog.entities import Reference
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A recording to be replayed for an invocation. `position` is the recording's in the test."""

    invocation: Invocation
    recording: Reference
    position: int
    repetition: int

    @property
    def name(self) -> str:
        """Its name in storage."""
        return store.cell_of(self.invocation.id, self.recording.id, self.repetition)


def cell_at(test: Test, invocation: Invocation, number: int) -> Cell:
    """The cell with a number."""
    recordings = test.snapshot.recordings
    position = number % len(recordings)
    return Cell(
        invocation=invocation,
        recording=recordings[position],
        position=position,
        repetition=1 + number // len(recordings),
    )


def exhausted(tx: Tx, test: Test, rules: RunRules) -> bool:
    """Whether an infinite test has had all the replays it may have (6.9): then nothing is pending in it."""
    return test.infinite_mode and marks.replay_count(tx, test.id) >= rules.runs_max


def pending(tx: Tx, test: Test, invocation: Invocation, rules: RunRules) -> list[Cell]:
    """The pending cells of an invocation in its current repetition, in order."""
    if invocation.state == "completed" or exhausted(tx, test, rules):
        return []
    taken = marks.taken(tx, invocation.id, invocation.repetition)
    first = (invocation.repetition - 1) * len(test.snapshot.recordings)
    return [
        cell_at(test, invocation, first + position)
        for position, recording in enumerate(test.snapshot.recordings)
        if recording.id not in taken and recording.id not in test.erased
    ]


def wanted(tx: Tx, test: Test, invocation: Invocation, repetition: int | None = None) -> int:
    """How many completed replays make an invocation complete, or one repetition of it: one of each cell, but of erased
    recordings only those that there are."""
    repetitions = test.snapshot.repeats if repetition is None else 1
    lost = 0
    if test.erased:
        there = marks.completed_among(tx, invocation.id, test.erased, repetition)
        lost = len(test.erased) * repetitions - there
    return len(test.snapshot.recordings) * repetitions - lost


def next_pending(tx: Tx, test: Test, invocations: Sequence[Invocation], rules: RunRules) -> Cell | None:
    """The first pending cell by repetition, invocation and recording: what `test_next` finds (7.18).

    Repetitions go first so that in infinite mode the first invocation does not keep the others waiting for ever.
    """
    for invocation in sorted(invocations, key=lambda each: (each.repetition, each.position)):
        found = pending(tx, test, invocation, rules)
        if found:
            return found[0]
    return None


def boundary(test: Test) -> int:
    """So many repetitions may be started before it is looked whether they decide the question (`Plan.looks`)."""
    repeats, looks = test.snapshot.repeats, test.plan.looks
    if test.infinite_mode or not test.plan.automatic or looks <= 0:
        return repeats
    ends = (-(-repeats * look // looks) for look in range(1, looks + 1))
    return next((end for end in ends if end > test.looked), repeats)


class Ahead:
    """The cells that the server may start by itself, in order. What it has started once it leaves alone, also if it
    failed, until the test is resumed (`Invocation.frontier`)."""

    def __init__(self, tx: Tx, test: Test, invocations: Sequence[Invocation], rules: RunRules) -> None:
        self._tx = tx
        self._test = test
        self._recordings = len(test.snapshot.recordings)
        self._invocations = {each.id: each for each in invocations}
        self._frontiers: dict[InvocationId, int] = {}
        if not exhausted(tx, test, rules):
            self._frontiers = {
                each.id: each.frontier
                for each in invocations
                if each.state == "open" and not each.template.use_custom and rules.usable(each.template.model)
            }

    def first(self) -> Cell | None:
        """The cell to be started next, if there is one."""
        passed: set[InvocationId] = set()
        found = self._nearest()
        while found is not None and self._is_behind(found):
            self._frontiers[found.invocation.id] += 1
            passed.add(found.invocation.id)
            found = self._nearest()
        for invocation_id in passed:
            marks.set_frontier(self._tx, invocation_id, self._frontiers[invocation_id])
        return found

    def pass_by(self, cell: Cell) -> None:
        """It was started: of its invocation the next one comes."""
        self._frontiers[cell.invocation.id] += 1
        marks.set_frontier(self._tx, cell.invocation.id, self._frontiers[cell.invocation.id])

    def _is_behind(self, cell: Cell) -> bool:
        return cell.recording.id in self._test.erased or marks.is_taken(self._tx, cell.name)

    def _nearest(self) -> Cell | None:
        cells = (
            cell_at(self._test, self._invocations[invocation_id], frontier)
            for invocation_id, frontier in self._frontiers.items()
            if frontier < self._end(self._invocations[invocation_id])
        )
        return min(cells, key=self._order, default=None)

    def _order(self, cell: Cell) -> tuple[int, int, int]:
        if self._test.plan.automatic:
            return cell.repetition, cell.position, cell.invocation.position
        return cell.repetition, cell.invocation.position, cell.position

    def _end(self, invocation: Invocation) -> int:
        last = invocation.repetition if self._test.infinite_mode else boundary(self._test)
        return last * self._recordings

"""Slots: which replays run now, and what the server starts by itself (Glow 6.9, auto-advance)."""

from collections.abc import Sequence
from dataclasses import field

from parlour.accounts import actions as accounts
from parlour.benchmarks import store
from parlour.benchmarks.entities import Halted, Invocation, InvocationId, Test, TestId
from parlour.benchmarks.running import beginning, cells, halting
from parlour.benchmarks.running import store as marks
from parlour.benchmarks.running.rules import RunRules
from parlour.benchmarks.running.store import Active
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx

LOOK = "benchmarks.look"
PARALLEL_MAX = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class LookAt:
    """The body of the job that looks whether so many repetitions decide the question."""

    test_id: TestId
    repetitions: int


@dataclass(kw_only=True, slots=True)
class _Slots:
    free: int
    one_each: bool
    busy: set[InvocationId] = field(default_factory=set[InvocationId])

    def has(self, invocation_id: InvocationId) -> bool:
        return self.free > 0 and not (self.one_each and invocation_id in self.busy)

    def take(self, invocation_id: InvocationId) -> None:
        self.free -= 1
        self.busy.add(invocation_id)


def fill_slots(tx: Tx, test: Test, invocations: Sequence[Invocation], rules: RunRules) -> None:
    """Begin what waits for a slot, then what the server starts by itself, as many as there are slots.

    A client's replays have `rules.parallel_max` slots, one an invocation; an automatic test has as many as its plan
    says; auto-advance goes one replay at a time. The test must be locked, `test` and `invocations` as they are now.
    """
    active = marks.active_of(tx, test.id)
    slots = _slots(test, active, rules)
    for each in active:
        replay = store.replay(tx, each.id) if not each.running and slots.has(each.invocation_id) else None
        if replay is not None:
            beginning.begin(tx, test, replay)
            slots.take(replay.invocation_id)
    if not advances_itself(test) or test.halted is not None:
        return
    if not test.plan.automatic and marks.unended_in(tx, test.id):  # one at a time, and its end comes in a moment
        return
    began = _start_ahead(tx, test, invocations, rules, slots if test.plan.automatic else _one(active))
    if not active and not began:
        _nothing_left(tx, test, invocations)


def advances_itself(test: Test) -> bool:
    """Whether the server starts the replays of a test without being told each time."""
    return test.auto_advance or test.plan.automatic


def check_room(tx: Tx, account_id: str, rules: RunRules) -> None:
    """Raise `rate_limited` if no further test of an account may go on by itself now. The account is locked."""
    accounts.lock(tx, account_id)
    if marks.going_on(tx, account_id) >= rules.running_max:
        text = f"At most {rules.running_max} of your tests run at once. Wait for one of them, or stop one."
        raise Refusal("rate_limited", text)


def ends_itself(test: Test) -> bool:
    """Whether the server ends completed replays. Auto-advance that somebody stopped does not (Glow 7.23)."""
    return test.plan.automatic or (test.auto_advance and test.halted != "stopped")


def _slots(test: Test, active: Sequence[Active], rules: RunRules) -> _Slots:
    automatic = test.plan.automatic
    parallel = min(max(test.plan.parallel, 1), PARALLEL_MAX) if automatic else rules.parallel_max
    slots = _Slots(free=parallel, one_each=not automatic)
    for each in active:
        if each.running:
            slots.take(each.invocation_id)
    return slots


def _one(active: Sequence[Active]) -> _Slots:
    return _Slots(free=0 if active else 1, one_each=True)


def _start_ahead(tx: Tx, test: Test, invocations: Sequence[Invocation], rules: RunRules, slots: _Slots) -> bool:
    """Start the next cells; whether anything was done, be it that the test was halted."""
    if slots.free <= 0:
        return True
    ahead = cells.Ahead(tx, test, invocations, rules)
    did = False
    while slots.free > 0 and (cell := ahead.first()) is not None:
        did = True
        reason = halting.reached(tx, test) or _used_up(tx, test, rules)
        if reason is not None:
            halting.halt(tx, test, reason)
            break
        ahead.pass_by(cell)
        replay = beginning.create(tx, test, cell, test.account_id)
        if replay is not None:
            beginning.begin(tx, test, replay)
            slots.take(cell.invocation.id)
        if test.infinite_mode and cells.exhausted(tx, test, rules):
            break
    return did


def _used_up(tx: Tx, test: Test, rules: RunRules) -> Halted | None:
    """Count one request of the owner's day (4.7), or say that there is none left."""
    try:
        accounts.take_request(tx, test.account_id, rules.timezone_name)
    except Refusal:
        return "requests"
    return None


def _nothing_left(tx: Tx, test: Test, invocations: Sequence[Invocation]) -> None:
    """Nothing runs and nothing can be started: the test waits for judges, for a look, or for a person."""
    if marks.unended_in(tx, test.id):  # what follows on its end comes in a moment
        return
    if marks.judged_still(tx, test.id) or all(each.state == "completed" for each in invocations):
        return
    end = cells.boundary(test)
    if test.plan.looks > 0 and not test.infinite_mode and end < test.snapshot.repeats:
        tx.enqueue(LOOK, LookAt(test_id=test.id, repetitions=end), unique=f"look:{test.id}:{end}")
        return
    left = [each for each in invocations if each.state == "open" and not each.template.use_custom]
    halting.halt(tx, test, "failures" if left else "custom")

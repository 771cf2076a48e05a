"""What is over: repetitions, invocations, the test (Glow 6.9, decision D23)."""

from collections.abc import Sequence
from dataclasses import replace

from parlour.benchmarks import reading, store
from parlour.benchmarks.entities import Invocation, InvocationId, Test, TestId
from parlour.benchmarks.facts import TestCompleted
from parlour.benchmarks.running import cells, filling
from parlour.benchmarks.running import store as marks
from parlour.benchmarks.running.rules import RunRules
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Happened:
    """What happened in a test: who caused it, and in which invocation (None: it may concern all)."""

    requested_by: AccountId
    invocation_id: InvocationId | None = None


def advance(tx: Tx, test_id: TestId, rules: RunRules, requested_by: AccountId | None = None) -> None:
    """Let a test go on, in the transaction of what happened in it (`requested_by`: who had caused it; None: the
    test's owner). It locks the test.

    It does nothing where nothing is to be done, so it may be called once too often.
    """
    test = store.test(tx, test_id, lock=True)
    if test is not None:
        go_on(tx, test, rules, Happened(requested_by=requested_by or test.account_id))


def go_on(tx: Tx, test: Test, rules: RunRules, happened: Happened) -> None:
    """The same for a test that is locked: new repetitions, completed invocations, the completed test, free slots."""
    if test.state == "completed":
        return
    only = None if test.infinite_mode else happened.invocation_id
    invocations = [
        _settled(tx, test, renewed(tx, test, each, rules), rules) if only in (None, each.id) else each
        for each in store.invocations_of(tx, test.id)
    ]
    if _completes(tx, test, invocations, happened.requested_by):
        return
    filling.fill_slots(tx, test, invocations, rules)


def take_back_repetitions(tx: Tx, test: Test) -> None:
    """A repetition of an infinite test in which nothing was begun never was: the test ends with the one before."""
    for invocation in store.invocations_of(tx, test.id):
        begun = marks.begun(tx, invocation.id, invocation.repetition)
        if invocation.state == "open" and invocation.repetition > 1 and not begun:
            marks.set_repetition(tx, invocation.id, invocation.repetition - 1)


def renewed(tx: Tx, test: Test, invocation: Invocation, rules: RunRules) -> Invocation:
    """The invocation in the next repetition, if all of the current one is done and there is a next one. A client that
    has just heard of the last run's completion may be here before what follows of it is stored."""
    repetition = invocation.repetition
    if invocation.state == "completed" or len(test.erased) >= len(test.snapshot.recordings):
        return invocation
    while _may_renew(tx, test, repetition, rules) and _is_through(tx, test, invocation, repetition):
        repetition += 1
    if repetition == invocation.repetition:
        return invocation
    marks.set_repetition(tx, invocation.id, repetition)
    return replace(invocation, repetition=repetition)


def _is_through(tx: Tx, test: Test, invocation: Invocation, repetition: int) -> bool:
    wanted = cells.wanted(tx, test, invocation, repetition)
    return store.completed_count(tx, invocation.id, repetition) >= wanted


def _may_renew(tx: Tx, test: Test, repetition: int, rules: RunRules) -> bool:
    if not test.infinite_mode:
        return repetition < test.snapshot.repeats
    return test.halted != "stopped" and not cells.exhausted(tx, test, rules)


def _settled(tx: Tx, test: Test, invocation: Invocation, rules: RunRules) -> Invocation:
    """The invocation, completed if no run of it is pending and every completed replay has been ended."""
    if invocation.state == "completed" or marks.graded_still(tx, test.id, invocation.id):
        return invocation
    if _pending(tx, test, invocation, rules) or marks.unended(tx, invocation.id):
        return invocation
    store.complete_invocation(tx, invocation.id)
    return replace(invocation, state="completed", completed_at=tx.now_ms)


def _pending(tx: Tx, test: Test, invocation: Invocation, rules: RunRules) -> bool:
    if not test.infinite_mode:
        return store.completed_count(tx, invocation.id) < cells.wanted(tx, test, invocation)
    if cells.exhausted(tx, test, rules):
        return marks.active_in(tx, invocation.id)
    return test.halted != "stopped" or not _is_through(tx, test, invocation, invocation.repetition)


def _completes(tx: Tx, test: Test, invocations: Sequence[Invocation], requested_by: AccountId) -> bool:
    """Complete the test if all its invocations are and no judge has anything left to say."""
    if any(each.state == "open" for each in invocations) or marks.judged_still(tx, test.id):
        return False
    if not store.complete_test(tx, test.id):
        return False
    last = (
        max(invocations, key=lambda each: (each.completed_at or 0, each.position)).id
        if invocations
        else InvocationId("")
    )
    tx.announce(
        reading.rooms(test, last, requested_by),
        TestCompleted(test_id=test.id, invocation_id=last, total_runs=reading.total_runs(test)),
    )
    return True

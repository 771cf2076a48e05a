"""Stopping what runs, and letting a halted test go on (Glow 7.23)."""

from dataclasses import replace

from parlour.benchmarks import access, reading, store
from parlour.benchmarks.entities import Plan, ReplayId, Test, TestId
from parlour.benchmarks.facts import ReplayStopped
from parlour.benchmarks.running import ending, halting, settling
from parlour.benchmarks.running import store as marks
from parlour.benchmarks.running.filling import advances_itself, check_room, ends_itself
from parlour.benchmarks.running.rules import RunRules
from parlour.conversations.rooms import person_room
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """Other bounds for a test that goes on; see `Plan`. None = no bound."""

    cost_micros_max: int | None = None
    currency: str | None = None
    tokens_max: int | None = None
    seconds_max: int | None = None
    failures_max: int | None = None


def stop(tx: Tx, actor: Actor, invocation_id: str, rules: RunRules) -> list[ReplayId]:
    """Stop every queued or running replay of an invocation; which they were, [] if none.

    What was said stays, ungraded; the runs are pending again; kept ends are dropped. Auto-advance of the test ends,
    and so do its repetitions in infinite mode. Raises `not_found`, `forbidden`.
    """
    test, invocation = access.invocation_to_run(tx, actor, invocation_id)
    stopped = _stop_all(tx, actor, test, invocation.id)
    if advances_itself(test) or test.infinite_mode:
        _go_no_further(tx, test)
    _go_on(tx, actor, test, rules)
    return stopped


def stop_test(tx: Tx, actor: Actor, test_id: str, rules: RunRules) -> list[ReplayId]:
    """The same for all invocations of a test; whatever its mode, it is halted until somebody goes on."""
    test = access.test_to_run(tx, actor, test_id)
    stopped: list[ReplayId] = []
    for invocation in store.invocations_of(tx, test.id):
        stopped += _stop_all(tx, actor, test, invocation.id)
    _go_no_further(tx, test)
    _go_on(tx, actor, test, rules)
    return stopped


def resume(tx: Tx, actor: Actor, test_id: str, rules: RunRules, bounds: Bounds | None = None) -> Test:
    """Let a halted test go on, with other bounds if some are given; the test as it is then.

    Cells whose replays failed or were stopped are tried again; time and failures are counted anew. A test that is not
    halted is left as it is. Raises `not_found`, `forbidden`, `rate_limited`.
    """
    test = access.test_to_run(tx, actor, test_id)
    if test.halted is None:
        return test
    if advances_itself(test):
        check_room(tx, test.account_id, rules)
    marks.reset_frontiers(tx, test.id)
    store.resume_test(tx, test.id, _bounded(test.plan, bounds) if bounds else test.plan)
    _end_what_waits(tx, test.id)
    _go_on(tx, actor, test, rules)
    return store.test(tx, test.id) or test


def _stop_all(tx: Tx, actor: Actor, test: Test, invocation_id: str) -> list[ReplayId]:
    stopped: list[ReplayId] = []
    for found in store.replays_of_invocation(tx, invocation_id, ("queued", "running")):
        if store.stop_replay(tx, found.id):
            stopped.append(found.id)
            rooms = [*reading.rooms(test, invocation_id, actor.account_id), person_room(found.requested_by)]
            told = ReplayStopped(
                invocation_id=found.invocation_id, run_id=found.id, original_run_resource_id=found.recording_id
            )
            tx.announce(rooms, told)
    return stopped


def _go_on(tx: Tx, actor: Actor, test: Test, rules: RunRules) -> None:
    now = store.test(tx, test.id) or test
    settling.go_on(tx, now, rules, settling.Happened(requested_by=actor.account_id))


def _go_no_further(tx: Tx, test: Test) -> None:
    halting.halt(tx, test, "stopped")
    if test.infinite_mode:
        settling.take_back_repetitions(tx, test)


def _end_what_waits(tx: Tx, test_id: TestId) -> None:
    """End the replays that completed while nobody ended them, if the server ends replays."""
    test = store.test(tx, test_id)
    if test is None or not ends_itself(test):
        return
    for replay in store.replays_of(tx, test.id, ("completed",)):
        invocation = store.invocation(tx, replay.invocation_id) if replay.ended is None else None
        if invocation is not None:
            ending.end_completed(tx, test, invocation, replay)


def _bounded(plan: Plan, bounds: Bounds) -> Plan:
    return replace(
        plan,
        cost_micros_max=bounds.cost_micros_max,
        currency=bounds.currency,
        tokens_max=bounds.tokens_max,
        seconds_max=bounds.seconds_max,
        failures_max=bounds.failures_max,
    )

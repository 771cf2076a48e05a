"""Bounds of a plan, and a test that starts nothing more by itself."""

from parlour.benchmarks import store
from parlour.benchmarks.entities import Halted, Test
from parlour.benchmarks.facts import TestHalted
from parlour.benchmarks.running import store as marks
from parlour.conversations.rooms import person_room
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.entities import UsageOf


def halt(tx: Tx, test: Test, reason: Halted) -> bool:
    """Nothing is started by itself any more; what runs may finish. False if the test is halted or over already."""
    if not store.halt_test(tx, test.id, reason):
        return False
    tx.announce([person_room(test.account_id)], TestHalted(test_id=test.id, reason=reason))
    return True


def reached(tx: Tx, test: Test) -> Halted | None:
    """The bound of the plan that leaves no room for another replay. Time and failures count from the last resuming."""
    plan = test.plan
    since = test.resumed_at or test.started_at or tx.now_ms
    if plan.seconds_max is not None and tx.now_ms - since >= plan.seconds_max * 1000:
        return "time"
    if plan.failures_max is not None and marks.failed_count(tx, test.id, since) > plan.failures_max:
        return "failures"
    if plan.cost_micros_max is None and plan.tokens_max is None:
        return None
    spent = usage.sums(tx, UsageOf(test_id=test.id), "model")
    if plan.tokens_max is not None and sum(each.input_tokens + each.output_tokens for each in spent) >= plan.tokens_max:
        return "tokens"
    costs = [each.cost_micros or 0 for each in spent if plan.currency is None or each.currency == plan.currency]
    return "cost" if plan.cost_micros_max is not None and sum(costs) >= plan.cost_micros_max else None

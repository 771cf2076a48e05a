"""The only ways to a benchmark, a test or an invocation for an actor (Glow 1.1). Not-yours is as good as not-there."""

from parlour.benchmarks import store
from parlour.benchmarks.entities import Invocation, Test
from parlour.catalog import actions as catalog
from parlour.catalog.benchmarks import Benchmark
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import forbidden, not_found
from parlour.storage.tx import Tx


def benchmark_to_run(tx: Tx, actor: Actor, benchmark_id: str) -> Benchmark:
    """A benchmark that the actor may run, active or not; raises `not_found`."""
    found = catalog.benchmark(tx, benchmark_id)
    if found is None or not catalog.may_run(actor, found):
        raise not_found("Benchmark")
    return found


def test_to_read(tx: Tx, actor: Actor, test_id: str) -> Test:
    """A test that the actor owns or whose benchmark he may run; raises `not_found`."""
    found = store.test(tx, test_id)
    if found is None or not may_read_test(tx, actor, found):
        raise not_found("Test")
    return found


def test_to_run(tx: Tx, actor: Actor, test_id: str) -> Test:
    """The same, locked, for who may run its benchmark; raises `not_found`, or `forbidden` for an owner who may not
    (any more)."""
    found = store.test(tx, test_id, lock=True)
    if found is None or not may_read_test(tx, actor, found):
        raise not_found("Test")
    if not may_run_test(tx, actor, found):
        raise forbidden()
    return found


def invocation_to_read(tx: Tx, actor: Actor, invocation_id: str) -> Invocation:
    """An invocation of a test that the actor may read; raises `not_found`."""
    found = store.invocation(tx, invocation_id)
    test = store.test(tx, found.test_id) if found else None
    if found is None or test is None or not may_read_test(tx, actor, test):
        raise not_found("Invocation")
    return found


def invocation_to_run(tx: Tx, actor: Actor, invocation_id: str) -> tuple[Test, Invocation]:
    """An invocation with its test, both locked, for who may run it; raises `not_found` or `forbidden`."""
    found = invocation_to_read(tx, actor, invocation_id)
    test = store.test(tx, found.test_id, lock=True)
    if test is None:
        raise not_found("Invocation")
    if not may_run_test(tx, actor, test):
        raise forbidden()
    return test, invocation_of(tx, test, invocation_id)


def invocation_of(tx: Tx, test: Test, invocation_id: str) -> Invocation:
    """An invocation of a (locked) test, locked; raises `not_found` for one of another test."""
    found = store.invocation(tx, invocation_id, lock=True)
    if found is None or found.test_id != test.id:
        raise not_found("Invocation")
    return found


def may_read_invocation(tx: Tx, actor: Actor, invocation_id: str) -> bool:
    """Whether an actor may be in the room of an invocation now: asked at every join and recovery (P12)."""
    found = store.invocation(tx, invocation_id)
    test = store.test(tx, found.test_id) if found else None
    return test is not None and may_read_test(tx, actor, test)


def may_read_test(tx: Tx, actor: Actor, test: Test) -> bool:
    """Read right on a test: its owner, and who may run its benchmark."""
    return actor.account_id == test.account_id or may_run_test(tx, actor, test)


def may_run_test(tx: Tx, actor: Actor, test: Test) -> bool:
    """Run right on the benchmark of a test, as the benchmark is now."""
    return catalog.may_run(actor, catalog.benchmark(tx, test.benchmark_id) or test.snapshot)

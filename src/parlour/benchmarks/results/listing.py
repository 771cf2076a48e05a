"""The tests that somebody may read, newest first."""

from collections.abc import Callable

from parlour.accounts.actions import account_by_id
from parlour.benchmarks import access
from parlour.benchmarks import store as tests
from parlour.benchmarks.entities import Invocation, Test
from parlour.benchmarks.results import store
from parlour.benchmarks.results.data import rounds_of
from parlour.benchmarks.results.list_shapes import TestHead, TestList
from parlour.benchmarks.results.store import Standing
from parlour.catalog import actions as catalog
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import invalid
from parlour.storage.tx import Tx

LIMIT, LIMIT_MAX = 50, 200


@dataclass(frozen=True, kw_only=True, slots=True)
class TestFilter:
    """Which tests are wanted; None = whatever. `after` is the `next` of the page before."""

    __test__ = False

    benchmark_id: str | None = None
    archived: bool | None = None
    after: str | None = None
    limit: int = LIMIT


def list_tests(tx: Tx, actor: Actor, wanted: TestFilter) -> TestList:
    """The tests that the actor has started, and those of the active benchmarks that he may run."""
    benchmarks = catalog.benchmarks_of_account(tx, actor)
    found = store.heads(
        tx,
        store.Wanted(
            benchmark_ids=[each.id for each in benchmarks],
            account_id=actor.account_id,
            benchmark_id=wanted.benchmark_id,
            archived=wanted.archived,
            after=_place(wanted.after) if wanted.after is not None else None,
            limit=wanted.limit + 1,
        ),
    )
    page = [test for each in found[: wanted.limit] if (test := tests.test(tx, each)) is not None]
    following = f"{page[-1].created_at}.{page[-1].id}" if len(found) > wanted.limit and page else None
    return TestList(items=[head_of(tx, actor, test) for test in page], next=following)


def head_of(tx: Tx, actor: Actor, test: Test) -> TestHead:
    """A test as it is listed, for who may read it."""
    owner = account_by_id(tx, test.account_id)
    invocations = tests.invocations_of(tx, test.id)
    repetitions = max((each.repetition for each in invocations), default=1)
    return TestHead(
        test_id=test.id,
        name=test.name,
        benchmark_id=test.benchmark_id,
        benchmark_name=test.snapshot.name,
        owner=owner.user_id if owner else "",
        state=test.state,
        halted=test.halted,
        archived=test.archived,
        automatic=test.plan.automatic,
        infinite_mode=test.infinite_mode,
        replay_mode=test.snapshot.replay_mode,
        candidates=len(invocations),
        cells=len(invocations) * len(test.snapshot.recordings) * rounds_of(test, repetitions),
        completed=store.completed(tx, test.id),
        may_run=access.may_run_test(tx, actor, test),
        created_at=test.created_at,
        completed_at=test.completed_at,
    )


def test_by_id(tx: Tx, test_id: str) -> Test | None:
    """A test, whoever asks: for the command line."""
    return tests.test(tx, test_id)


def all_tests(tx: Tx) -> list[Test]:
    """The tests of all active benchmarks, newest first: for the command line."""
    return tests.tests_of(tx, [each.id for each in catalog.all_benchmarks(tx)])


def candidates_of(tx: Tx, test: Test) -> list[Invocation]:
    """The candidates of a test, in order."""
    return tests.invocations_of(tx, test.id)


def archive(tx: Tx, actor: Actor, test_id: str, *, archived: bool) -> TestHead:
    """Put a test aside, or take it back; it goes on as it would. Raises `not_found`, `forbidden`."""
    test = access.test_to_run(tx, actor, test_id)
    store.set_archived(tx, test.id, archived=archived)
    return head_of(tx, actor, tests.test(tx, test.id) or test)


def head_reader(actor: Actor, test_id: str) -> Callable[[Tx], TestHead]:
    """Reads a test as it is listed; raises `not_found`."""
    return lambda tx: head_of(tx, actor, access.test_to_read(tx, actor, test_id))


def _place(after: str) -> tuple[int, str]:
    at, _, test_id = after.partition(".")
    if not (at.isascii() and at.isdigit() and len(at) < 16) or len(test_id) > 64:
        raise invalid("/after", "it is no place in this list")
    return int(at), test_id


def standing(tx: Tx, test: Test) -> Standing:
    """How far a test is, in two statements."""
    return store.standing(tx, test.id)


def is_over(test: Test, now: Standing) -> bool:
    """Whether nothing happens in a test any more by itself."""
    if test.state == "completed":
        return True
    left = now.active + now.pending_judgements + (now.unended if test.plan.automatic else 0)
    return test.halted is not None and not left

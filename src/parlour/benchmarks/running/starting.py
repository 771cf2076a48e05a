"""A test comes into being (Glow 7.17)."""

from collections import Counter
from dataclasses import field, fields, replace

from parlour.accounts import actions as accounts
from parlour.benchmarks import access, reading, store
from parlour.benchmarks.entities import Invocation, InvocationId, Plan, Test, TestId
from parlour.benchmarks.facts import TestStarted
from parlour.benchmarks.judging import grading
from parlour.benchmarks.running import settling
from parlour.benchmarks.running.filling import advances_itself, check_room
from parlour.benchmarks.running.rules import RunRules
from parlour.catalog.benchmarks import Benchmark, Candidate, LiveRules, ReplayMode
from parlour.conversations.rooms import person_room
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, invalid
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Overrides:
    """What is otherwise than in the benchmark, for one test. None = as there."""

    repeats: int | None = None
    replay_mode: ReplayMode | None = None
    judges: tuple[str, ...] | None = None
    prefer: bool | None = None
    baseline: str | None = None
    smallest_worthwhile: float | None = None
    live: LiveRules | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Starting:
    """Which benchmark is to be run, and how. `candidates` take the place of the benchmark's, in this order."""

    benchmark_id: str
    infinite_mode: bool = False
    plan: Plan = field(default_factory=Plan)
    candidates: tuple[Candidate, ...] | None = None
    overrides: Overrides = Overrides()
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """The new test. `invocation_id` is the first; `total_runs` are those of one invocation."""

    test_id: TestId
    benchmark_id: str
    invocation_id: InvocationId
    num_invocations: int
    total_runs: int


def start(tx: Tx, actor: Actor, starting: Starting, rules: RunRules) -> Started:
    """Create a test with a snapshot of its benchmark, and begin what the server starts by itself.

    Raises `not_found`, `benchmark_inactive`, `empty_benchmark`, `invalid_request` (candidates, too many cells), and
    for a test that advances by itself `no_model` and `rate_limited`.
    """
    benchmark = access.benchmark_to_run(tx, actor, starting.benchmark_id)
    snapshot = snapshot_of(benchmark, starting)
    if not benchmark.active:
        raise Refusal("benchmark_inactive", "This benchmark is not active.")
    if not snapshot.candidates or not snapshot.recordings:
        raise Refusal("empty_benchmark", "This benchmark has no model or no recorded run.")
    _check(tx, snapshot, starting, rules)
    test = _test(tx, actor, snapshot, starting)
    if advances_itself(test):
        _check_models(snapshot, rules)
        check_room(tx, actor.account_id, rules)
    store.insert_test(tx, test)
    invocations = [_invocation(tx, test, candidate) for candidate in snapshot.candidates]
    for each in invocations:
        store.insert_invocation(tx, each)
    started = Started(
        test_id=test.id,
        benchmark_id=benchmark.id,
        invocation_id=invocations[0].id,
        num_invocations=len(invocations),
        total_runs=reading.total_runs(test),
    )
    tx.announce(
        [person_room(actor.account_id)],
        TestStarted(
            test_id=test.id,
            invocation_id=started.invocation_id,
            num_invocations=started.num_invocations,
            total_runs=started.total_runs,
        ),
    )
    if starting.plan.recorded:
        grading.ask_recorded(tx, test, actor.account_id)
    settling.advance(tx, test.id, rules)
    _check_begun(tx, actor, test, rules)
    return started


def snapshot_of(benchmark: Benchmark, starting: Starting) -> Benchmark:
    """A benchmark as a test of it would begin: its candidates in order, with what is otherwise."""
    candidates = benchmark.candidates if starting.candidates is None else starting.candidates
    if starting.candidates is None:
        candidates = tuple(sorted(candidates, key=lambda each: each.position))
    others = {
        name: value
        for name in (each.name for each in fields(Overrides))
        if (value := getattr(starting.overrides, name)) is not None
    }
    numbered = tuple(replace(each, position=position) for position, each in enumerate(candidates))
    snapshot = replace(benchmark, candidates=numbered, **others)
    known = {each.id for each in numbered}
    return snapshot if snapshot.baseline in known else replace(snapshot, baseline=None)


def _check(tx: Tx, snapshot: Benchmark, starting: Starting, rules: RunRules) -> None:
    candidates = snapshot.candidates
    if len(candidates) > rules.candidates_max:
        raise invalid("/candidates", f"A test has at most {rules.candidates_max} candidates")
    for what, count in Counter(name for each in candidates for name in {each.id, each.title}).items():
        if count > 1:
            raise invalid("/candidates", f"Two candidates are called {what}")
    if starting.overrides.baseline is not None and snapshot.baseline is None:
        raise invalid("/baseline", "The baseline is no candidate of the test")
    if snapshot.repeats < 1:
        raise invalid("/repeats", "A recording is replayed at least once")
    cells = len(candidates) * len(snapshot.recordings) * (1 if starting.infinite_mode else snapshot.repeats)
    if cells > rules.cells_max:
        raise invalid("/repeats", f"A test has at most {rules.cells_max} replays, this one would have {cells}")
    if snapshot.replay_mode == "live" and starting.overrides.replay_mode is not None:
        for reference in snapshot.recordings:
            recording = reading.recording(tx, reference)
            if recording.scenario is None or not recording.persona_ids:
                raise invalid("/replay_mode", f"The recording {recording.title} names no scenario to be played live")


def _check_models(snapshot: Benchmark, rules: RunRules) -> None:
    for each in snapshot.candidates:
        if not each.use_custom and not rules.usable(each.model):
            raise Refusal("no_model", "This invocation has no usable model.")


def _check_begun(tx: Tx, actor: Actor, test: Test, rules: RunRules) -> None:
    """Refuse a test whose very first replay is beyond its owner's requests of the day."""
    now = store.test(tx, test.id)
    if now is not None and now.state == "pending" and now.halted == "requests":
        accounts.take_request(tx, actor.account_id, rules.timezone_name)


def _test(tx: Tx, actor: Actor, snapshot: Benchmark, starting: Starting) -> Test:
    return Test(
        id=TestId(tx.new_id()),
        benchmark_id=snapshot.id,
        eval_id=snapshot.eval_id,
        account_id=actor.account_id,
        name=starting.name or snapshot.name,
        description=snapshot.description,
        infinite_mode=starting.infinite_mode,
        auto_advance=snapshot.auto_advance,
        state="pending",
        snapshot=snapshot,
        plan=starting.plan,
        halted=None,
        archived=False,
        created_at=tx.now_ms,
        started_at=None,
        completed_at=None,
    )


def _invocation(tx: Tx, test: Test, candidate: Candidate) -> Invocation:
    return Invocation(
        id=InvocationId(tx.new_id()),
        test_id=test.id,
        position=candidate.position,
        title=candidate.title,
        group_id=tx.new_id(),
        template=candidate,
        state="open",
        repetition=1,
        created_at=tx.now_ms,
        completed_at=None,
    )

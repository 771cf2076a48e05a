"""Tests of models in a database, whose replayer and judges are the test itself: it says what came of each replay."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import psycopg

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.benchmarks import store
from parlour.benchmarks.entities import Invocation, Plan, Replay, ReplayFault, ReplayId, Test, TestGradeId
from parlour.benchmarks.facts import ReplayStarted
from parlour.benchmarks.judging import store as judgements
from parlour.benchmarks.replaying.orders import REPLAY
from parlour.benchmarks.running import advancing, ending, starting, stopping
from parlour.benchmarks.running.advancing import Begun, Next, Running
from parlour.benchmarks.running.ending import Ended, Ending
from parlour.benchmarks.running.rules import RunRules
from parlour.benchmarks.running.starting import Started, Starting
from parlour.catalog.benchmarks import Benchmark, Candidate, RecordedMessage, Recording
from parlour.catalog.entities import Reference
from parlour.catalog.publishing import publish
from parlour.catalog.publishing_benchmarks import put_benchmark, put_recording
from parlour.jobs import queue
from parlour.kernel.actor import Actor, Role
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.usage import Payer, Used
from tests.unit.detail_hall import SetClock
from tests.unit.grading_hall import BUNDLE

T = TypeVar("T")
RUBRIC = Reference(id="rubric", version=1)
SECONDS_MAX = 60.0
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
AUTOMATIC = Plan(automatic=True, parallel=2)


def recorded(name: str, answers: int = 2) -> Recording:
    """A recording with so many assistant turns."""
    said = [
        RecordedMessage(id=f"{name}-{role}{n}", role=role, content=f"{role} {n}")
        for n in range(1, answers + 1)
        for role in ("user", "assistant")
    ]
    return Recording(id=name, title=name, cluster=name, messages=tuple(said))


def candidate(name: str, **changes: Any) -> Candidate:
    """A candidate with a rubric."""
    members: dict[str, Any] = {
        "id": name,
        "position": 0,
        "title": name,
        "model": "vendor:x",
        "rubric": RUBRIC,
        **changes,
    }
    return Candidate(**members)


BENCHMARK = Benchmark(
    id="benchmark",
    eval_id="eval",
    name="Benchmark",
    department_ids=("department",),
    recordings=tuple(Reference(id=name, version=1) for name in ("one", "two")),
    candidates=(candidate("beta", position=1), candidate("alpha", position=0)),
)


class Hall:
    """A database with a benchmark of two recordings and two candidates, and who may run it."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock
        self.rules = RunRules()
        self.told: list[tuple[tuple[str, ...], Any]] = []
        self.owner = self.person("owner", "instructional", "department")

    def do(self, action: Callable[[Tx], T]) -> T:
        """Run an action in a transaction of its own; what it told is kept if it took place."""

        def act(tx: Tx) -> T:
            done = action(tx)
            self.told += [(said.rooms, said.fact) for said in tx.announced]
            return done

        self.clock.ms += 1
        return self.database.write_here(act)

    def read(self, action: Callable[[Tx], T]) -> T:
        return self.database.read_here(action)

    def person(self, name: str, role: Role = "member", *departments: str, limit: int | None = None) -> Actor:
        """An account whose id is its name."""
        new = NewAccount(user_id=name, name=name.title(), role=role, account_id=AccountId(name), requests_per_day=limit)
        self.do(lambda tx: accounts.create_account(tx, new))
        return Actor(account_id=AccountId(name), user_id=name, role=role, department_ids=frozenset(departments))

    def facts(self, kind: type[T]) -> list[T]:
        return [fact for _, fact in self.told if isinstance(fact, kind)]

    def names(self) -> list[str]:
        """What was told, by name."""
        return [type(fact).__name__ for _, fact in self.told]

    def benchmark(self, **changes: Any) -> Benchmark:
        """Publish the benchmark with these changes."""
        made = replace(BENCHMARK, **changes)
        self.do(lambda tx: put_benchmark(tx, made))
        return made

    def start(self, actor: Actor | None = None, **how: Any) -> Started:
        members: dict[str, Any] = {"benchmark_id": "benchmark", **how}
        wanted = Starting(**members)
        return self.do(lambda tx: starting.start(tx, actor or self.owner, wanted, self.rules))

    def next(self, test_id: str, *, start: bool = False, actor: Actor | None = None) -> Next:
        return self.do(lambda tx: advancing.next_run(tx, actor or self.owner, test_id, start, self.rules))

    def run(self, test_id: str, invocation_id: str, run_id: str | None, actor: Actor | None = None) -> Begun:
        wanted = Running(test_id=test_id, invocation_id=invocation_id, run_id=run_id)
        return self.do(lambda tx: advancing.run(tx, actor or self.owner, wanted, self.rules))

    def end(self, replay: Replay, actor: Actor | None = None, **how: Any) -> Ended:
        named = {"test_id": replay.test_id, "invocation_id": replay.invocation_id, "run_id": replay.id}
        members: dict[str, Any] = {**named, **how}
        wanted = Ending(**members)
        return self.do(lambda tx: ending.end(tx, actor or self.owner, wanted, self.rules))

    def stop(self, invocation_id: str, actor: Actor | None = None) -> list[ReplayId]:
        return self.do(lambda tx: stopping.stop(tx, actor or self.owner, invocation_id, self.rules))

    def resume(self, test_id: str, **bounds: Any) -> Test:
        given = stopping.Bounds(**bounds) if bounds else None
        return self.do(lambda tx: stopping.resume(tx, self.owner, test_id, self.rules, given))

    def said(self, tx: Tx, replay_id: str) -> bool:
        """What the replayer does in the transaction of the last turn; False if the replay does not run any more."""
        replay = store.replay(tx, replay_id)
        assert replay is not None
        return store.complete_replay(tx, replay.id, replay.fence or "", 1)

    def completed(self, tx: Tx, replay_id: str) -> None:
        """The same, and what follows, in one transaction."""
        replay = store.replay(tx, replay_id)
        assert replay is not None
        store.test(tx, replay.test_id, lock=True)
        if self.said(tx, replay_id):
            self.followed(tx, replay_id)

    def followed(self, tx: Tx, replay_id: str) -> None:
        """What the replayer does in the transaction that follows the last turn, under the lock of the test."""
        replay = store.replay(tx, replay_id)
        assert replay is not None
        store.test(tx, replay.test_id, lock=True)
        advancing.replay_completed(tx, replay.id)
        advancing.advance(tx, replay.test_id, self.rules, replay.requested_by)

    def complete(self, replay_id: str) -> Replay:
        """The candidate has said everything."""
        assert self.replay(replay_id).state == "running"
        self.do(lambda tx: self.completed(tx, replay_id))
        return self.replay(replay_id)

    def fail(self, replay_id: str) -> Replay:
        """The candidate's model does not answer."""
        fault = ReplayFault(code="unavailable", text="The model service is not available.", turn=1)

        def act(tx: Tx) -> None:
            replay = store.replay(tx, replay_id)
            assert replay is not None
            store.test(tx, replay.test_id, lock=True)
            assert store.fail_replay(tx, replay.id, fault)
            advancing.replay_failed(tx, replay.id)
            advancing.advance(tx, replay.test_id, self.rules, replay.requested_by)

        self.do(act)
        return self.replay(replay_id)

    def judge(self, test_id: str, *, score: int | None = 12, count: int = 1_000) -> int:
        """The judges give this score to what waits for them (None: they fail), and prefer nobody; how many there were.

        `count`: only so many grades, those that count first.
        """
        pending = [each for each in self.read(lambda tx: judgements.grades_of(tx, test_id)) if each.state == "pending"]
        for grade in sorted(pending, key=lambda each: not each.counts)[:count]:
            self.do(lambda tx, grade_id=grade.id: self._judged(tx, grade_id, score))
        preferences = self.read(lambda tx: judgements.preferences_of(tx, test_id))
        for each in (each for each in preferences if each.state == "pending"):
            self.do(lambda tx, each=each: self._preferred(tx, replace(each, choice="tie", reason="")))
        return len(pending[:count])

    def _judged(self, tx: Tx, grade_id: TestGradeId, score: int | None) -> None:
        if score is None:
            assert judgements.fail_grade(tx, grade_id, "no usable verdict")
        else:
            result = judgements.Result(score=score, passed=score >= 10, summary="", items=())
            assert judgements.finish_grade(tx, grade_id, result)
        ending.graded(tx, grade_id, self.rules)

    def _preferred(self, tx: Tx, done: Any) -> None:
        assert judgements.finish_preference(tx, done)
        advancing.advance(tx, done.test_id, self.rules)

    def spend(self, test_id: str, tokens: int) -> None:
        """A request of a test used so many tokens."""
        payer = Payer(account_id=self.owner.account_id, test_id=test_id, subject_id="replay")
        used = Used(
            payer=payer,
            task="candidate",
            model="vendor:x",
            input_tokens=tokens,
            output_tokens=0,
            estimated=False,
            milliseconds=1,
        )
        self.do(lambda tx: usage.note(tx, used))

    def test(self, test_id: str) -> Test:
        found = self.read(lambda tx: store.test(tx, test_id))
        assert found is not None
        return found

    def invocations(self, test_id: str) -> list[Invocation]:
        return self.read(lambda tx: store.invocations_of(tx, test_id))

    def replay(self, replay_id: str) -> Replay:
        found = self.read(lambda tx: store.replay(tx, replay_id))
        assert found is not None
        return found

    def replays(self, test_id: str, *states: Any) -> list[Replay]:
        return self.read(lambda tx: store.replays_of(tx, test_id, states))

    def cells(self, test_id: str, *states: Any) -> list[tuple[str, str, int]]:
        """(candidate, recording, repetition) of the replays in these states, as they began."""
        titles = {each.id: each.title for each in self.invocations(test_id)}
        began = [fact.run_id for fact in self.facts(ReplayStarted)]
        found = sorted(self.replays(test_id, *states), key=lambda each: began.index(each.id))
        return [(titles[each.invocation_id], each.recording_id, each.repetition) for each in found]

    def jobs(self, kind: str = REPLAY) -> int:
        """How many jobs of a kind wait."""
        return sum(count for name, _, count in self.read(queue.states) if name == kind)


def titles(hall: Hall, test_id: str) -> dict[str, str]:
    """The ids of the invocations by title."""
    return {each.title: each.id for each in hall.invocations(test_id)}


@contextmanager
def open_hall(url: str, names: Sequence[str] = ("one", "two")) -> Generator[Hall]:
    """A hall over a database that has its tables."""
    clock = SetClock()
    hall = Hall(Database(url, clock, TimeOrderedIds(clock)), clock)
    hall.do(lambda tx: publish(tx, BUNDLE))
    for name in names:
        hall.do(lambda tx, name=name: put_recording(tx, recorded(name)))
    hall.benchmark()
    yield hall


def meanwhile(hall: Hall, first: Callable[[Tx], object], second: Callable[[Tx], T]) -> T:
    """Let another server begin `second` before what `first` did here is committed; what `second` came to."""
    url = hall.database.dialect.url
    results: list[T] = []

    def act(tx: Tx) -> T:
        done = second(tx)
        hall.told += [(said.rooms, said.fact) for said in tx.announced]
        return done

    def other_server() -> None:
        results.append(Database(url, hall.clock, TimeOrderedIds(hall.clock)).write_here(act))

    other = threading.Thread(target=other_server)

    def both(tx: Tx) -> None:
        first(tx)
        other.start()
        deadline = time.monotonic() + SECONDS_MAX
        with psycopg.connect(url, autocommit=True) as watching:
            while time.monotonic() < deadline and other.is_alive():
                row = watching.execute(WAITING).fetchone()
                if row is not None and row[0]:
                    return
                time.sleep(0.01)
        raise AssertionError("the other server does not wait")

    hall.do(both)
    other.join(SECONDS_MAX)
    return results[0]

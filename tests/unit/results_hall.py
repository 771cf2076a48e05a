"""A test with given scores: what results are computed from, without models, jobs or judges."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from parlour.benchmarks import store
from parlour.benchmarks.entities import (
    Blame,
    Evidence,
    FeedbackRow,
    Invocation,
    InvocationId,
    Outcome,
    Plan,
    Preference,
    Replay,
    ReplayFault,
    ReplayId,
    ReplayTurn,
    Test,
    TestGrade,
    TestGradeId,
    TestId,
)
from parlour.benchmarks.judging import store as judgements
from parlour.benchmarks.judging.grading import row_of
from parlour.benchmarks.results.assembling import results_of
from parlour.benchmarks.results.data import Data, read
from parlour.benchmarks.results.shapes import Results
from parlour.catalog.actions import rubric_version
from parlour.catalog.benchmarks import Benchmark, Candidate, RecordedGrade, RecordedMessage, Recording
from parlour.catalog.entities import Reference
from parlour.catalog.publishing import publish
from parlour.catalog.publishing_benchmarks import put_recording
from parlour.grading.rules import Level
from parlour.kernel.actor import Actor
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.unit.grading_hall import BUNDLE

T = TypeVar("T")
OWNER = AccountId("owner")
ACTOR = Actor(account_id=OWNER, user_id="olive", role="superadmin")
RUBRIC = Reference(id="rubric", version=1)
TEST = TestId("test")


AUTOMATIC = Plan(automatic=True)


@dataclass(kw_only=True)
class Given:
    """What a test has: by candidate and recording the points of each repetition (None: not graded)."""

    points: Mapping[str, Mapping[str, Sequence[int | None]]]
    clusters: Mapping[str, str] = field(default_factory=dict[str, str])
    people: Mapping[str, int] = field(default_factory=dict[str, int])
    baseline: str | None = None
    plan: Plan = AUTOMATIC
    state: Any = "completed"
    judges: tuple[str, ...] = ("judge",)
    others: Mapping[str, int] = field(default_factory=dict[str, int])  # judge: how much more he gives


class Bench:
    """A database into which tests with given scores are put."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.total, self.passing = 0, 0
        self.do(lambda tx: publish(tx, BUNDLE))
        rubric = self.database.read_here(lambda tx: rubric_version(tx, RUBRIC.id, 1))
        assert rubric is not None
        self.rubric = rubric
        self.total, self.passing = rubric.total_points, rubric.pass_points

    def do(self, action: Callable[[Tx], T]) -> T:
        """Run an action in a transaction of its own."""
        return self.database.write_here(action)

    def put(self, given: Given) -> Test:
        """Store a test as it would be at its end."""
        test = _test(given)
        self.do(lambda tx: self._put(tx, test, given))
        found = self.database.read_here(lambda tx: store.test(tx, TEST))
        assert found is not None
        return found

    def _put(self, tx: Tx, test: Test, given: Given) -> None:
        for reference in test.snapshot.recordings:
            put_recording(tx, self._recording(reference.id, given))
        store.insert_test(tx, test)
        for candidate in test.snapshot.candidates:
            invocation = _invocation(candidate)
            store.insert_invocation(tx, invocation)
            for position, (recording, scores) in enumerate(given.points[candidate.id].items()):
                for repetition, points in enumerate(scores, 1):
                    self._cell(tx, given, replay_of(candidate.id, recording, position, repetition), points)

    def _recording(self, name: str, given: Given) -> Recording:
        grade = None
        if name in given.people:
            grade = RecordedGrade(
                rubric=RUBRIC, source="human", score=given.people[name], total_points=self.total,
                pass_points=self.passing, totals={},
            )  # fmt: skip
        said = (RecordedMessage(id="u", role="user", content="Hello."), RecordedMessage(id="a", role="assistant"))
        cluster = given.clusters.get(name, name)
        return Recording(id=name, title=f"Recording {name}", cluster=cluster, messages=said, grade=grade)

    def _cell(self, tx: Tx, given: Given, replay: Replay, points: int | None) -> None:
        store.insert_replay(tx, replay)
        store.begin_replay(tx, replay.id, "fence")
        store.put_turn(tx, turn_of(replay.id, milliseconds=100 * replay.repetition))
        store.complete_replay(tx, replay.id, "fence", None)
        for judge in given.judges if points is not None else ():
            given_points = min(self.total, max(0, (points or 0) + given.others.get(judge, 0)))
            self.grade(tx, replay, judge, given_points, counts=judge == given.judges[0])

    def grade(self, tx: Tx, replay: Replay | None, judge: str, points: int, **changes: Any) -> TestGrade:
        """Store a done grade; `source`, `counts`, `items`, `recording_id` may be given."""
        made = TestGrade(
            id=TestGradeId(tx.new_id()), test_id=TEST, invocation_id=replay.invocation_id if replay else None,
            replay_id=replay.id if replay else None, recording_id=replay.recording_id if replay else "",
            source="model", judge=judge, counts=True, state="done", requested_by=OWNER, score=points,
            passed=points >= self.passing, time_taken=1, total_points=self.total, pass_points=self.passing, items=(),
            summary="", reason=None, created_at=tx.now_ms, done_at=tx.now_ms,
        )  # fmt: skip
        grade = replace(made, **changes)
        judgements.insert_grade(tx, grade)
        return grade

    def levels(self, tx: Tx, ranks: Sequence[int]) -> tuple[FeedbackRow, ...]:
        """Rows of a grade: for every criterion the level at that place of its ladder."""
        rows: list[FeedbackRow] = []
        for group, rank in zip(self.rubric.groups, ranks, strict=True):
            standard = sorted(group.standards, key=lambda each: each.points)[rank]
            rows.append(row_of(tx.new_id(), Level(group=group, standard=standard, feedback="", evidence=())))
        return tuple(rows)

    def data(self) -> Data:
        found = self.database.read_here(lambda tx: store.test(tx, TEST))
        assert found is not None
        return self.database.read_here(lambda tx: read(tx, found))

    def results(self) -> Results:
        return results_of(self.data())


def replay_of(candidate: str, recording: str, position: int, repetition: int) -> Replay:
    """A replay that is queued."""
    return Replay(
        id=ReplayId(f"{candidate}/{recording}/{repetition}"), test_id=TEST,
        invocation_id=InvocationId(f"i-{candidate}"), recording_id=recording, recording_version=1, position=position,
        repetition=repetition, state="queued", ended=None, end_wanted=None, requested_by=OWNER, turn=0, turns_total=1,
        divergent_turn=None, checks=None, blame=None, error=None, fence=None, created_at=1, started_at=None,
        completed_at=None,
    )  # fmt: skip


def turn_of(replay_id: str, **changes: Any) -> ReplayTurn:
    """A finished turn."""
    made = ReplayTurn(
        replay_id=ReplayId(replay_id), turn=1, message_id=f"{replay_id}-m", state="done", heard=(), content="Hello.",
        tool_calls=(), ending="stop", first_token_ms=5, milliseconds=10, input_tokens=1, output_tokens=1, created_at=1,
    )  # fmt: skip
    return replace(made, **changes)


def preference(name: str, a: str, b: str, first: Any, choice: Any, judge: str = "judge") -> Preference:
    """A choice between two replays."""
    recording, repetition = a.split("/")[1], int(a.split("/")[2])
    return Preference(
        id=name, test_id=TEST, recording_id=recording, repetition=repetition, a_replay_id=ReplayId(a),
        b_replay_id=ReplayId(b), judge=judge, shown_first=first, state="done" if choice else "failed",
        choice=choice, reason="", quotes={}, created_at=1, done_at=1,
    )  # fmt: skip


def outcome(key: str, *, passed: bool, required: bool = True) -> Outcome:
    return Outcome(key=key, kind="contains", passed=passed, required=required, turn=1, detail="It says so.")


def blame(blamed: Any, reason: str = "Because.", quote: str = "") -> Blame:
    return Blame(blamed=blamed, evidence=(Evidence(turn=1, quote=quote, reason=reason),))


FAULT = ReplayFault(code="unavailable", text="The model service is not available.", turn=1)


def _test(given: Given) -> Test:
    names = list(given.points)
    recordings = list(next(iter(given.points.values())))
    repeats = max(len(scores) for of in given.points.values() for scores in of.values())
    candidates = tuple(
        Candidate(id=name, position=place, title=name.title(), model=f"vendor:{name}", rubric=RUBRIC)
        for place, name in enumerate(names)
    )
    snapshot = Benchmark(
        id="benchmark", version=1, eval_id="eval", name="Benchmark", candidates=candidates, repeats=repeats,
        recordings=tuple(Reference(id=name, version=1) for name in recordings), baseline=given.baseline,
        judges=given.judges,
    )  # fmt: skip
    return Test(
        id=TEST, benchmark_id="benchmark", eval_id="eval", account_id=OWNER, name="Test", description="",
        infinite_mode=False, auto_advance=False, state=given.state, snapshot=snapshot, plan=given.plan,
        halted=None, archived=False, created_at=1, started_at=1, completed_at=2,
    )  # fmt: skip


def _invocation(candidate: Candidate) -> Invocation:
    return Invocation(
        id=InvocationId(f"i-{candidate.id}"), test_id=TEST, position=candidate.position, title=candidate.title,
        group_id="group", template=candidate, state="completed", repetition=1, created_at=1, completed_at=2,
    )  # fmt: skip


def opened(url: str) -> Database:
    """The store at that address."""
    clock = SystemClock()
    return Database(url, clock, TimeOrderedIds(clock))

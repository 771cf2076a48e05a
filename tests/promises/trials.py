"""Tests of models while servers die: begun, looked at afterwards, and held against what must be."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import httpx

from parlour.benchmarks import store
from parlour.benchmarks.entities import Invocation, Preference, Replay, ReplayTurn, Test, TestGrade
from parlour.benchmarks.facts import (
    ReplayClosed,
    ReplayCompleted,
    ReplayFailed,
    ReplayGraded,
    ReplayStarted,
    ReplayStopped,
    ReplayTextAdded,
    ReplayTurnCompleted,
    TestCompleted,
)
from parlour.benchmarks.judging import store as judgements
from parlour.conversations.rooms import invocation_room
from parlour.events import log
from parlour.events.facts import fact_of
from parlour.kernel.ids import named_id
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.harness.site import Site

SAMPLE = named_id("teaching-practice", "benchmark", "supportive-conversation-check")
EVENTS_MAX = 10_000_000
ENDS = {ReplayCompleted: "completed", ReplayFailed: "failed", ReplayStopped: "stopped"}
LOUD = ('"level": "error"', '"level":"error"', "Traceback")


def begin(url: str, site: Site, **asked: object) -> str:
    """Begin a test that the server drives (Glow 6.9, automatic), of the sample benchmark if no other: its id."""
    body = {"benchmark_id": SAMPLE} | asked
    headers = {"Authorization": f"Bearer {site.tokens['instructor']}"}
    answer = httpx.post(f"{url}/api/v1/tests", json=body, headers=headers, timeout=60)
    assert answer.status_code == 201, answer.text
    return answer.json()["test_id"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """Everything that the store holds of a test. `facts` are in their order; `jobs` are `(kind, state)`."""

    test: Test
    invocations: list[Invocation]
    replays: list[Replay]
    turns: dict[str, list[ReplayTurn]]
    grades: list[TestGrade]
    preferences: list[Preference]
    facts: list[object] = field(default_factory=list[object])

    @property
    def completed(self) -> list[Replay]:
        return [each for each in self.replays if each.state == "completed"]

    def cell(self, each: Replay) -> tuple[str, str, int]:
        """The cell of a replay, by names that are the same in every test of the benchmark."""
        titles = {invocation.id: invocation.title for invocation in self.invocations}
        return titles[each.invocation_id], each.recording_id, each.repetition

    def said(self) -> dict[tuple[str, str, int], list[tuple[str, tuple[tuple[str, str, str | None], ...]]]]:
        """What the candidates said and called in every cell that is completed."""
        return {
            self.cell(each): [
                (turn.content, tuple((call.name, call.arguments, call.result) for call in turn.tool_calls))
                for turn in self.turns.get(each.id, [])
            ]
            for each in self.completed
        }

    def scores(self) -> dict[tuple[str, str, int, str], int | None]:
        """What every judge thought of every cell."""
        cells = {each.id: self.cell(each) for each in self.replays}
        return {
            (*cells[grade.replay_id], grade.judge): grade.score
            for grade in self.grades
            if grade.replay_id is not None and grade.state == "done"
        }

    def choices(self) -> dict[tuple[object, ...], str | None]:
        """What every judge preferred."""
        cells = {each.id: self.cell(each) for each in self.replays}
        return {
            (cells[each.a_replay_id], cells[each.b_replay_id], each.judge, each.shown_first): each.choice
            for each in self.preferences
        }


def state_of(database: Database, test_id: str) -> tuple[str, str | None]:
    """How far a test is, and why it goes no further."""
    row = database.read_here(lambda tx: tx.one("SELECT state, halted FROM tests WHERE id = :id", id=test_id))
    assert row is not None
    return row["state"], row["halted"]


def jobs_of_tests(database: Database) -> list[tuple[str, str]]:
    """The jobs of tests that wait, run or were given up: kind and state."""
    sql = "SELECT kind, state FROM jobs WHERE kind LIKE 'benchmarks.%' ORDER BY kind, state"
    return [(row["kind"], row["state"]) for row in database.read_here(lambda tx: tx.all(sql))]


def look(database: Database, test_id: str) -> Trial:
    """What the store holds of a test, at one moment."""

    def read(tx: Tx) -> Trial:
        test = store.test(tx, test_id)
        assert test is not None
        invocations = store.invocations_of(tx, test_id)
        rooms = [invocation_room(each.id) for each in invocations]
        head = tx.one("SELECT max(pos) AS pos FROM events")
        logged = log.of_rooms(tx, rooms, 0, head["pos"] if head else 0, EVENTS_MAX)
        return Trial(
            test=test,
            invocations=invocations,
            replays=store.replays_of(tx, test_id),
            turns={str(key): value for key, value in store.turns_of_test(tx, test_id).items()},
            grades=judgements.grades_of(tx, test_id),
            preferences=judgements.preferences_of(tx, test_id),
            facts=[fact_of(event) for event in logged],
        )

    return database.read_here(read)


def faults(trial: Trial, parallel_max: int, *, one_each: bool) -> list[str]:
    """Everything that must never be, whatever was done to a test and to its servers."""
    return [*_of_rows(trial), *_of_events(trial), *_of_slots(trial, parallel_max, one_each=one_each)]


def _of_rows(trial: Trial) -> Iterator[str]:
    cells = Counter(trial.cell(each) for each in trial.replays if each.state in ("queued", "running", "completed"))
    yield from (f"cell {cell} is there {count} times" for cell, count in cells.items() if count > 1)
    for each in trial.replays:
        turns = trial.turns.get(each.id, [])
        numbers = [turn.turn for turn in turns]
        if numbers != [*range(1, len(numbers) + 1)]:
            yield f"replay {each.id} has the turns {numbers}"
        if each.state == "completed" and (each.turn != len(turns) or {turn.state for turn in turns} != {"done"}):
            yield f"replay {each.id} is completed with {each.turn} of {len(turns)} turns"
        if each.state == "completed" and each.end_wanted is not None:
            yield f"replay {each.id} still keeps its end"
    counting = Counter(
        each.replay_id for each in trial.grades if each.counts and each.state == "pending" and each.replay_id
    )
    yield from (f"replay {replay_id} is being graded {n} times" for replay_id, n in counting.items() if n > 1)
    asked = Counter((p.a_replay_id, p.b_replay_id, p.judge, p.shown_first) for p in trial.preferences)
    yield from (f"preference {key} is there {n} times" for key, n in asked.items() if n > 1)


@dataclass
class _Told:
    """What the events of a test say, as they come; `wrong` is what must not be said."""

    text: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict[str, dict[int, str]](dict))
    started: Counter[str] = field(default_factory=Counter[str])
    done: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    graded: Counter[str] = field(default_factory=Counter[str])
    ended: dict[str, str] = field(default_factory=dict[str, str])
    completed: int = 0
    wrong: list[str] = field(default_factory=list[str])

    def take(self, fact: object) -> None:
        """The next event."""
        match fact:
            case ReplayStarted():
                self.started[fact.run_id] += 1
                if self.completed:
                    self.wrong.append(f"replay {fact.run_id} begins after the test is completed")
            case ReplayTextAdded() | ReplayTurnCompleted():
                self._take_piece(fact)
            case ReplayCompleted() | ReplayFailed() | ReplayStopped():
                self._take_end(fact)
            case ReplayGraded():
                self.graded[fact.grade_id] += 1
            case TestCompleted():
                self.completed += 1
            case _:
                pass

    def _take_piece(self, fact: ReplayTextAdded | ReplayTurnCompleted) -> None:
        self._check_open(fact.run_id, type(fact).__name__)
        if isinstance(fact, ReplayTurnCompleted):
            self.done[fact.run_id, fact.turn] += 1
        else:
            before = "" if fact.reset else self.text[fact.run_id].get(fact.turn, "")
            self.text[fact.run_id][fact.turn] = before + fact.text

    def _take_end(self, fact: ReplayCompleted | ReplayFailed | ReplayStopped) -> None:
        self._check_open(fact.run_id, type(fact).__name__)
        self.ended[fact.run_id] = ENDS[type(fact)]
        if isinstance(fact, ReplayCompleted):
            outputs = {each.turn: each.content for each in fact.outputs if each.content}
            if _spoken(self.text[fact.run_id]) != outputs:
                self.wrong.append(f"the text of {fact.run_id} does not join to its outputs")

    def _check_open(self, run_id: str, what: str) -> None:
        if run_id in self.ended:
            self.wrong.append(f"{what} of {run_id} comes after it is {self.ended[run_id]}")


def _spoken(text: Mapping[int, str]) -> dict[int, str]:
    return {turn: words for turn, words in text.items() if words}


def _of_events(trial: Trial) -> Iterator[str]:
    """A replay is told once and ends once, as it is stored; its text joins to what it said; nothing follows its end."""
    told = _Told()
    for fact in trial.facts:
        told.take(fact)
    yield from told.wrong
    for each in trial.replays:
        known = each.state if each.state in ENDS.values() else None
        if told.ended.get(each.id) != known:
            yield f"replay {each.id} is {each.state}, but told to be {told.ended.get(each.id)}"
        said = {turn.turn: turn.content for turn in trial.turns.get(each.id, []) if turn.content}
        if _spoken(told.text[each.id]) != said:
            yield f"what was told of {each.id} ({each.state}) is not what it said"
    counted = {"begins": told.started, "grade": told.graded, "turn": told.done}
    yield from (f"{what} {key}: {n} times" for what, many in counted.items() for key, n in many.items() if n > 1)
    if told.completed != (trial.test.state == "completed"):
        yield f"the test is {trial.test.state}, but told {told.completed} times to be completed"


def _of_slots(trial: Trial, parallel_max: int, *, one_each: bool) -> Iterator[str]:
    """How many replays run at once, by what was told."""
    running: dict[str, str] = {}
    for fact in trial.facts:
        if isinstance(fact, ReplayStarted):
            if one_each and fact.invocation_id in running.values():
                yield f"two replays of {fact.invocation_id} run at once"
            running[fact.run_id] = fact.invocation_id
            if len(running) > parallel_max:
                yield f"{len(running)} replays run at once"
        elif isinstance(fact, ReplayCompleted | ReplayFailed | ReplayStopped):
            running.pop(fact.run_id, None)


def gaps(trial: Trial) -> list[str]:
    """What a completed automatic test lacks, or has too much of."""
    return [*_cells(trial), *_grades(trial), *_pairs(trial)]


def _cells(trial: Trial) -> Iterator[str]:
    snapshot = trial.test.snapshot
    if (trial.test.state, trial.test.halted) != ("completed", None):
        yield f"the test is {trial.test.state}, halted: {trial.test.halted}"
    if any(each.state != "completed" for each in trial.invocations):
        yield "an invocation is open"
    wanted = {
        (each.title, recording.id, repetition)
        for each in trial.invocations
        for recording in snapshot.recordings
        for repetition in range(1, snapshot.repeats + 1)
    }
    found = Counter(trial.cell(each) for each in trial.replays)
    if found != Counter(wanted) or len(trial.completed) != len(wanted):
        yield f"{len(wanted)} cells, {len(trial.completed)} completed of {len(trial.replays)} replays"
    closed = [each.id for each in trial.replays if each.ended != "graded"]
    if closed:
        yield f"{len(closed)} replays are not graded"


def _grades(trial: Trial) -> Iterator[str]:
    judges = trial.test.snapshot.judges
    made = Counter((str(each.replay_id), each.judge, each.state, each.counts) for each in trial.grades)
    replays = [str(each.id) for each in trial.replays]
    wanted = Counter((each, judge, "done", at == 0) for each in replays for at, judge in enumerate(judges))
    if made != wanted:
        yield f"{wanted.total()} grades are wanted, {(made - wanted).total()} too much"
    told = Counter(each.grade_id for each in trial.facts if isinstance(each, ReplayGraded))
    if told != Counter(each.id for each in trial.grades if each.counts):
        yield "not every counting grade was told once"
    if any(isinstance(each, ReplayClosed) for each in trial.facts):
        yield "a replay was closed without grade"


def _pairs(trial: Trial) -> Iterator[str]:
    titles = [each.title for each in trial.invocations]
    by_cell = {trial.cell(each): each.id for each in trial.completed}
    wanted: Counter[tuple[str, str, str, str, str]] = Counter()
    for (title, recording_id, repetition), a in by_cell.items():
        for later in titles[titles.index(title) + 1 :]:
            b = by_cell.get((later, recording_id, repetition), "")
            wanted.update((a, b, judge, shown, "done") for judge in trial.test.snapshot.judges for shown in ("a", "b"))
    made = Counter((str(p.a_replay_id), str(p.b_replay_id), p.judge, p.shown_first, p.state) for p in trial.preferences)
    if made != wanted:
        yield f"{wanted.total()} preferences are wanted, {(made - wanted).total()} too much"


def loud(logs: str) -> list[str]:
    """The lines of logs that tell of something nobody foresaw."""
    return [line for line in logs.splitlines() if any(word in line for word in LOUD)]

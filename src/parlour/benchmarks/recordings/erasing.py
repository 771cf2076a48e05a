"""A person withdraws the consent to a recording: its words go for good, wherever they or quotes of them are kept.

Erased are all versions of the recording, what was heard and said in every replay of it (a candidate may repeat the
person's words), what judges and people wrote about these replays, and the same in the logs of rooms. Scores, levels,
passes, whose fault it was, times and costs stay, so the results of tests that used it stay what they are.
"""

from collections.abc import Iterable
from dataclasses import replace

from parlour.audit import actions as audit
from parlour.audit.entities import Entry
from parlour.benchmarks import reading, store
from parlour.benchmarks.entities import Replay, ReplayId, Test
from parlour.benchmarks.facts import (
    ReplayCompleted,
    ReplayGraded,
    ReplayStopped,
    ReplayTextAdded,
    ReplayTextCompacted,
)
from parlour.benchmarks.judging import grading, preferring
from parlour.benchmarks.judging import store as judgements
from parlour.benchmarks.recordings import store as rows
from parlour.benchmarks.recordings.actions import may_edit
from parlour.benchmarks.running import settling
from parlour.benchmarks.running.rules import RunRules
from parlour.catalog import actions as catalog
from parlour.catalog.benchmarks import Recording
from parlour.catalog.publishing_benchmarks import erase_recording
from parlour.conversations.rooms import invocation_room, person_room
from parlour.events.erasing import actions as rooms
from parlour.events.facts import fact_of
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import forbidden, not_found
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx

_TELLING = (ReplayTextAdded.__name__, ReplayTextCompacted.__name__, ReplayCompleted.__name__, ReplayGraded.__name__)
_GONE = grading.Failure(reason=reading.ERASED, code="recording_erased", text=reading.ERASED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Erased:
    """What was erased: out of which benchmarks it was taken, and how many tests and replays kept words of it."""

    recording_id: str
    benchmark_ids: list[str]
    tests: int
    replays: int


def erase(tx: Tx, actor: Actor, recording_id: str, rules: RunRules, route: str) -> Erased:
    """Erase a recording for who may change a benchmark that has or had it. Once erased it stays so.

    What is being replayed or judged of it is stopped, and it is not replayed again; tests go on with the rest of their
    recordings. Raises `not_found`, and `forbidden` for who may run but not change such a benchmark.
    """
    recording = _to_erase(tx, actor, recording_id)
    if recording.erased_at is not None:
        return Erased(recording_id=recording.id, benchmark_ids=[], tests=0, replays=0)
    benchmark_ids = erase_recording(tx, recording)
    replays = 0
    test_ids = rows.tests_with(tx, recording.id)
    for test_id in test_ids:
        replays += _erase_in_test(tx, actor, test_id, recording.id, rules)
    audit.record(
        tx,
        Entry(
            actor=actor.account_id,
            action="recording.erase",
            subject=recording.id,
            route=route,
            detail={"benchmarks": benchmark_ids, "tests": len(test_ids), "replays": replays},
        ),
    )
    return Erased(recording_id=recording.id, benchmark_ids=benchmark_ids, tests=len(test_ids), replays=replays)


def _to_erase(tx: Tx, actor: Actor, recording_id: str) -> Recording:
    found = catalog.recording(tx, recording_id)
    if found is None or not any(catalog.may_run(actor, each) for each in catalog.benchmarks_naming(tx, recording_id)):
        raise not_found("Recording")
    if not may_edit(actor):
        raise forbidden()
    return found


def _erase_in_test(tx: Tx, actor: Actor, test_id: str, recording_id: str, rules: RunRules) -> int:
    test = store.test(tx, test_id, lock=True)
    if test is None or all(each.id != recording_id for each in test.snapshot.recordings):
        return 0
    rows.set_erased(tx, test.id, (*test.erased, recording_id))
    replays = [each for each in store.replays_of(tx, test.id) if each.recording_id == recording_id]
    for replay in replays:
        _stop(tx, actor, test, replay)
    _stop_judges(tx, test, recording_id)
    for replay in replays:
        _erase_findings(tx, replay)
    rows.erase_turns(tx, test.id, recording_id)
    rows.erase_preferences(tx, test.id, recording_id)
    told = _erase_grades(tx, test, recording_id)
    _erase_told(tx, test, replays, told)
    settling.advance(tx, test.id, rules)
    return len(replays)


def _stop(tx: Tx, actor: Actor, test: Test, replay: Replay) -> None:
    if replay.state in ("queued", "running") and store.stop_replay(tx, replay.id):
        told = [*reading.rooms(test, replay.invocation_id, actor.account_id), person_room(replay.requested_by)]
        tx.announce(
            told,
            ReplayStopped(
                invocation_id=replay.invocation_id, run_id=replay.id, original_run_resource_id=replay.recording_id
            ),
        )


def _stop_judges(tx: Tx, test: Test, recording_id: str) -> None:
    """Nothing is left to be judged: what judges were asked fails, and replays without a grade are closed."""
    grades = [each for each in judgements.grades_of(tx, test.id) if each.recording_id == recording_id]
    for grade in grades:
        if grade.state == "pending":
            grading.fail(tx, test, grade, _GONE)
    for preference in judgements.preferences_of(tx, test.id):
        if preference.recording_id == recording_id and preference.state == "pending":
            preferring.fail(tx, preference, _GONE.reason, preference.judge)
    scored = {each.replay_id for each in grades if each.counts and each.state == "done"}
    for replay in store.replays_of(tx, test.id, ("completed",)):
        if replay.recording_id == recording_id and replay.id not in scored:
            store.set_ended(tx, replay.id, "closed")


def _erase_findings(tx: Tx, replay: Replay) -> None:
    outcomes = None if replay.checks is None else [replace(each, detail="") for each in replay.checks]
    rows.set_findings(tx, replay.id, outcomes, replace(replay.blame, evidence=()) if replay.blame else None)


def _erase_grades(tx: Tx, test: Test, recording_id: str) -> set[str]:
    """The grades without words; who was told of them."""
    told: set[str] = set()
    for grade in judgements.grades_of(tx, test.id):
        if grade.recording_id == recording_id:
            items = [replace(each, feedback="", evidence=()) for each in grade.items]
            rows.set_judged(tx, grade.id, items)
            told.add(grade.requested_by)
    return told


def _erase_told(tx: Tx, test: Test, replays: Iterable[Replay], judged: set[str]) -> None:
    """What rooms were told of these replays, without words, under the same numbers."""
    erased: set[ReplayId] = {each.id for each in replays}
    people = {test.account_id, *judged, *(each.requested_by for each in replays)}
    places = {*(invocation_room(each.invocation_id) for each in replays), *map(person_room, people)}

    def wordless(event: Logged) -> object | None:
        fact = fact_of(event)
        match fact:
            case ReplayTextAdded() | ReplayTextCompacted() if fact.run_id in erased:
                return replace(fact, text="")
            case ReplayCompleted() if fact.run_id in erased:
                return replace(fact, tool_calls=(), outputs=tuple(replace(each, content="") for each in fact.outputs))
            case ReplayGraded() if fact.run_id in erased:
                return replace(fact, feedback="")
            case _:
                return None

    for room in sorted(places):
        rooms.rewrite_each(tx, room, _TELLING, wordless)

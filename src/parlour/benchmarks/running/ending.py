"""The end of a replay: graded, or closed without grade (Glow 7.20)."""

from parlour.accounts import actions as accounts
from parlour.benchmarks import access, reading, store
from parlour.benchmarks.entities import EndWanted, Invocation, Replay, ReplayId, Test, TestGradeId
from parlour.benchmarks.facts import ReplayClosed
from parlour.benchmarks.judging import grading, preferring
from parlour.benchmarks.judging import store as judgements
from parlour.benchmarks.running import store as marks
from parlour.benchmarks.running.filling import ends_itself
from parlour.benchmarks.running.rules import RunRules
from parlour.benchmarks.running.settling import Happened, go_on
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, not_found
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """Which replay is to be ended, and how. `run_id` is the replay, or an original run: then its newest replay in the
    invocation is meant (decision D32)."""

    test_id: str
    invocation_id: str
    run_id: str
    grade: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """What came of it. `pending`: the command is kept until the replay completes."""

    run_id: ReplayId
    grade_id: TestGradeId | None
    pending: bool


def end(tx: Tx, actor: Actor, ending: Ending, rules: RunRules) -> Ended:
    """End a replay for a person. A grade counts as one request of his day (4.7); one that is being made is that grade.

    Raises `not_found` (test, invocation, run), `forbidden`, `run_not_completed`, `no_rubric`,
    `recording_erased`, `rate_limited`.
    """
    test = access.test_to_run(tx, actor, ending.test_id)
    invocation = access.invocation_of(tx, test, ending.invocation_id)
    replay = _replay_of(tx, invocation, ending.run_id)
    if replay.state in ("stopped", "failed"):
        raise Refusal("run_not_completed", "This run was stopped or has failed.")
    if ending.grade and invocation.template.rubric is None:
        raise Refusal("no_rubric", "This invocation has no rubric.")
    if ending.grade and replay.recording_id in test.erased:
        raise Refusal("recording_erased", reading.ERASED)
    wanted = EndWanted(grade=ending.grade, requested_by=actor.account_id)
    if replay.state == "completed":
        replay = end_completed(tx, test, invocation, replay)
        if ending.grade and not _being_graded(tx, replay.id):
            accounts.take_request(tx, actor.account_id, rules.timezone_name)
        grade_id = apply(tx, test, invocation, replay, wanted)
        go_on(tx, test, rules, Happened(requested_by=actor.account_id, invocation_id=invocation.id))
        return Ended(run_id=replay.id, grade_id=grade_id, pending=False)
    if ending.grade and not (replay.end_wanted and replay.end_wanted.grade):
        accounts.take_request(tx, actor.account_id, rules.timezone_name)
    store.set_end_wanted(tx, replay.id, wanted)
    return Ended(run_id=replay.id, grade_id=None, pending=True)


def apply(tx: Tx, test: Test, invocation: Invocation, replay: Replay, wanted: EndWanted) -> TestGradeId | None:
    """End a completed replay of a locked test; the grade that will come, if one is wanted.

    A replay that has been ended stays as it is and keeps its grade, but that it is closed is told to whoever asks.
    """
    if wanted.grade:
        grade_id = grading.ask(tx, test, invocation, replay, wanted.requested_by)
        if replay.ended is None:
            store.set_ended(tx, replay.id, "graded")
        preferring.ask_pairs(tx, test, replay)
        return grade_id
    if replay.ended is None:
        store.set_ended(tx, replay.id, "closed")
    count = reading.run_count(tx, test, replay)
    tx.announce(
        reading.rooms(test, invocation.id, wanted.requested_by),
        ReplayClosed(
            invocation_id=invocation.id,
            run_id=replay.id,
            current_run=count.current_run,
            total_runs=count.total_runs,
        ),
    )
    return None


def end_completed(tx: Tx, test: Test, invocation: Invocation, replay: Replay) -> Replay:
    """End a completed replay of a locked test as was said while it ran, or as the server does, unless that was done;
    the replay as it is then. It may have completed a moment ago: then what follows comes later, and finds it ended."""
    if replay.ended is not None:
        return replay
    if replay.end_wanted is not None:
        apply(tx, test, invocation, replay, replay.end_wanted)
    elif ends_itself(test):
        end_by_itself(tx, test, invocation, replay)
    else:
        return replay
    return store.replay(tx, replay.id) or replay


def end_by_itself(tx: Tx, test: Test, invocation: Invocation, replay: Replay) -> None:
    """End a completed replay as the server does: with a grade if the invocation has a rubric. This is not a request of
    anybody's day."""
    if invocation.template.rubric is None:
        preferring.ask_pairs(tx, test, replay)
    wanted = EndWanted(grade=invocation.template.rubric is not None, requested_by=replay.requested_by)
    apply(tx, test, invocation, replay, wanted)


def graded(tx: Tx, grade_id: TestGradeId, rules: RunRules) -> None:
    """A grade of a test is done or has failed, and that has been stored and told: the test goes on.

    A replay whose grade failed has not been ended: a client may end it again. Where the server ends replays by itself
    it is closed; and one that was closed before stays so.
    """
    grade = judgements.grade(tx, grade_id)
    test = store.test(tx, grade.test_id, lock=True) if grade else None
    if grade is None or test is None:
        return
    replay = store.replay(tx, grade.replay_id, lock=True) if grade.replay_id and grade.counts else None
    if replay is not None and grade.state == "done" and replay.ended != "graded":
        store.set_ended(tx, replay.id, "graded")
    elif replay is not None and replay.ended == "graded" and _all_failed(tx, replay.id):
        store.set_ended(tx, replay.id, "closed" if ends_itself(test) else None)
    go_on(tx, test, rules, Happened(requested_by=grade.requested_by, invocation_id=grade.invocation_id))


def _being_graded(tx: Tx, replay_id: ReplayId) -> bool:
    return any(each.counts and each.state == "pending" for each in judgements.grades_of_replay(tx, replay_id))


def _all_failed(tx: Tx, replay_id: ReplayId) -> bool:
    return all(each.state == "failed" for each in judgements.grades_of_replay(tx, replay_id) if each.counts)


def _replay_of(tx: Tx, invocation: Invocation, run_id: str) -> Replay:
    """A replay of an invocation, locked: it completes and fails without the lock of its test."""
    replay = store.replay(tx, run_id, lock=True)
    if replay is None:
        newest = marks.newest_of(tx, invocation.id, run_id)
        replay = store.replay(tx, newest, lock=True) if newest else None
    if replay is None or replay.invocation_id != invocation.id:
        raise not_found("Run")
    return replay

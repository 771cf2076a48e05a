"""Whose fault a failed case is: the infrastructure's, the judge's, the simulated person's, or the candidate's.

`blame_of` is pure and looks in this order, because each makes the next unknowable: nothing came of the case at all (the
service failed, or the simulated person did); the verdict cannot be relied on; in a live replay the person talked
nonsense; else it is the candidate's. Every label has evidence that a reader can check.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from parlour.benchmarks import store as tests
from parlour.benchmarks.entities import (
    Blame,
    Blamed,
    Evidence,
    FeedbackRow,
    Outcome,
    Replay,
    ReplayTurn,
    Test,
    TestGrade,
)
from parlour.benchmarks.judging import papers, store
from parlour.benchmarks.judging.grading import UNUSABLE
from parlour.benchmarks.replaying.live import NO_PERSON, PERSON_FAILED, PERSON_SILENT
from parlour.catalog.entities import Rubric, StandardGroup
from parlour.grading.rules import collapsed, is_passed
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx

EVIDENCE_MAX = 20
CHARACTERS_MAX = 500
REPEATED_WORDS_MIN = 4

_PERSON_FAULTS = (PERSON_FAILED, PERSON_SILENT, NO_PERSON)
_OUT_OF_ROLE = (
    "as an ai", "as a language model", "large language model", "i am an ai", "i'm an ai", "i am a language model",
    "i'm a language model", "as an assistant, i", "i am an assistant", "i'm an assistant", "my training data",
    "system prompt",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A cell with everything that was found about it. `grades` in any state, by anybody, oldest first."""

    replay: Replay
    turns: Sequence[ReplayTurn]
    grades: Sequence[TestGrade]
    rubric: Rubric | None
    live: bool

    @property
    def failing_checks(self) -> list[Outcome]:
        """The required checks that failed."""
        return [each for each in self.replay.checks or () if each.required and not each.passed]

    @property
    def grade(self) -> TestGrade | None:
        """The grade that is the score, or the last one that came to nothing where there is none."""
        counting = [each for each in self.grades if each.counts and each.state != "pending"]
        done = [each for each in counting if each.state == "done"]
        return (done or counting or [None])[-1]


def note(tx: Tx, test: Test, replay_id: str) -> Blame | None:
    """Look at a case as it is now and keep whose fault it is; None for a case that did not fail."""
    replay = tests.replay(tx, replay_id)
    if replay is None:
        return None
    grades = store.grades_of_replay(tx, replay.id)
    live = test.snapshot.replay_mode == "live"
    case = Case(replay=replay, turns=(), grades=grades, rubric=None, live=live)
    found = None
    if blame_of(case) is not None:  # only then its words and its rubric are worth reading
        invocation = tests.invocation(tx, replay.invocation_id)
        rubric = papers.rubric_of(tx, invocation.template) if invocation else None
        found = blame_of(replace(case, turns=tests.turns_of(tx, replay.id), rubric=rubric))
    if found != replay.blame:
        tests.save_blame(tx, replay.id, found)
    return found


def blame_of(case: Case) -> Blame | None:
    """Whose fault a failed case is; None if it did not fail (a case without grade fails by its checks only)."""
    grade = case.grade
    if case.replay.state == "failed":
        return _not_replayed(case.replay)
    if case.replay.state != "completed":
        return None
    if grade is not None and grade.state == "failed":
        blamed: Blamed = "judge" if (grade.reason or "").startswith(UNUSABLE) else "infrastructure"
        return _blame(blamed, [_because(grade.reason or "The case could not be graded.")])
    failed_by_grade = grade is not None and not grade.passed
    if not failed_by_grade and not case.failing_checks:
        return None
    if grade is not None and (against := _against_judge(case, grade)):
        return _blame("judge", against)
    if case.live and (against := _against_person(case.turns)):
        return _blame("person", against)
    return _blame("candidate", _against_candidate(case, grade))


def _not_replayed(replay: Replay) -> Blame:
    fault = replay.error
    text = fault.text if fault else "The replay failed."
    blamed: Blamed = "person" if text in _PERSON_FAULTS else "infrastructure"
    return _blame(blamed, [_because(text, fault.turn if fault else None)])


def _against_judge(case: Case, grade: TestGrade) -> list[Evidence]:
    """Why the verdict cannot be relied on: it contradicts a person, rests on nothing, or is not shared."""
    marks = [each for each in _newest_by_judge(case.grades, "human") if each.passed != grade.passed]
    if marks:
        return [
            _because(f"{mark.judge} marked it with {mark.score} points, {grade.judge} graded it with {grade.score}.")
            for mark in marks
        ]
    if grade.passed or case.rubric is None:
        return []
    return _unsupported(case.rubric, grade) or _disputed(case.rubric, case.grades, grade)


def _unsupported(rubric: Rubric, grade: TestGrade) -> list[Evidence]:
    """The levels that no words show, if it fails only because of them."""
    bare = [row for row in grade.items if row.unsupported]
    groups = {group.id: group for group in rubric.groups}
    lost = sum(row.total_points - row.total for row in bare)
    if not bare or not is_passed((grade.score or 0) + lost, grade.pass_points):
        return []
    return [
        _because(f"{_named(groups, row)}: {row.total} points, and no words of the candidate show it.") for row in bare
    ]


def _disputed(rubric: Rubric, grades: Sequence[TestGrade], grade: TestGrade) -> list[Evidence]:
    """The criteria on which another judge is more than one level away, if that decides whether it passes."""
    groups = {group.id: group for group in rubric.groups}
    mine = {row.standard_group_id: row for row in grade.items}
    for other in _newest_by_judge(grades, "model"):
        if other.judge == grade.judge:
            continue
        apart = [
            (mine[row.standard_group_id], row)
            for row in other.items
            if row.standard_group_id in mine
            and row.standard_group_id in groups
            and _levels_apart(groups[row.standard_group_id], mine[row.standard_group_id], row) > 1
        ]
        changed = (grade.score or 0) + sum(theirs.total - own.total for own, theirs in apart)
        if apart and is_passed(changed, grade.pass_points):
            return [
                _because(f"{_named(groups, own)}: {grade.judge} gave {own.total} points, {other.judge} {theirs.total}.")
                for own, theirs in apart
            ]
    return []


def _levels_apart(group: StandardGroup, one: FeedbackRow, other: FeedbackRow) -> int:
    ladder = {level.id: step for step, level in enumerate(sorted(group.standards, key=lambda level: level.points))}
    return abs(ladder.get(one.standard_id, 0) - ladder.get(other.standard_id, 0))


def _newest_by_judge(grades: Sequence[TestGrade], source: str) -> list[TestGrade]:
    newest = {each.judge: each for each in grades if each.source == source and each.state == "done"}
    return list(newest.values())


def _against_person(turns: Sequence[ReplayTurn]) -> list[Evidence]:
    """What the simulated person did wrong: nothing said, the same again, or out of its role."""
    found: list[Evidence] = []
    said_before: set[str] = set()
    for turn in turns:
        for heard in turn.heard:
            if heard.role != "user":
                continue
            text = collapsed(heard.content).casefold()
            quote = heard.content.strip()[:CHARACTERS_MAX]
            if not text:
                found.append(_because("The simulated person said nothing.", turn.turn))
            elif text in said_before and len(text.split()) >= REPEATED_WORDS_MIN:
                found.append(Evidence(turn=turn.turn, quote=quote, reason="The simulated person repeats itself."))
            elif any(words in text for words in _OUT_OF_ROLE):
                found.append(Evidence(turn=turn.turn, quote=quote, reason="The simulated person fell out of its role."))
            said_before.add(text)
    return found


def _against_candidate(case: Case, grade: TestGrade | None) -> list[Evidence]:
    """The checks that failed, and the criteria below their pass line (else those with points lost) with their words."""
    found = [_failed_check(each) for each in case.failing_checks]
    if grade is None or grade.passed:
        return found
    groups = {group.id: group for group in case.rubric.groups} if case.rubric else {}
    spoken = {turn.message_id: turn.turn for turn in case.turns}
    below = [row for row in grade.items if not is_passed(row.total, row.pass_points)]
    for row in below or [row for row in grade.items if row.total < row.total_points]:
        reason = f"{_named(groups, row)}: {row.total} of {row.total_points} points. {row.feedback}"
        quotes = [Evidence(turn=spoken.get(each.message_id), quote=each.quote, reason=reason) for each in row.evidence]
        found += quotes or [_because(reason)]
    return found or [_because(f"{grade.score} of {grade.total_points} points; {grade.pass_points} are needed.")]


def _named(groups: Mapping[str, StandardGroup], row: FeedbackRow) -> str:
    group = groups.get(row.standard_group_id)
    return group.name if group else row.standard_group_id


def _failed_check(outcome: Outcome) -> Evidence:
    return _because(f"Check {outcome.key} ({outcome.kind}): {outcome.detail}", outcome.turn)


def _because(reason: str, turn: int | None = None) -> Evidence:
    return Evidence(turn=turn, quote="", reason=reason)


def _blame(blamed: Blamed, evidence: Iterable[Evidence]) -> Blame:
    bounded = (
        Evidence(turn=each.turn, quote=each.quote[:CHARACTERS_MAX], reason=each.reason[:CHARACTERS_MAX])
        for each in evidence
    )
    return Blame(blamed=blamed, evidence=tuple(bounded)[:EVIDENCE_MAX])

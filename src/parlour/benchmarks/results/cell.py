"""One case in full: what was heard and said, what checks and judges found, whose fault it is. And two side by side."""

from parlour.benchmarks import access, reading
from parlour.benchmarks import store as tests
from parlour.benchmarks.entities import Preference, Replay, Test, TestGrade
from parlour.benchmarks.judging import papers
from parlour.benchmarks.judging import store as judgements
from parlour.benchmarks.replaying.divergence import aligned, made_answers, recorded_answers
from parlour.benchmarks.results.cell_shapes import (
    Aligned,
    BlameShown,
    CallShown,
    CellDetail,
    CriterionShown,
    GradeShown,
    GroupShown,
    HeardShown,
    LevelShown,
    PreferenceShown,
    QuoteShown,
    RecordedShown,
    RecordingInCell,
    RubricShown,
    Side,
    TurnShown,
)
from parlour.benchmarks.results.cells import evidence
from parlour.catalog.benchmarks import Recording
from parlour.catalog.entities import Rubric
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import invalid, not_found
from parlour.storage.tx import Tx

RECORDED = "recorded"


def cell_detail(tx: Tx, actor: Actor, test_id: str, replay_id: str) -> CellDetail:
    """A case in full; raises `not_found` (test, run)."""
    test = access.test_to_read(tx, actor, test_id)
    replay = _replay(tx, test, replay_id)
    invocation = tests.invocation(tx, replay.invocation_id)
    if invocation is None:
        raise not_found("Run")
    recording = reading.recording_of(tx, replay)
    turns = tests.turns_of(tx, replay.id)
    rubric = papers.rubric_of(tx, invocation.template)
    places = {turn.message_id: turn.turn for turn in turns}
    return CellDetail(
        replay_id=replay.id,
        test_id=test.id,
        invocation_id=invocation.id,
        title=invocation.title,
        model=invocation.template.model,
        mode=test.snapshot.replay_mode,
        repetition=replay.repetition,
        state=replay.state,
        error=replay.error.text if replay.error else None,
        divergent_turn=replay.divergent_turn,
        turns=[
            TurnShown(
                turn=turn.turn,
                message_id=turn.message_id,
                state=turn.state,
                heard=[HeardShown(role=each.role, content=each.content) for each in turn.heard],
                content=turn.content,
                tool_calls=[
                    CallShown(name=call.name, arguments=call.arguments, result=call.result) for call in turn.tool_calls
                ],
                ending=turn.ending,
                first_token_ms=turn.first_token_ms,
                milliseconds=turn.milliseconds,
                input_tokens=turn.input_tokens,
                output_tokens=turn.output_tokens,
            )
            for turn in turns
        ],
        recording=_recording(recording),
        checks=replay.checks or (),
        grades=[_grade(each, rubric, places) for each in judgements.grades_of_replay(tx, replay.id)],
        preferences=[_preference(tx, each, replay) for each in judgements.preferences_of_replay(tx, replay.id)],
        blame=BlameShown(blamed=replay.blame.blamed, evidence=evidence(replay.blame)) if replay.blame else None,
        rubric=_rubric(rubric) if rubric else None,
        may_mark=rubric is not None and replay.state == "completed" and access.may_run_test(tx, actor, test),
    )


def difference(tx: Tx, actor: Actor, test_id: str, a: str, b: str) -> Aligned:
    """Two sides of one recording beside each other; `a` may be the recording itself (`recorded`).

    Raises `not_found` (test, run), and `invalid_request` for replays of different recordings.
    """
    test = access.test_to_read(tx, actor, test_id)
    right = _replay(tx, test, b)
    recording = reading.recording_of(tx, right)
    if a == RECORDED:
        sides = Side(title="The recording", replay_id=None), recorded_answers(recording, test.snapshot.replay_mode)
    else:
        left = _replay(tx, test, a)
        if left.recording_id != right.recording_id:
            raise invalid("/a", "both must be replays of one recording")
        sides = Side(title=_title(tx, left), replay_id=left.id), made_answers(tests.turns_of(tx, left.id))
    return Aligned(
        a=sides[0],
        b=Side(title=_title(tx, right), replay_id=right.id),
        recording_id=recording.id,
        recording_title=recording.title,
        turns=aligned(sides[1], made_answers(tests.turns_of(tx, right.id))),
    )


def _replay(tx: Tx, test: Test, replay_id: str) -> Replay:
    found = tests.replay(tx, replay_id)
    if found is None or found.test_id != test.id:
        raise not_found("Run")
    return found


def _title(tx: Tx, replay: Replay) -> str:
    invocation = tests.invocation(tx, replay.invocation_id)
    return f"{invocation.title if invocation else ''}, repetition {replay.repetition}"


def _recording(recording: Recording) -> RecordingInCell:
    results = {each.tool_call_id: each.content for each in recording.messages if each.tool_call_id}
    return RecordingInCell(
        id=recording.id,
        version=recording.version,
        title=recording.title,
        part=recording.part,
        messages=[
            RecordedShown(
                id=each.id,
                role=each.role,
                content=each.content,
                tool_calls=[
                    CallShown(name=call.name, arguments=call.arguments, result=results.get(call.call_id))
                    for call in each.tool_calls
                ],
                tool_call_id=each.tool_call_id,
            )
            for each in recording.messages
        ],
    )


def _grade(grade: TestGrade, rubric: Rubric | None, places: dict[str, int]) -> GradeShown:
    groups = {group.id: group for group in rubric.groups} if rubric else {}
    criteria: list[CriterionShown] = []
    for row in grade.items:
        group = groups.get(row.standard_group_id)
        level = next((each for each in group.standards if each.id == row.standard_id), None) if group else None
        criteria.append(
            CriterionShown(
                standard_group_id=row.standard_group_id,
                name=group.name if group else row.standard_group_id,
                standard_id=row.standard_id,
                level=level.name if level else "",
                points=row.total,
                total_points=row.total_points,
                feedback=row.feedback,
                unsupported=row.unsupported,
                evidence=[
                    QuoteShown(message_id=each.message_id, turn=places.get(each.message_id), quote=each.quote)
                    for each in row.evidence
                ],
            )
        )
    return GradeShown(
        grade_id=grade.id,
        source=grade.source,
        judge=grade.judge,
        counts=grade.counts,
        state=grade.state,
        score=grade.score,
        total_points=grade.total_points,
        pass_points=grade.pass_points,
        passed=grade.passed,
        summary=grade.summary,
        reason=grade.reason,
        criteria=criteria,
        created_at=grade.created_at,
    )


def _preference(tx: Tx, preference: Preference, replay: Replay) -> PreferenceShown:
    mine = "a" if preference.a_replay_id == replay.id else "b"
    theirs = "b" if mine == "a" else "a"
    other = tests.replay(tx, preference.b_replay_id if mine == "a" else preference.a_replay_id)
    choice = preference.choice
    return PreferenceShown(
        preference_id=preference.id,
        other_replay_id=other.id if other else "",
        other_title=_title(tx, other) if other else "",
        judge=preference.judge,
        state=preference.state,
        shown_first="this" if preference.shown_first == mine else "other",
        choice="tie" if choice == "tie" else None if choice is None else "this" if choice == mine else "other",
        reason=preference.reason,
        quotes_this=preference.quotes.get(mine, ()),
        quotes_other=preference.quotes.get(theirs, ()),
    )


def _rubric(rubric: Rubric) -> RubricShown:
    return RubricShown(
        id=rubric.id,
        name=rubric.name,
        total_points=rubric.total_points,
        pass_points=rubric.pass_points,
        groups=[
            GroupShown(
                id=group.id,
                name=group.name,
                description=group.description,
                points=group.points,
                standards=[
                    LevelShown(id=each.id, name=each.name, points=each.points, description=each.description)
                    for each in group.standards
                ],
            )
            for group in rubric.groups
        ],
    )

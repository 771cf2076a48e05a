"""A test as it is read: `GET /api/v1/tests/{test_id}` (Glow 10.5)."""

from collections.abc import Mapping, Sequence

from parlour.benchmarks import access, store
from parlour.benchmarks import detail_shapes as shapes
from parlour.benchmarks.detail_resources import Parts, Shelf, override_of, rubrics_of
from parlour.benchmarks.detail_shapes import TestDetail
from parlour.benchmarks.entities import Invocation, Replay, ReplayId, ReplayTurn, Test, TestGrade
from parlour.benchmarks.judging import store as judging
from parlour.catalog import actions as catalog
from parlour.catalog.benchmarks import Eval
from parlour.catalog.entities import Reference
from parlour.conversations.rooms import invocation_room
from parlour.events import log
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import named_id
from parlour.storage.tx import Tx

REPLAYS_TOLD_MAX = 500  # of a test with more the detail does not say what was said
CHARACTERS_TOLD_MAX = 4_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Records:
    """What is stored of a test. `grades` are those that events tell: those of the rest of a panel, and of people, are
    in the results. `scores`: the grade of each replay; `turns` is None if there are too many."""

    test: Test
    invocations: Sequence[Invocation]
    replays: Sequence[Replay]
    grades: Sequence[TestGrade]
    turns: Mapping[ReplayId, Sequence[ReplayTurn]] | None

    @property
    def scores(self) -> Mapping[str, TestGrade]:
        """Of several done grades the newest one (6.4.2)."""
        return {grade.replay_id: grade for grade in self.grades if grade.replay_id and grade.state == "done"}


def test_detail(tx: Tx, actor: Actor, test_id: str) -> TestDetail:
    """The detail of a test that the actor may read, as of one moment; raises `not_found`.

    The `room` of every invocation belongs to that same moment: events from there on continue the detail.
    """
    test = access.test_to_read(tx, actor, test_id)
    replays = store.replays_of(tx, test.id)
    few = len(replays) <= REPLAYS_TOLD_MAX and store.said_characters(tx, test.id) <= CHARACTERS_TOLD_MAX
    records = _Records(
        test=test,
        invocations=store.invocations_of(tx, test.id),
        replays=replays,
        grades=[grade for grade in judging.grades_of(tx, test.id) if grade.counts],
        turns=store.turns_of_test(tx, test.id) if few else None,
    )
    return _detail(tx, records, may_run=access.may_run_test(tx, actor, test))


def _detail(tx: Tx, records: _Records, *, may_run: bool) -> TestDetail:
    test, shelf, scores = records.test, Shelf(), records.scores
    parts = {each.id: shelf.parts(each.template) for each in records.invocations}
    rubrics = rubrics_of(tx, [each.template for each in records.invocations])
    evaluation = catalog.eval_of(tx, test.eval_id)
    shown = _test(test, len(records.invocations))
    invocations = [_invocation(tx, each, parts[each.id], records, scores) for each in records.invocations]
    runs = _runs(tx, records, scores)
    overrides = [override_of(each, parts[each.id]) for each in records.invocations]
    first_rubric = next((each.template.rubric for each in records.invocations if each.template.rubric), None)
    return TestDetail(
        test=shown,
        invocations=invocations,
        status=test.state,
        eval_name=evaluation.name if evaluation else None,
        eval_description=evaluation.description if evaluation else None,
        rubric_name=rubrics[first_rubric.id].name if first_rubric and first_rubric.id in rubrics else None,
        infinite_mode=test.infinite_mode,
        runs=runs,
        status_summary=_summary(runs),
        show_controls=may_run and test.state != "completed",
        current_invocation_id=next((each.id for each in records.invocations if each.state == "open"), None),
        has_runs_or_groups=bool(runs),
        entries=shapes.TestEntries(
            tests=[shown],
            invocations=invocations,
            runs=overrides,
            groups=(),
            grades=_grades(records, scores),
            feedback=[row for grade in records.grades if grade.replay_id for row in _feedback(grade)],
            messages=_messages(records),
        ),
        resources=_resources(shelf, rubrics, evaluation),
        outputs_left_out=records.turns is None,
    )


def _test(test: Test, num_invocations: int) -> shapes.Test:
    return shapes.Test(
        test_id=test.id,
        eval_id=test.eval_id,
        profile_id=test.account_id,
        department_ids=test.snapshot.department_ids,
        test_name=test.name,
        test_description=test.description,
        num_invocations=num_invocations,
        infinite_mode=test.infinite_mode,
        is_dynamic=True,
        archived=test.archived,
        test_created_at=rfc3339(test.created_at),
        benchmark_id=test.benchmark_id,
        replay_mode=test.snapshot.replay_mode,
        repeats=test.snapshot.repeats,
        auto_advance=test.auto_advance,
        automatic=test.plan.automatic,
        halted=test.halted,
    )


def _invocation(
    tx: Tx, invocation: Invocation, parts: Parts, records: _Records, scores: Mapping[str, TestGrade]
) -> shapes.Invocation:
    room = log.room_head(tx, invocation_room(invocation.id))
    grades = [scores[each.id] for each in records.replays if each.invocation_id == invocation.id and each.id in scores]
    points = [grade.score for grade in grades if grade.score is not None]
    return shapes.Invocation(
        invocation_id=invocation.id,
        test_id=invocation.test_id,
        group_id=invocation.group_id,
        invocation_created_at=rfc3339(invocation.created_at),
        invocation_title=invocation.title,
        use_custom=invocation.template.use_custom,
        position=invocation.position,
        invocation_completed=invocation.state == "completed",
        grade_id=grades[-1].id if grades else None,
        grade_score=round(sum(points) / len(points), 2) if points else None,
        grade_passed=all(grade.passed for grade in grades) if grades else None,
        grade_time_taken=sum(grade.time_taken or 0 for grade in grades) if grades else None,
        rubric_id=invocation.template.rubric.id if invocation.template.rubric else None,
        agent_ids=None,
        quality_id=parts.quality,
        department_ids=records.test.snapshot.department_ids or None,
        run_agent_ids=None,
        group_agent_ids=None,
        voice_id=parts.voice,
        temperature_level_id=parts.temperature,
        reasoning_level_id=parts.reasoning,
        modality_ids=parts.modalities,
        model_id=parts.model,
        repetition=invocation.repetition,
        room=shapes.Room(epoch=room.epoch, seq=room.seq),
    )


def _runs(tx: Tx, records: _Records, scores: Mapping[str, TestGrade]) -> list[shapes.TestRun]:
    newest = {(each.invocation_id, each.recording_id): each for each in records.replays}
    titles = {each.id: _title(tx, each) for each in records.test.snapshot.recordings}
    return [
        _run(invocation, (pin.id, titles[pin.id]), newest.get((invocation.id, pin.id)), records, scores)
        for invocation in records.invocations
        for pin in records.test.snapshot.recordings
    ]


def _title(tx: Tx, pin: Reference) -> str:
    recording = catalog.recording_version(tx, pin.id, pin.version)
    return recording.title if recording else ""


def _run(
    invocation: Invocation,
    recorded: tuple[str, str],
    replay: Replay | None,
    records: _Records,
    scores: Mapping[str, TestGrade],
) -> shapes.TestRun:
    grade = scores.get(replay.id) if replay else None
    turns = records.turns.get(replay.id, ()) if replay and records.turns is not None else None
    outputs = [shapes.Output(turn=each.turn, message_id=each.message_id, content=each.content) for each in turns or ()]
    return shapes.TestRun(
        chat_id=invocation.id,
        invocation_id=invocation.id,
        run_id=replay.id if replay else None,
        group_id=invocation.group_id,
        suite_entry_id=None,
        model_name=invocation.template.model,
        agent_name=None,
        status=_status(replay),
        grade_score=grade.score if grade else None,
        grade_passed=grade.passed if grade else None,
        original_run_id=recorded[0],
        original_run_title=recorded[1],
        repetition=replay.repetition if replay else None,
        outputs=None if turns is None else outputs,
    )


def _status(replay: Replay | None) -> shapes.RunStatus:
    if replay is None:
        return "not_started"
    return "in_progress" if replay.state in ("queued", "running") else replay.state


def _summary(runs: Sequence[shapes.TestRun]) -> shapes.StatusSummary:
    completed = sum(run.status == "completed" for run in runs)
    in_progress = sum(run.status == "in_progress" for run in runs)
    return shapes.StatusSummary(
        total=len(runs),
        completed=completed,
        in_progress=in_progress,
        not_started=len(runs) - completed - in_progress,
    )


def _grades(records: _Records, scores: Mapping[str, TestGrade]) -> list[shapes.TestGrade]:
    active = {grade.id for grade in scores.values()}
    return [
        shapes.TestGrade(
            id=grade.id,
            invocation_id=grade.invocation_id,
            run_id=grade.replay_id,
            created_at=rfc3339(grade.created_at),
            updated_at=rfc3339(grade.done_at or grade.created_at),
            passed=bool(grade.passed),
            score=grade.score or 0,
            time_taken=grade.time_taken or 0,
            generated=grade.source == "model",
            mcp=False,
            active=grade.id in active,
            call_id=None,
            judge=grade.judge,
        )
        for grade in records.grades
        if grade.state == "done" and grade.replay_id and grade.invocation_id
    ]


def _feedback(grade: TestGrade) -> list[shapes.TestFeedback]:
    return [
        shapes.TestFeedback(
            feedback_id=row.id,
            grade_id=grade.id,
            total=row.total,
            feedback=row.feedback,
            total_points=row.total_points,
            pass_points=row.pass_points,
            created_at=rfc3339(grade.done_at or grade.created_at),
            standard_group_id=row.standard_group_id,
            standard_id=row.standard_id,
            evidence=[shapes.Quote(message_id=each.message_id, quote=each.quote) for each in row.evidence],
            unsupported=row.unsupported,
        )
        for row in (grade.items if grade.state == "done" else ())
    ]


def _messages(records: _Records) -> list[shapes.TestMessage]:
    found: list[shapes.TestMessage] = []
    for turns in (records.turns or {}).values():
        for turn in turns:
            for number, heard in enumerate(turn.heard):
                message_id = heard.message_id or named_id("heard", turn.message_id, str(number))
                found.append(_message(turn, message_id, heard.role, heard.content))
            found.append(_message(turn, turn.message_id, "assistant", turn.content))
    return found


def _message(turn: ReplayTurn, message_id: str, role: str, content: str) -> shapes.TestMessage:
    return shapes.TestMessage(
        message_id=message_id,
        run_id=turn.replay_id,
        role=role,
        message_created_at=rfc3339(turn.created_at),
        text_upload_ids=(),
        audio_upload_ids=(),
        image_upload_ids=(),
        video_upload_ids=(),
        file_upload_ids=(),
        call_upload_ids=(),
        content=content,
    )


def _resources(shelf: Shelf, rubrics: Mapping[str, shapes.Rubric], evaluation: Eval | None) -> shapes.TestResources:
    evals: dict[str, shapes.Eval] = {}
    if evaluation:
        shown = shapes.Eval(eval_id=evaluation.id, name=evaluation.name, description=evaluation.description)
        evals[evaluation.id] = shown
    return shapes.TestResources(
        evals=evals,
        rubrics=rubrics,
        agents={},
        models=shelf.models,
        voices=shelf.voices,
        temperature_levels=shelf.temperature_levels,
        reasoning_levels=shelf.reasoning_levels,
        modalities=shelf.modalities,
        prompts=shelf.prompts,
        instructions=shelf.instructions,
        tools=shelf.tools,
        qualities=shelf.qualities,
    )

"""How far the judges can be believed: among themselves, and beside people's marks. And the noise floor."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from parlour.benchmarks.entities import Invocation
from parlour.benchmarks.results.data import Data
from parlour.benchmarks.results.shapes import (
    AgreementShown,
    CandidateResult,
    CriterionBias,
    HumanAgreement,
    JudgeResult,
    NoiseFloorShown,
)
from parlour.benchmarks.results.store import GradeRow
from parlour.benchmarks.results.units import options, shown, unit_of
from parlour.catalog.entities import Rubric, StandardGroup

if TYPE_CHECKING:
    from parlour.benchmarks.statistics.agreement import Mark

RECORDED = "recorded"
_Case = tuple[str, str]
"""A replay, or (RECORDED, id) for the recorded answers of a recording."""


def judge_results(data: Data) -> list[JudgeResult]:
    """Every judge of replays: how many grades, how many in vain, their mean."""
    found: list[JudgeResult] = []
    by_judge: dict[str, list[GradeRow]] = {}
    for grade in data.grades:
        if grade.source == "model" and grade.replay_id is not None and grade.state != "pending":
            by_judge.setdefault(grade.judge, []).append(grade)
    for judge, grades in by_judge.items():
        newest = {each.replay_id: _share(each) for each in grades if each.state == "done"}
        scores = [each for each in newest.values() if each is not None]
        found.append(
            JudgeResult(
                judge=judge,
                counts=any(each.counts for each in grades),
                n=len(scores),
                failed=sum(each.state == "failed" for each in grades),
                mean=sum(scores) / len(scores) if scores else None,
            )
        )
    return sorted(found, key=lambda each: (not each.counts, each.judge))


def panel_agreement(data: Data) -> AgreementShown | None:
    """Krippendorff's alpha over all that several judges graded; None with one judge."""
    from parlour.benchmarks.statistics.agreement import krippendorff_alpha  # noqa: PLC0415 (numpy costs 30 MiB)

    ratings: dict[str, dict[_Case, float]] = {}
    for grade in data.grades:
        share = _share(grade)
        if grade.source == "model" and grade.state == "done" and share is not None:
            ratings.setdefault(grade.judge, {})[_case(grade)] = share
    if len(ratings) < 2:
        return None
    units = dict.fromkeys(case for given in ratings.values() for case in given)
    rows = [[given.get(unit) for unit in units] for given in ratings.values()]
    found = krippendorff_alpha(rows, "interval")
    return AgreementShown(alpha=found.value, raters=found.raters, units=found.units, reason=found.reason)


def human_agreement(data: Data) -> list[HumanAgreement]:
    """Every judge beside the marks of people: those made in this test, and human grades of the recorded answers."""
    from parlour.benchmarks.statistics.agreement import bias, weighted_kappa  # noqa: PLC0415 (numpy costs 30 MiB)

    people = _people(data)
    found: list[HumanAgreement] = []
    judges: dict[str, dict[_Case, GradeRow]] = {}
    for grade in data.beside_people:
        if grade.source == "model" and _case(grade) in people:
            judges.setdefault(grade.judge, {})[_case(grade)] = grade
    for judge, grades in judges.items():
        theirs: list[int] = []
        ours: list[int] = []
        marks: list[Mark] = []
        for case, grade in grades.items():
            for person in people[case]:
                ranks, shares = _beside(data, grade, person)
                theirs += [rank for rank, _ in ranks]
                ours += [rank for _, rank in ranks]
                marks += shares
        kappa = weighted_kappa(theirs, ours, range(max([*theirs, *ours], default=0) + 1))
        found.append(
            HumanAgreement(
                judge=judge,
                kappa=kappa.value,
                n=kappa.units,
                cases=len(grades),
                reason=kappa.reason,
                bias=[
                    CriterionBias(
                        criterion=each.criterion,
                        mean=each.mean,
                        interval=shown(each.interval),
                        n=each.marks,
                        reason=each.reason,
                    )
                    for each in bias(marks, options(data))
                ],
            )
        )
    return found


def noise_floor_shown(data: Data, candidates: Sequence[CandidateResult]) -> NoiseFloorShown | None:
    """The noise of the recorded model played against itself, else of the baseline, else of the first candidate."""
    recorded = {each.model for each in data.recordings}
    kind: Literal["recorded", "baseline", "first"] = "first"
    chosen: Invocation | None = None
    for each in data.invocations:
        if recorded == {each.template.model}:
            kind, chosen = "recorded", each
            break
        if each.template.id == data.test.snapshot.baseline:
            kind, chosen = "baseline", each
    chosen = chosen or next(iter(data.invocations), None)
    result = next((each for each in candidates if chosen is not None and each.invocation_id == chosen.id), None)
    if chosen is None or result is None:
        return None
    played = {cell.recording_id for cell in data.cells_of(chosen.id) if cell.score is not None}
    return NoiseFloorShown(
        invocation_id=chosen.id,
        title=chosen.title,
        kind=kind,
        half_width=result.noise.half_width,
        sd=result.noise.sd,
        within=result.noise.within,
        identical=result.noise.identical,
        recordings=len(played),
        repeats=result.scored / len(played) if played else 0.0,
        reason=result.noise.reason,
    )


def _share(grade: GradeRow) -> float | None:
    return grade.score / grade.total_points if grade.score is not None and grade.total_points else None


def _case(grade: GradeRow) -> _Case:
    return (RECORDED, grade.recording_id) if grade.replay_id is None else ("replay", grade.replay_id)


def _people(data: Data) -> dict[_Case, list[Mapping[str, int]]]:
    """By case what people gave: points by standard group. Of several marks of one person the newest."""
    newest: dict[tuple[_Case, str], Mapping[str, int]] = {}
    for grade in data.beside_people:
        if grade.source == "human":
            newest[_case(grade), grade.judge] = {row.standard_group_id: row.total for row in grade.items}
    for recording in data.recordings:
        if recording.grade is not None and recording.grade.source == "human":
            newest[(RECORDED, recording.id), ""] = recording.grade.totals
    found: dict[_Case, list[Mapping[str, int]]] = {}
    for (case, _), points in newest.items():
        found.setdefault(case, []).append(points)
    return found


def _beside(data: Data, grade: GradeRow, person: Mapping[str, int]) -> "tuple[list[tuple[int, int]], list[Mark]]":
    """Per criterion the levels (by rank) of the judge and of the person, and their shares of the criterion's points."""
    from parlour.benchmarks.statistics.agreement import Mark  # noqa: PLC0415 (numpy costs 30 MiB)

    groups = {group.id: group for rubric in _rubrics(data, grade) for group in rubric.groups}
    cluster = data.clusters.get(grade.recording_id, grade.recording_id)
    unit = cluster if unit_of(data) == "scenario" else grade.recording_id
    ranks: list[tuple[int, int]] = []
    marks: list[Mark] = []
    for row in grade.items:
        group, points = groups.get(row.standard_group_id), person.get(row.standard_group_id)
        if group is None or points is None:
            continue
        pair = _rank(group, row.total), _rank(group, points)
        if pair[0] is not None and pair[1] is not None:
            ranks.append((pair[0], pair[1]))
        if row.total_points:
            share = min(points / row.total_points, 1.0)
            marks.append(Mark(criterion=group.name, cluster=unit, judge=row.total / row.total_points, human=share))
    return ranks, marks


def _rubrics(data: Data, grade: GradeRow) -> list[Rubric]:
    if grade.invocation_id is None:
        return [*data.rubrics.values()][:1]
    return [data.rubrics[grade.invocation_id]] if grade.invocation_id in data.rubrics else []


def _rank(group: StandardGroup, points: int) -> int | None:
    """The place of a level in its ladder, from 0; None if it is none of the levels."""
    ladder = sorted({level.points for level in group.standards})
    return ladder.index(points) if points in ladder else None

"""The list of cases: every cell with whose fault it is, some at a time."""

from collections.abc import Sequence
from typing import Literal

from parlour.benchmarks.entities import Blame, Blamed, Outcome, ReplayState
from parlour.benchmarks.results import store
from parlour.benchmarks.results.data import Cell, Data
from parlour.benchmarks.results.list_shapes import CellPage, CellShown, EvidenceShown, FailedCheck
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import invalid
from parlour.storage.tx import Tx

LIMIT, LIMIT_MAX = 50, 200


@dataclass(frozen=True, kw_only=True, slots=True)
class CellFilter:
    """Which cells are wanted; None = whatever. `after` is the `next` of the page before."""

    invocation_id: str | None = None
    recording_id: str | None = None
    blame: Blamed | Literal["any"] | None = None
    state: ReplayState | None = None
    passed: bool | None = None
    failed_check: str | None = None
    after: str | None = None
    limit: int = LIMIT


def wanted_cells(data: Data, wanted: CellFilter) -> tuple[list[Cell], str | None]:
    """Some cells in order, and where the next page begins; raises `invalid_request` for a bad `after`."""
    places: dict[str, int] = {each.id: each.position for each in data.invocations}
    after = _place(wanted.after) if wanted.after is not None else None

    def place(cell: Cell) -> tuple[int, int, int]:
        return cell.repetition, cell.position, places.get(cell.invocation_id, 0)

    left = [cell for cell in data.cells if _is_wanted(cell, wanted) and (after is None or place(cell) > after)]
    page = left[: wanted.limit]
    following = ".".join(map(str, place(page[-1]))) if len(left) > len(page) else None
    return page, following


def cell_page(tx: Tx, data: Data, page: Sequence[Cell], following: str | None) -> CellPage:
    """These cells with what shows whose fault they are."""
    found = store.findings(tx, [cell.replay_id for cell in page])
    titles: dict[str, str] = {each.id: each.title for each in data.invocations}
    recordings = {each.id: each.title for each in data.recordings}
    items: list[CellShown] = []
    for cell in page:
        finding = found.get(cell.replay_id)
        if finding is None:
            continue
        items.append(
            CellShown(
                replay_id=cell.replay_id,
                invocation_id=cell.invocation_id,
                title=titles.get(cell.invocation_id, ""),
                recording_id=cell.recording_id,
                recording_title=recordings.get(cell.recording_id, ""),
                repetition=cell.repetition,
                state=cell.state,
                score=cell.points,
                total_points=cell.total_points,
                passed=cell.passed,
                failed_checks=[failed_check(each) for each in cell.checks if not each.passed],
                blame=finding.blame.blamed if finding.blame else None,
                evidence=evidence(finding.blame),
                error=finding.error.text if finding.error else None,
                divergent_turn=cell.divergent_turn,
                milliseconds=finding.milliseconds,
            )
        )
    return CellPage(items=items, next=following)


def failed_check(outcome: Outcome) -> FailedCheck:
    """A check that did not hold."""
    return FailedCheck(
        key=outcome.key, kind=outcome.kind, required=outcome.required, turn=outcome.turn, detail=outcome.detail
    )


def evidence(blame: Blame | None) -> list[EvidenceShown]:
    """What shows whose fault it is."""
    return [
        EvidenceShown(turn=each.turn, quote=each.quote, reason=each.reason)
        for each in (blame.evidence if blame else ())
    ]


def _is_wanted(cell: Cell, wanted: CellFilter) -> bool:
    blamed = wanted.blame is None or (cell.blamed is not None if wanted.blame == "any" else cell.blamed == wanted.blame)
    return (
        blamed
        and wanted.invocation_id in (None, cell.invocation_id)
        and wanted.recording_id in (None, cell.recording_id)
        and wanted.state in (None, cell.state)
        and (wanted.passed is None or cell.passed is wanted.passed)
        and (wanted.failed_check is None or _fails(cell, wanted.failed_check))
    )


def _fails(cell: Cell, key: str) -> bool:
    return any(each.key == key and not each.passed for each in cell.checks)


def _place(after: str) -> tuple[int, int, int]:
    parts = after.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise invalid("/after", "it is no place in this list")
    return int(parts[0]), int(parts[1]), int(parts[2])

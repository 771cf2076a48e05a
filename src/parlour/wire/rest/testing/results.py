"""What came of a test: results, cases, differences, reports. Computed off the event loop and kept."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import msgspec
from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from parlour.accounts.entities import SessionActor
from parlour.benchmarks.entities import Blamed, ReplayState
from parlour.benchmarks.results import cell, cells
from parlour.benchmarks.results.cell_shapes import Aligned, CellDetail
from parlour.benchmarks.results.exporting import all_cells
from parlour.benchmarks.results.keeping import ResultsKeeper
from parlour.benchmarks.results.list_shapes import CellPage
from parlour.benchmarks.results.reports.formats import REPORTS, FormatName
from parlour.benchmarks.results.shapes import Results
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed
from parlour.wire.rest.testing.running import json_answer

SCHEMAS: Mapping[str, object] = {"application/json": {"schema": {"type": "object"}}}  # of the others: text
STRING: Mapping[str, object] = {"schema": {"type": "string"}}

_SHAPES = {each.media_type: SCHEMAS.get(each.media_type, STRING) for each in REPORTS.values()}


class CellQuery(BaseModel):
    """Which cases are wanted; `blame` `any` are all that failed, `failed_check` the key of a check."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    invocation_id: str | None = None
    recording_id: str | None = None
    blame: Blamed | Literal["any"] | None = None
    state: ReplayState | None = None
    passed: bool | None = None
    failed_check: str | None = Field(default=None, max_length=200)
    after: str | None = Field(default=None, max_length=40)
    limit: int = Field(default=cells.LIMIT, ge=1, le=cells.LIMIT_MAX)


def tests_results_router(need: AttemptsNeed) -> APIRouter:
    """The routes that read results. What one may not read is not there."""
    router = APIRouter(prefix="/api/v1", tags=["tests"])
    keeper = ResultsKeeper(need.database)
    _offer_results(router, need, keeper)
    _offer_cases(router, need, keeper)
    return router


def _offer_results(router: APIRouter, need: AttemptsNeed, keeper: ResultsKeeper) -> None:
    caller_of = need.authenticator.of_request

    @router.get("/tests/{test_id}/results", response_model=Results, responses=problem_responses(401, 403, 404, 422))
    async def read_results(  # pyright: ignore[reportUnusedFunction]
        test_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Verdicts, intervals, reliability, judges and the matrix of a test, as it is now."""
        check_ids(test_id=test_id)
        found = await keeper.results(caller.actor, test_id)
        return json_answer(await asyncio.to_thread(msgspec.json.encode, found))

    @router.get(
        "/tests/{test_id}/export",
        response_class=Response,
        responses={200: {"description": "The report.", "content": _SHAPES}} | problem_responses(401, 403, 404, 422),
    )
    async def export_results(  # pyright: ignore[reportUnusedFunction]
        test_id: str, caller: Annotated[SessionActor, Depends(caller_of)], format: FormatName = "json"
    ) -> Response:
        """The results with all cases as a file."""
        check_ids(test_id=test_id)
        found = await keeper.results(caller.actor, test_id)
        data = await keeper.data(caller.actor, test_id)
        shown = await need.database.read(lambda tx: all_cells(tx, data))
        report = REPORTS[format]
        body = await asyncio.to_thread(report.write, found, shown)
        headers = {
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="test-{test_id}.{report.ending}"',
        }
        return Response(body.encode(), media_type=report.media_type, headers=headers)


def _offer_cases(router: APIRouter, need: AttemptsNeed, keeper: ResultsKeeper) -> None:
    caller_of = need.authenticator.of_request

    @router.get("/tests/{test_id}/cells", response_model=CellPage, responses=problem_responses(401, 403, 404, 422))
    async def list_cells(  # pyright: ignore[reportUnusedFunction]
        test_id: str, caller: Annotated[SessionActor, Depends(caller_of)], query: Annotated[CellQuery, Query()]
    ) -> Response:
        """The cases of a test, by repetition, recording and candidate, with whose fault those that failed are."""
        check_ids(test_id=test_id, invocation_id=query.invocation_id, recording_id=query.recording_id)
        wanted = cells.CellFilter(**query.model_dump())
        data = await keeper.data(caller.actor, test_id)
        page, following = cells.wanted_cells(data, wanted)
        return await read_answer(need.database, lambda tx: cells.cell_page(tx, data, page, following))

    @router.get(
        "/tests/{test_id}/cells/{replay_id}", response_model=CellDetail, responses=problem_responses(401, 403, 404, 422)
    )
    async def read_cell(  # pyright: ignore[reportUnusedFunction]
        test_id: str, replay_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """One case in full: what was said, checks, grades with their quotes, preferences, blame."""
        check_ids(test_id=test_id, replay_id=replay_id)
        return await read_answer(need.database, lambda tx: cell.cell_detail(tx, caller.actor, test_id, replay_id))

    @router.get("/tests/{test_id}/diff", response_model=Aligned, responses=problem_responses(401, 403, 404, 422))
    async def compare_cells(  # pyright: ignore[reportUnusedFunction]
        test_id: str, a: str, b: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Two replays of one recording, or (`a` = `recorded`) the recording and a replay, word by word."""
        check_ids(test_id=test_id, a=None if a == cell.RECORDED else a, b=b)
        return await read_answer(need.database, lambda tx: cell.difference(tx, caller.actor, test_id, a, b))

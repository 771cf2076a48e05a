"""Tests of models over HTTP (Glow 10.1, 10.5)."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from parlour.accounts.entities import SessionActor
from parlour.benchmarks.detail import test_detail
from parlour.benchmarks.detail_shapes import TestDetail
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed


def tests_router(need: AttemptsNeed) -> APIRouter:
    """The routes about tests of models."""
    router = APIRouter(prefix="/api/v1", tags=["tests"])
    caller_of = need.authenticator.of_request

    @router.get("/tests/{test_id}", response_model=TestDetail, responses=problem_responses(401, 403, 404, 422))
    async def read_test(  # pyright: ignore[reportUnusedFunction]
        test_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """A test with its invocations, replays and grades. Joining an invocation with `since` = its
        `room.seq` continues it without a gap."""
        check_ids(test_id=test_id)
        return await read_answer(need.database, lambda tx: test_detail(tx, caller.actor, test_id))

    return router

"""Tests that the server runs by itself: estimating, starting, listing, stopping, resuming, marking."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, ClassVar

import msgspec
from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from parlour.accounts.entities import SessionActor
from parlour.benchmarks.access import benchmark_to_run
from parlour.benchmarks.entities import ReplayId, TestGradeId, TestId
from parlour.benchmarks.judging.marks import Marking, mark
from parlour.benchmarks.results import listing
from parlour.benchmarks.results.estimate import Estimate, Material, estimate, material
from parlour.benchmarks.results.list_shapes import TestHead, TestList
from parlour.benchmarks.running import stopping
from parlour.benchmarks.running.rules import RunRules
from parlour.benchmarks.running.starting import Started, start
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer, write_answer
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed
from parlour.wire.rest.testing.bodies import (
    GivenMark,
    NewTest,
    Resuming,
    TestChange,
    TestValues,
    bounds_of,
    starting_of,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stopped:
    """Which replays were running or waiting, and the test as it is then."""

    stopped: Sequence[ReplayId]
    test: TestHead


@dataclass(frozen=True, kw_only=True, slots=True)
class Marked:
    """The mark that was kept."""

    grade_id: TestGradeId


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningNeed:
    """What the routes are built from. `judge` grades where a benchmark names nobody."""

    reading: AttemptsNeed
    rules: RunRules
    judge: str


class TestQuery(BaseModel):
    """Which tests are wanted."""

    __test__ = False
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    benchmark_id: str | None = None
    archived: bool | None = None
    after: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=listing.LIMIT, ge=1, le=listing.LIMIT_MAX)


def tests_running_router(need: RunningNeed) -> APIRouter:
    """The routes. What one may not read is not there; what one may not run is forbidden."""
    router = APIRouter(prefix="/api/v1", tags=["tests"])
    _offer_starting(router, need)
    _offer_going_on(router, need)
    return router


def _offer_starting(router: APIRouter, need: RunningNeed) -> None:
    caller_of, database = need.reading.authenticator.of_request, need.reading.database

    @router.get("/tests", response_model=TestList, responses=problem_responses(401, 403, 422))
    async def list_tests(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)], query: Annotated[TestQuery, Query()]
    ) -> Response:
        """The tests that the caller has started, and those of the benchmarks that he may run, newest first."""
        check_ids(benchmark_id=query.benchmark_id)
        wanted = listing.TestFilter(
            benchmark_id=query.benchmark_id, archived=query.archived, after=query.after, limit=query.limit
        )
        return await read_answer(database, lambda tx: listing.list_tests(tx, caller.actor, wanted))

    @router.post(
        "/benchmarks/{benchmark_id}/estimate",
        response_model=Estimate,
        responses=problem_responses(401, 403, 404, 422),
    )
    async def estimate_test(  # pyright: ignore[reportUnusedFunction]
        benchmark_id: str, given: TestValues, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """What a test would cost, how long it would take, and which differences it would show. Nothing is started."""
        check_ids(benchmark_id=benchmark_id)

        def read(tx: Tx) -> Material:
            benchmark = benchmark_to_run(tx, caller.actor, benchmark_id)
            return material(tx, caller.actor, starting_of(tx, benchmark, given, need.rules), need.judge)

        known = await database.read(read)
        return json_answer(await asyncio.to_thread(lambda: msgspec.json.encode(estimate(known))))

    @router.post(
        "/tests",
        status_code=201,
        response_model=Started,
        responses=problem_responses(401, 403, 404, 409, 422, 429),
    )
    async def start_test(  # pyright: ignore[reportUnusedFunction]
        given: NewTest, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Start a test; the server replays, grades and compares everything without further commands."""
        check_ids(benchmark_id=given.benchmark_id)

        def act(tx: Tx) -> Started:
            benchmark = benchmark_to_run(tx, caller.actor, given.benchmark_id)
            return start(tx, caller.actor, starting_of(tx, benchmark, given, need.rules), need.rules)

        answer = await write_answer(database, act)
        answer.status_code = 201
        return answer


def _offer_going_on(router: APIRouter, need: RunningNeed) -> None:
    caller_of, database = need.reading.authenticator.of_request, need.reading.database

    @router.patch("/tests/{test_id}", response_model=TestHead, responses=problem_responses(401, 403, 404, 422))
    async def change_test(  # pyright: ignore[reportUnusedFunction]
        test_id: str, given: TestChange, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Put a test aside, or take it back."""
        check_ids(test_id=test_id)
        return await write_answer(
            database, lambda tx: listing.archive(tx, caller.actor, test_id, archived=given.archived)
        )

    @router.post("/tests/{test_id}/stop", response_model=Stopped, responses=problem_responses(401, 403, 404, 422))
    async def stop_test(  # pyright: ignore[reportUnusedFunction]
        test_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Stop what runs, and start nothing more until somebody resumes the test. What is complete stays."""
        check_ids(test_id=test_id)

        def act(tx: Tx) -> Stopped:
            stopped = stopping.stop_test(tx, caller.actor, test_id, need.rules)
            return Stopped(stopped=stopped, test=_head(caller, test_id)(tx))

        return await write_answer(database, act)

    @router.post(
        "/tests/{test_id}/resume", response_model=TestHead, responses=problem_responses(401, 403, 404, 422, 429)
    )
    async def resume_test(  # pyright: ignore[reportUnusedFunction]
        test_id: str, given: Resuming, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Let a halted test go on, with other bounds if any member is given. What is complete is not done again."""
        check_ids(test_id=test_id)
        bounds = bounds_of(given) if given.model_fields_set else None

        def act(tx: Tx) -> TestHead:
            stopping.resume(tx, caller.actor, test_id, need.rules, bounds)
            return _head(caller, test_id)(tx)

        return await write_answer(database, act)

    @router.post(
        "/tests/{test_id}/marks",
        status_code=201,
        response_model=Marked,
        responses=problem_responses(401, 403, 404, 409, 422),
    )
    async def mark_replay(  # pyright: ignore[reportUnusedFunction]
        test_id: str, given: GivenMark, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Mark a replay by its rubric, so that judges can be compared with people. A mark changes no score."""
        check_ids(test_id=test_id, replay_id=given.replay_id)
        marking = Marking(
            test_id=TestId(test_id), replay_id=ReplayId(given.replay_id), levels=given.levels, summary=given.summary
        )
        answer = await write_answer(database, lambda tx: Marked(grade_id=mark(tx, caller.actor, marking)))
        answer.status_code = 201
        return answer


def json_answer(body: bytes) -> Response:
    """An answer that is JSON already."""
    return Response(body, media_type="application/json", headers={"cache-control": "no-store"})


def _head(caller: SessionActor, test_id: str) -> Callable[[Tx], TestHead]:
    return listing.head_reader(caller.actor, test_id)

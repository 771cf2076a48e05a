"""Benchmarks: which there are, making and changing them, and the recordings in them (Glow 1.4, 10.4)."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from parlour.accounts.entities import SessionActor
from parlour.attempts import access as attempts
from parlour.attempts.access import ChatInAttempt
from parlour.benchmarks.access import benchmark_to_run
from parlour.benchmarks.cards.showing import BenchmarkCards, benchmark_cards
from parlour.benchmarks.recordings import actions
from parlour.benchmarks.recordings.actions import Added, benchmark_to_edit, locked, may_edit, may_read_recording
from parlour.benchmarks.recordings.erasing import Erased, erase
from parlour.benchmarks.recordings.from_chats import FromChat, neutralised, recording_of
from parlour.benchmarks.recordings.showing import (
    BenchmarkShown,
    RecordingShown,
    shown_benchmark,
    shown_recording,
)
from parlour.benchmarks.running.rules import RunRules
from parlour.catalog import actions as catalog
from parlour.catalog.benchmark_rules import Bounds
from parlour.catalog.benchmarks import Benchmark, Recording
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, invalid, not_found
from parlour.settings.limits import Limits
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer, write_answer
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed
from parlour.wire.rest.testing.benchmark_bodies import BenchmarkChange, NewBenchmark, NewRecording, changed, uploaded

Version = Annotated[int | None, Query(ge=1, le=2**31)]


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchmarksNeed:
    """What the routes are built from."""

    database: Database
    authenticator: Authenticator
    bounds: Bounds
    rules: RunRules


def benchmarks_router(reading: AttemptsNeed, limits: Limits, rules: RunRules) -> APIRouter:
    """The routes of benchmarks and recordings. What one may not run is not there."""
    bounds = Bounds(
        candidates=limits.candidates_max, recordings=limits.recordings_max, messages=limits.recorded_messages_max
    )
    need = BenchmarksNeed(database=reading.database, authenticator=reading.authenticator, bounds=bounds, rules=rules)
    router = APIRouter(prefix="/api/v1", tags=["benchmarks"])
    _offer_reading(router, need)
    _offer_editing(router, need)
    _offer_recordings(router, need)
    _offer_erasing(router, need)
    return router


def _offer_reading(router: APIRouter, need: BenchmarksNeed) -> None:
    caller_of = need.authenticator.of_request

    @router.get("/benchmarks", response_model=BenchmarkCards, responses=problem_responses(401, 403))
    async def list_benchmarks(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)],
    ) -> Response:
        """The benchmarks that the caller may run, each with what came of its tests."""
        return await read_answer(need.database, lambda tx: benchmark_cards(tx, caller.actor))

    @router.get(
        "/benchmarks/{benchmark_id}", response_model=BenchmarkShown, responses=problem_responses(401, 403, 404, 422)
    )
    async def read_benchmark(  # pyright: ignore[reportUnusedFunction]
        benchmark_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """A benchmark with its candidates, checks and the heads of its recordings."""
        check_ids(benchmark_id=benchmark_id)
        return await read_answer(
            need.database, lambda tx: _shown(tx, caller.actor, benchmark_to_run(tx, caller.actor, benchmark_id))
        )

    @router.get(
        "/recordings/{recording_id}", response_model=RecordingShown, responses=problem_responses(401, 403, 404, 422)
    )
    async def read_recording(  # pyright: ignore[reportUnusedFunction]
        recording_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """A recorded conversation of a benchmark that the caller may run, in its newest version."""
        check_ids(recording_id=recording_id)

        def read(tx: Tx) -> RecordingShown:
            found = catalog.recording(tx, recording_id)
            if found is None or not may_read_recording(tx, caller.actor, recording_id):
                raise not_found("Recording")
            return shown_recording(tx, found, may_read_source=_may_read_source(tx, caller.actor, found))

        return await read_answer(need.database, read)


def _offer_editing(router: APIRouter, need: BenchmarksNeed) -> None:
    caller_of = need.authenticator.of_request

    @router.post(
        "/benchmarks", status_code=201, response_model=BenchmarkShown, responses=problem_responses(401, 403, 404, 422)
    )
    async def create_benchmark(  # pyright: ignore[reportUnusedFunction]
        given: NewBenchmark, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """A new benchmark of an eval, with or without candidates and recordings yet."""
        check_ids(eval_id=given.eval_id)

        def create(tx: Tx) -> BenchmarkShown:
            empty = Benchmark(id=tx.new_id(), eval_id=given.eval_id, name=given.name)
            wanted = changed(tx, caller.actor, empty, given.values)
            return _shown(tx, caller.actor, actions.create(tx, caller.actor, wanted, need.bounds))

        answer = await write_answer(need.database, create)
        answer.status_code = 201
        return answer

    @router.patch(
        "/benchmarks/{benchmark_id}",
        response_model=BenchmarkShown,
        responses=problem_responses(401, 403, 404, 409, 422),
    )
    async def change_benchmark(  # pyright: ignore[reportUnusedFunction]
        benchmark_id: str, given: BenchmarkChange, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Change a benchmark: a new version, with which the tests begin that are started from now on."""
        check_ids(benchmark_id=benchmark_id)

        def change(tx: Tx) -> BenchmarkShown:
            before = _held(tx, caller.actor, benchmark_id, given.expected_version)
            after = changed(tx, caller.actor, before, given.values)
            return _shown(tx, caller.actor, actions.change(tx, caller.actor, after, need.bounds))

        return await write_answer(need.database, change)


def _offer_recordings(router: APIRouter, need: BenchmarksNeed) -> None:
    caller_of = need.authenticator.of_request

    @router.post(
        "/benchmarks/{benchmark_id}/recordings",
        status_code=201,
        response_model=Added,
        responses=problem_responses(401, 403, 404, 409, 413, 422),
    )
    async def add_recording(  # pyright: ignore[reportUnusedFunction]
        benchmark_id: str, given: NewRecording, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Add a chat of practice with its grade, or an uploaded conversation. Of a chat the caller says that its person
        agreed (`consent`), and every known name in it is replaced by a neutral one."""
        check_ids(benchmark_id=benchmark_id, chat_id=given.chat_id, grade_id=given.grade_id)
        if (given.chat_id is None) == (given.recording is None):
            raise invalid("/chat_id", "give either a chat_id or a recording")

        def make(tx: Tx) -> Recording:
            benchmark_to_edit(tx, caller.actor, benchmark_id)
            return _made(tx, caller.actor, given)

        def add(tx: Tx) -> Added:
            if given.chat_id is not None:
                attempts.chat_to_read(tx, caller.actor, given.chat_id)
            benchmark = _held(tx, caller.actor, benchmark_id, given.expected_version)
            return actions.add_recording(tx, caller.actor, benchmark, made, need.bounds)

        made = await need.database.read(make)
        answer = await write_answer(need.database, add)
        answer.status_code = 201
        return answer

    @router.delete(
        "/benchmarks/{benchmark_id}/recordings/{recording_id}",
        response_model=BenchmarkShown,
        responses=problem_responses(401, 403, 404, 409, 422),
    )
    async def remove_recording(  # pyright: ignore[reportUnusedFunction]
        benchmark_id: str,
        recording_id: str,
        caller: Annotated[SessionActor, Depends(caller_of)],
        expected_version: Version = None,
    ) -> Response:
        """Take a recording out of a benchmark. Tests that began with it keep it."""
        check_ids(benchmark_id=benchmark_id, recording_id=recording_id)

        def remove(tx: Tx) -> BenchmarkShown:
            before = _held(tx, caller.actor, benchmark_id, expected_version)
            after = actions.remove_recording(tx, caller.actor, before, recording_id, need.bounds)
            return _shown(tx, caller.actor, after)

        return await write_answer(need.database, remove)


def _offer_erasing(router: APIRouter, need: BenchmarksNeed) -> None:
    caller_of = need.authenticator.of_request

    @router.delete("/recordings/{recording_id}", response_model=Erased, responses=problem_responses(401, 403, 404, 422))
    async def erase_recording(  # pyright: ignore[reportUnusedFunction]
        recording_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Erase the words of a recording for good, because its person withdrew the consent: in all of its versions, in
        the tests that replayed it, and in what was told of them. It leaves every benchmark; scores stay."""
        check_ids(recording_id=recording_id)
        route = "DELETE /api/v1/recordings/{recording_id}"
        return await write_answer(need.database, lambda tx: erase(tx, caller.actor, recording_id, need.rules, route))


def _held(tx: Tx, actor: Actor, benchmark_id: str, expected_version: int | None) -> Benchmark:
    benchmark_to_edit(tx, actor, benchmark_id)
    return locked(tx, benchmark_id, expected_version)


def _made(tx: Tx, actor: Actor, given: NewRecording) -> Recording:
    if given.recording is not None:
        made = uploaded(tx, actor, given.recording, given.consent)
        return neutralised(tx, made) if given.replace_names else made
    found: ChatInAttempt = attempts.chat_to_read(tx, actor, cast("str", given.chat_id))
    wanted = FromChat(
        chat=found.chat,
        part=given.part,
        consent_statement=given.consent,
        grade_id=given.grade_id,
        title=given.title,
        department_ids=tuple(found.attempt.department_ids),
    )
    return recording_of(tx, actor, wanted)


def _shown(tx: Tx, actor: Actor, benchmark: Benchmark) -> BenchmarkShown:
    return shown_benchmark(tx, benchmark, may_edit=may_edit(actor))


def _may_read_source(tx: Tx, actor: Actor, recording: Recording) -> bool:
    if recording.source_chat_id is None:
        return False
    try:
        attempts.chat_to_read(tx, actor, recording.source_chat_id)
    except Refusal:
        return False
    return True

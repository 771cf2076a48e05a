"""The artifact paths of Glow: `POST /api/v5/artifacts/...`, for clients that speak HTTP only that way (Glow 10.1).

Operations there are the operations of `names.OPERATIONS` under other paths: same payload, same
acknowledgement, same refusals, same request ids. `get` answers with the read models. An attempt that
may not be read is a 404 like one that is not there, so `attempt_exists` is true and `access_denied`
false wherever there is a detail: saying more would break the concealment rule (Glow 1.1).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response

from parlour.attempts.cards import Cards, cards
from parlour.attempts.detail import AttemptDetail, attempt_detail
from parlour.benchmarks.cards.showing import BenchmarkCards, benchmark_cards
from parlour.benchmarks.detail import test_detail
from parlour.benchmarks.detail_shapes import TestDetail
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx
from parlour.wire.glow.asking import GlowHttp, read_body
from parlour.wire.glow.commands import parse
from parlour.wire.glow.names import OPERATIONS
from parlour.wire.glow.payloads import Id, Nothing, Payload
from parlour.wire.glow.routes import add_operation, carry_out
from parlour.wire.http.openapi import body_of
from parlour.wire.http.problems import problem_responses

ARTIFACTS = "/api/v5/artifacts/"
# Twins whose last part is not that of the operation.
RENAMED: Mapping[str, str] = {"attempt/response_submit": "attempt/response"}
TWINNED = frozenset(
    f"attempt/{verb}"
    for verb in ("start", "next", "end", "end_all", "message", "grade", "stop", "response_submit", "use_previous")
) | frozenset(f"test/{verb}" for verb in ("start", "next", "run", "end", "stop"))


class AttemptGet(Payload):
    """Read an attempt (10.2)."""

    attempt_id: Id


class TestGet(Payload):
    """Read a test (10.5)."""

    __test__ = False  # pytest: no test case

    test_id: Id


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A read model: its path below `ARTIFACTS`, what is sent, what is answered."""

    path: str
    payload: type[Payload]
    answer: type[object]
    read: Callable[[Tx, Actor, Payload], object]
    summary: str


def _attempt(tx: Tx, actor: Actor, payload: Payload) -> AttemptDetail:
    if not isinstance(payload, AttemptGet):
        raise TypeError("an attempt is read by its id")
    return attempt_detail(tx, actor, payload.attempt_id)


def _test(tx: Tx, actor: Actor, payload: Payload) -> TestDetail:
    if not isinstance(payload, TestGet):
        raise TypeError("a test is read by its id")
    return test_detail(tx, actor, payload.test_id)


READINGS: tuple[Reading, ...] = (
    Reading(
        path="attempt/get",
        payload=AttemptGet,
        answer=AttemptDetail,
        read=_attempt,
        summary="An attempt with its chats, messages and grades.",
    ),
    Reading(
        path="home/get",
        payload=Nothing,
        answer=Cards,
        read=lambda tx, actor, _: cards(tx, actor, "home"),
        summary="Assigned training.",
    ),
    Reading(
        path="practice/get",
        payload=Nothing,
        answer=Cards,
        read=lambda tx, actor, _: cards(tx, actor, "practice"),
        summary="Self-directed practice.",
    ),
    Reading(
        path="benchmark/get",
        payload=Nothing,
        answer=BenchmarkCards,
        read=lambda tx, actor, _: benchmark_cards(tx, actor),
        summary="The benchmarks that may be run.",
    ),
    Reading(
        path="test/get",
        payload=TestGet,
        answer=TestDetail,
        read=_test,
        summary="A test with its invocations, replays and grades.",
    ),
)


def twins() -> Mapping[str, str]:
    """The paths below `ARTIFACTS` of operations, with the path of the operation that each of them is."""
    there = (operation.path for operation in OPERATIONS if operation.path in TWINNED)
    return {RENAMED.get(path, path): path for path in there}


def twins_router(need: GlowHttp) -> APIRouter:
    """Every route below `ARTIFACTS` that there is."""
    router = APIRouter(tags=["glow artifacts"])
    operations = {operation.path: operation for operation in OPERATIONS}
    for path, twin_of in twins().items():
        operation = operations[twin_of]
        add_operation(router, ARTIFACTS + path, operation, partial(carry_out, need, operation), _name(path))
    for reading in READINGS:
        _add_reading(router, need, reading)
    return router


def models() -> Sequence[type[Payload]]:
    """The payloads that no operation has, for `/openapi.json`."""
    return [reading.payload for reading in READINGS]


def _add_reading(router: APIRouter, need: GlowHttp, reading: Reading) -> None:
    needs_body = any(field.is_required() for field in reading.payload.model_fields.values())

    async def endpoint(request: Request) -> Response:
        caller = await need.authenticator.of_request(request)
        payload = parse(reading.payload, await read_body(request), request.headers.get("idempotency-key"))

        def read(tx: Tx) -> bytes:
            return msgspec.json.encode(reading.read(tx, caller.actor, payload))

        body = await need.reading().database.read(read)
        return Response(body, media_type="application/json", headers={"cache-control": "no-store"})

    router.add_api_route(
        ARTIFACTS + reading.path,
        endpoint,
        methods=["POST"],
        name=_name(reading.path),
        operation_id=_name(reading.path),
        summary=reading.summary,
        response_model=reading.answer,
        responses=problem_responses(401, 403, 404, 415, 422),
        openapi_extra={"requestBody": body_of(reading.payload, required=needs_body)},
    )


def _name(path: str) -> str:
    return f"artifacts_{path.replace('/', '_')}"

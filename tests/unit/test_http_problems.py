"""Every failure of an HTTP route is a problem of Glow 4.4, and says nothing it should not."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict

from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.kernel.refusals import Fault, ProviderFault, Refusal, not_found
from parlour.wire.http import logs, problems
from parlour.wire.http.headers import SecureAnswers
from parlour.wire.http.health import health_router
from parlour.wire.http.metrics import Metrics, metrics_router

SECRET = "what the learner wrote"


class Inner(BaseModel):
    count: int


class Body(BaseModel):
    model_config = ConfigDict(strict=True)
    items: list[Inner]


def application() -> FastAPI:
    app = FastAPI()
    problems.add_problems(app, TimeOrderedIds(SystemClock()))
    app.add_middleware(SecureAnswers, paths=("/api/",))

    @app.post("/api/take")
    async def take(body: Body, n: Annotated[int, Query()] = 0) -> int:
        return n

    @app.get("/api/refuse")
    async def refuse() -> None:
        raise Refusal("rate_limited", "Daily limit reached (3 of 3 requests today).", retry_after_seconds=7)

    @app.get("/api/foreign")
    async def foreign() -> None:
        raise not_found("Chat")

    @app.get("/api/model")
    async def model() -> None:
        raise ProviderFault(SECRET, retryable=True)

    @app.get("/api/bug")
    async def bug() -> None:
        raise RuntimeError(SECRET)

    @app.get("/api/who")
    async def who() -> None:
        raise Refusal("unauthenticated", "The token is not valid.")

    return app


@pytest.fixture
def client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application(), raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://parlour.test", timeout=60)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the root logger writes as JSON lines."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.JsonLines())
    root = logging.getLogger()
    root.addHandler(handler)
    yield out
    root.removeHandler(handler)


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "code"),
    [
        (
            "POST",
            "/api/take",
            {"content": b"{", "headers": {"content-type": "application/json"}},
            422,
            "invalid_request",
        ),
        ("POST", "/api/take", {"json": [1]}, 422, "invalid_request"),
        ("POST", "/api/take", {}, 422, "invalid_request"),
        ("POST", "/api/take", {"data": {"a": "b"}}, 415, "unsupported_media_type"),
        (
            "POST",
            "/api/take",
            {"content": b"\xff", "headers": {"content-type": "application/json"}},
            422,
            "invalid_request",
        ),
        ("GET", "/api/take", {}, 405, "method_not_allowed"),
        ("GET", "/nowhere", {}, 404, "not_found"),
        ("GET", "/api/refuse", {}, 429, "rate_limited"),
        ("GET", "/api/foreign", {}, 404, "not_found"),
        ("GET", "/api/model", {}, 503, "unavailable"),
        ("GET", "/api/bug", {}, 500, "internal"),
        ("GET", "/api/who", {}, 401, "unauthenticated"),
    ],
)
async def test_a_failure_is_a_problem(
    client: httpx.AsyncClient, method: str, path: str, sent: dict[str, object], status: int, code: str
) -> None:
    answer = await client.request(method, path, **sent)  # type: ignore[arg-type]
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"urn:parlour:problem:{code}"
    assert body["title"]
    assert body["detail"].endswith((".", ")."))
    assert SECRET not in answer.text


async def test_wrong_members_are_named_by_json_pointers_without_their_values(client: httpx.AsyncClient) -> None:
    sent = {"items": [{"count": 1}, {"count": SECRET}, {}]}
    body = (await client.post("/api/take?n=x", json=sent)).json()
    assert [fault["pointer"] for fault in body["errors"]] == ["/query/n", "/items/1/count", "/items/2/count"]
    assert body["detail"].startswith("Invalid request: /query/n: ")
    assert SECRET not in json.dumps(body)
    many = await client.post("/api/take", json={"items": [{}] * 500})
    assert len(many.json()["errors"]) == problems.FAULTS_MAX


async def test_headers_say_when_to_come_back_and_how_to_sign_in(client: httpx.AsyncClient) -> None:
    refused = await client.get("/api/refuse")
    assert (refused.headers["retry-after"], refused.json()["retry_after"]) == ("7", 7)
    assert (await client.get("/api/who")).headers["www-authenticate"] == "Bearer"
    assert (await client.get("/api/take")).headers["allow"] == "POST"
    for name in ("x-content-type-options", "content-security-policy", "referrer-policy"):
        assert name in refused.headers


async def test_a_bug_is_logged_once_with_the_instance_the_client_sees(
    client: httpx.AsyncClient, logged: io.StringIO
) -> None:
    body = (await client.get("/api/bug")).json()
    assert body["detail"] == f"Something went wrong ({body['instance']})."
    lines = [json.loads(line) for line in logged.getvalue().splitlines() if "internal_error" in line]
    assert [(line["instance"], line["error"], line["level"]) for line in lines] == [
        (body["instance"], "RuntimeError", "error")
    ]
    assert SECRET not in logged.getvalue()
    await client.get("/api/refuse")
    assert "rate_limited" not in logged.getvalue()


def test_the_problem_object_carries_what_is_given() -> None:
    refusal = Refusal("invalid_request", "Invalid request: x.", faults=(Fault("/a", "x"),), retry_after_seconds=1)
    assert problems.problem(refusal, error_type="start", instance="urn:x") == {
        "type": "urn:parlour:problem:invalid_request",
        "title": "Invalid request",
        "status": 422,
        "detail": "Invalid request: x.",
        "code": "invalid_request",
        "instance": "urn:x",
        "error_type": "start",
        "errors": [{"pointer": "/a", "message": "x"}],
        "retry_after": 1,
    }


def test_the_common_codes_are_those_of_the_specification() -> None:
    """Glow 4.4, word for word."""
    assert dict(list(problems.CODES.items())[:12]) == {
        "invalid_request": (422, "Invalid request"),
        "unauthenticated": (401, "Authentication required"),
        "forbidden": (403, "Not allowed"),
        "not_found": (404, "Not found"),
        "unknown_event": (404, "Unknown event"),
        "idempotency_conflict": (409, "Request id reused"),
        "command_in_progress": (409, "Still in progress"),
        "too_many_requests": (429, "Too many requests"),
        "rate_limited": (429, "Daily limit reached"),
        "unavailable": (503, "Service unavailable"),
        "shutting_down": (503, "Restarting"),
        "internal": (500, "Internal error"),
    }


def test_a_log_line_is_json_with_ids_and_without_what_people_wrote() -> None:
    formatter = logs.JsonLines()

    def line(record: logging.LogRecord) -> dict[str, object]:
        return json.loads(formatter.format(record))

    caught: list[logging.LogRecord] = []
    logger = logging.Logger("parlour.test", logging.INFO)
    logger.addHandler(logging.NullHandler())
    logger.handle = caught.append  # type: ignore[method-assign]
    logs.log_event(logger, "info", "turn_finished", chat_id="c1", tokens=3, absent=None, long="x" * 999)
    logs.log_event(logger, "debug", "unseen")
    logger.warning("peer %s said %s", "1.2.3.4", SECRET)
    logger.warning(f"Task exception was never retrieved\nfuture: {SECRET}")
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        logs.log_event(logger, "error", "failed", error=error)
    mine, foreign, asyncio_s, failed = (line(record) for record in caught)
    assert (mine["event"], mine["chat_id"], mine["tokens"], "absent" in mine) == ("turn_finished", "c1", 3, False)
    assert len(str(mine["long"])) == 200
    assert (foreign["event"], foreign["logger"]) == ("peer %s said %s", "parlour.test")
    assert failed["error"] == "ValueError"
    assert re.fullmatch(r"unit/test_http_problems.py:\d+ \S+", str(failed["where"][-1]).split("tests/")[-1])  # type: ignore[index]
    assert asyncio_s["event"] == "Task exception was never retrieved"
    assert SECRET not in json.dumps([mine, foreign, asyncio_s, failed])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(mine["at"]))


async def test_health_metrics_and_version_answer() -> None:
    metrics, well = Metrics(), {"storage": True}
    app = FastAPI()

    async def ready() -> dict[str, bool]:
        return well

    app.include_router(health_router(ready, lambda: "1.2.3"))
    app.include_router(metrics_router(metrics))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://parlour.test", timeout=60
    ) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/version")).json() == {"name": "parlour", "version": "1.2.3"}
        assert (await client.get("/readyz")).status_code == 200
        well["storage"] = False
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")

        metrics.connected("websocket")
        metrics.committed(3, 0.002)
        metrics.turn("complete", 1.5)
        metrics.first_text(0.2)
        metrics.job("turns.answer", "done")
        metrics.tokens("offline", "output", 12)
        for number in range(1000):
            metrics.command(f"op{number}", "ok")
        text = (await client.get("/metrics")).text
    assert 'parlour_connections{transport="websocket"} 1.0' in text
    assert 'parlour_commands_total{operation="other",outcome="ok"} 900.0' in text
    assert text.count("parlour_commands_total{") == 101

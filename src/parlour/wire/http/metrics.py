"""Counters for Prometheus at `/metrics`, in a registry of our own.

Labels come from closed sets; a label value beyond the first hundred of a metric is counted as
`other`, so that no client can make the server's memory grow.
"""

from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

LABELS_MAX = 100

Transport = Literal["websocket", "polling", "sse", "long_poll"]
JobOutcome = Literal["done", "retried", "stuck", "lost", "cancelled"]
TokenKind = Literal["input", "output"]

_TURN_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180)
_COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2)
_BATCH = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)


class Metrics:
    """What the server counts. Every method is cheap enough for a hot path."""

    def __init__(self) -> None:
        self.registry = into = CollectorRegistry()
        self._seen: dict[str, set[str]] = {}
        self._connections = Gauge("parlour_connections", "Open connections.", ["transport"], registry=into)
        self._commands = Counter("parlour_commands", "Commands answered.", ["operation", "outcome"], registry=into)
        self._commits = Histogram(
            "parlour_commit_seconds", "Seconds of a commit.", buckets=_COMMIT_SECONDS, registry=into
        )
        self._batch = Histogram("parlour_commit_batch", "Transactions in a commit.", buckets=_BATCH, registry=into)
        self._jobs = Counter("parlour_jobs", "Background jobs ended.", ["kind", "outcome"], registry=into)
        self._turns = Histogram(
            "parlour_turn_seconds", "Seconds of a model's answer.", ["status"], buckets=_TURN_SECONDS, registry=into
        )
        self._first = Histogram(
            "parlour_first_text_seconds", "Seconds to the first text.", buckets=_TURN_SECONDS, registry=into
        )
        self._tokens = Counter("parlour_tokens", "Tokens as providers count.", ["model", "kind"], registry=into)

    def connected(self, transport: Transport) -> None:
        """A connection was opened."""
        self._connections.labels(transport).inc()

    def disconnected(self, transport: Transport) -> None:
        """A connection was closed."""
        self._connections.labels(transport).dec()

    def command(self, operation: str, outcome: str) -> None:
        """A command was answered: `ok`, or the code of its refusal."""
        self._commands.labels(self._known("operation", operation), self._known("outcome", outcome)).inc()

    def committed(self, transactions: int, seconds: float) -> None:
        """The writer committed this many transactions at once."""
        self._batch.observe(transactions)
        self._commits.observe(seconds)

    def job(self, kind: str, outcome: JobOutcome) -> None:
        """A background job ended this way."""
        self._jobs.labels(self._known("kind", kind), outcome).inc()

    def turn(self, status: Literal["complete", "stopped", "failed"], seconds: float) -> None:
        """An answer ended after so long."""
        self._turns.labels(status).observe(seconds)

    def first_text(self, seconds: float) -> None:
        """The first text of an answer came after so long."""
        self._first.observe(seconds)

    def tokens(self, model: str, kind: TokenKind, count: int) -> None:
        """A provider counted tokens."""
        self._tokens.labels(self._known("model", model), kind).inc(count)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def _known(self, label: str, value: str) -> str:
        seen = self._seen.setdefault(label, set())
        if value in seen:
            return value
        if len(seen) >= LABELS_MAX:
            return "other"
        seen.add(value)
        return value


def metrics_router(metrics: Metrics) -> APIRouter:
    """`GET /metrics`. It says numbers only; put it behind the proxy if they are private."""
    router = APIRouter(tags=["operation"])

    @router.get("/metrics", response_class=Response)
    async def exposition() -> Response:  # pyright: ignore[reportUnusedFunction]
        """The counters in Prometheus' text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return router

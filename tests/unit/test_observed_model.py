"""What operators see of a model: counters and, if asked for, spans with GenAI names and no text."""

from collections.abc import AsyncGenerator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from parlour.kernel.clock import SystemClock
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.observed import ObservedModel
from parlour.turns.ports import Finished, Piece, Request, Said, Text, Usage
from parlour.wire.http.metrics import Metrics

REQUEST = Request(model="lab:small", messages=[Said(role="user", content="a secret")])


class Answers:
    """A model that gives these pieces, then may fail."""

    def __init__(self, *pieces: Piece, fails: bool = False) -> None:
        self.pieces = pieces
        self.fails = fails

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        for piece in self.pieces:
            yield piece
        if self.fails:
            raise ProviderFault("gone", retryable=True)

    async def aclose(self) -> None:
        """Nothing is open."""


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    found = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(found))
    trace.set_tracer_provider(provider)
    return found


async def test_an_answer_is_counted_and_traced_without_its_text(exporter: InMemorySpanExporter) -> None:
    metrics = Metrics()
    model = Answers(Text(text="hidden"), Usage(input_tokens=7, output_tokens=2), Finished(reason="stop"))
    watched = ObservedModel(model, SystemClock(), metrics, trace=True)
    pieces = [piece async for piece in watched.stream(REQUEST)]
    assert pieces == list(model.pieces)
    text = metrics.text().decode()
    assert 'parlour_tokens_total{kind="input",model="lab:small"} 7.0' in text
    assert 'parlour_turn_seconds_count{status="complete"} 1.0' in text
    assert "parlour_first_text_seconds_count 1.0" in text
    (span,) = exporter.get_finished_spans()
    attributes = dict(span.attributes or {})
    assert span.name == "chat small"
    assert attributes["gen_ai.provider.name"] == "lab"
    assert attributes["gen_ai.request.model"] == "small"
    assert attributes["gen_ai.usage.output_tokens"] == 2
    assert "secret" not in span.to_json()
    assert "hidden" not in span.to_json()


async def test_a_failure_and_a_stop_are_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics()
    failing = ObservedModel(Answers(Text(text="x"), fails=True), SystemClock(), metrics, trace=False)
    with pytest.raises(ProviderFault):
        _ = [piece async for piece in failing.stream(REQUEST)]
    (record,) = caplog.records
    assert (record.message, vars(record)["model"], vars(record)["reason"]) == ("model_failed", "lab:small", "gone")
    assert "secret" not in str(vars(record))
    stopped = ObservedModel(Answers(Text(text="x"), Text(text="y")), SystemClock(), metrics, trace=False)
    pieces = stopped.stream(REQUEST)
    await anext(pieces)
    await pieces.aclose()
    text = metrics.text().decode()
    assert 'parlour_turn_seconds_count{status="failed"} 1.0' in text
    assert 'parlour_turn_seconds_count{status="stopped"} 1.0' in text


async def test_what_no_store_could_keep_does_not_come_out_of_a_model() -> None:
    """NUL, halves of surrogate pairs, and counts that no column holds: whatever a provider sends."""
    said = [Text(text="a\0b"), Text(text="\ud83d\ude00 \ud83d"), Text(text="plain"), Text(text="é")]
    used = [Usage(input_tokens=2**40, output_tokens=-1), Usage(input_tokens=3, output_tokens=4)]
    metrics = Metrics()
    model = ObservedModel(Answers(*said, *used), SystemClock(), metrics, trace=False)
    pieces = [piece async for piece in model.stream(REQUEST)]
    assert [piece.text for piece in pieces if isinstance(piece, Text)] == ["ab", "😀 �", "plain", "é"]
    counts = [(piece.input_tokens, piece.output_tokens) for piece in pieces if isinstance(piece, Usage)]
    assert counts == [(2**31 - 1, 0), (3, 4)]

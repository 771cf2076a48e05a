"""A model that is watched: counters and a line in the log when it fails always, OpenTelemetry spans if asked for.

Spans bear the names of OpenTelemetry's GenAI conventions (`gen_ai.*`); no text goes into them.
"""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, aclosing, nullcontext
from typing import Literal, Protocol

from parlour.kernel.clock import Clock
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.sound import sound
from parlour.turns.ports import Finished, Model, Piece, Request, Text, Usage

logger = logging.getLogger("parlour.models")
Ending = Literal["complete", "stopped", "failed"]


class Counters(Protocol):
    """What is counted of a model."""

    def turn(self, status: Ending, seconds: float) -> None: ...
    def first_text(self, seconds: float) -> None: ...
    def tokens(self, model: str, kind: Literal["input", "output"], count: int) -> None: ...


class Span(Protocol):
    """The part of an OpenTelemetry span that is used."""

    def set_attribute(self, key: str, value: str | int) -> None: ...


SpanMaker = Callable[[Request], AbstractContextManager[Span | None]]


class ObservedModel:
    """Passes everything through, made fit to be kept (`sound`), and tells how long it took and what it cost."""

    def __init__(self, model: Model, clock: Clock, counters: Counters, *, trace: bool) -> None:
        self._model = model
        self._clock = clock
        self._counters = counters
        self._span = spans() if trace else _no_span

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The pieces of the watched model."""
        started = self._clock.monotonic()
        ending: Ending = "failed"
        silent = True
        with self._span(request) as span:
            try:
                async with aclosing(self._model.stream(request)) as pieces:
                    async for given in pieces:
                        piece = sound(given)
                        if silent and isinstance(piece, Text):
                            silent = False
                            self._counters.first_text(self._clock.monotonic() - started)
                        self._note(request, piece, span)
                        if isinstance(piece, Finished):
                            ending = "complete"
                        yield piece
            except GeneratorExit:
                ending = "complete" if ending == "complete" else "stopped"
                raise
            except ProviderFault as fault:
                logger.warning("model_failed", extra={"model": request.model, "reason": fault.text})
                raise
            finally:
                self._counters.turn(ending, self._clock.monotonic() - started)

    async def aclose(self) -> None:
        """Close the watched model."""
        await self._model.aclose()

    def _note(self, request: Request, piece: Piece, span: Span | None) -> None:
        if isinstance(piece, Usage):
            self._counters.tokens(request.model, "input", piece.input_tokens)
            self._counters.tokens(request.model, "output", piece.output_tokens)
            if span is not None:
                span.set_attribute("gen_ai.usage.input_tokens", piece.input_tokens)
                span.set_attribute("gen_ai.usage.output_tokens", piece.output_tokens)
        elif isinstance(piece, Finished) and span is not None:
            span.set_attribute("gen_ai.response.finish_reason", piece.reason)


def _no_span(_: Request) -> AbstractContextManager[None]:
    return nullcontext()


def spans() -> SpanMaker:
    """Spans of the process's OpenTelemetry tracer. Raises `RuntimeError` without the `otel` extra."""
    try:
        from opentelemetry import trace
    except ImportError:
        raise RuntimeError("Tracing needs the extra: pip install 'parlour[otel]'.") from None
    tracer = trace.get_tracer("parlour")

    def span(request: Request) -> AbstractContextManager[Span]:
        provider, _, model = request.model.rpartition(":")
        return tracer.start_as_current_span(
            f"chat {model}",
            kind=trace.SpanKind.CLIENT,
            attributes={
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": provider or "parlour",
                "gen_ai.request.model": model,
                "gen_ai.request.max_tokens": request.output_tokens_max,
                "parlour.task": request.task,
            },
        )

    return span

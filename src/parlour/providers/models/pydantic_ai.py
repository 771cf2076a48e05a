"""Every other vendor, through the direct model API of `pydantic-ai-slim`: the extra `pydantic-ai`.

It is imported on first use, since it costs a second and tens of megabytes. The vendor's own
retries are off; a failed request is tried again here, by the same rules as everywhere.
"""

import asyncio
import importlib.util
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Literal

import msgspec
from pydantic import SecretStr

from parlour.kernel.dice import Dice
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.limits import ModelLimits, UpstreamFault, pause_seconds, status_fault
from parlour.turns.ports import Finished, Piece, Request, Said, Text, ToolCall, Usage

if TYPE_CHECKING:
    from pydantic_ai import messages as said
    from pydantic_ai.models import Model as VendorModel
    from pydantic_ai.models import ModelRequestParameters, StreamedResponse
    from pydantic_ai.settings import ModelSettings, ThinkingLevel

_log = logging.getLogger(__name__)
_REASONS: dict[str | None, Literal["stop", "length", "tool_calls", "filtered"]] = {
    "length": "length",
    "tool_call": "tool_calls",
    "content_filter": "filtered",
}


class PydanticAI:
    """A `Model` over pydantic-ai's models; `model_named` gives one by the name in a request."""

    def __init__(
        self, model_named: "Callable[[str], VendorModel]", *, dice: Dice, limits: ModelLimits | None = None
    ) -> None:
        self._model_named = model_named
        self._dice = dice
        self._limits = limits or ModelLimits()
        self._models: dict[str, VendorModel] = {}

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The answer, piece by piece. Raises `ProviderFault`."""
        answer, pieces = await self._begin(request)
        try:
            while pieces:
                for piece in pieces:
                    yield piece
                pieces = await answer.more()
        finally:
            await answer.aclose()

    async def aclose(self) -> None:
        """Close the vendor's clients."""
        models, self._models = self._models, {}
        for model in models.values():
            await model.__aexit__(None, None, None)

    async def _begin(self, request: Request) -> tuple["_Answer", list[Piece]]:
        attempt = 1
        while True:
            answer = _Answer(self._limits)
            try:
                return answer, await self._first(answer, request)
            except ProviderFault as fault:
                pause = pause_seconds(self._limits, self._dice, attempt, fault)
                if pause is None:
                    raise
            await asyncio.sleep(pause)
            attempt += 1

    async def _first(self, answer: "_Answer", request: Request) -> list[Piece]:
        try:
            await answer.open(await self._model(request.model), request)
            return await answer.more()
        except BaseException:
            await answer.aclose()
            raise

    async def _model(self, name: str) -> "VendorModel":
        model = self._models.get(name)
        if model is None:
            if len(self._models) >= self._limits.models_max:
                raise ProviderFault("Too many models of one vendor are in use.", retryable=False)
            try:
                model = self._model_named(name)
            except ImportError:
                text = "The model's vendor needs a package that is not installed."
                raise ProviderFault(text, retryable=False) from None
            except (RuntimeError, TypeError, ValueError):
                raise ProviderFault("The model's vendor is not set up, or is unknown.", retryable=False) from None
            await model.__aenter__()
            self._models[name] = model
        return model


def vendor_models(
    vendor: str, api_key: SecretStr | None, base_url: str | None = None
) -> "Callable[[str], VendorModel]":
    """The models of one vendor, named as pydantic-ai names it. Raises `ValueError` if the extra is missing."""
    if importlib.util.find_spec("pydantic_ai") is None:
        raise ValueError(f"the model provider {vendor!r} needs the extra: pip install 'parlour[pydantic-ai]'")

    def model_named(name: str) -> "VendorModel":
        from pydantic_ai.models import infer_model
        from pydantic_ai.providers import infer_provider_class

        given: dict[str, str] = {}
        if api_key is not None:
            given["api_key"] = api_key.get_secret_value()
        if base_url is not None:
            given["base_url"] = base_url
        return infer_model(f"{vendor}:{name}", provider_factory=lambda known: infer_provider_class(known)(**given))

    return model_named


class _Answer:
    """A vendor's answer being read: `open`, `more` until it gives nothing, `aclose` always."""

    def __init__(self, limits: ModelLimits) -> None:
        self._limits = limits
        self._stack = AsyncExitStack()
        self._response: StreamedResponse | None = None
        self._events: AsyncIterator[said.ModelResponseStreamEvent] | None = None
        self._characters = 0

    async def open(self, model: "VendorModel", request: Request) -> None:
        from pydantic_ai.direct import model_request_stream

        settings = _settings(request, self._limits)
        parameters = _parameters(model, request)
        try:
            stream = model_request_stream(
                model, _messages(request), model_settings=settings, model_request_parameters=parameters
            )
            self._response = await self._stack.enter_async_context(stream)
        except Exception as error:  # noqa: BLE001 (whatever a vendor's library raises is the outside's failure)
            raise _fault(error) from None
        self._events = aiter(self._response)

    async def more(self) -> list[Piece]:
        """What the next events bring, at least one piece; empty after `Finished`. Raises `ProviderFault`."""
        while self._response is not None and self._events is not None:
            try:
                event = await anext(self._events, None)
            except Exception as error:  # noqa: BLE001 (as above)
                raise _fault(error) from None
            if event is None:
                self._events = None
                return self._end(self._response.get())
            text = _text(event)
            if text:
                self._characters += len(text)
                if self._characters > self._limits.answer_bytes_max:
                    raise ProviderFault("The answer of the model service is too large.", retryable=False)
                return [Text(text=text)]
        return []

    async def aclose(self) -> None:
        """Close the request. How it closes changes nothing for the answer, so a failure is only logged."""
        response, self._response = self._response, None
        if response is None:
            return
        try:
            if self._events is not None:
                await response.cancel()
            await self._stack.aclose()
        except Exception as error:  # noqa: BLE001 (as above)
            _log.warning("a model's request did not close cleanly: %s", type(error).__name__)

    def _end(self, whole: "said.ModelResponse") -> list[Piece]:
        from pydantic_ai import messages as said

        if whole.finish_reason == "error" or whole.state == "incomplete":
            raise ProviderFault("The model service broke off its answer.", retryable=True)
        pieces: list[Piece] = [
            ToolCall(call_id=part.tool_call_id, name=part.tool_name, arguments=_arguments(part.args))
            for part in whole.parts
            if isinstance(part, said.ToolCallPart)
        ]
        if len(pieces) > self._limits.tool_calls_max:
            raise ProviderFault("The model asked for too many tool calls at once.", retryable=False)
        reason = _REASONS.get(whole.finish_reason, "stop")
        if reason == "stop" and pieces:
            reason = "tool_calls"
        used = whole.usage
        if used.input_tokens or used.output_tokens:
            pieces.append(Usage(input_tokens=used.input_tokens, output_tokens=used.output_tokens))
        return [*pieces, Finished(reason=reason)]


def _text(event: "said.ModelResponseStreamEvent") -> str:
    """The new text of an event; a model's thinking is not part of its answer."""
    from pydantic_ai import messages as said

    match event:
        case said.PartStartEvent(part=said.TextPart(content=text)):
            return text
        case said.PartDeltaEvent(delta=said.TextPartDelta(content_delta=text)):
            return text
        case _:
            return ""


def _arguments(args: object) -> str:
    if isinstance(args, str):
        return args or "{}"
    return msgspec.json.encode(args or {}).decode()


def _settings(request: Request, limits: ModelLimits) -> "ModelSettings":
    settings: ModelSettings = {
        "max_tokens": request.output_tokens_max,
        "max_retries": 0,
        "timeout": limits.silence_seconds_max,
    }
    if request.temperature is not None:
        settings["temperature"] = request.temperature
    if request.reasoning is not None:
        settings["thinking"] = _thinking(request.reasoning)
    return settings


def _thinking(reasoning: str) -> "ThinkingLevel":
    """One of the levels that every vendor's adapter knows; what is none of them is the vendor's default."""
    match reasoning:
        case "minimal" | "low" | "medium" | "high" | "xhigh":
            return reasoning
        case _:
            return reasoning != "none"


def _parameters(model: "VendorModel", request: Request) -> "ModelRequestParameters":
    """The tools and the schema; a model that takes no schema is asked without it."""
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition
    from pydantic_ai.tools import ToolDefinition

    tools = [
        ToolDefinition(name=tool.name, description=tool.description, parameters_json_schema=dict(tool.parameters))
        for tool in request.tools
    ]
    if request.json_schema is None or not model.profile.get("supports_json_schema_output", False):
        return ModelRequestParameters(function_tools=tools)
    schema = OutputObjectDefinition(name="answer", json_schema=dict(request.json_schema), strict=True)
    return ModelRequestParameters(function_tools=tools, output_mode="native", output_object=schema)


def _messages(request: Request) -> "list[said.ModelMessage]":
    from pydantic_ai import messages as said

    names = {call.call_id: call.name for message in request.messages for call in message.tool_calls}
    history: list[said.ModelMessage] = []
    asked: list[said.ModelRequestPart] = []
    for message in request.messages:
        if message.role != "assistant":
            asked.append(_asked(message, names))
            continue
        if asked:
            history.append(said.ModelRequest(parts=asked))
            asked = []
        parts: list[said.ModelResponsePart] = [said.TextPart(content=message.content)] if message.content else []
        for call in message.tool_calls:
            parts.append(said.ToolCallPart(call.name, call.arguments, tool_call_id=call.call_id))
        history.append(said.ModelResponse(parts=parts))
    if asked:
        history.append(said.ModelRequest(parts=asked))
    return history


def _asked(message: Said, names: dict[str, str]) -> "said.ModelRequestPart":
    from pydantic_ai import messages as said

    match message.role:
        case "system":
            return said.SystemPromptPart(content=message.content)
        case "tool":
            call_id = message.tool_call_id or ""
            return said.ToolReturnPart(names.get(call_id, "tool"), message.content, tool_call_id=call_id)
        case _:
            return said.UserPromptPart(content=message.content)


def _fault(error: Exception) -> ProviderFault:
    """The fault for what the library raised; its words may quote the conversation and are not passed on."""
    from pydantic_ai import exceptions

    match error:
        case ProviderFault():
            return error
        case exceptions.ModelHTTPError():
            return status_fault(error.status_code, error.retry_after)
        case exceptions.ModelRequestRejectedError() | exceptions.ModelQuotaExceededError():
            return ProviderFault("The model service refused the request.", retryable=False)
        case exceptions.ModelAPIError():
            text = "The model service could not be reached, or broke off its answer."
            return UpstreamFault(text, retryable=True, retry_after_seconds=error.retry_after)
        case exceptions.ContentFilterError() | exceptions.UserError():
            return ProviderFault("The model service cannot take this request.", retryable=False)
        case exceptions.UnexpectedModelBehavior() | OSError():
            return ProviderFault("The model service sent an answer that cannot be read.", retryable=True)
        case _:
            return ProviderFault(f"The model's library failed: {type(error).__name__}.", retryable=False)

"""The adapter for other vendors, over pydantic-ai's own test models and over the fake service."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing

import pytest
from pydantic import SecretStr
from pydantic_ai import messages as said
from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError, UserError
from pydantic_ai.models import Model as VendorModel
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.profiles import ModelProfile

from parlour.kernel.dice import SeededDice
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models import ProviderSpec, build_models
from parlour.providers.models.limits import ModelLimits
from parlour.providers.models.pydantic_ai import PydanticAI, vendor_models
from parlour.turns.ports import Finished, Piece, Request, Said, Text, ToolCall, ToolSpec, Usage
from tests.fakes.upstream import running_upstream

LIMITS = ModelLimits(retry_seconds_first=0.01, retry_seconds_max=1.0)
Seen = list[said.ModelMessage]


def over(model: VendorModel) -> PydanticAI:
    return PydanticAI(lambda name: model, dice=SeededDice(1), limits=LIMITS)


def asks(content: str = "PRIVATE question") -> Request:
    return Request(model="m", messages=(Said(role="user", content=content),))


async def answer(model: PydanticAI, request: Request) -> list[Piece]:
    return [piece async for piece in model.stream(request)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_upstream(tokens=5, rate=0) as base_url:
        yield base_url


async def test_text_streams_and_ends_with_usage_and_finish() -> None:
    pieces = await answer(over(TestModel(custom_output_text="Good morning to you")), asks())
    texts = [piece.text for piece in pieces if isinstance(piece, Text)]
    assert "".join(texts) == "Good morning to you"
    assert len(texts) > 1
    assert isinstance(pieces[-2], Usage)
    assert pieces[-1] == Finished(reason="stop")


async def test_messages_tools_and_settings_reach_the_model() -> None:
    seen: list[tuple[Seen, AgentInfo]] = []

    async def speak(messages: Seen, info: AgentInfo) -> AsyncIterator[str]:
        seen.append((messages, info))
        yield "ok"

    request = Request(
        model="m",
        messages=(
            Said(role="system", content="Be short."),
            Said(role="user", content="Hi"),
            Said(role="assistant", content="", tool_calls=(ToolCall(call_id="c1", name="find", arguments="{}"),)),
            Said(role="tool", content="found", tool_call_id="c1"),
        ),
        tools=(ToolSpec(name="find", description="Finds.", parameters={"type": "object", "properties": {}}),),
        temperature=0.5,
        reasoning="high",
        output_tokens_max=99,
        json_schema={"type": "object", "properties": {}},
    )
    thoughtful = FunctionModel(stream_function=speak, profile=ModelProfile(supports_thinking=True))
    assert (await answer(over(thoughtful), request))[0] == Text(text="ok")
    messages, info = seen[0]
    assert [[type(part).__name__ for part in message.parts] for message in messages] == [
        ["SystemPromptPart", "UserPromptPart"],
        ["ToolCallPart"],
        ["ToolReturnPart"],
    ]
    returned = messages[2].parts[0]
    assert isinstance(returned, said.ToolReturnPart)
    assert (returned.tool_name, returned.tool_call_id, returned.content) == ("find", "c1", "found")
    assert [tool.name for tool in info.function_tools] == ["find"]
    assert info.model_settings is not None
    assert info.model_settings.get("max_tokens") == 99
    assert info.model_settings.get("temperature") == 0.5
    assert info.model_request_parameters.thinking == "high"
    assert info.model_settings.get("max_retries") == 0


async def test_tool_calls_come_whole_at_the_end() -> None:
    async def call(messages: Seen, info: AgentInfo) -> AsyncIterator[DeltaToolCalls]:
        yield {0: DeltaToolCall(name="find", json_args='{"words": ', tool_call_id="a")}
        yield {1: DeltaToolCall(name="list", json_args="", tool_call_id="b")}
        yield {0: DeltaToolCall(json_args='"x"}')}

    pieces = await answer(over(FunctionModel(stream_function=call)), asks())
    assert [piece for piece in pieces if isinstance(piece, ToolCall)] == [
        ToolCall(call_id="a", name="find", arguments='{"words": "x"}'),
        ToolCall(call_id="b", name="list", arguments="{}"),
    ]
    assert pieces[-1] == Finished(reason="tool_calls")


def failing(error: Exception, *, after: int, times: int) -> tuple[FunctionModel, list[int]]:
    """A model that fails `times` times after `after` words, then says `done`; and the count of its requests."""
    requests: list[int] = []

    async def speak(messages: Seen, info: AgentInfo) -> AsyncIterator[str]:
        requests.append(1)
        if len(requests) > times:
            yield "done"
            return
        for _ in range(after):
            yield "word "
        raise error

    return FunctionModel(stream_function=speak), requests


async def test_a_passing_fault_before_the_first_piece_is_retried() -> None:
    model, requests = failing(ModelHTTPError(503, "m", {"message": "PRIVATE"}), after=0, times=2)
    assert (await answer(over(model), asks()))[0] == Text(text="done")
    assert len(requests) == 3


@pytest.mark.parametrize(
    ("error", "after", "retryable", "requests"),
    [
        (ModelHTTPError(500, "m", "PRIVATE"), 0, True, 3),
        (ModelHTTPError(500, "m", "PRIVATE"), 2, True, 1),
        (ModelHTTPError(401, "m", "PRIVATE"), 0, False, 1),
        (ModelAPIError("m", "PRIVATE"), 0, True, 3),
        (UserError("PRIVATE"), 0, False, 1),
        (ConnectionResetError("PRIVATE"), 0, True, 3),
        (KeyError("PRIVATE"), 0, False, 1),
    ],
)
async def test_faults_are_told_apart_and_say_nothing_private(
    error: Exception, after: int, retryable: bool, requests: int
) -> None:
    model, seen = failing(error, after=after, times=9)
    with pytest.raises(ProviderFault) as raised:
        await answer(over(model), asks())
    assert raised.value.retryable is retryable
    assert "PRIVATE" not in f"{raised.value} {raised.value.__cause__}"
    assert len(seen) == requests


@pytest.mark.parametrize("leave", ["aclose", "cancel"])
async def test_leaving_a_stream_stops_the_model(leave: str) -> None:
    speaking, stopped = asyncio.Event(), asyncio.Event()

    async def speak(messages: Seen, info: AgentInfo) -> AsyncIterator[str]:
        try:
            yield "word "
            speaking.set()
            await asyncio.sleep(3600)
            yield "too late"
        finally:
            stopped.set()

    model = over(FunctionModel(stream_function=speak))
    if leave == "aclose":
        async with aclosing(model.stream(asks())) as stream:
            assert await anext(stream) == Text(text="word ")
    else:
        task = asyncio.create_task(answer(model, asks()))
        await asyncio.wait_for(speaking.wait(), 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await asyncio.wait_for(stopped.wait(), 60)


async def test_a_vendor_answers_over_http(url: str) -> None:
    spec = ProviderSpec(name="openai-chat", kind="pydantic_ai", base_url=url, api_key=SecretStr("sk-PRIVATE"))
    router = build_models([spec], scripted=over(TestModel()), dice=SeededDice(1), limits=LIMITS)
    request = Request(model="openai-chat:fast-3", messages=(Said(role="user", content="Hi"),))
    pieces = [piece async for piece in router.stream(request)]
    assert "".join(piece.text for piece in pieces if isinstance(piece, Text)) == "tok tok tok "
    assert pieces[-2:] == [Usage(input_tokens=7, output_tokens=3), Finished(reason="stop")]
    refused = Request(model="openai-chat:denied", messages=request.messages)
    with pytest.raises(ProviderFault, match="status 401"):
        [piece async for piece in router.stream(refused)]
    await router.aclose()


async def test_a_cut_answer_over_http_is_a_retryable_fault(url: str) -> None:
    named = vendor_models("openai-chat", SecretStr("sk-PRIVATE"), url)
    model = PydanticAI(named, dice=SeededDice(1), limits=LIMITS)
    pieces: list[Piece] = []

    async def gather() -> None:
        request = Request(model="fail-midway-6@20", messages=(Said(role="user", content="Hi"),))
        async for piece in model.stream(request):
            pieces.append(piece)

    with pytest.raises(ProviderFault) as raised:
        await gather()
    assert raised.value.retryable
    assert pieces
    await model.aclose()


@pytest.mark.parametrize("error", [ImportError("PRIVATE"), UserError("PRIVATE"), ValueError("PRIVATE")])
async def test_a_vendor_that_is_not_set_up_is_a_final_fault(error: Exception) -> None:
    def named(name: str) -> VendorModel:
        raise error

    with pytest.raises(ProviderFault, match="vendor") as raised:
        await answer(PydanticAI(named, dice=SeededDice(1)), asks())
    assert not raised.value.retryable
    assert "PRIVATE" not in str(raised.value)


async def test_an_unknown_vendor_is_a_final_fault() -> None:
    model = PydanticAI(vendor_models("no-such-vendor", SecretStr("x")), dice=SeededDice(1))
    with pytest.raises(ProviderFault, match="unknown"):
        await answer(model, asks())


def test_a_missing_extra_is_said_when_the_provider_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: Callable[[str], None] = lambda name: None  # noqa: E731 (nothing is installed)
    monkeypatch.setattr(importlib.util, "find_spec", nothing)
    with pytest.raises(ValueError, match=r"parlour\[pydantic-ai\]"):
        build_models(
            [ProviderSpec(name="anthropic", kind="pydantic_ai")], scripted=over(TestModel()), dice=SeededDice(1)
        )

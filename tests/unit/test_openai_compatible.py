"""The adapter for OpenAI-compatible servers, against a real local server (`tests.fakes.upstream`)."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import aiohttp
import pytest
from pydantic import SecretStr

from parlour.kernel.dice import SeededDice
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models import ModelRouter, ProviderSpec, build_models
from parlour.providers.models.limits import ModelLimits, UpstreamFault, pause_seconds
from parlour.providers.models.openai_compatible import OpenAICompatible
from parlour.providers.models.sse import EventLines, LineTooLong
from parlour.providers.models.thoughts import Thoughts
from parlour.turns.ports import Finished, Piece, Request, Said, Text, ToolCall, ToolSpec, Usage
from tests.fakes.upstream import running_upstream

LIMITS = ModelLimits(retry_seconds_first=0.01, retry_seconds_max=1.0, trailing_seconds_max=0.1, silence_seconds_max=20)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_upstream(tokens=20, rate=0) as base_url:
        yield base_url


@pytest.fixture
async def model(url: str) -> AsyncIterator[OpenAICompatible]:
    provider = OpenAICompatible(url, SecretStr("sk-PRIVATE"), dice=SeededDice(1), limits=LIMITS)
    yield provider
    await provider.aclose()


def asks(name: str) -> Request:
    return Request(model=name, messages=(Said(role="user", content="PRIVATE question"),))


async def answer(model: OpenAICompatible | ModelRouter, request: Request) -> list[Piece]:
    return [piece async for piece in model.stream(request)]


def text_of(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, Text))


def others(pieces: list[Piece]) -> list[Piece]:
    """Without the text, whose pieces are as large as the reads of the machine."""
    return [piece for piece in pieces if not isinstance(piece, Text)]


async def stats(url: str) -> dict[str, int]:
    async with aiohttp.ClientSession() as session, session.get(url.removesuffix("/v1") + "/stats") as response:
        counted: dict[str, int] = await response.json()
        return counted


async def wait_for_request(url: str, count: int) -> None:
    async with asyncio.timeout(60):
        while (await stats(url))["requests"] < count:  # noqa: ASYNC110 (the figure is in another process)
            await asyncio.sleep(0.01)


async def wait_for_aborted(url: str, count: int) -> None:
    async with asyncio.timeout(60):
        while (await stats(url))["aborted"] < count:  # noqa: ASYNC110 (the figure is in another process)
            await asyncio.sleep(0.01)


async def test_text_streams_and_ends_with_usage_and_finish(model: OpenAICompatible) -> None:
    pieces = await answer(model, asks("fast-5@200"))
    assert text_of(pieces) == "tok " * 5
    assert others(pieces) == pieces[-2:] == [Usage(input_tokens=7, output_tokens=5), Finished(reason="stop")]


async def test_text_is_given_before_the_answer_ends(model: OpenAICompatible, url: str) -> None:
    before = (await stats(url))["aborted"]
    async with aclosing(model.stream(asks("stall-3"))) as stream:  # which never ends
        assert text_of([await anext(stream)]).startswith("tok ")
    await wait_for_aborted(url, before + 1)


async def test_the_key_is_sent(url: str) -> None:
    provider = OpenAICompatible(url, SecretStr("sk-PRIVATE-good"), dice=SeededDice(1), limits=LIMITS)
    assert text_of(await answer(provider, asks("denied-2"))) == "tok tok "
    await provider.aclose()


async def test_a_server_without_usage_is_fine(model: OpenAICompatible) -> None:
    pieces = await answer(model, asks("no-usage-3"))
    assert text_of(pieces) == "tok tok tok "
    assert others(pieces) == pieces[-1:] == [Finished(reason="stop")]


async def test_an_answer_in_one_piece_is_read_too(model: OpenAICompatible) -> None:
    expected = [Text(text="All at once."), Usage(input_tokens=7, output_tokens=3), Finished(reason="stop")]
    assert await answer(model, asks("whole")) == expected


async def test_connections_are_used_again(model: OpenAICompatible, url: str) -> None:
    before = await stats(url)
    for _ in range(5):
        await answer(model, asks("fast-3"))
    after = await stats(url)
    assert after["connections"] - before["connections"] == 2  # ours, and the one that asks for the figures
    assert after["completed"] - before["completed"] == 5


async def test_tool_calls_are_put_together_by_index(model: OpenAICompatible) -> None:
    assert await answer(model, asks("tools")) == [
        Text(text="Looking. "),
        ToolCall(call_id="call_a", name="find", arguments='{"words": "cell wall"}'),
        ToolCall(call_id="call_b", name="read", arguments='{"page": 3}'),
        Usage(input_tokens=7, output_tokens=9),
        Finished(reason="tool_calls"),
    ]


async def test_tool_calls_that_share_an_index_are_told_apart_by_id(model: OpenAICompatible) -> None:
    assert await answer(model, asks("tools-plain")) == [
        ToolCall(call_id="call_a", name="find", arguments='{"words": "x"}'),
        ToolCall(call_id="call_b", name="list", arguments="{}"),
        Finished(reason="tool_calls"),
    ]


async def test_the_request_says_all_and_nothing_of_the_house(model: OpenAICompatible) -> None:
    request = Request(
        model="echo",
        messages=(
            Said(role="system", content="Be short."),
            Said(role="user", content="Hi"),
            Said(role="assistant", content="", tool_calls=(ToolCall(call_id="c1", name="find", arguments="{}"),)),
            Said(role="tool", content="found", tool_call_id="c1"),
        ),
        tools=(ToolSpec(name="find", description="Finds.", parameters={"type": "object"}),),
        temperature=0.5,
        reasoning="high",
        output_tokens_max=99,
        json_schema={"type": "object", "properties": {}},
        script={"secret": 1},
        metadata={"chat": "x"},
    )
    body = json.loads(text_of(await answer(model, request)))
    assert body["messages"][2:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "found", "tool_call_id": "c1"},
    ]
    assert body["tools"][0]["function"] == {"name": "find", "description": "Finds.", "parameters": {"type": "object"}}
    assert body["response_format"]["json_schema"]["schema"] == request.json_schema
    assert (body["temperature"], body["max_tokens"], body["stream"]) == (0.5, 99, True)
    assert body["reasoning_effort"] == "high"
    assert body["stream_options"] == {"include_usage": True}
    assert "script" not in body
    assert "metadata" not in body


async def test_members_that_a_server_refuses_are_left_out_and_remembered(model: OpenAICompatible, url: str) -> None:
    request = Request(
        model="picky",
        messages=(Said(role="user", content="Hi"),),
        temperature=0.5,
        reasoning="high",
        output_tokens_max=99,
        json_schema={"type": "object"},
    )
    body = json.loads(text_of(await answer(model, request)))
    assert body["max_completion_tokens"] == 99
    assert not {"response_format", "stream_options", "max_tokens", "temperature", "reasoning_effort"} & set(body)
    before = (await stats(url))["requests"]
    await answer(model, request)
    assert (await stats(url))["requests"] - before == 2  # only the schema is tried again


@pytest.mark.parametrize("leave", ["aclose", "cancel"])
async def test_leaving_a_stream_closes_its_connection_at_once(model: OpenAICompatible, url: str, leave: str) -> None:
    before = (await stats(url))["aborted"]
    if leave == "aclose":
        async with aclosing(model.stream(asks("fast-1000@50"))) as stream:
            first = text_of([await anext(stream)])  # a busy machine reads several tokens at once
            assert first.startswith("tok ")
            assert len(first) < len("tok " * 1000)
    else:
        asked = (await stats(url))["requests"]
        task = asyncio.create_task(answer(model, asks("fast-1000@50")))
        await wait_for_request(url, asked + 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await wait_for_aborted(url, before + 1)


async def test_cancelling_before_the_first_byte_closes_the_connection(model: OpenAICompatible, url: str) -> None:
    before = (await stats(url))["aborted"]
    asked = (await stats(url))["requests"]
    task = asyncio.create_task(answer(model, asks("hang")))
    await wait_for_request(url, asked + 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await wait_for_aborted(url, before + 1)


@pytest.mark.parametrize("name", ["busy-once-3", "drop-once-3"])
async def test_a_passing_fault_before_the_first_piece_is_retried(model: OpenAICompatible, name: str) -> None:
    assert text_of(await answer(model, asks(name))) == "tok tok tok "


@pytest.mark.parametrize(
    ("name", "retryable", "requests"),
    [
        ("fail-before", True, 3),
        ("denied", False, 1),
        ("busy-long", True, 1),
        ("fail-midway-0", True, 3),
        ("fail-midway-6@20", True, 1),
        ("no-end-2", True, 1),
        ("garbage@100", True, None),
        ("error-midway@100", True, None),
        ("long-line", False, 1),
    ],
)
async def test_faults_are_told_apart_and_say_nothing_private(
    model: OpenAICompatible, url: str, name: str, retryable: bool, requests: int | None
) -> None:
    before = (await stats(url))["requests"]
    with pytest.raises(ProviderFault) as raised:
        await answer(model, asks(name))
    assert raised.value.retryable is retryable
    assert "PRIVATE" not in f"{raised.value} {raised.value.__cause__}"
    assert len(raised.value.text) < 100
    if requests is not None:
        assert (await stats(url))["requests"] - before == requests


async def test_text_that_came_before_a_cut_was_given(model: OpenAICompatible) -> None:
    pieces: list[Piece] = []

    async def gather() -> None:
        async for piece in model.stream(asks("fail-midway-6@20")):
            pieces.append(piece)

    with pytest.raises(ProviderFault, match="broke off"):
        await gather()
    assert text_of(pieces) == "tok tok tok "


async def test_an_answer_that_said_its_end_needs_no_done(model: OpenAICompatible) -> None:
    assert (await answer(model, asks("no-done-2")))[-1] == Finished(reason="length")
    assert (await answer(model, asks("linger-2")))[-1] == Finished(reason="stop")


async def test_silence_is_a_retryable_fault(url: str) -> None:
    limits = ModelLimits(silence_seconds_max=0.2, attempts_max=1)
    provider = OpenAICompatible(url, None, dice=SeededDice(1), limits=limits)
    for name in ("hang", "stall-3"):
        with pytest.raises(ProviderFault) as raised:
            await answer(provider, asks(name))
        assert raised.value.retryable
    await provider.aclose()


async def test_an_endless_answer_is_bounded(url: str) -> None:
    provider = OpenAICompatible(url, None, dice=SeededDice(1), limits=ModelLimits(answer_bytes_max=100_000))
    with pytest.raises(ProviderFault, match="too large"):
        await answer(provider, asks("fast-5000"))
    await provider.aclose()


async def test_an_unreachable_server_is_a_retryable_fault() -> None:
    provider = OpenAICompatible("http://127.0.0.1:9/v1", None, dice=SeededDice(1), limits=LIMITS)
    with pytest.raises(ProviderFault, match="could not be reached") as raised:
        await answer(provider, asks("fast"))
    assert raised.value.retryable
    await provider.aclose()


@pytest.mark.parametrize("address", ["ftp://host/v1", "host/v1", "https://user:PRIVATE@host/v1", "http:///v1"])
def test_an_unusable_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="base URL") as raised:
        OpenAICompatible(address, None, dice=SeededDice(1))
    assert "PRIVATE" not in str(raised.value)


def test_a_key_that_no_header_can_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="API key") as raised:
        OpenAICompatible("http://host/v1", SecretStr("PRIVATE\nkey"), dice=SeededDice(1))
    assert "PRIVATE" not in str(raised.value)


async def test_the_router_picks_the_provider_by_the_name(url: str) -> None:
    scripted = OpenAICompatible(url, None, dice=SeededDice(1))
    spec = ProviderSpec(name="local", kind="openai_compatible", base_url=url, api_key=SecretStr("sk-PRIVATE"))
    assert "PRIVATE" not in repr(spec)
    router = build_models([spec], scripted=scripted, dice=SeededDice(1))
    assert json.loads(text_of(await answer(router, asks("local:echo"))))["model"] == "echo"
    assert text_of(await answer(router, asks("scripted-3"))) == "tok tok tok "
    for name in ("other:echo", "local:", "local"):
        with pytest.raises(ProviderFault, match="no configured provider"):
            await answer(router, asks(name))
    await router.aclose()


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_event_lines_are_cut_the_same_whatever_the_chunks(size: int) -> None:
    stream = b': hello\r\n\r\nevent: x\ndata: {"a": 1}\r\n\r\ndata:{"b": 2}\n\ndata: [DONE]\n\n'
    lines = EventLines(100)
    payloads = [found for at in range(0, len(stream), size) for found in lines.feed(stream[at : at + size])]
    assert payloads == [b'{"a": 1}', b'{"b": 2}', b"[DONE]"]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("\n<think>\nThey want <b> {all}.</think>\n\n Hello <think>you</think>.", "Hello <think>you</think>."),
        ("<think></think>Hello.", "Hello."),
        (" Hello <think>you</think>.", " Hello <think>you</think>."),
        ("<thinking> is a tag.", "<thinking> is a tag."),
        ("<thi", "<thi"),
        ("<think>It never ends </thi", ""),
        (" \n", " \n"),
    ],
)
def test_thoughts_at_the_beginning_are_left_out_whatever_the_pieces(written: str, said: str, size: int) -> None:
    thoughts = Thoughts()
    pieces = [thoughts.without(written[at : at + size]) for at in range(0, len(written), size)]
    assert "".join((*pieces, thoughts.rest())) == said


@pytest.mark.parametrize("chunks", [[b"x" * 11], [b"x" * 6] * 2, [b"x" * 11 + b"\n"]])
def test_event_lines_are_bounded(chunks: list[bytes]) -> None:
    lines = EventLines(10)
    with pytest.raises(LineTooLong):
        [lines.feed(chunk) for chunk in chunks]


def test_waits_grow_have_jitter_and_end() -> None:
    limits = ModelLimits(retry_seconds_first=1.0, retry_seconds_max=3.0, attempts_max=4)
    fault = ProviderFault("x", retryable=True)
    waits = [pause_seconds(limits, SeededDice(seed), attempt, fault) for attempt in (1, 2, 3) for seed in range(50)]
    assert all(wait is not None for wait in waits)
    for number, (low, high) in enumerate([(0.5, 1.0), (1.0, 2.0), (1.5, 3.0)]):
        assert all(low <= (wait or 0) <= high for wait in waits[number * 50 : number * 50 + 50])
    assert len(set(waits)) > 100
    assert pause_seconds(limits, SeededDice(1), 4, fault) is None
    assert pause_seconds(limits, SeededDice(1), 1, ProviderFault("x", retryable=False)) is None
    later = UpstreamFault("x", retryable=True, retry_after_seconds=2.5)
    assert pause_seconds(limits, SeededDice(1), 1, later) == 2.5

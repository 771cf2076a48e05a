"""A realtime service that is broken or hostile: faults, never crashes; and what is kept stays bounded."""

import asyncio
import base64
import json

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.outside import SpeechLimits
from parlour.providers.speech.realtime import OpenAIRealtime
from parlour.providers.speech.realtime_answers import ANSWERS_MAX, Answers
from parlour.providers.speech.realtime_format import KNOWN, Message, read_message
from parlour.providers.speech.realtime_turns import TURNS_MAX, Turns
from parlour.speech.realtime import AnswerEnded, AnswerSound, AnswerText, LineEvent, LineSetup, WordsKnown

LIMITS = SpeechLimits(frame_bytes_max=100_000, sound_bytes_max=50_000)
READY = ('{"type": "session.created", "session": {}}', '{"type": "session.updated", "session": {}}')
IDS = st.sampled_from(["a", "b", "c", "", None])
NUMBERS = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False, width=32), st.integers(-5, 10**6))
SOUND = base64.b64encode(bytes(999)).decode()


async def told_by(*frames: str | bytes) -> list[LineEvent]:
    """What a line makes of these frames. Raises `ProviderFault`; the connection is closed after them."""

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for each in (READY[0], None, READY[1], *frames):
            if each is None:
                await socket.receive()
            elif isinstance(each, str):
                await socket.send_str(each)
            else:
                await socket.send_bytes(each)
        await socket.close()
        return socket

    app = web.Application()
    app.router.add_get("/v1/realtime", serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service = OpenAIRealtime(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", None, "m", limits=LIMITS)
    try:
        line = await service.open(LineSetup(instructions=""))
        await line.answer(1)
        found: list[LineEvent] = []
        async with asyncio.timeout(60):
            async for event in line.events():
                found.append(event)
        return found
    finally:
        await service.aclose()
        await runner.cleanup()


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "no json",
        "[]",
        '{"type": 5}',
        '{"no": "type"}',
        b"\xff\xfe\x00",
        "[" * 50_000,
        '{"type": "response.output_audio.delta", "delta": 5}',
        '{"type": "input_audio_buffer.speech_started", "item_id": ["a"]}',
        '{"type": "response.done", "response": "x"}',
        '{"type": "error", "error": {"type": "server_error", "message": "PRIVATE"}}',
        '{"type": "error"}',
        '{"type": "error", "error": null}',
        json.dumps({"type": "response.output_text.delta", "delta": "x" * 200_000}),
        json.dumps({"type": "input_audio_buffer.speech_started", "item_id": "x" * 5_000}),
    ],
)
async def test_what_cannot_be_read_is_a_fault_that_repeats_nothing_of_it(frame: str | bytes) -> None:
    with pytest.raises(ProviderFault) as fault:
        await told_by(frame)
    assert "PRIVATE" not in fault.value.text


@pytest.mark.parametrize(
    "frame",
    [
        '{"type": "something.new", "delta": {"deep": [1, 2]}, "response": 5}',
        '{"type": "rate_limits.updated", "rate_limits": []}',
        '{"type": "input_audio_buffer.speech_stopped", "item_id": "never began"}',
        '{"type": "conversation.item.input_audio_transcription.completed", "item_id": "unknown", "transcript": "x"}',
        '{"type": "response.output_audio.delta", "response_id": "never asked", "delta": "AAAA"}',
        '{"type": "response.done"}',
        '{"type": "response.created"}',
        '{"type": "session.updated", "session": null}',
    ],
)
async def test_what_means_nothing_is_passed_over_and_a_line_that_ends_is_a_fault(frame: str) -> None:
    with pytest.raises(ProviderFault) as fault:
        await told_by(frame, READY[1])
    assert fault.value.text == "The realtime service broke off."


async def test_more_sound_than_an_answer_may_have_is_a_fault() -> None:
    created = '{"type": "response.created", "response": {"id": "r"}}'
    delta = json.dumps({"type": "response.output_audio.delta", "response_id": "r", "item_id": "i", "delta": SOUND})
    with pytest.raises(ProviderFault) as fault:
        await told_by(created, *[delta] * 100)
    assert "too large" in fault.value.text


MESSAGES = st.builds(
    dict,
    type=st.sampled_from(sorted(KNOWN - {"error", "session.created", "session.updated"})),
    item_id=IDS,
    response_id=IDS,
    content_index=st.one_of(st.none(), st.integers(0, 2)),
    delta=st.sampled_from(["AAAA", "AA==", SOUND, "", None]),
    transcript=st.sampled_from(["words", " ", None]),
    text=st.sampled_from(["text", None]),
    audio_start_ms=NUMBERS,
    audio_end_ms=NUMBERS,
    response=st.one_of(st.none(), st.builds(dict, id=IDS, status=st.sampled_from(["completed", "cancelled", "odd"]))),
)
ACTS = st.one_of(
    MESSAGES,
    st.tuples(st.sampled_from(["ask", "cut", "commit", "forget", "empty", "postpone", "refused"]), st.integers(1, 12)),
)


@given(st.lists(ACTS, max_size=60))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_order_of_messages_breaks_the_books(acts: list[object]) -> None:
    """Each answer ends at most once and nothing is told of it after; each turn's words are known at most once
    between two beginnings; what is kept is bounded."""
    turns, answers = Turns(), Answers(10_000_000)
    told: list[LineEvent] = []
    asked = 0
    for act in acts:
        if isinstance(act, tuple):
            kind, number = act
            item_id = "abc"[number % 3]
            match kind:
                case "ask":
                    asked += 1
                    answers.ask(asked)
                case "cut":
                    answers.cut(number, number * 100)
                case "commit":
                    turns.committing(item_id)
                case "forget":
                    turns.forget(item_id)
                case "empty":
                    told += turns.nothing_there(item_id)
                case "postpone":
                    answers.postpone(number)
                case _:
                    told += answers.refused(number)
            continue
        kind, message = read_message(json.dumps(act))
        assert message is not None
        events, _unwanted = turns.take(kind, message) if "audio_buffer" in kind or "input" in kind else ([], None)
        told += events
        if kind.startswith("response."):
            told += answers.take(kind, message)[0]
    ended = [event.answer for event in told if isinstance(event, AnswerEnded)]
    assert len(ended) == len(set(ended))
    for event in told:
        assert not isinstance(event, AnswerSound) or len(event.sound) % 2 == 0
        assert not isinstance(event, AnswerText | AnswerSound | AnswerEnded) or 1 <= event.answer <= asked
        assert not isinstance(event, WordsKnown) or event.item_id in ("a", "b", "c", "")


def test_books_of_a_very_long_session_stay_small() -> None:
    turns, answers = Turns(), Answers(10_000_000)
    for n in range(2_000):
        turns.take("input_audio_buffer.speech_started", Message(type="", item_id=f"i{n}"))
        turns.committing(f"i{n}")
        answers.ask(n)
    assert len(turns._turns) <= TURNS_MAX
    assert len(turns._commits) <= TURNS_MAX
    assert len(answers._answers) <= ANSWERS_MAX
    assert len(answers._waiting) <= ANSWERS_MAX


async def test_a_realtime_service_cannot_send_its_caller_to_another_host() -> None:
    reached: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.Response(text="PRIVATE")

    async def redirect(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": f"http://localhost:{port}/elsewhere"})

    app = web.Application()
    app.router.add_get("/v1/realtime", redirect)
    app.router.add_get("/elsewhere", elsewhere)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    service = OpenAIRealtime(f"http://127.0.0.1:{port}/v1", None, "m", limits=LIMITS)
    try:
        with pytest.raises(ProviderFault) as fault:
            await service.open(LineSetup(instructions=""))
        assert not fault.value.retryable
        assert reached == []
    finally:
        await service.aclose()
        await runner.cleanup()

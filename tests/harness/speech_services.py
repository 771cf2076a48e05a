"""Outside speech services for tests: real HTTP and WebSocket, real messages, driven by tone speech.

`running_speech_services()` serves, from a thread of its own, `/v1/audio/transcriptions`, `/v1/audio/speech` and
`/v1/realtime` (see `realtime_service`). The model's name chooses what goes wrong, see `HEARING` and `SPEAKING`.
What was asked is kept in lists for tests to look at.
"""

import asyncio
import contextlib
import io
import struct
import threading
import wave
from collections.abc import Generator
from dataclasses import dataclass, field

from aiohttp import web

from parlour.providers.speech.scripted import read_tones, tone
from parlour.speech.pcm import resampled
from tests.harness.realtime_service import Call, Realtime

KEY = "sk-PRIVATE-speech"
HEARING = {
    "whisper-1": "answers with words and their times",
    "plain": "knows the form json alone",
    "sentences": "knows verbose_json, but no word times",
    "sure": "says of each word how sure it is",
    "busy": "is too busy for the first request",
    "away": "asks to come back in an hour",
    "broken": "answers with status 500",
    "garbage": "answers with something that is no JSON",
    "cut": "breaks off in the middle",
    "silent": "never answers",
    "inventing": "adds a phrase that nobody said, as Whisper does in silence",
}
SPEAKING = {
    "tts-1": "sends samples at 24 kHz as they are made",
    "odd": "sends them in pieces that end in the middle of a sample",
    "wav-only": "does not know the format pcm",
    "wav-22k": "sends a WAV at 22,050 Hz without a length, whatever is asked for",
    "mp3": "sends MP3, whatever is asked for",
    "nothing": "sends no sound",
    "broken": "answers with status 500",
    "cut": "breaks off in the middle",
    "stalls": "sends some sound, and then nothing for ever",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A request for words."""

    model: str
    fields: dict[str, list[str]]
    text: str


@dataclass(kw_only=True)
class SpeechServices:
    """What runs, and what was asked of it."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list[Heard])
    spoken: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    refused: list[str] = field(default_factory=list[str])
    """Models that got a request in a form which they do not know."""
    gone: list[str] = field(default_factory=list[str])
    """Models whose client went away in the middle."""
    calls: list[Call] = field(default_factory=list[Call])
    """Realtime sessions, oldest first."""
    answers: list[str] = field(default_factory=list[str])
    """What the realtime service answers, in this order; then it repeats what it heard."""


@contextlib.contextmanager
def running_speech_services() -> Generator[SpeechServices]:
    """The services at `url`, until the block ends."""
    services = SpeechServices()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    started = threading.Event()

    async def serve() -> None:
        runner = web.AppRunner(_app(services), shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        services.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        started.set()
        await stop.wait()
        await runner.cleanup()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="speech-services", daemon=True)
    thread.start()
    assert started.wait(60)
    try:
        yield services
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        loop.close()


def _app(services: SpeechServices) -> web.Application:
    desk = _Desk(services)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/audio/transcriptions", desk.transcriptions)
    app.router.add_post("/v1/audio/speech", desk.speech)
    app.router.add_get("/v1/realtime", desk.realtime)
    return app


class _Desk:
    """The three doors."""

    def __init__(self, services: SpeechServices) -> None:
        self._services = services
        self._busy = set[str]()

    async def realtime(self, request: web.Request) -> web.StreamResponse:
        """A realtime session."""
        model = request.query.get("model", "")
        if not _has_key(request) or model == "refused":
            return web.json_response({"error": {"message": "PRIVATE no"}}, status=401)
        call = Call(model=model)
        self._services.calls.append(call)
        return await Realtime(call, self._services.answers).serve(request)

    async def transcriptions(self, request: web.Request) -> web.StreamResponse:
        """Words of a WAV file."""
        if not _has_key(request):
            return web.json_response({"error": {"message": "PRIVATE no"}}, status=401)
        form = await request.post()
        fields = {name: [str(each) for each in form.getall(name)] for name in form if name != "file"}
        upload = form["file"]
        assert isinstance(upload, web.FileField)
        model = fields["model"][0]
        said = tuple(read_tones(_samples(upload.file.read())))
        text = " ".join(word.text for word in said)
        self._services.heard.append(Heard(model=model, fields=fields, text=text))
        wanted = fields.get("response_format", ["json"])[0]
        timed = "timestamp_granularities[]" in fields
        if (model == "plain" and wanted != "json") or (model == "sentences" and timed):
            self._services.refused.append(model)
            return web.json_response({"error": {"message": "PRIVATE unknown response_format"}}, status=400)
        if (spoiled := await self._spoiled(model, request)) is not None:
            return spoiled
        if wanted == "json":
            return web.json_response({"text": text})
        answer: dict[str, object] = {"task": "transcribe", "language": "english", "duration": 1.0, "text": text}
        answer["segments"] = [{"id": 0, "start": 0.0, "end": 100.0, "text": text, "avg_logprob": -0.1}]
        if timed:
            answer["words"] = [_word(word.text, word.start_ms, word.end_ms, sure=model == "sure") for word in said]
        if model == "inventing":
            answer |= _invented(text)
        return web.json_response(answer)

    async def speech(self, request: web.Request) -> web.StreamResponse:
        """Sound of a text."""
        if not _has_key(request):
            return web.json_response({"error": {"message": "PRIVATE no"}}, status=401)
        asked: dict[str, str] = await request.json()
        self._services.spoken.append(asked)
        model = asked["model"]
        if model == "wav-only" and asked["response_format"] != "wav":
            self._services.refused.append(model)
            return web.json_response({"error": {"message": "PRIVATE unknown response_format"}}, status=400)
        if model == "broken":
            return web.json_response({"error": {"message": "PRIVATE"}}, status=500)
        kind, sound = _sound(model, asked)
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        size = 3_333 if model == "odd" else 9_600
        try:
            for start in range(0, len(sound), size):
                await response.write(sound[start : start + size])
                await asyncio.sleep(0)
                if model == "stalls":
                    await asyncio.sleep(3600)
                if model == "cut" and start >= size:
                    assert request.transport is not None
                    request.transport.abort()
            await response.write_eof()
        except (ConnectionError, asyncio.CancelledError):
            self._services.gone.append(model)
            raise
        return response

    async def _spoiled(self, model: str, request: web.Request) -> web.StreamResponse | None:
        """What a model does that does not answer."""
        first = model not in self._busy
        self._busy.add(model)
        if model == "busy" and first:
            return web.json_response({"error": {"message": "PRIVATE"}}, status=429, headers={"Retry-After": "0"})
        if model == "away":
            return web.json_response({}, status=503, headers={"Retry-After": "3600"})
        if model == "broken":
            return web.json_response({"error": {"message": "PRIVATE"}}, status=500)
        if model == "garbage":
            return web.Response(text="PRIVATE <html>")
        if model == "silent":
            try:
                await asyncio.sleep(3600)
            finally:
                self._services.gone.append(model)
        if model == "cut":
            response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b'{"text": "half')
            assert request.transport is not None
            request.transport.abort()
            return response
        return None


def _has_key(request: web.Request) -> bool:
    return request.headers.get("Authorization") == f"Bearer {KEY}"


def _word(text: str, start_ms: int, end_ms: int, *, sure: bool) -> dict[str, object]:
    """A word as Whisper has it: without punctuation."""
    word: dict[str, object] = {"word": text.strip(".,!?"), "start": start_ms / 1000, "end": end_ms / 1000}
    return word | ({"probability": 0.25} if sure else {})


def _invented(text: str) -> dict[str, object]:
    spoken = {"start": 0.0, "end": 50.0, "text": text, "avg_logprob": -0.2, "no_speech_prob": 0.01}
    invented = {
        "start": 50.0,
        "end": 60.0,
        "text": " Thank you for watching!",
        "avg_logprob": -1.4,
        "no_speech_prob": 0.9,
    }
    return {"text": f"{text} Thank you for watching!", "segments": [spoken, invented], "words": None}


def _samples(wav: bytes) -> bytes:
    """The sound of a WAV at 16 kHz, read by the standard library: what we write is what others read."""
    with wave.open(io.BytesIO(wav)) as reader:
        assert (reader.getnchannels(), reader.getsampwidth()) == (1, 2)
        return resampled(reader.readframes(reader.getnframes()), reader.getframerate(), 16_000)


def _sound(model: str, asked: dict[str, str]) -> tuple[str, bytes]:
    text = asked["input"]
    if model == "mp3":
        return "audio/mpeg", b"ID3\x04" + bytes(4_000)
    if model == "nothing":
        return "audio/pcm", b""
    if model == "wav-22k":
        return "audio/wav", _wav_header(22_050) + tone(text, rate=22_050)
    if asked["response_format"] == "wav":
        return "audio/wav", _wav_header(24_000) + tone(text, rate=24_000)
    return "audio/pcm", tone(text, rate=24_000)


def _wav_header(rate: int) -> bytes:
    """The header of a WAV that is being made: its lengths say nothing, and a chunk stands before the sound."""
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    listed = b"LIST" + struct.pack("<I", 4) + b"INFO"
    head = b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<I", len(form)) + form
    return head + listed + b"data\xff\xff\xff\xff"

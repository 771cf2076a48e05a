"""Any service that speaks `/audio/transcriptions` and `/audio/speech`: OpenAI, Speaches, LocalAI, vLLM, gateways.

An utterance is sent as one WAV when it is over, so there are no interim words. A text is spoken while it is made.
Read next: `outside.py` (limits, faults), `openai_words.py` (the answer), `parlour.speech.ports`.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence

import aiohttp
import msgspec
from pydantic import SecretStr

from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.openai_sound import SPOKEN_RATE, SoundStream
from parlour.providers.speech.openai_words import transcript_of
from parlour.providers.speech.outside import CUT, TOO_LARGE, Outside, RefusedRequest, SpeechLimits, read_whole
from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES, Recognition, Transcript, Voice
from parlour.speech.wav import wav_bytes

SHORTEST_BYTES = HEARD_RATE * SAMPLE_BYTES // 10
PROMPT_CHARS_MAX = 800
INPUT_CHARS_MAX = 4_000
DEFAULT_VOICE = "alloy"
_LATE = "The speech service took too long."
_LONG = "The utterance is too long for the speech service."
_FORMS: tuple[tuple[tuple[str, str], ...], ...] = (
    (
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
    ),
    (("response_format", "verbose_json"),),
    (("response_format", "json"),),
)


class OpenAITranscriber:
    """A `Transcriber` behind an address such as `http://127.0.0.1:8000/v1`.

    It asks for words with times first; what the service does not take is remembered and left out.
    """

    def __init__(
        self, base_url: str, api_key: SecretStr | None, model: str, *, limits: SpeechLimits | None = None
    ) -> None:
        """Raises `ValueError`, without the value, for an address or key that cannot be used."""
        self._outside = Outside(base_url, api_key, limits or SpeechLimits())
        self._model = model
        self._form = 0
        self.name = f"openai:{model}"

    def begin(self, *, language: str | None, phrases: Sequence[str] = ()) -> Recognition:
        """See `Transcriber.begin`."""
        fields = [("model", self._model)]
        if spoken := _language(language):
            fields.append(("language", spoken))
        if phrases:
            fields.append(("prompt", ", ".join(phrases)[:PROMPT_CHARS_MAX]))
        return _Utterance(self, fields, self._outside.limits.utterance_bytes_max)

    async def aclose(self) -> None:
        """See `Transcriber.aclose`."""
        await self._outside.aclose()

    async def recognise(self, sound: bytes, fields: Sequence[tuple[str, str]]) -> Transcript:
        """The words of a whole utterance, within `engine_seconds_max`. Raises `ProviderFault`."""
        wav = wav_bytes(sound, HEARD_RATE)
        seconds = self._outside.limits.engine_seconds_max
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(wav, fields, seconds)
        except TimeoutError:
            raise ProviderFault(_LATE, retryable=True) from None

    async def _ask(self, wav: bytes, fields: Sequence[tuple[str, str]], seconds: float) -> Transcript:
        """Ask in the richest form that the service takes."""
        form = self._form
        while True:
            told = [*fields, *_FORMS[form]]
            try:
                response = await self._outside.post(
                    "/audio/transcriptions", lambda told=told: _body(wav, told), seconds
                )
            except RefusedRequest:
                if form + 1 >= len(_FORMS):
                    raise
                form += 1
                continue
            words = transcript_of(await read_whole(response, self._outside.limits.answer_bytes_max))
            self._form = form
            return words


class _Utterance:
    """An utterance that is kept until it is over."""

    def __init__(self, engine: OpenAITranscriber, fields: Sequence[tuple[str, str]], bytes_max: int) -> None:
        self._engine = engine
        self._fields = fields
        self._bytes_max = bytes_max
        self._sound = bytearray()
        self._words: Transcript | None = None

    async def feed(self, sound: bytes) -> None:
        """See `Recognition.feed`."""
        if len(self._sound) + len(sound) > self._bytes_max:
            raise ProviderFault(_LONG, retryable=False)
        self._sound += sound

    def interim(self) -> str:
        """Always empty: the service knows the words at the end."""
        return ""

    async def finish(self) -> Transcript:
        """See `Recognition.finish`. What is too short for the service has no words."""
        if self._words is None:
            if len(self._sound) < SHORTEST_BYTES:
                self._words = Transcript(text="")
            else:
                self._words = await self._engine.recognise(bytes(self._sound), self._fields)
            self._sound.clear()
        return self._words

    async def aclose(self) -> None:
        """See `Recognition.aclose`."""
        self._sound.clear()


class OpenAISynthesizer:
    """A `Synthesizer` behind such an address. `voices`: the voice's name by language, where it is not `alloy`."""

    rate = SPOKEN_RATE

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr | None,
        model: str,
        *,
        voices: Mapping[str, str] | None = None,
        limits: SpeechLimits | None = None,
    ) -> None:
        """Raises `ValueError`, without the value, for an address or key that cannot be used."""
        self._outside = Outside(base_url, api_key, limits or SpeechLimits())
        self._model = model
        self._voices = dict(voices or {})
        self._formats = ("pcm", "wav")
        self.name = f"openai:{model}"

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[bytes, None]:
        """See `Synthesizer.speak`. A long text is said in parts, which the service's own limit asks for."""
        name = voice.name or self._voice(voice.language)
        for part in _parts(text):
            response = await self._ask(part, name)
            try:
                async for piece in self._sound(response):
                    yield piece
            finally:
                response.close()

    async def aclose(self) -> None:
        """See `Synthesizer.aclose`."""
        await self._outside.aclose()

    def _voice(self, language: str) -> str:
        return self._voices.get(language) or self._voices.get(language.partition("-")[0]) or DEFAULT_VOICE

    async def _ask(self, text: str, voice: str) -> aiohttp.ClientResponse:
        """The answer, its sound still to come, in a format that the service takes."""
        asked = {"model": self._model, "input": text, "voice": voice}
        seconds = self._outside.limits.engine_seconds_max
        for form in self._formats:
            body = msgspec.json.encode({**asked, "response_format": form})
            try:
                async with asyncio.timeout(seconds):
                    response = await self._outside.post("/audio/speech", lambda body=body: body, seconds)
            except TimeoutError:
                raise ProviderFault(_LATE, retryable=True) from None
            except RefusedRequest:
                if form == self._formats[-1]:
                    raise
                continue
            self._formats = self._formats[self._formats.index(form) :]
            return response
        raise AssertionError("there is always a format")

    async def _sound(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        """The sound of an answer as it comes, in whole samples at `rate`. Raises `ProviderFault`."""
        limits = self._outside.limits
        stream = SoundStream(response.content_type)
        taken, wait = 0, limits.engine_seconds_max
        while True:
            try:
                async with asyncio.timeout(wait):
                    part = await response.content.readany()
            except (aiohttp.ClientError, TimeoutError, OSError):
                raise ProviderFault(CUT, retryable=True) from None
            taken += len(part)
            if taken > limits.sound_bytes_max:
                raise ProviderFault(TOO_LARGE, retryable=False)
            sound = stream.feed(part) if part else stream.end()
            if sound:
                wait = limits.silence_seconds_max
                yield sound
            if not part:
                return


def _body(wav: bytes, fields: Sequence[tuple[str, str]]) -> aiohttp.FormData:
    """The form of a request; the sound has a name that says nothing."""
    form = aiohttp.FormData(quote_fields=False)
    for name, value in fields:
        form.add_field(name, value)
    form.add_field("file", wav, filename="speech.wav", content_type="audio/wav")
    return form


def _language(language: str | None) -> str | None:
    """A language as the service wants it: two letters; None if it has no such name."""
    first = (language or "").partition("-")[0].casefold()
    if first in ("cmn", "yue"):
        return "zh"
    return first if len(first) == 2 and first.isascii() and first.isalpha() else None


def _parts(text: str) -> list[str]:
    """A text in parts that the service takes, cut between words where there are any."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > INPUT_CHARS_MAX:
        cut = rest.rfind(" ", 0, INPUT_CHARS_MAX) + 1 or INPUT_CHARS_MAX
        parts.append(rest[:cut])
        rest = rest[cut:]
    return [*parts, rest] if rest else parts

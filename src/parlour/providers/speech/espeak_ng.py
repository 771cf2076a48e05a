"""espeak-ng says texts: the executable if there is one, else its library in a child (`espeak_child`).

One process speaks one text, which it gets on its standard input and never as an argument or markup. Its sound
is taken as it is made, so a listener who waits holds no process. Closing the generator kills it.
"""

import asyncio
import contextlib
import re
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import field

from parlour.kernel.children import end_child
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import ProviderFault
from parlour.speech.ports import SAMPLE_BYTES, Voice

ESPEAK_RATE = 22_050
_PIECE = 8 * 1024
_SOUND_BYTES_MAX = ESPEAK_RATE * SAMPLE_BYTES * 900
_HEADER_MAX = 1024
_NAME = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}(\+[A-Za-z0-9_]{1,16})?")
_VOICES = {"en": "en-us", "zh": "cmn", "zh-cn": "cmn", "zh-tw": "cmn", "zh-hk": "yue", "no": "nb"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True, slots=True)
class EspeakNeed:
    """`program`: the executable, None for the library. `voices`: names by language, before our own."""

    program: str | None
    voices: Mapping[str, str] = field(default_factory=dict[str, str])
    engine_seconds_max: float = 60.0
    processes_max: int = 2


class EspeakNg:
    """A `Synthesizer`. Raises `ProviderFault` if there is no voice for a language, or the program fails."""

    def __init__(self, need: EspeakNeed) -> None:
        self.name = "espeak_ng"
        self.rate = ESPEAK_RATE
        self._need = need
        self._free = asyncio.Semaphore(need.processes_max)
        self._speaking: set[asyncio.Task[None]] = set()

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[bytes, None]:
        """The sound of `text`, at 22,050 Hz."""
        command = self._command(voice_name(voice, self._need.voices))
        made: asyncio.Queue[bytes] = asyncio.Queue()
        task = asyncio.create_task(self._make(command, spoken_text(text), made))
        self._speaking.add(task)
        task.add_done_callback(self._speaking.discard)
        task.add_done_callback(lambda _: made.put_nowait(b""))
        try:
            while piece := await made.get():
                yield piece
            if task.cancelled():
                raise ProviderFault("espeak-ng was ended.", retryable=True)
            await task
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def aclose(self) -> None:
        """Kill what still speaks."""
        tasks = list(self._speaking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _command(self, voice: str) -> Sequence[str]:
        if self._need.program is None:
            return (sys.executable, "-I", "-X", "utf8", "-m", "parlour.providers.speech.espeak_child", voice)
        return (self._need.program, "-b", "1", "-v", voice, "--stdin", "--stdout")

    async def _make(self, command: Sequence[str], text: bytes, made: "asyncio.Queue[bytes]") -> None:
        try:
            async with self._free, asyncio.timeout(self._need.engine_seconds_max), _Started(command) as child:
                reading = asyncio.create_task(_take(child, made))
                try:
                    await _give(child, text)
                    await reading
                finally:
                    reading.cancel()
                if await child.wait() != 0:
                    raise ProviderFault("espeak-ng could not say it; it may have no such voice.", retryable=False)
        except TimeoutError:
            raise ProviderFault("espeak-ng took too long.", retryable=True) from None
        except OSError:
            raise ProviderFault("espeak-ng could not be started.", retryable=False) from None


def voice_name(voice: Voice, voices: Mapping[str, str]) -> str:
    """espeak-ng's name for a voice: the given one, else that of the language or of its first part."""
    language = voice.language.replace("_", "-").lower()
    short = language.partition("-")[0]
    named = voice.name or voices.get(voice.language) or voices.get(language) or voices.get(short)
    name = named or _VOICES.get(language) or (language if short != "zh" else "cmn")
    name = _VOICES.get(name, name)
    if _NAME.fullmatch(name) is None:
        raise ProviderFault("That is no name of a voice of espeak-ng.", retryable=False)
    return name


def spoken_text(text: str) -> bytes:
    """The text without what espeak-ng would take for commands: control characters and phonemes in [[ ]]."""
    return _CONTROL.sub(" ", text).replace("[[", "[ [").encode(errors="replace")


class _Started:
    """A child with pipes, killed when the context is left."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._child: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> asyncio.subprocess.Process:
        self._child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
        return self._child

    async def __aexit__(self, *_: object) -> None:
        if self._child is not None:
            await end_child(self._child)


async def _give(child: asyncio.subprocess.Process, text: bytes) -> None:
    if child.stdin is None:
        raise RuntimeError("the child has no pipes")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended early: its status says why
        child.stdin.write(text + b"\n")
        await child.stdin.drain()
    child.stdin.close()


async def _take(child: asyncio.subprocess.Process, made: "asyncio.Queue[bytes]") -> None:
    """Hand on whole samples behind the WAV header, whose lengths are not true of a stream."""
    if child.stdout is None:
        raise RuntimeError("the child has no pipes")
    left, taken, begun = b"", 0, False
    while piece := await child.stdout.read(_PIECE):
        left += piece
        if not begun:
            at = left.find(b"data")
            if at < 0 or len(left) < at + 8:
                if len(left) > _HEADER_MAX:
                    raise ProviderFault("espeak-ng answered with something else than sound.", retryable=False)
                continue
            if int.from_bytes(left[24:28], "little") != ESPEAK_RATE:
                raise ProviderFault("This voice of espeak-ng has another rate than 22,050 Hz.", retryable=False)
            left, begun = left[at + 8 :], True
        whole = len(left) // SAMPLE_BYTES * SAMPLE_BYTES
        taken += whole
        if taken > _SOUND_BYTES_MAX:
            raise ProviderFault("The text is too long to be spoken.", retryable=False)
        if whole:
            made.put_nowait(left[:whole])
        left = left[whole:]

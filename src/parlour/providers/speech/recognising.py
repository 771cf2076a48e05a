"""Offline recognition: a pool of child processes that hear (`recognising_child`).

A child is started when an utterance needs one, hears one at a time, and is ended when nobody needed it for a
minute, when it failed, or after many utterances. Utterances beyond the pool's size wait, their sound is kept.
Read next: `recognising_lines.py`, then `recognising_process.py` for a single child.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.recognising_lines import Begin, Said
from parlour.providers.speech.recognising_process import Child
from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES, Transcript

IDLE_SECONDS = 60.0
TIDY_SECONDS = 10.0
UTTERANCES_MAX = 50
_SOUND_BYTES_MAX = 300 * HEARD_RATE * SAMPLE_BYTES
_FOREIGN = "The offline recogniser does not understand this language."
_LATE = "The recogniser took too long."


@dataclass(frozen=True, kw_only=True, slots=True)
class RecogniserNeed:
    """`model_path`: the folder of a model; None is pocketsphinx's own. `language`: what the model hears."""

    kind: Literal["pocketsphinx", "faster_whisper"]
    model_path: Path | None = None
    language: str = "en"
    engine_seconds_max: float = 60.0
    processes_max: int = 2
    memory_bytes_max: int = 1024 * 1024 * 1024


def hears(need: RecogniserNeed, language: str) -> bool:
    """Whether the model is for a language. What faster-whisper cannot hear it says itself."""
    if need.kind == "faster_whisper":
        return True
    model = need.language if need.model_path is not None else "en"
    return _first(language) == _first(model)


def _first(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()


class Recogniser:
    """A `Transcriber` whose engine runs in children."""

    def __init__(self, need: RecogniserNeed, clock: Clock) -> None:
        self.name = need.kind
        self.need = need
        self._clock = clock
        self._free = asyncio.Semaphore(need.processes_max)
        self._idle: list[tuple[Child, float]] = []  # and since when; the last that was used is last
        self._tidying: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._hearing: set[asyncio.Task[Transcript]] = set()

    async def warm(self) -> None:
        """Have a child ready, unless all are busy."""
        if self._idle or self._free.locked():
            return
        async with self.child():
            pass

    def begin(self, *, language: str | None, phrases: Sequence[str] = ()) -> "OfflineRecognition":
        """Begin an utterance. pocketsphinx cannot use `phrases`."""
        return OfflineRecognition(self, Begin(language=language or self.need.language, phrases=tuple(phrases)))

    def hear(self, task: asyncio.Task[Transcript]) -> None:
        """Remember the work of an utterance until it is over."""
        self._hearing.add(task)
        task.add_done_callback(self._hearing.discard)

    async def aclose(self) -> None:
        """End all children."""
        for task in list(self._hearing):
            task.cancel()
        await asyncio.gather(*self._hearing, return_exceptions=True)
        if self._tidying is not None:
            self._tidying.cancel()
        idle, self._idle = self._idle, []
        await asyncio.gather(*(child.kill() for child, _ in idle), *self._ending)

    @asynccontextmanager
    async def child(self) -> AsyncGenerator[Child, None]:
        """A child for one utterance; it is killed if the context is left with an exception."""
        async with self._free:
            child = await self._taken()
            try:
                yield child
            except BaseException:
                await child.kill()
                raise
            if child.utterances < UTTERANCES_MAX:
                self._idle.append((child, self._clock.monotonic()))
                self._tidy_later()
            else:
                await child.kill()

    async def _taken(self) -> Child:
        while self._idle:
            child, _ = self._idle.pop()
            if child.alive:
                return child
            await child.kill()
        return await Child.start(
            (self.need.kind, str(self.need.model_path or ""), str(self.need.memory_bytes_max)),
            self.need.engine_seconds_max,
        )

    def _tidy_later(self) -> None:
        if self._tidying is None:
            self._tidying = asyncio.get_running_loop().call_later(TIDY_SECONDS, self.tidy)

    def tidy(self) -> None:
        """End the children that nobody needed for `IDLE_SECONDS`."""
        self._tidying = None
        now = self._clock.monotonic()
        for child, _ in [each for each in self._idle if now - each[1] >= IDLE_SECONDS]:
            task = asyncio.create_task(child.kill())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        self._idle = [each for each in self._idle if now - each[1] < IDLE_SECONDS]
        if self._idle:
            self._tidy_later()

    @property
    def idle(self) -> int:
        """How many children wait for work."""
        return len(self._idle)


class OfflineRecognition:
    """An utterance that a child hears."""

    def __init__(self, engine: Recogniser, begin: Begin) -> None:
        self._engine = engine
        self._begin = begin
        self._fed: asyncio.Queue[bytes] = asyncio.Queue()
        self._understood = hears(engine.need, begin.language or "")
        self._bytes = 0
        self._words = ""
        self._task: asyncio.Task[Transcript] | None = None

    async def feed(self, sound: bytes) -> None:
        """Take in more sound; it never waits for a child."""
        self._check()
        task = self._started()
        if task.done():
            await task
        self._bytes += len(sound)
        if self._bytes > _SOUND_BYTES_MAX:
            raise ProviderFault("The utterance is too long for the recogniser.", retryable=False)
        if sound:
            self._fed.put_nowait(sound)

    def interim(self) -> str:
        """The words so far, if the engine knows them."""
        return self._words

    async def finish(self) -> Transcript:
        """The words, within `engine_seconds_max`. Raises `ProviderFault`."""
        self._check()
        task = self._started()
        if not task.done():
            self._fed.put_nowait(b"")
        try:
            async with asyncio.timeout(self._engine.need.engine_seconds_max):
                return await asyncio.shield(task)
        except TimeoutError:
            raise ProviderFault(_LATE, retryable=True) from None
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Kill the child that hears it, if it still does."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    def _check(self) -> None:
        if not self._understood:
            raise ProviderFault(_FOREIGN, retryable=False)

    def _started(self) -> asyncio.Task[Transcript]:
        if self._task is None:
            self._task = asyncio.create_task(self._hear())
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())  # is told by finish
            self._engine.hear(self._task)
        return self._task

    async def _hear(self) -> Transcript:
        async with self._engine.child() as child:
            child.utterances += 1
            listening = asyncio.create_task(self._listen(child))
            try:
                await self._tell(child, listening)
                said = await listening
            finally:
                listening.cancel()
                with contextlib.suppress(asyncio.CancelledError, ProviderFault):
                    await listening
        if said.kind == "failed":
            raise ProviderFault(said.text, retryable=True)
        return Transcript(text=said.text, words=said.words, language=said.language)

    async def _tell(self, child: Child, listening: "asyncio.Task[Said]") -> None:
        await child.begin(self._begin)
        more = True
        while more and not listening.done():
            sound = bytearray(await self._fed.get())
            more = bool(sound)
            while more and not self._fed.empty():
                piece = self._fed.get_nowait()
                sound += piece
                more = bool(piece)
            await child.hear(sound)
        await child.end()

    async def _listen(self, child: Child) -> Said:
        while True:
            said = await child.said()
            if said.kind in ("final", "failed"):
                return said
            self._words = said.text

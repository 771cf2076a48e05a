"""One recognising child: started, told, heard, killed. All that goes wrong with it is a `ProviderFault`."""

import asyncio
import sys
from collections.abc import Sequence

import msgspec

from parlour.kernel.children import end_child
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.recognising_lines import (
    BEGIN,
    END,
    FRAME_BYTES_MAX,
    LINE_BYTES_MAX,
    SOUND,
    Begin,
    Said,
    frame,
)

_DIED = "The recogniser ended unexpectedly."
_STUCK = "The recogniser takes nothing in."
_NOT_STARTED = "The recogniser could not be started; its model may be missing."
_WRITE_SECONDS_MAX = 30.0
_THREADS = {"OMP_NUM_THREADS": "2", "HF_HUB_OFFLINE": "1"}


class Child:
    """A child that has said that it is ready. `utterances`: how many it was given."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the child has no pipes")
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self.utterances = 0

    @classmethod
    async def start(cls, arguments: Sequence[str], seconds_max: float) -> "Child":
        """A child that is ready, within `seconds_max`."""
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-X", "utf8", "-m", "parlour.providers.speech.recognising_child", *arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=_THREADS,
                cwd="/",
                start_new_session=True,
                limit=LINE_BYTES_MAX,
            )
        except OSError:
            raise ProviderFault(_NOT_STARTED, retryable=False) from None
        child = cls(process)
        try:
            async with asyncio.timeout(seconds_max):
                await child.said()
        except (TimeoutError, ProviderFault):
            await child.kill()
            raise ProviderFault(_NOT_STARTED, retryable=False) from None
        except asyncio.CancelledError:
            await child.kill()
            raise
        return child

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    async def begin(self, begin: Begin) -> None:
        """Tell it that an utterance begins."""
        await self._tell(frame(BEGIN, msgspec.json.encode(begin)))

    async def hear(self, sound: bytes | bytearray) -> None:
        """Give it sound."""
        for start in range(0, len(sound), FRAME_BYTES_MAX):
            await self._tell(frame(SOUND, bytes(sound[start : start + FRAME_BYTES_MAX])))

    async def end(self) -> None:
        """Tell it that the utterance is over."""
        await self._tell(frame(END))

    async def said(self) -> Said:
        """The next line that it says."""
        try:
            line = await self._stdout.readline()
            return decode(line, Said)
        except (ValueError, ConnectionError):  # a line that is too long, no JSON, or the end
            raise ProviderFault(_DIED, retryable=True) from None

    async def kill(self) -> None:
        """End it, and whatever it may have started."""
        await end_child(self._process)

    async def _tell(self, told: bytes) -> None:
        try:
            async with asyncio.timeout(_WRITE_SECONDS_MAX):
                self._stdin.write(told)
                await self._stdin.drain()
        except TimeoutError:
            raise ProviderFault(_STUCK, retryable=True) from None
        except (ConnectionError, RuntimeError):
            raise ProviderFault(_DIED, retryable=True) from None

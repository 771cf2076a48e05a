"""What a channel has still to send to a realtime service: calls in order, with the sound between them joined."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from parlour.speech.realtime import RealtimeLine

CALLS_MAX = 1_000
Call = Callable[[RealtimeLine], Awaitable[None]]


class Outbox:
    """Bounded: what does not fit is said with False, and then the service is too slow to go on with."""

    def __init__(self, sound_bytes_max: int) -> None:
        self._sound_bytes_max = sound_bytes_max
        self._waiting: deque[bytearray | Call] = deque()
        self._sound_bytes = 0
        self._filled = asyncio.Event()

    def hear(self, sound: bytes) -> bool:
        """Sound, after everything that waits."""
        self._sound_bytes += len(sound)
        if self._sound_bytes > self._sound_bytes_max:
            return False
        last = self._waiting[-1] if self._waiting else None
        if isinstance(last, bytearray):
            last += sound
        else:
            self._waiting.append(bytearray(sound))
        self._filled.set()
        return len(self._waiting) <= CALLS_MAX

    def call(self, call: Call) -> bool:
        """A call, after everything that waits."""
        self._waiting.append(call)
        self._filled.set()
        return len(self._waiting) <= CALLS_MAX

    async def send(self, line: RealtimeLine) -> None:
        """Send for ever. Raises `ProviderFault` when the line is broken."""
        while True:
            await self._filled.wait()
            while self._waiting:
                each = self._waiting.popleft()
                if isinstance(each, bytearray):
                    self._sound_bytes -= len(each)
                    await line.hear(bytes(each))
                else:
                    await each(line)
            self._filled.clear()

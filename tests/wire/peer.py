"""The sending side of a socket, in a process without one."""

import asyncio
import json
from typing import Any


class Peer:
    """Keeps the packets that were written (`sinks.Sink`). While `takes` is not set it does not keep up."""

    closed = framed = False
    transport = None

    def __init__(self) -> None:
        self.takes = asyncio.Event()
        self.takes.set()
        self.packets: list[Any] = []
        self._more = asyncio.Event()

    @property
    def full(self) -> bool:
        return not self.takes.is_set()

    def write(self, packet: str) -> None:
        self.packets.append(json.loads(packet[1:]))
        self._more.set()

    async def drained(self) -> None:
        await self.takes.wait()

    async def written(self, count: int) -> None:
        """Wait for so many packets."""
        async with asyncio.timeout(60):
            while len(self.packets) < count:
                self._more.clear()
                await self._more.wait()

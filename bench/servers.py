"""Start, ask, measure and end a server under test."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.clock import cpu_seconds
from bench.control import Json, Seat
from bench.report import FAILED, Row
from bench.systems import System

START_SECONDS = 30
STOP_SECONDS = 5
KILL_SECONDS = 5
ANSWER_SECONDS = 90
LINE_BYTES = 16 << 20
ROOT = Path(__file__).resolve().parent.parent


class Failed(Exception):
    """A server under test did not start, answer or stay alive."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server under test."""

    port: int
    process: asyncio.subprocess.Process

    async def ask(self, **command: object) -> Json:
        """Send one command of `bench.control` and return its answer."""
        reader, writer = self.process.stdout, self.process.stdin
        if reader is None or writer is None:
            raise Failed("no pipes")
        writer.write(json.dumps(command).encode() + b"\n")
        await writer.drain()
        async with asyncio.timeout(ANSWER_SECONDS):
            return read_line(await reader.readline())

    async def open(self, rooms: int) -> list[Seat]:
        """A seat in each of that many rooms."""
        answer = await self.ask(do="open", rooms=rooms)
        seats = answer.get("seats")
        if not isinstance(seats, list):
            raise Failed(f"no seats: {answer}")
        return [Seat(**seat) for seat in seats]

    def cpu_seconds(self) -> float:
        """CPU time used so far, all threads."""
        return cpu_seconds(self.process.pid)

    def memory_bytes(self) -> tuple[int, int]:
        """Resident and unique set size of the process and its children."""
        root = psutil.Process(self.process.pid)
        infos = [process.memory_full_info() for process in (root, *root.children(recursive=True))]
        return sum(info.rss for info in infos), sum(info.uss for info in infos)

    def keep_to_core(self, core: int) -> None:
        """Let every thread of the process, and those to come, run on one core only, where the system can."""
        if sys.platform == "linux":
            for thread in psutil.Process(self.process.pid).threads():
                os.sched_setaffinity(thread.id, {core})


def read_line(line: bytes) -> Json:
    """One JSON object that a server printed."""
    if not line:
        raise Failed("the server ended")
    value: object = json.loads(line)
    if not isinstance(value, dict):
        raise Failed(f"not an object: {line[:200]!r}")
    return {str(key): item for key, item in value.items()}


async def row(system: System, measuring: Awaitable[Mapping[str, float]]) -> Row:
    """The system's row of a table; what went wrong, if it could not be measured."""
    try:
        return Row(system=system.name, figures=await measuring)
    except (Failed, OSError, TimeoutError) as error:
        return Row(system=system.name, figures={}, note=f"{FAILED} {error!r}")


@contextmanager
def harness_on_core(core: int) -> Generator[None, None, None]:
    """Keep this process, and what it starts meanwhile, to one core, where the system can."""
    if sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@asynccontextmanager
async def running(system: System, args: Sequence[str] = ()) -> AsyncGenerator[Server, None]:
    """The system's server, ready; ended on leaving, whatever happens: asked first, then made to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", system.module, *args, cwd=ROOT, limit=LINE_BYTES,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        if process.stdout is None:
            raise Failed("no pipes")
        async with asyncio.timeout(START_SECONDS):
            ready = read_line(await process.stdout.readline())
        port = ready.get("port")
        if not isinstance(port, int):
            raise Failed(f"{system.module} is not ready: {ready}")
        server = Server(port=port, process=process)
        if system.profiles is not None:
            await server.ask(do="profile", file=str(system.profiles / f"{system.name}-{process.pid}.txt"))
        yield server
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    for seconds, harder in ((STOP_SECONDS, process.terminate), (KILL_SECONDS, process.kill)):
        if await _ended(process, seconds):
            return
        harder()
    await process.wait()


async def _ended(process: asyncio.subprocess.Process, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        return False
    return True

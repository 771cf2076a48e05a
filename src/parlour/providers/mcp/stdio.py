"""A tool server as a child process that speaks JSON-RPC, a line each, on its standard streams.

Unlike the SDK's own transport it hands on no environment but what is listed, and bounds every line.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from parlour.kernel.children import end_child

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.shared.message import SessionMessage

    Streams = tuple[MemoryObjectReceiveStream["SessionMessage | Exception"], MemoryObjectSendStream["SessionMessage"]]

LINE_BYTES_MAX = 4 * 1024 * 1024
BAD_LINES_MAX = 100
STOP_SECONDS = 2.0


@asynccontextmanager
async def stdio_streams(
    command: Sequence[str], environment: Mapping[str, str], ended: Callable[[], None]
) -> AsyncGenerator["Streams", None]:
    """The streams of a started program; it is ended, with all it started, when the context is left.

    `ended` is called when the program stops answering: it exited, or sent a line that is too long or
    too much that is no message. Raises `OSError` if it cannot be started.
    """
    import anyio
    from mcp.shared.message import SessionMessage

    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=dict(environment),
        start_new_session=True,
        limit=LINE_BYTES_MAX,
    )
    told, incoming = anyio.create_memory_object_stream["SessionMessage | Exception"](0)
    outgoing, to_tell = anyio.create_memory_object_stream["SessionMessage"](0)
    tasks = [
        asyncio.create_task(_read(process, told, ended, SessionMessage)),
        asyncio.create_task(_write(process, to_tell)),
    ]
    try:
        yield incoming, outgoing
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for stream in (told, incoming, outgoing, to_tell):
            stream.close()
        await asyncio.shield(_stop(process))


async def _read(
    process: asyncio.subprocess.Process,
    told: "MemoryObjectSendStream[SessionMessage | Exception]",
    ended: Callable[[], None],
    message_type: "type[SessionMessage]",
) -> None:
    import anyio
    from mcp.types import jsonrpc_message_adapter

    bad = 0
    try:
        while process.stdout is not None and bad < BAD_LINES_MAX:
            line = await process.stdout.readline()
            if not line:
                break
            try:
                message = jsonrpc_message_adapter.validate_json(line, by_name=False)
            except ValueError:
                bad += 1
                continue
            await told.send(message_type(message))
    except (ValueError, OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass  # the line was too long, or one of both sides has gone: the end is told below
    finally:
        told.close()
        ended()


async def _write(process: asyncio.subprocess.Process, to_tell: "MemoryObjectReceiveStream[SessionMessage]") -> None:
    with contextlib.suppress(OSError):
        async for sent in to_tell:
            if process.stdin is None:
                return
            process.stdin.write(sent.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
            await process.stdin.drain()


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Close its input, then ask, then end it and what it started."""
    if process.stdin is not None:
        process.stdin.close()
    for number in (None, signal.SIGTERM):
        if number is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
                break
    await end_child(process)

"""Ending child processes."""

import asyncio
import contextlib
import os
import signal
from typing import cast


async def end_child(child: asyncio.subprocess.Process) -> None:
    """Kill a child that leads a session of its own, with whatever it started, and let go of its pipes.

    They are closed through the transport, as asyncio has no other way: Python 3.11 waits for ever for a killed child
    of whose sound or text something is unread. The transport itself is closed last, for it would take the exit status
    from whoever waits.
    """
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    transport = cast(asyncio.SubprocessTransport, child._transport)  # type: ignore[attr-defined]
    if child.stdin is not None and not child.stdin.transport.is_closing():
        child.stdin.transport.abort()
    if (said := transport.get_pipe_transport(1)) is not None:
        said.close()
    await asyncio.shield(child.wait())
    transport.close()

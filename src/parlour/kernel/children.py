"""Ending child processes."""

import asyncio
import contextlib
import os
import signal


async def end_child(child: asyncio.subprocess.Process) -> None:
    """Kill a child that leads a session of its own, with whatever it started, and let go of its pipes.

    They are closed through the transport, as asyncio has no other way: Python 3.11 waits for ever for a killed child
    of whose sound or text something is unread.
    """
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child._transport.close()  # type: ignore[attr-defined]
    await asyncio.shield(child.wait())

"""Ending child processes."""

import asyncio
import os
import sys
from typing import Any

from parlour.kernel.children import end_child
from tests.promises.waiting import eventually

LOUD = "import sys, time; sys.stdout.write('x' * 10_000_000); time.sleep(600)"
PARENT = (
    "import subprocess, sys, time;"
    "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid, flush=True); time.sleep(600)"
)


async def started(program: str) -> Any:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-c", program)
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, start_new_session=True)


def is_gone(pid: int) -> bool:
    """Whether a process has ended, and nobody or only its parent still knows of it."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def test_a_child_whose_output_nobody_reads_is_ended() -> None:
    child = await started(LOUD)
    await child.stdout.read(1)
    await asyncio.sleep(0.2)  # its pipe fills, and the reading of it stands still
    async with asyncio.timeout(60):
        await end_child(child)
    assert child.returncode == -9


async def test_what_a_child_started_ends_with_it() -> None:
    child = await started(PARENT)
    grandchild = int(await child.stdout.readline())
    await end_child(child)
    await eventually(lambda: is_gone(grandchild))


async def test_a_child_that_is_gone_already_leaves_no_pipes_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    child = await started("print('done')")
    await eventually(lambda: child.returncode is not None)
    await end_child(child)
    assert child.returncode == 0
    await eventually(lambda: len(os.listdir("/proc/self/fd")) == before)

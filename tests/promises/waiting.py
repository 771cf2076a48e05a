"""Waiting for what other processes do."""

import asyncio
from collections.abc import Callable, Collection


async def eventually(condition: Callable[[], object], seconds: float = 60, every: float = 0.02) -> None:
    """Return when the condition holds; `TimeoutError` if it does not in time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (what is waited for happens in another process)
            await asyncio.sleep(every)


async def cancelled(tasks: Collection[asyncio.Task[None]]) -> None:
    """Return when they have ended. They are told again: `asyncio.wait_for` of Python 3.11, in which socket clients
    wait, loses a cancellation that comes together with the answer."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1)
    await asyncio.gather(*tasks, return_exceptions=True)

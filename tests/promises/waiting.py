"""Waiting for what other processes do."""

import asyncio
from collections.abc import Callable


async def eventually(condition: Callable[[], object], seconds: float = 60, every: float = 0.02) -> None:
    """Return when the condition holds; `TimeoutError` if it does not in time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (what is waited for happens in another process)
            await asyncio.sleep(every)

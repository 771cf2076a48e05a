import asyncio
from typing import Any

class AsyncSocket:
    sid: str
    queue: asyncio.Queue[Any]
    upgraded: bool
    closing: bool
    closed: bool
    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None: ...
    async def handle_post_request(self, environ: Any) -> None: ...
    async def _websocket_handler(self, ws: Any) -> Any: ...

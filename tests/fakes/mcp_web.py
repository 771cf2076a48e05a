"""An instrument as a tool server over HTTP that counts its movements, however often its callers die."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

MOVE = {
    "name": "move",
    "description": "Move to a place.",
    "inputSchema": {
        "type": "object",
        "properties": {"to": {"type": "integer"}},
        "required": ["to"],
        "additionalProperties": False,
    },
}


@dataclass(kw_only=True)
class WebStage:
    """A running instrument. `moves` counts the movements to each place; each takes `seconds`."""

    url: str = ""
    seconds: float = 0.05
    moves: Counter[int] = field(default_factory=Counter)


@asynccontextmanager
async def web_stage() -> AsyncGenerator[WebStage]:
    """Serve until the context is left."""
    stage = WebStage()

    async def post(request: web.Request) -> web.Response:
        try:
            asked = await request.json()
        except ConnectionResetError:  # the caller was killed
            return web.Response(status=400)
        if "id" not in asked:
            return web.Response(status=202)
        return web.json_response({"jsonrpc": "2.0", "id": asked["id"], "result": await _result(stage, asked)})

    app = web.Application()
    app.router.add_post("/mcp", post)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    stage.url = f"http://{host}:{port}/mcp"
    try:
        yield stage
    finally:
        await runner.cleanup()


async def _result(stage: WebStage, asked: dict[str, Any]) -> dict[str, Any]:
    match asked["method"]:
        case "initialize":
            return {
                "protocolVersion": asked["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "stage", "version": "1"},
            }
        case "tools/list":
            return {"tools": [MOVE]}
        case "tools/call":
            stage.moves[asked["params"]["arguments"]["to"]] += 1
            await asyncio.sleep(stage.seconds)
            return {"content": [{"type": "text", "text": "moved"}], "isError": False}
        case _:
            return {}

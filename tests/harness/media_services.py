"""Outside services of pictures and films for tests: real HTTP in OpenAI's formats, tiny real files.

`running_media_services()` serves `/v1/images/generations` and `/v1/videos`. The model's name chooses what goes wrong,
see `DRAWING` and `FILMING`.
"""

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "sk-PRIVATE-media"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + b"\0\0\0\x08free" + b"\0\0\0\x08mdat"
DRAWING = {
    "draws": "answers with a picture",
    "strict": "knows no response_format",
    "page": "answers with a page in place of a picture",
    "elsewhere": "answers with an address in place of a picture",
    "garbage": "answers with something that is no JSON",
    "broken": "answers with status 500",
    "large": "answers with a picture of 3 MB",
}
FILMING = {
    "films": "is ready after two questions",
    "fails": "cannot make it",
    "climbs": "gives an id that leads elsewhere",
    "never": "is never ready",
}


@dataclass(kw_only=True)
class MediaServices:
    """What runs, and what was asked of it. `gate`: what pictures and films wait for, if it is set."""

    url: str = ""
    drawn: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    filmed: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    keys: set[str] = field(default_factory=set[str])
    asked: dict[str, int] = field(default_factory=dict[str, int])
    gate: asyncio.Event | None = None

    async def draw(self, request: web.Request) -> web.Response:
        """One picture."""
        body = await request.json()
        self.drawn.append(body)
        self.keys.add(request.headers.get("Authorization", ""))
        if self.gate is not None:
            await self.gate.wait()
        match body["model"]:
            case "strict" if "response_format" in body:
                return web.json_response({"error": {"message": "Unknown parameter"}}, status=400)
            case "page":
                return _picture(b"<html><script>alert(1)</script></html>")
            case "elsewhere":
                return web.json_response({"data": [{"url": f"{self.url}/secret"}]})
            case "garbage":
                return web.Response(body=b"\xff not JSON")
            case "broken":
                return web.Response(status=500)
            case "large":
                return _picture(PNG + bytes(3_000_000))
            case _:
                return _picture(PNG)

    async def film(self, request: web.Request) -> web.Response:
        """A film is ordered."""
        body = await request.json()
        self.filmed.append(body)
        name = "../../secret" if body["model"] == "climbs" else f"video_{body['model']}_{len(self.filmed)}"
        self.asked[name] = 0
        return web.json_response({"id": name, "status": "queued"})

    async def how(self, request: web.Request) -> web.Response:
        """How far it is."""
        name = request.match_info["name"]
        self.asked[name] += 1
        status = "in_progress"
        if "fails" in name:
            status = "failed"
        elif "films" in name and self.asked[name] >= 2 and (self.gate is None or self.gate.is_set()):
            status = "completed"
        return web.json_response({"id": name, "status": status})

    async def content(self, request: web.Request) -> web.Response:
        """The film."""
        return web.Response(body=MP4, content_type="video/mp4")


def _picture(data: bytes) -> web.Response:
    return web.json_response({"created": 1, "data": [{"b64_json": base64.b64encode(data).decode()}]})


@asynccontextmanager
async def running_media_services() -> AsyncGenerator[MediaServices]:
    """The services at `url`, until the block ends."""
    services = MediaServices()
    app = web.Application()
    app.router.add_post("/v1/images/generations", services.draw)
    app.router.add_post("/v1/videos", services.film)
    app.router.add_get("/v1/videos/{name}", services.how)
    app.router.add_get("/v1/videos/{name}/content", services.content)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    services.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield services
    await runner.cleanup()

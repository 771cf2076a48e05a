"""A stand-in for a model service: answers what a test tells it to, and remembers what it was asked."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Answer = Callable[[dict[str, Any]], str | Awaitable[str]]
PIECE_CHARACTERS = 400


class StandIn:
    """`answers`: by the model's name, what to say to a request body, perhaps later. After a
    text that ends with `…` the stream stays open until the client leaves. `calls`: the tool calls (id, name,
    arguments) with which the answer ends; an answer may set them. `gate`: what longer answers wait for after their
    first piece."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str, str]] = []
        self.left = asyncio.Event()
        self.gate: asyncio.Event | None = None

    def asked_of(self, model: str) -> list[dict[str, Any]]:
        """The bodies of the requests for a model."""
        return [body for body in self.asked if body["model"] == model]

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """One streamed answer in OpenAI's format."""
        body = await request.json()
        self.asked.append(body)
        said = self.answers[body["model"]](body)
        text = said if isinstance(said, str) else await said
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        try:
            for at in range(0, len(text), PIECE_CHARACTERS):
                if at and self.gate is not None:
                    await self.gate.wait()
                await answer.write(_event({"content": text[at : at + PIECE_CHARACTERS]}))
            if text.endswith("…"):
                await asyncio.sleep(60)
            for number, (call_id, name, arguments) in enumerate(self.calls):
                function = {"name": name, "arguments": arguments}
                call = {"index": number, "id": call_id, "type": "function", "function": function}
                await answer.write(_event({"tool_calls": [call]}))
            await answer.write(_event({}, "tool_calls" if self.calls else "stop") + b"data: [DONE]\n\n")
        except (ConnectionError, asyncio.CancelledError):
            self.left.set()
            raise
        return answer


def _event(delta: dict[str, object], finish: str | None = None) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


@asynccontextmanager
async def standing_in() -> AsyncGenerator[tuple[StandIn, str]]:
    """A stand-in that listens, and the `PARLOUR_PROVIDERS` under which its models are `local:…`."""
    stand_in = StandIn()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", stand_in.respond)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield stand_in, json.dumps([{"name": "local", "base_url": f"http://127.0.0.1:{port}/v1"}])
    await runner.cleanup()

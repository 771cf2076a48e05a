"""Stock parts as their manuals put them together: python-socketio on uvicorn; as relay, FastAPI and openai's SDK.

Nothing is tuned and nothing is stored. Without `--upstream` only the Socket.IO server is loaded, so that
its memory at rest is its own.
"""

import argparse
import asyncio
import socket
from typing import TYPE_CHECKING, Any

import socketio
import uvicorn

from bench.control import Json, Seat, serve

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class Stock:
    """The server."""

    def __init__(self, upstream: str | None, model: str) -> None:
        self.model_name = model
        self.sio: Any = socketio.AsyncServer(async_mode="asgi")  # `typings/` describes only what Parlour uses
        self.sio.on("attempt_join", self.join)
        self.sio.on("attempt_message", self.message)
        self.tasks: set[asyncio.Task[None]] = set()
        self.model: AsyncOpenAI | None = None
        app: object = None
        if upstream is not None:
            import fastapi
            import openai

            self.model = openai.AsyncOpenAI(base_url=upstream, api_key="none")
            app = fastapi.FastAPI()
        asgi = socketio.ASGIApp(self.sio, app)
        config = uvicorn.Config(asgi, log_level="warning", backlog=4096, lifespan="off")
        self.server = uvicorn.Server(config)

    async def start(self) -> int:
        """Listen on a free port."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.running = asyncio.get_running_loop().create_task(self.server.serve([listener]))
        while not self.server.started:  # noqa: ASYNC110 (uvicorn tells it no other way)
            await asyncio.sleep(0.01)
        return int(listener.getsockname()[1])

    async def open(self, rooms: int) -> list[Seat]:
        """Rooms need no making."""
        return [Seat(auth={}, join={"room": f"r{room}"}, message={"text": "Hello there"}) for room in range(rooms)]

    async def join(self, sid: str, payload: Json) -> Json:
        """Enter a room."""
        await self.sio.enter_room(sid, payload["room"])
        return {"ok": True}

    async def message(self, sid: str, payload: Json) -> Json:
        """Start an answer."""
        task = asyncio.get_running_loop().create_task(self.answer(sid, str(payload["text"])))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return {"ok": True}

    async def answer(self, sid: str, text: str) -> None:
        """Stream an answer to one socket."""
        if self.model is None:
            raise RuntimeError("started without --upstream")
        stream = await self.model.chat.completions.create(
            model=self.model_name, messages=[{"role": "user", "content": text}], stream=True
        )
        async for chunk in stream:
            if chunk.choices and (content := chunk.choices[0].delta.content):
                await self.sio.emit(
                    "attempt_progress", {"chat_id": "c", "content_type": "delta", "content": content}, room=sid
                )
        await self.sio.emit("attempt_assistant_complete", {"chat_id": "c", "content": ""}, room=sid)

    async def say(self, room: int, text: str) -> None:
        """Emit into a room."""
        payload = {"chat_id": f"c{room}", "content_type": "delta", "content": text}
        await self.sio.emit("attempt_progress", payload, room=f"r{room}")

    async def stop(self) -> None:
        """Close without waiting for clients."""
        self.server.should_exit = self.server.force_exit = True
        await self.running


def main() -> None:
    """Run until the harness closes standard input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--upstream")
    parser.add_argument("--model", default="")
    chosen = parser.parse_args()
    serve(Stock(chosen.upstream, chosen.model))


if __name__ == "__main__":
    main()

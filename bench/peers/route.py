"""The least that could be polled: one FastAPI route that knows its answer, on uvicorn."""

import asyncio
import socket
from collections.abc import Awaitable, Sequence

import fastapi
import uvicorn

from bench.control import Seat, serve

PLACEHOLDER = {
    "reply_text": "One moment, please.",
    "valid": False,
    "references": {},
    "error": None,
    "inner_chat": False,
}


class Route:
    """The server."""

    def __init__(self) -> None:
        app = fastapi.FastAPI()

        @app.get("/users/{id}/response")
        async def response(id: str) -> dict[str, object]:  # pyright: ignore[reportUnusedFunction]
            return {**PLACEHOLDER, "turn_id": id}

        config = uvicorn.Config(app, log_level="warning", backlog=4096, lifespan="off")
        self.server = uvicorn.Server(config)

    async def start(self) -> int:
        """Listen on a free port."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.running = asyncio.get_running_loop().create_task(self.server.serve([listener]))
        while not self.server.started:  # noqa: ASYNC110 (uvicorn tells it no other way)
            await asyncio.sleep(0.01)
        return int(listener.getsockname()[1])

    async def open(self, rooms: int) -> Sequence[Seat]:
        """Anybody may ask."""
        return [Seat(auth={"token": "none"}, join={"user_id": f"poller{n}"}, message={}) for n in range(rooms)]

    def say(self, room: int, text: str) -> Awaitable[None] | None:
        """Nothing is said here."""
        return None

    async def stop(self) -> None:
        """Close everything."""
        self.server.should_exit = True
        await self.running


if __name__ == "__main__":
    serve(Route())

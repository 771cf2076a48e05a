"""Parlour under test: the real server on an empty store, and a producer of durable events.

What is said is announced as `turns` announces it and stored before it is delivered. The store is on the
disk of the checkout. It is loaded as `parlour serve` loads it. Limits that protect a public server from
one client are lifted: here one client is everybody.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from bench.control import Seat, serve
from bench.parlour_seed import Room, open_rooms, say
from parlour.cli.serve import load_libraries
from parlour.settings import Settings
from parlour.settings.limits import Limits
from parlour.settings.services import Provider

UNLIMITED = 100_000
BUILD = Path(__file__).resolve().parent.parent / "build"


class Subject:
    """The server."""

    def __init__(
        self, folder: Path, upstream: str | None, model: str, more: Mapping[str, object] | None = None
    ) -> None:
        self.folder = folder
        self.rooms: list[Room] = []
        settings = Settings(
            data=folder,
            port=0,
            log_level="warning",
            model=f"bench:{model}" if upstream else "scripted",
            providers=(Provider(name="bench", base_url=upstream),) if upstream else (),
            grader_model="scripted",
            limits=Limits(sockets_per_account_max=UNLIMITED, socket_events_per_second_max=UNLIMITED),
            **cast("dict[str, Any]", more or {}),
        )
        load_libraries()
        from parlour.app import Parlour

        self.parlour = Parlour(settings)

    async def start(self) -> int:
        """Migrate, begin to work, listen."""
        from parlour.serving import Server, uvicorn_config

        listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.server = Server(uvicorn_config(self.parlour), self.parlour, listening)
        self.running = asyncio.create_task(self.server.serve())
        await asyncio.wait((self.running, listening), return_when=asyncio.FIRST_COMPLETED)
        return listening.result()

    async def open(self, rooms: int) -> Sequence[Seat]:
        """New learners' chats."""
        self.rooms = await self.parlour.database.write(lambda tx: open_rooms(tx, self.folder, rooms))
        return [seat_of(room) for room in self.rooms]

    def say(self, room: int, text: str) -> Awaitable[None]:
        """Announce a piece; done when it is durable."""
        chat_id = self.rooms[room].chat_id
        return self.parlour.database.writer.submit(lambda tx: say(tx, chat_id, text), single=True)

    async def stop(self) -> None:
        """End as on a signal."""
        self.server.should_exit = True
        await self.running


def seat_of(room: Room) -> Seat:
    """How a client takes part in a chat."""
    named = {"attempt_id": room.attempt_id, "chat_id": room.chat_id}
    return Seat(auth={"token": room.token}, join={"chat_id": room.chat_id}, message={**named, "message": "Hello there"})


def main() -> None:
    """Run until the harness closes standard input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--upstream")
    parser.add_argument("--model", default="")
    chosen = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as folder:
        serve(Subject(Path(folder), chosen.upstream, chosen.model))


if __name__ == "__main__":
    main()

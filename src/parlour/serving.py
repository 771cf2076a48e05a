"""Listening: one server process behind uvicorn until a signal comes, and what keeps two apart."""

import asyncio
import fcntl
import gc
import os
import socket
import sys
from pathlib import Path
from typing import Protocol

import uvicorn
from uvicorn._types import ASGIApplication

from parlour.settings import Settings
from parlour.wire.http.deadlines import deadline_protocol
from parlour.wire.http.limits import UPLOADS

SWITCH_SECONDS = 0.0003


class Served(Protocol):
    """What is served: an application that can be asked to say good-bye to its clients."""

    settings: Settings

    @property
    def asgi(self) -> ASGIApplication:
        """The whole server as one ASGI application."""
        ...

    async def part(self) -> None:
        """Let every client go, so that nothing holds up the end."""
        ...


def lock_data(data: Path) -> int:
    """Make sure that one server writes to a SQLite folder; raises `RuntimeError` if another does."""
    handle = os.open(data / "parlour.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise RuntimeError(f"Another Parlour server is using {data}. Stop it, or choose another --data.") from None
    return handle


class Server(uvicorn.Server):
    """uvicorn that says when it listens, and closes sockets before it waits for them."""

    def __init__(self, config: uvicorn.Config, parlour: Served, listening: asyncio.Future[int] | None = None) -> None:
        super().__init__(config)
        self._parlour = parlour
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and give the port to whoever waits for it."""
        await super().startup(sockets)
        spare_the_collector()
        if self._listening is not None and self.servers:
            self._listening.set_result(self.servers[0].sockets[0].getsockname()[1])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say good-bye to every client, then end as uvicorn does."""
        await self._parlour.part()
        await super().shutdown(sockets)


def spare_the_collector() -> None:
    """Keep pauses short: garbage collections rare, turns between the loop and the writer quick.

    With everything imported a full collection stops the server for 50 ms; what is loaded now stays
    for good, so the collector need not look at it again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    sys.setswitchinterval(SWITCH_SECONDS)


def uvicorn_config(parlour: Served) -> uvicorn.Config:
    """How the server listens. Frames are not compressed: it costs more than it saves (measured)."""
    settings = parlour.settings
    return uvicorn.Config(
        parlour.asgi,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=deadline_protocol(
            settings.limits.request_seconds_max,
            upload_paths=tuple(base + path for base in ("", settings.base_path) for path in ("/users/", UPLOADS)),
        ),
        ws="websockets-sansio",
        ws_max_size=1_000_000,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        backlog=4096,
        timeout_graceful_shutdown=round(settings.limits.stop_seconds_max) + 1,
        server_header=False,
    )


async def serve(parlour: Served, *, listening: asyncio.Future[int] | None = None) -> None:
    """Serve until SIGINT or SIGTERM. `listening` gets the port as soon as clients may come."""
    await Server(uvicorn_config(parlour), parlour, listening).serve()

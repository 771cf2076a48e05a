"""`parlour serve`: the server, until it is told to stop."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.commands import Place, Problem, command
from parlour.cli.opening import load, make_data
from parlour.kernel.absent import absent
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from parlour.app import Only, Parlour
    from parlour.settings import Settings


class Half(StrEnum):
    """The halves of a server that may run as processes of their own."""

    web = "web"
    worker = "worker"


@dataclass(frozen=True, kw_only=True)
class Listen:
    """Where clients reach the server."""

    host: Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 for all.", show_default=False)] = None
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port to listen on; 0 for a free one.", show_default=False)
    ] = None


def add_to(app: typer.Typer) -> None:
    """Give `app` this command."""
    app.command(name="serve")(serve)


@command
def serve(
    listen: Listen,
    place: Place,
    only: Annotated[Half | None, typer.Option(help="Run one half only; needs PostgreSQL.", show_default=False)] = None,
) -> None:
    """Run the server until SIGINT or SIGTERM."""
    settings = load(place, host=listen.host, port=listen.port)
    half: Only | None = None if only is None else only.value
    if half and settings.url.startswith("sqlite:"):
        raise Problem("--only needs a database that processes can share: give --database-url postgresql://...")

    async def announce(parlour: "Parlour", port: int) -> None:
        from parlour.accounts.actions import list_accounts

        typer.echo(f"Parlour listens on {address(settings, port)} (Ctrl+C stops it)")
        if not await parlour.database.read(lambda tx: list_accounts(tx, limit=1)):
            typer.echo("Nobody can sign in yet: parlour user add NAME --role superadmin")
        sys.stdout.flush()

    check_free(settings)
    run_server(settings, half, announce)


def run_server(
    settings: "Settings", only: "Only | None", announce: Callable[["Parlour", int], Awaitable[None]]
) -> None:
    """Serve until a signal; `announce` runs when clients may come. `Problem` if it cannot start."""
    import uvloop

    from parlour.wire.http.logs import configure_logging

    configure_logging(settings.log_level)
    load_libraries()

    async def life() -> bool:
        from parlour.app import Parlour
        from parlour.providers.models.scripted.played import PlayedFileError
        from parlour.serving import serve as serve_parlour

        try:
            parlour = Parlour(settings, only=only)
        except PlayedFileError as error:
            raise Problem(str(error)) from None
        listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve_parlour(parlour, listening=listening))
        await asyncio.wait({serving, listening}, return_when=asyncio.FIRST_COMPLETED)
        if listening.done():
            await announce(parlour, listening.result())
        await serving
        return listening.done()

    # uvicorn raises the signal that stopped it again, for the handlers of before: these end with 0.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _go_on)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if not runner.run(life()):
            raise Problem("The server was stopped before clients could come.")


def load_libraries() -> None:
    """Load what a server stands on, as small as it goes. What is loaded already stays as it is.

    python-socketio without what only its clients use: their HTTP libraries would cost 15 MiB, and it does without a
    library that it cannot import. FastAPI without validators of its own documents, 1 MiB: the first `/openapi.json`
    makes them.
    """
    from pydantic import BaseModel

    BaseModel.model_config["defer_build"] = True
    try:
        import fastapi.openapi.models  # noqa: F401  # pyright: ignore[reportUnusedImport]
    finally:
        del BaseModel.model_config["defer_build"]
    with absent("aiohttp", "requests", "websocket"):
        import socketio  # noqa: F401  # pyright: ignore[reportUnusedImport]


def _go_on(_number: int, _frame: object) -> None:
    """Let a signal pass that uvicorn has acted on."""


def check_free(settings: "Settings") -> None:
    """Raise `Problem` if the data folder, the database or the port cannot be had, in that order."""
    load_libraries()
    from parlour.serving import lock_data
    from parlour.storage.condition import StoreUnavailableError, sqlite_file, upgrade
    from parlour.wire.http.logs import configure_logging

    configure_logging(settings.log_level)
    make_data(settings)
    lock: int | None = None
    try:
        if sqlite_file(settings.url):
            lock = lock_data(settings.data)
        upgrade(settings.url)
    except (RuntimeError, StoreUnavailableError) as error:
        raise Problem(str(error)) from None
    except OSError as error:
        raise Problem(f"The data folder {settings.data} cannot be used: {error.strerror}.") from None
    finally:
        if lock is not None:
            os.close(lock)
    _check_port(settings.host, settings.port)


def address(settings: "Settings", port: int) -> str:
    """The address of the server's page for somebody on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host and '[' not in host else host}:{port}{settings.base_path}"


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            probe.listen(1)
    except socket.gaierror:
        raise Problem(f"There is no address {host}. Choose another with --host.") from None
    except OSError as error:
        raise Problem(f"Port {port} on {host} cannot be had: {error.strerror}. Choose another with --port.") from None

"""`parlour mcp`: the laboratory's tools for other programs, and a simulated instrument to try with."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.commands import Place, Problem, command
from parlour.cli.opening import load, opened
from parlour.kernel.refusals import ProviderFault

if TYPE_CHECKING:
    from parlour.files.entities import StoredFile

app = typer.Typer(name="mcp", help="Model Context Protocol: serve tools, simulate a stage.", no_args_is_help=True)


@app.callback()
def mcp() -> None:
    """Model Context Protocol: serve tools, simulate a stage."""


@app.command()
@command
def stage(
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="Where the position is kept.", dir_okay=False)],
    limit: Annotated[float, typer.Option("--limit", metavar="MM", min=0.001, help="How far each axis may go.")] = 25.0,
) -> None:
    """Be a simulated three-axis stage, as a tool server on standard input and output."""
    from parlour.providers.mcp.stage import Stage, StageError, run

    try:
        simulated = Stage(file=file, limit_mm=limit)
        asyncio.run(run(simulated))
    except (StageError, OSError) as error:
        raise Problem(f"The stage cannot run: {error}.") from None


@app.command()
@command
def serve(
    place: Place,
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="The account whose rights are used.")],
) -> None:
    """Offer the laboratory's search and log tools to another program, on standard input and output."""
    from parlour.accounts.actions import account_by_user_id
    from parlour.assistant.tools.built_in import BuiltInNeed, BuiltInTools
    from parlour.assistant.tools.registry import Toolbox
    from parlour.kernel.clock import SystemClock
    from parlour.kernel.ids import TimeOrderedIds
    from parlour.wire.mcp.offering import OfferNeed
    from parlour.wire.mcp.stdio import OpenedStore
    from parlour.wire.mcp.stdio import serve as serve_tools

    settings = load(place)
    database = opened(settings)
    account = database.read_here(lambda tx: account_by_user_id(tx, user))
    if account is None or account.disabled:
        raise Problem(f"There is no account {user} that may sign in.")
    need = OfferNeed(
        store=OpenedStore(database),
        toolbox=Toolbox([BuiltInTools(BuiltInNeed(reader=NoReader()))], settings.lab.tools),
        allowed=settings.lab.tools,
        new_id=TimeOrderedIds(SystemClock()).new,
    )
    asyncio.run(serve_tools(need, account.account_id))


class NoReader:
    """The reader of texts where no tool that reads files is offered."""

    async def ensure(self, file_id: str) -> "StoredFile":
        """Always refused."""
        raise ProviderFault(f"The text of {file_id} cannot be read here.", retryable=False)

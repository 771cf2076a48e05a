"""`parlour instruments`: the laboratory's instruments. Works beside a running server."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.commands import Place, command
from parlour.cli.opening import load, opened
from parlour.cli.papers import report

if TYPE_CHECKING:
    from parlour.cli.importing import Done
    from parlour.settings import Settings

app = typer.Typer(name="instruments", help="The laboratory's instruments.", no_args_is_help=True)

Folder = Annotated[
    Path,
    typer.Argument(
        exists=True, file_okay=False, metavar="FOLDER", help="Has a folder with an instrument.yaml for each instrument."
    ),
]


@app.command(name="import")
@command
def import_instruments(folder: Folder, place: Place) -> None:
    """Add every instrument in FOLDER, or make it as its folder says. Documents are the files beside instrument.yaml."""
    done = asyncio.run(_import(load(place), folder))
    typer.echo(f"{done.new} new, {done.unchanged} there already.")


@app.command(name="list")
@command
def list_instruments(
    place: Place, as_json: Annotated[bool, typer.Option("--json", help="One line of JSON an instrument.")] = False
) -> None:
    """List all instruments with their experts."""
    from parlour.assistant.instruments import actions

    for each in opened(load(place)).read_here(actions.instruments):
        if as_json:
            told = {"instrument_id": each.id, "name": each.name, "aliases": each.aliases, "location": each.location}
            told |= {"mcp_server": each.mcp_server, "super_users": each.super_users, "documents": len(each.file_ids)}
            typer.echo(json.dumps(told, ensure_ascii=False))
        else:
            experts = ", ".join(each.super_users) or "nobody"
            typer.echo(
                f"{each.name}: {each.location or 'no place given'}; experts {experts}; {_documents(each.file_ids)}"
            )


async def _import(settings: "Settings", folder: Path) -> "Done":
    from parlour.cli.importing import LabImport

    database = opened(settings, create=True)
    database.start()
    try:
        return await LabImport(database, settings).instruments(folder, report)
    finally:
        await database.stop()


def _documents(file_ids: tuple[str, ...]) -> str:
    return f"{len(file_ids)} document{'' if len(file_ids) == 1 else 's'}"

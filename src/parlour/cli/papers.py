"""`parlour papers`: the laboratory's papers. Works beside a running server."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.commands import Place, command
from parlour.cli.opening import load, opened

if TYPE_CHECKING:
    from parlour.cli.importing import Done
    from parlour.settings import Settings

app = typer.Typer(name="papers", help="The laboratory's papers.", no_args_is_help=True)

Folder = Annotated[
    Path,
    typer.Argument(
        exists=True, file_okay=False, metavar="FOLDER", help="Has a folder for each person who holds papers."
    ),
]


@app.command(name="import")
@command
def import_papers(folder: Folder, place: Place) -> None:
    """Add every PDF, docx, txt and md file below FOLDER. What is there already is left as it is."""
    done = asyncio.run(_import(load(place), folder))
    typer.echo(f"{done.new} new, {done.unchanged} unchanged, {done.failed} failed.")
    if done.failed:
        raise typer.Exit(1)


@app.command(name="list")
@command
def list_papers(
    place: Place, as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a paper.")] = False
) -> None:
    """List the laboratory's papers by who holds them."""
    from parlour.assistant.papers import actions

    for paper in opened(load(place)).read_here(actions.shared):
        about = paper.about
        if as_json:
            told = {"paper_id": paper.id, "possessor": paper.possessor, "title": about.title, "doi": about.doi}
            told |= {"authors": about.authors, "year": about.year}
            typer.echo(json.dumps(told, ensure_ascii=False))
        else:
            more = ", ".join(str(each) for each in (about.year, about.doi) if each)
            typer.echo(f"{paper.possessor}: {about.title}{f' ({more})' if more else ''}")


async def _import(settings: "Settings", folder: Path) -> "Done":
    from parlour.cli.importing import LabImport

    database = opened(settings, create=True)
    database.start()
    try:
        return await LabImport(database, settings).papers(folder, report)
    finally:
        await database.stop()


def report(path: str, came: str) -> None:
    """A line for each file as it is done."""
    typer.echo(f"{path}: {came}", err=came.startswith("failed"))

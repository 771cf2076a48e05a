"""`parlour content`: publish what people practise with."""

from pathlib import Path
from typing import Annotated

import typer

from parlour.cli import content_export, content_test
from parlour.cli.benchmark import bounds_of
from parlour.cli.commands import Place, Problem, command
from parlour.cli.opening import load, opened

app = typer.Typer(name="content", help="Personas, scenarios, rubrics and what is made of them.", no_args_is_help=True)

Bundle = Annotated[Path, typer.Argument(exists=True, metavar="PATH", help="A YAML file, or a folder of them.")]


@app.callback()
def content() -> None:
    """Personas, scenarios, rubrics and what is made of them."""


@app.command(name="import")
@command
def import_bundle(path: Bundle, place: Place) -> None:
    """Publish a bundle: all of it, or, if anything is wrong, every error with file and line and nothing else."""
    from rich.console import Console
    from rich.table import Table

    from parlour.catalog.bundles import BundleErrors, load_bundle
    from parlour.catalog.publishing import keep_files, publish
    from parlour.storage.blobs.folder import FolderBlobs

    try:
        settings = load(place)
        bundle = load_bundle(path, bounds_of(settings))
        database = opened(settings, create=True)
        keep_files(bundle, FolderBlobs(settings.files))
        published = database.write_here(lambda tx: publish(tx, bundle))
    except BundleErrors as wrong:
        root = path if path.is_dir() else path.parent
        lines = [f"{root / error.path}:{error.line}: {error.message}" for error in wrong.errors]
        raise Problem(*lines, f"{_count(len(lines), 'error')}; nothing was imported.") from None
    table = Table("Content", "Count", title=f"Imported {published.pack}", title_justify="left")
    for name, things in (
        ("personas", bundle.personas),
        ("scenarios", bundle.scenarios),
        ("rubrics", bundle.rubrics),
        ("simulations", bundle.simulations),
        ("cohorts", bundle.cohorts),
        ("home and practice", bundle.entries),
        ("recordings", bundle.recordings),
        ("benchmarks", bundle.benchmarks),
        ("files", bundle.assets),
    ):
        table.add_row(name, str(len(things)))
    table.add_section()
    table.add_row("new versions", str(published.written))
    table.add_row("unchanged", str(published.unchanged))
    Console(markup=False).print(table)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


content_export.add_to(app)
content_test.add_to(app)

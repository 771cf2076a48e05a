"""`parlour cohort import` and `parlour cohort export`: who is in a cohort, as CSV."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.commands import Place, Problem, command, counted
from parlour.cli.opening import load, opened

if TYPE_CHECKING:
    from parlour.library.bundles.people import Imported
    from parlour.storage.tx import Tx

Named = Annotated[str, typer.Argument(metavar="COHORT", help="Its name or its id, as `cohort list` says them.")]
FILE_BYTES_MAX = 8 * 1024 * 1024


class _DryRunDone(Exception):
    """Ends a transaction without keeping anything of it."""

    def __init__(self, imported: "Imported") -> None:
        super().__init__("dry run")
        self.imported = imported


def add_to(app: typer.Typer) -> None:
    """Give `parlour cohort` these commands."""
    app.command(name="import")(import_people)
    app.command(name="export")(export_people)


@command
def import_people(
    cohort: Named,
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="CSV with a first line.")],
    place: Place,
    only: Annotated[bool, typer.Option("--only", help="Nobody else stays in the cohort.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
) -> None:
    """Put the people of a CSV file into a cohort: user_id, name, email, part (learner or instructor), persona.

    Who has no account gets one without a password. If any line is wrong all errors are told, and nothing is done.
    """
    from parlour.library.bundles.people import CsvFaults, bring_people, read_people

    if path.stat().st_size > FILE_BYTES_MAX:
        raise Problem(f"{path} is larger than {FILE_BYTES_MAX} bytes.")
    database = opened(load(place))

    def bring(tx: "Tx") -> "Imported":
        imported = bring_people(tx, _cohort_id(tx, cohort), rows, only=only)
        if dry_run:
            raise _DryRunDone(imported)
        return imported

    try:
        rows = read_people(path.read_text(encoding="utf-8"))
        imported = database.write_here(bring)
    except UnicodeDecodeError:
        raise Problem(f"{path} is not UTF-8 text.") from None
    except CsvFaults as wrong:
        raise Problem(*(f"{path}:{each.line}: {each.reason}" for each in wrong.faults), "Nothing was done.") from None
    except _DryRunDone as done:
        imported = done.imported
    would = "would be " if dry_run else ""
    for people, what in (
        (imported.made, f"{counted(len(imported.made), 'new account')} {would}made"),
        (imported.added, f"{len(imported.added)} {would}added"),
        (imported.removed, f"{len(imported.removed)} {would}removed"),
    ):
        typer.echo(f"{what}{': ' if people else ''}{', '.join(people)}")
    typer.echo(f"{len(imported.unchanged)} in it already")


@command
def export_people(
    cohort: Named,
    place: Place,
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", dir_okay=False, help="Where to; else to standard output.")
    ] = None,
) -> None:
    """Write who is in a cohort as CSV. No cell of it can be run by a spreadsheet."""
    from parlour.library.bundles.people import people_of, write_people

    database = opened(load(place))
    text = database.read_here(lambda tx: write_people(people_of(tx, _cohort_id(tx, cohort))))
    if path is None:
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror}.") from None


def _cohort_id(tx: "Tx", named: str) -> str:
    from parlour.accounts.actions import list_cohorts

    found = [each.cohort_id for each in list_cohorts(tx) if named in (each.cohort_id, each.name)]
    if len(found) != 1:
        raise Problem(f"There are several cohorts {named}; use the id." if found else f"There is no cohort {named}.")
    return found[0]

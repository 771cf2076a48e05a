"""`parlour attempts`: what was practised, as files. Works beside a running server."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.commands import Place, Problem, command, counted
from parlour.cli.opening import load, opened
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from parlour.attempts.exports.formats import Writing
    from parlour.attempts.listing_shapes import Filters
    from parlour.kernel.actor import Actor
    from parlour.storage.database import Database

PAGE = 500

app = typer.Typer(name="attempts", help="What was practised.", no_args_is_help=True)


class FileFormat(StrEnum):
    """The forms of the HTTP export of many attempts."""

    jsonl = "jsonl"
    csv = "csv"
    xapi = "xapi"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which attempts, and how they are written."""

    file_format: Annotated[FileFormat, typer.Option("--format", help="Form of the file.")]
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write.", dir_okay=False)]
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Only attempts begun then or later: a date or a time.", show_default=False),
    ] = None
    home_page: Annotated[
        str, typer.Option(metavar="URL", help="Address of the server, for the accounts in xAPI statements.")
    ] = "http://localhost/"
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False


@app.callback()
def attempts() -> None:
    """What was practised."""


@app.command()
@command
def export(wanted: Wanted, place: Place) -> None:
    """Write all attempts, newest first, to a file that only its owner may read."""
    from parlour.attempts.exports.formats import FORMATS, Writing
    from parlour.attempts.listing_shapes import Filters
    from parlour.kernel.actor import Actor
    from parlour.kernel.ids import AccountId

    if wanted.out.exists() and not wanted.force:
        raise Problem(f"{wanted.out} is there already. Name another file, or give --force.")
    filters = Filters(created_from=_instant(wanted.since))
    database = opened(load(place))
    operator = Actor(account_id=AccountId(""), user_id="", role="superadmin")
    writing = Writing(FORMATS[wanted.file_format.value], operator, f"{wanted.home_page.rstrip('/')}/")
    growing = wanted.out.with_name(f"{wanted.out.name}.part")
    try:
        growing.unlink(missing_ok=True)
        growing.touch(mode=0o600)
        with growing.open("wb") as file:
            for piece in _pieces(database, writing, operator, filters):
                file.write(piece)
        growing.replace(wanted.out)
    except OSError as error:
        raise Problem(f"{wanted.out} cannot be written: {error.strerror}.") from None
    finally:
        growing.unlink(missing_ok=True)
    typer.echo(f"Wrote {counted(writing.attempts, 'attempt')} to {wanted.out}.")


def _pieces(database: "Database", writing: "Writing", operator: "Actor", filters: "Filters") -> Iterator[bytes]:
    """The bytes of the file, an attempt at a time."""
    from parlour.attempts.listing import positions
    from parlour.kernel.cursors import cursor_after

    yield writing.head
    cursor: str | None = None
    while True:
        found = database.read_here(lambda tx, after=cursor: positions(tx, operator, filters, after, PAGE))
        for position in found:
            yield database.read_here(lambda tx, which=position.attempt_id: writing.piece(tx, which))
        if len(found) < PAGE:
            break
        cursor = cursor_after(found[-1].created_at, found[-1].attempt_id)
    yield writing.tail()


def _instant(text: str | None) -> int | None:
    """The instant of a time, or the begin of a day in UTC."""
    from parlour.kernel.clock import instant

    if text is None:
        return None
    try:
        return instant(text if "T" in text else f"{text}T00:00:00Z")
    except (ValueError, OverflowError):
        raise Problem("--since is no time; write it like 2026-01-31 or 2026-01-31T09:00:00Z.") from None

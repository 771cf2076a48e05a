"""`parlour experiments`: what was recorded, as files. Works beside a running server."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.commands import Place, Problem, command
from parlour.cli.opening import load, opened
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from parlour.assistant.experiments.export import Recorded
    from parlour.files.entities import StoredFile
    from parlour.files.ports import BlobStore
    from parlour.storage.tx import Tx

PIECE_BYTES = 256 * 1024
EXPERIMENTS_MAX = 10_000

app = typer.Typer(name="experiments", help="Experiments and their logs.", no_args_is_help=True)


class FileFormat(StrEnum):
    """The forms of an export."""

    jsonl = "jsonl"
    md = "md"
    eln = "eln"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which experiments, and how they are written."""

    user: Annotated[str, typer.Option(metavar="USER_ID", help="Whose experiments.")]
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="jsonl and md are text; eln is an archive with the files.")
    ]
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write.", dir_okay=False)]
    experiment: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this one, by name or id.", show_default=False)
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False


@app.callback()
def experiments() -> None:
    """Experiments and their logs."""


@app.command()
@command
def export(wanted: Wanted, place: Place) -> None:
    """Write experiments with their logs to a file that only its owner may read."""
    from parlour.storage.blobs.folder import FolderBlobs

    if wanted.out.exists() and not wanted.force:
        raise Problem(f"{wanted.out} is there already. Name another file, or give --force.")
    settings = load(place)
    found = opened(settings).read_here(lambda tx: _recorded(tx, wanted))
    growing = wanted.out.with_name(f"{wanted.out.name}.part")
    try:
        growing.unlink(missing_ok=True)
        growing.touch(mode=0o600)
        _write(growing, wanted, found, FolderBlobs(settings.files))
        growing.replace(wanted.out)
    except OSError as error:
        raise Problem(f"{wanted.out} cannot be written: {error.strerror}.") from None
    except ValueError as error:
        raise Problem(f"Nothing was written: {error}.") from None
    finally:
        growing.unlink(missing_ok=True)
    entries = sum(len(each.entries) for each in found)
    typer.echo(f"{_count(len(found), 'experiment')} with {_count(entries, 'entry')} written to {wanted.out}.")


def _recorded(tx: "Tx", wanted: Wanted) -> "list[Recorded]":
    from parlour.accounts.actions import account_by_user_id
    from parlour.assistant.experiments import actions
    from parlour.assistant.experiments.export import recorded

    account = account_by_user_id(tx, wanted.user)
    if account is None:
        raise Problem(f"There is no account {wanted.user}.")
    if wanted.experiment is None:
        there = actions.own_experiments(tx, account.account_id, EXPERIMENTS_MAX)
    else:
        one = actions.own(tx, account.account_id, wanted.experiment)
        there = [one] if one else []
    if not there:
        raise Problem(f"{wanted.user} has no {'such experiment' if wanted.experiment else 'experiments'}.")
    return [recorded(tx, each) for each in reversed(there)]


def _write(path: Path, wanted: Wanted, found: "list[Recorded]", blobs: "BlobStore") -> None:
    from importlib.metadata import version

    from parlour.assistant.experiments.eln import Crate, write_eln
    from parlour.assistant.experiments.export import json_lines, markdown
    from parlour.kernel.clock import SystemClock

    def pieces(file: "StoredFile") -> Iterator[bytes]:
        at = 0
        while piece := blobs.read(file.sha256, at, PIECE_BYTES):
            at += len(piece)
            yield piece

    with path.open("wb") as out:
        match wanted.file_format:
            case FileFormat.jsonl:
                out.writelines(line.encode() for line in json_lines(found))
            case FileFormat.md:
                out.write("\n".join(markdown(each) for each in found).encode())
            case FileFormat.eln:
                crate = Crate(
                    name=wanted.out.stem or "experiments", made_at=SystemClock().now_ms(), version=version("parlour")
                )
                write_eln(out, crate, found, pieces)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else noun.replace('entry', 'entrie') + 's'}"

"""`parlour backup` and `parlour restore`: everything that is kept, in one file (P27)."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.commands import Place, Problem, command, counted
from parlour.cli.opening import load, make_data

if TYPE_CHECKING:
    from parlour.cli.archive import Manifest
    from parlour.settings import Settings

LOCK = "parlour.lock"
STAGED = ".restoring"

Target = Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="The zip file to write.")]
Source = Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, exists=True, help="A backup.")]
Replace = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    app.command(name="backup")(backup)
    app.command(name="restore")(restore)


@command
def backup(file: Target, place: Place, force: Replace = False) -> None:
    """Copy everything that is kept into one file, also while the server runs."""
    from rich import filesize

    from parlour.cli.archive import files_of, pack
    from parlour.storage.condition import StoreUnavailableError, sqlite_file
    from parlour.storage.copies import copy_sqlite, dump_postgresql

    settings = load(place)
    if file.exists() and not force:
        raise Problem(f"{file} is there already. Choose another name, or give --force.")
    source = sqlite_file(settings.url)
    if source and not source.exists():
        raise Problem(f"There is no database at {source}.")
    try:
        with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".parlour-backup-") as folder:
            copy = Path(folder) / "store"
            if source:
                copy_sqlite(source, copy)
            else:
                dump_postgresql(settings.url, copy)
            own = {*_of_database(source), settings.data / LOCK, file, file.with_name(f"{file.name}.part"), copy}
            others = files_of(settings.data, {path.absolute() for path in own})
            manifest = pack(file, "sqlite" if source else "postgresql", copy, others)
    except StoreUnavailableError as error:
        raise Problem(str(error)) from None
    except OSError as error:
        raise Problem(f"{file} cannot be written: {error.strerror}.") from None
    size = filesize.decimal(file.stat().st_size)
    typer.echo(f"Backed up {counted(len(manifest.files), 'file')} to {file} ({size}).")


@command
def restore(file: Source, place: Place, force: Replace = False) -> None:
    """Bring a backup back. Clients that were connected before are told to load everything anew."""
    from parlour.cli.archive import read_manifest
    from parlour.serving import lock_data
    from parlour.storage.condition import StoreUnavailableError, sqlite_file

    settings = load(place)
    manifest = read_manifest(file)
    target = sqlite_file(settings.url)
    if (target is None) == (manifest.store == "sqlite"):
        raise Problem(f"The backup is of {manifest.store}, and the settings name another kind of database.")
    make_data(settings)
    lock: int | None = None
    try:
        lock = lock_data(settings.data)
        if not force and not _is_empty(settings):
            raise Problem(f"{settings.data} or its database is not empty. Give --force to replace what is there.")
        _restore(file, manifest, settings)
    except (RuntimeError, StoreUnavailableError) as error:
        raise Problem(str(error)) from None
    except OSError as error:
        raise Problem(f"The backup cannot be restored to {settings.data}: {error.strerror}.") from None
    finally:
        if lock is not None:
            os.close(lock)
    typer.echo(f"Restored the backup of {manifest.made_at} to {settings.data}.")


def _restore(file: Path, manifest: "Manifest", settings: "Settings") -> None:
    from parlour.cli.archive import STORES, replace_tree, unpack
    from parlour.storage.condition import sqlite_file
    from parlour.storage.copies import check_sqlite, restore_postgresql

    staged = settings.data / STAGED
    shutil.rmtree(staged, ignore_errors=True)
    try:
        unpack(file, manifest, staged)
        store = staged / STORES[manifest.store]
        (staged / "data").mkdir(exist_ok=True)
        target = sqlite_file(settings.url)
        if target is None:
            restore_postgresql(settings.url, store)
            _renew(settings.url)
        else:
            check_sqlite(store)
            _renew(f"sqlite:///{store.absolute()}")
        inside = target is not None and target.parent.absolute() == settings.data.absolute()
        if target and inside:
            store.rename(staged / "data" / target.name)
        replace_tree(settings.data, staged / "data", {LOCK, STAGED})
        if target and not inside:
            target.parent.mkdir(parents=True, exist_ok=True)
            for old in _of_database(target):
                old.unlink(missing_ok=True)
            shutil.move(store, target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _renew(url: str) -> None:
    """Bring restored tables up to date, and begin a new epoch: cursors of before do not fit any more."""
    from parlour.events.log import renew_epoch
    from parlour.kernel.clock import SystemClock
    from parlour.kernel.ids import TimeOrderedIds
    from parlour.storage.condition import upgrade
    from parlour.storage.database import Database

    upgrade(url)
    clock = SystemClock()
    database = Database(url, clock, TimeOrderedIds(clock), readers=1)

    async def renew() -> None:
        database.start()
        await database.write(renew_epoch)
        await database.stop()

    asyncio.run(renew())


def _of_database(file: Path | None) -> list[Path]:
    return (
        [] if file is None else [file, *(file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm", "-journal"))]
    )


def _is_empty(settings: "Settings") -> bool:
    from parlour.storage.condition import revisions, sqlite_file

    if any(path.name not in (LOCK, STAGED) for path in settings.data.iterdir()):
        return False
    target = sqlite_file(settings.url)
    return not target.exists() if target else revisions(settings.url).found is None

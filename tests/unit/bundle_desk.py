"""Stores to export from and to import into."""

from collections.abc import Callable
from pathlib import Path

from parlour.accounts.actions import create_account
from parlour.accounts.entities import NewAccount
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import Published, keep_files, publish
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.library.bundles.exporting import Content, everything, files_of
from parlour.settings import sqlite_url
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from parlour.storage.tx import Tx

SAMPLE = Path(__file__).parents[2] / "content" / "teaching-practice"


class Desk:
    """One store with its files."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        clock = SystemClock()
        self.folder = folder
        self.database = Database(url or sqlite_url(folder), clock, TimeOrderedIds(clock), readers=1)
        self.database.migrate()
        self.blobs = FolderBlobs(folder / "files")
        self._written = 0

    def people(self, *names: str) -> None:
        """Accounts of these names."""
        for name in names:
            self.database.write_here(lambda tx, name=name: create_account(tx, NewAccount(user_id=name, name=name)))

    def bring(self, path: Path) -> Published:
        """Import a bundle."""
        bundle = load_bundle(path)
        keep_files(bundle, self.blobs)
        return self.database.write_here(lambda tx: publish(tx, bundle))

    def export(self, read: Callable[[Tx], Content] = everything) -> Path:
        """A folder with a bundle of what this store has."""
        content = self.database.read_here(read)
        self._written += 1
        target = self.folder / f"export-{self._written}"
        target.mkdir()
        for name, text in files_of(content).items():
            (target / name).write_text(text, encoding="utf-8", newline="\n")
        for name, digest in content.media.items():
            (target / name).parent.mkdir(exist_ok=True)
            (target / name).write_bytes(self.blobs.read(digest, 0, 10**9))
        return target


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a bundle by its name."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}

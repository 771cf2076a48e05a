"""Papers and instruments from folders of an operator into the laboratory, as commands and the demo do it.

What is there already, by content, is left as it is, so an import can be repeated. A path that leads out
of the folder, by a link or otherwise, is refused. Nothing is believed of a file but its bytes.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from parlour.cli.commands import Problem
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from parlour.assistant.instruments.entities import NewInstrument
    from parlour.files.entities import Origin, Received, StoredFile
    from parlour.settings import Settings
    from parlour.storage.database import Database

DESCRIPTION = "instrument.yaml"
PAPER_SUFFIXES = frozenset({".pdf", ".docx", ".txt", ".md"})
FILES_MAX = 100_000
DOCUMENTS_MAX = 200

Report = Callable[[str, str], None]
"""Told of each file as it is done: its path below the folder, and what came of it."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """What an import did."""

    new: int = 0
    unchanged: int = 0
    failed: int = 0


class LabImport:
    """Imports into a running database. `unnamed` files are those of the laboratory, which belong to nobody."""

    def __init__(self, database: "Database", settings: "Settings") -> None:
        from parlour.files.extraction.work import ReaderNeed, TextReader
        from parlour.files.intake import Intake
        from parlour.storage.blobs.folder import FolderBlobs

        limits = settings.lab.limits
        blobs = FolderBlobs(settings.files)
        self._database = database
        self._intake: Intake = Intake(settings.files / "incoming", blobs, limits.upload_bytes_max)
        self._reader: TextReader = TextReader(ReaderNeed(database=database, blobs=blobs, limits=limits))

    async def papers(self, folder: Path, report: Report) -> Done:
        """Every PDF, docx, txt and md file below `folder`; the first folder names who holds it."""
        new = unchanged = failed = 0
        for path in inside(folder):
            name = path.relative_to(folder)
            if path.suffix.lower() not in PAPER_SUFFIXES:
                continue
            if len(name.parts) < 2:
                came, failed = "failed: put it into a folder that names who holds it", failed + 1
            else:
                came = await self._paper(path, name.parts[0])
                new += came == "new"
                unchanged += came == "unchanged"
                failed += came.startswith("failed")
            report(name.as_posix(), came)
        return Done(new=new, unchanged=unchanged, failed=failed)

    async def instruments(self, folder: Path, report: Report) -> Done:
        """Every folder in `folder` that has an `instrument.yaml`; the files beside it are its documents."""
        described = [(place, read_instrument(place)) for place in instrument_folders(folder)]
        new = unchanged = 0
        for place, instrument in described:
            came = await self._instrument(place, instrument, report)
            new += came == "new"
            unchanged += came != "new"
            report(place.name, came)
        return Done(new=new, unchanged=unchanged)

    async def _paper(self, path: Path, possessor: str) -> str:
        from parlour.assistant.papers import actions
        from parlour.kernel.refusals import Refusal

        try:
            received = await self._received(path)
            known = await self._database.read(lambda tx: actions.content_of(tx, None, received.digest))
            if known is not None:
                return "unchanged"
            file = await self._kept(path, received, "paper")
            await self._database.write(lambda tx: actions.add_shared(tx, possessor, file))
        except Refusal as refusal:
            return f"failed: {refusal.text}"
        return "new"

    async def _instrument(self, place: Path, instrument: "NewInstrument", report: Report) -> str:
        from parlour.assistant.instruments import actions
        from parlour.files import actions as files
        from parlour.kernel.refusals import Refusal

        before = await self._database.read(lambda tx: actions.of_name(tx, instrument.name))
        held = before.file_ids if before else ()
        there = await self._database.read(lambda tx: [files.by_id(tx, each) for each in held])
        by_content = {file.sha256: file.id for file in there if file is not None}
        file_ids: list[str] = []
        for path in documents(place):
            try:
                received = await self._received(path)
                known = by_content.get(received.digest)
                file_id = known or (await self._kept(path, received, "paper")).id
            except Refusal as refusal:
                report(f"{place.name}/{path.name}", f"failed: {refusal.text}")
                continue
            file_ids.append(file_id)
            report(f"{place.name}/{path.name}", "unchanged" if known else "new")
        after = await self._database.write(lambda tx: actions.put(tx, instrument, file_ids))
        if before is None:
            return "new"
        return "unchanged" if actions.same(before, after) else "changed"

    async def _received(self, path: Path) -> "Received":
        try:
            return await asyncio.to_thread(self._intake.keep_path, path.name, path)
        except OSError as error:
            raise Problem(f"{path} cannot be read: {error.strerror}.") from None

    async def _kept(self, path: Path, received: "Received", origin: "Origin") -> "StoredFile":
        """A file of the laboratory with its text read."""
        from parlour.files import actions as files
        from parlour.files.entities import NewFile

        new = NewFile(account_id=None, name=path.name, origin=origin, received=received, shared=True)
        file = await self._database.write(lambda tx: files.keep_file(tx, new))
        return await self._reader.ensure(file.id)


def inside(folder: Path) -> Iterator[Path]:
    """The files below a folder in order, hidden ones left out. `Problem` for a link that leads out of it."""
    root = folder.resolve()
    found = 0
    for path in sorted(folder.rglob("*")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if not path.resolve().is_relative_to(root):
            raise Problem(f"{path} leads out of {folder}; nothing outside of it is imported.")
        if path.is_file():
            found += 1
            if found > FILES_MAX:
                raise Problem(f"{folder} has more than {FILES_MAX} files.")
            yield path


def instrument_folders(folder: Path) -> list[Path]:
    """The folders that describe an instrument; `Problem` if there is none."""
    found = [path.parent for path in inside(folder) if path.name == DESCRIPTION and path.parent.parent == folder]
    if not found:
        raise Problem(f"No folder in {folder} has an {DESCRIPTION}.")
    return found


def documents(place: Path) -> list[Path]:
    """The files of an instrument's folder but its description; `Problem` if they are too many."""
    found = [path for path in inside(place) if path.name != DESCRIPTION]
    if len(found) > DOCUMENTS_MAX:
        raise Problem(f"{place} has more than {DOCUMENTS_MAX} documents.")
    return found


def read_instrument(place: Path) -> "NewInstrument":
    """What `instrument.yaml` says; `Problem` with every error, with file and line."""
    from parlour.assistant.instruments.entities import NewInstrument
    from parlour.catalog.yaml_reader import Errors, Reader, compose

    file, errors = place / DESCRIPTION, Errors()
    node = compose(file, str(file), errors)
    described = Reader(str(file), errors).read(node, NewInstrument) if node is not None else None
    if errors.found or described is None:
        lines = [f"{where.path}:{where.line}: {message}" for where, message in errors.found]
        raise Problem(*(lines or [f"{file} is empty."]), "Nothing was imported.")
    return described

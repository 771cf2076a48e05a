"""A backup as a file: a zip of the store, the data folder and a manifest with a checksum of each."""

import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import IO, Literal

import msgspec

from parlour.cli.commands import Problem
from parlour.kernel.clock import SystemClock, rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.storage.blobs.folder import GROWING

FORMAT: Literal["parlour-backup"] = "parlour-backup"
VERSION = 1
MANIFEST = "manifest.json"
MANIFEST_BYTES_MAX = 64 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
STORES = {"sqlite": "store/parlour.sqlite3", "postgresql": "store/parlour.pgdump"}

Store = Literal["sqlite", "postgresql"]
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file of a backup."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup holds. `made_at` is RFC 3339, `parlour` the version that made it."""

    parlour: str
    made_at: str
    store: Store
    files: tuple[Part, ...]
    format: Literal["parlour-backup"] = FORMAT
    version: int = VERSION


def pack(target: Path, store: Store, store_file: Path, data: Iterator[tuple[str, Path]]) -> Manifest:
    """Write a backup to `target`, readable by its owner only; it appears there whole or not at all."""
    growing = target.with_name(f"{target.name}.part")
    growing.unlink(missing_ok=True)
    growing.touch(mode=0o600)
    try:
        with zipfile.ZipFile(growing, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            parts = [_add(archive, STORES[store], store_file)]
            parts += [_add(archive, f"data/{name}", path) for name, path in data]
            made_at = rfc3339(SystemClock().now_ms())
            manifest = Manifest(parlour=version("parlour"), made_at=made_at, store=store, files=tuple(parts))
            archive.writestr(MANIFEST, msgspec.json.encode(manifest))
        growing.replace(target)
    finally:
        growing.unlink(missing_ok=True)
    return manifest


def read_manifest(file: Path) -> Manifest:
    """What a backup says that it holds. `Problem` if it is none, or of a later form."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open(MANIFEST) as member:
            manifest = decode(member.read(MANIFEST_BYTES_MAX), Manifest)
    except (*_DAMAGED, KeyError, msgspec.MsgspecError):
        raise Problem(f"{file} is no backup of Parlour, or it is damaged.") from None
    if manifest.version != VERSION:
        raise Problem(f"{file} was made by a newer version of Parlour.")
    return manifest


def unpack(file: Path, manifest: Manifest, into: Path) -> None:
    """Write every file of a backup under `into`. `Problem` if a checksum differs or a name leads elsewhere."""
    with zipfile.ZipFile(file) as archive:
        if {part.name for part in manifest.files} | {MANIFEST} != set(archive.namelist()):
            raise Problem(f"{file} does not hold what its manifest says.")
        for part in manifest.files:
            path = PurePosixPath(part.name)
            if path.is_absolute() or ".." in path.parts or path.parts[:1] not in (("store",), ("data",)):
                raise Problem(f"{file} holds a file that leads elsewhere.")
            target = into / path
            _make_folders(into, path.parent)
            try:
                with archive.open(part.name) as source, target.open("wb") as sink:
                    target.chmod(0o600)
                    found = _copy(source, sink, part.name, part.bytes)
            except _DAMAGED:
                found = None
            if found != part:
                raise Problem(f"{file} is damaged: the checksum of {part.name} differs.")


def files_of(data: Path, without: set[Path]) -> Iterator[tuple[str, Path]]:
    """`(name, path)` of what is kept in a data folder; links, `without` and blobs that grow are left out."""
    for path in sorted(data.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix != GROWING and path.absolute() not in without:
            yield path.relative_to(data).as_posix(), path


def replace_tree(data: Path, staged: Path, keep: set[str]) -> None:
    """Make `data` hold what `staged` (a folder in it) holds; names in `keep` are left alone."""
    replaced = data / ".replaced"
    shutil.rmtree(replaced, ignore_errors=True)
    replaced.mkdir(mode=0o700)
    for path in list(data.iterdir()):
        if path.name not in {*keep, replaced.name}:
            path.rename(replaced / path.name)
    for path in list(staged.iterdir()):
        path.rename(data / path.name)
    shutil.rmtree(replaced)


def _make_folders(into: Path, inner: PurePosixPath) -> None:
    """Make a folder and those above it, every one for its owner only."""
    for folder in reversed((inner, *inner.parents)):
        (into / folder).mkdir(mode=0o700, parents=True, exist_ok=True)


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> Part:
    with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as sink:
        part = _copy(source, sink, name, None)
    return part


def _copy(source: IO[bytes], sink: IO[bytes], name: str, bytes_max: int | None) -> Part:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        size += len(chunk)
        if bytes_max is not None and size > bytes_max:
            break
        digest.update(chunk)
        sink.write(chunk)
    return Part(name=name, bytes=size, sha256=digest.hexdigest())

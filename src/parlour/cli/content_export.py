"""`parlour content export` and `parlour content diff`: content as files, and what files change."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.benchmark import bounds_of
from parlour.cli.commands import Place, Problem, command
from parlour.cli.opening import load, opened

if TYPE_CHECKING:
    from parlour.catalog.sources import Bundle
    from parlour.files.ports import BlobStore
    from parlour.library.bundles.exporting import Content
    from parlour.settings import Settings
    from parlour.storage.tx import Tx

PIECE_BYTES = 1024 * 1024
DIFFERENT, TROUBLE = 1, 2
_OURS = re.compile(r"[a-z]+(-[0-9]+)?\.yaml")

Target = Annotated[
    Path, typer.Argument(metavar="PATH", help="A folder: new, empty, or of an earlier export. Or a .yaml file.")
]
Bundled = Annotated[Path, typer.Argument(exists=True, metavar="PATH", help="A YAML file, or a folder of them.")]


def add_to(app: typer.Typer) -> None:
    """Give `parlour content` these commands."""
    app.command(name="export")(export)
    app.command(name="diff")(diff)


@command
def export(
    path: Target,
    place: Place,
    pack: Annotated[str | None, typer.Option(help="Only the content of this pack, and what it needs.")] = None,
    artifact: Annotated[str | None, typer.Option(metavar="ID", help="Only this object, and what it needs.")] = None,
) -> None:
    """Write content as a bundle that reads well in git; without --pack and --artifact all of it.

    The same content is always written the same. People are not in it: cohorts travel as CSV (`parlour cohort export`).
    """
    from parlour.library.bundles import exporting
    from parlour.storage.blobs.folder import FolderBlobs

    if pack and artifact:
        raise Problem("Name a pack or an artifact, not both.")
    settings = load(place)
    database = opened(settings)

    def read(tx: "Tx") -> "Content":
        if artifact:
            return exporting.of_artifact(tx, artifact)
        return exporting.of_pack(tx, pack) if pack else exporting.everything(tx)

    content = database.read_here(read)
    try:
        files = _write(content, path)
        _write_media(content, path if path.is_dir() else path.parent, FolderBlobs(settings.files))
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror}.") from None
    objects = sum(len(each) for each in content.sections.values())
    typer.echo(f"Exported {objects} objects of {content.heading.id} to {path} ({files} files).")
    _check(path, settings)


@command
def diff(
    path: Bundled,
    place: Place,
    other: Annotated[
        Path | None, typer.Argument(exists=True, metavar="[OTHER]", help="Another bundle; else the store.")
    ] = None,
) -> None:
    """Say what PATH has otherwise than the store, or OTHER otherwise than PATH. Status 1 if anything.

    Importing keeps what was edited here since the last import, as long as PATH says what it said then.
    """
    from parlour.library.bundles.comparing import differences, of_bundle, of_store

    settings = load(place)
    bundle = _read(path, settings)
    mine = of_bundle(bundle)
    if other is not None:
        found = differences(mine, of_bundle(_read(other, settings)))
    else:
        stored = opened(settings).read_here(lambda tx: of_store(tx, bundle))
        found = differences(stored, mine)
    for each in found:
        typer.echo(f"{ {'added': '+', 'removed': '-', 'changed': '~'}[each.kind] } {each.section}/{each.slug}")
        for member in each.members:
            typer.echo(f"    {member.path}: {_said(member.before)} -> {_said(member.after)}")
    if found:
        raise typer.Exit(DIFFERENT)
    typer.echo("No difference.")


def _said(text: str | None) -> str:
    return "nothing" if text is None else f'"{text}"'


def _read(path: Path, settings: "Settings") -> "Bundle":
    from parlour.catalog.bundles import BundleErrors, load_bundle

    try:
        return load_bundle(path, bounds_of(settings))
    except BundleErrors as wrong:
        root = path if path.is_dir() else path.parent
        lines = [f"{root / error.path}:{error.line}: {error.message}" for error in wrong.errors]
        raise Problem(*lines, status=TROUBLE) from None


def _write(content: "Content", path: Path) -> int:
    from parlour.library.bundles.exporting import files_of, yaml_of

    if path.suffix in (".yaml", ".yml") and not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml_of(content), encoding="utf-8", newline="\n")
        return 1
    before = _earlier(path)
    files = files_of(content)
    path.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (path / name).write_text(text, encoding="utf-8", newline="\n")
    for file in before:
        if file.name not in files:
            file.unlink()
    return len(files)


def _earlier(path: Path) -> list[Path]:
    """The files of an earlier export in a folder; `Problem` if there is YAML of somebody else's in it."""
    if path.exists() and not path.is_dir():
        raise Problem(f"{path} is no folder.")
    found = sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml")) if path.is_dir() else []
    foreign = [file for file in found if file.parent != path or not _OURS.fullmatch(file.name)]
    if found and (foreign or not (path / "pack.yaml").is_file()):
        raise Problem(f"{path} holds other YAML files ({(foreign or found)[0].name}). Export to a folder of its own.")
    return found


def _write_media(content: "Content", folder: Path, blobs: "BlobStore") -> None:
    for name, digest in content.media.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            offset = 0
            while piece := blobs.read(digest, offset, PIECE_BYTES):
                file.write(piece)
                offset += len(piece)


def _check(path: Path, settings: "Settings") -> None:
    """Read what was written; `Problem` with what an import would refuse."""
    from parlour.catalog.bundles import BundleErrors, load_bundle

    try:
        load_bundle(path, bounds_of(settings))
    except BundleErrors as wrong:
        lines = [f"{error.path}:{error.line}: {error.message}" for error in wrong.errors]
        raise Problem(*lines, "It is exported, but an import will refuse it until this is mended.") from None

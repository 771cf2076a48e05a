"""Content bundles: a YAML file, or a folder of them (`*.yaml`, `*.yml`, searched to the bottom).

A file is a mapping with any of the sections of `sources.Sources`; together the files describe one
pack. A bundle is either loaded whole or refused with every error: file, line, sentence.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from yaml.nodes import Node

from parlour.catalog.benchmark_rules import Bounds
from parlour.catalog.benchmark_sources import BenchmarkSource, EvalSource, RecordingSource
from parlour.catalog.resolve import resolve
from parlour.catalog.sources import (
    Bundle,
    CohortSource,
    DialogueSource,
    DocumentSource,
    EntrySource,
    PackSource,
    PersonaSource,
    PriceSource,
    RecordSource,
    RubricSource,
    ScenarioSource,
    SimulationSource,
    Sources,
    WrittenDialogue,
)
from parlour.catalog.yaml_reader import Errors, Place, Reader, Ref, compose
from parlour.kernel.dataclass import dataclass

FILES_MAX = 500
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_KINDS: Mapping[str, type[object]] = {
    "documents": DocumentSource,
    "personas": PersonaSource,
    "scenarios": ScenarioSource,
    "rubrics": RubricSource,
    "simulations": SimulationSource,
    "cohorts": CohortSource,
    "home": EntrySource,
    "practice": EntrySource,
    "records": RecordSource,
    "prices": PriceSource,
    "evals": EvalSource,
    "recordings": RecordingSource,
    "benchmarks": BenchmarkSource,
}
_SECTIONS = ("pack", "dialogues", *_KINDS)
_BOUNDS = Bounds()

T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class BundleError:
    """One thing that is wrong in a bundle; `line` counts from 1."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class BundleErrors(Exception):
    """Everything that is wrong in a bundle, sorted by file and line. Nothing was imported."""

    def __init__(self, errors: Iterable[BundleError]) -> None:
        self.errors = tuple(sorted(set(errors)))
        super().__init__("\n".join(str(error) for error in self.errors))


def load_bundle(path: Path, bounds: Bounds = _BOUNDS) -> Bundle:
    """The bundle in a file or folder. Raises `BundleErrors` with everything that is wrong.

    `bounds` are those of benchmarks and recordings.
    """
    errors = Errors()
    sources = Sources()
    for file in _files(path, errors):
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        node = compose(file, name, errors)
        if node is not None:
            _FileReader(Reader(name, errors), errors, sources).read(node)
    if len(sources.packs) != 1 and not errors.found:
        message = "a bundle needs one 'pack' section" if not sources.packs else "a bundle has only one 'pack' section"
        errors.add(sources.packs[-1].place if sources.packs else Place(path.name, 1), message)
    root = path if path.is_dir() else path.parent
    bundle = resolve(sources, root, errors, bounds) if sources.packs else None
    if errors.found or bundle is None:
        raise bundle_errors(errors)
    return bundle


def bundle_errors(errors: Errors) -> BundleErrors:
    """The gathered errors as an exception."""
    return BundleErrors(BundleError(place.path, place.line, message) for place, message in errors.found)


def _files(path: Path, errors: Errors) -> list[Path]:
    if path.is_file():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml") and file.is_file())
    root = path.resolve()
    files = [file for file in files if file.resolve().is_relative_to(root)]
    if not files:
        errors.add(Place(path.name, 1), "no YAML file is here")
    if len(files) > FILES_MAX:
        errors.add(Place(path.name, 1), f"more than {FILES_MAX} files")
    return files[:FILES_MAX]


class _FileReader:
    """Reads the sections of one file into the sources of the bundle."""

    def __init__(self, reader: Reader, errors: Errors, sources: Sources) -> None:
        self._reader = reader
        self._errors = errors
        self._sources = sources

    def read(self, node: Node) -> None:
        for key, value in self._reader.members(node):
            if key.slug not in _SECTIONS:
                self._errors.add(key.place, f"'{key.slug}' is no section; sections are {', '.join(_SECTIONS)}")
            else:
                self._section(key.slug, value)

    def _section(self, name: str, node: Node) -> None:
        into = self._sources
        match name:
            case "pack":
                pack = self._reader.read(node, PackSource)
                if pack is not None:
                    self._slug(Ref(pack.id, pack.place))
                    into.packs.append(pack)
            case "dialogues":
                self._dialogues(node)
            case _:
                self._objects(node, _KINDS[name], getattr(into, name))

    def _objects(self, node: Node, kind: type[T], into: dict[str, T]) -> None:
        for key, value in self._named(node, into):
            read = self._reader.read(value, kind)
            if read is not None:
                into[key.slug] = read
            else:
                self._sources.broken.add(key.slug)

    def _dialogues(self, node: Node) -> None:
        for key, value in self._named(node, self._sources.dialogues):
            read = self._reader.read(value, WrittenDialogue)
            if read is not None:
                self._sources.dialogues[key.slug] = DialogueSource(id=read.id, dialogue=read.bare(), place=key.place)
            else:
                self._sources.broken.add(key.slug)

    def _named(self, node: Node, known: dict[str, T]) -> list[tuple[Ref, Node]]:
        fresh: list[tuple[Ref, Node]] = []
        for key, value in self._reader.members(node):
            if key.slug in known:
                self._errors.add(key.place, f"'{key.slug}' is in another file too")
            elif self._slug(key):
                fresh.append((key, value))
        return fresh

    def _slug(self, key: Ref) -> bool:
        if _SLUG.fullmatch(key.slug):
            return True
        self._errors.add(key.place, f"'{key.slug}' is no slug: use a-z, 0-9, '-' and '_', at most 64")
        return False

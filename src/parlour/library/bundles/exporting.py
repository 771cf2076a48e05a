"""The files of a bundle: one YAML file a section, one order, and the media beside them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import PurePosixPath

from parlour.catalog import shelf
from parlour.catalog.benchmarks import Benchmark, Eval, Recording
from parlour.catalog.entities import Document, Scenario
from parlour.catalog.naming import SECTIONS
from parlour.catalog.prices import Price
from parlour.catalog.shelf import Item
from parlour.catalog.sources import PackSource
from parlour.files.actions import upload
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, not_found
from parlour.library.bundles.calling import SLUG_CHARACTERS_MAX, called, distinct, slug_of
from parlour.library.bundles.writing import document, member
from parlour.library.bundles.written import View, Written, members, prices, unwrapped, writers
from parlour.library.bundles.written_tests import write_benchmark, write_eval, write_recording
from parlour.storage.tx import Tx

HOUSE = "library"
HOUSE_NAME = "Library"
ITEMS_MAX = 20_000
MEDIA = "media"
FILE_CHARACTERS_MAX = 600_000
FILE_ITEMS_MAX = 1_000

_WRITERS: Mapping[type[object], Callable[..., Written]] = {
    **writers(),
    Eval: write_eval,
    Recording: write_recording,
    Benchmark: write_benchmark,
}
_NAME = re.compile(r"[^\w.()+ -]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """What a bundle is called."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """What a bundle holds: by section, what each object is called and what is written of it, and its ids.

    `media`: the SHA-256 of each file beside the YAML, by its path in the bundle.
    """

    heading: Heading
    sections: Mapping[str, Mapping[str, Written]]
    ids: Mapping[tuple[str, str], str]
    media: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A file of some content: what it was called, and its SHA-256."""

    id: str
    name: str
    digest: str


def everything(tx: Tx) -> Content:
    """All content that is not archived, with what it needs. One pack keeps its name, several become the library's."""
    items = _taken(tx, shelf.ids_of_pack(tx, None))
    packs = {item.pack for item in items}
    only = next(iter(packs)) if len(packs) == 1 else None
    return written(tx, items, _heading(tx, only or HOUSE, HOUSE_NAME))


def of_pack(tx: Tx, pack: str) -> Content:
    """The content of a pack with what it needs. Raises `not_found`."""
    ids = shelf.ids_of_pack(tx, pack)
    if not ids:
        raise not_found("Pack")
    return written(tx, _taken(tx, ids), _heading(tx, pack, pack))


def of_artifact(tx: Tx, artifact_id: str, *, alone: bool = False) -> Content:
    """One object with what it needs and what belongs to it: the benchmarks of an evaluation, the training of a cohort.

    `alone`: without what belongs to it, and with files named by the ids of their uploads. Raises `not_found`.
    """
    item = shelf.item_of(tx, artifact_id)
    if item is None:
        raise not_found("Artifact")
    slug = item.slug or slug_of(item.name, item.kind)
    items = _taken(tx, [item.id] if alone else [item.id, *shelf.companions(tx, item)])
    pack = slug if slug.startswith(f"{item.kind}-") else f"{item.kind}-{slug}"
    heading = _heading(tx, pack[: SLUG_CHARACTERS_MAX + 3].strip("-"), item.name)
    return written(tx, items, heading, media=not alone)


def written(tx: Tx, items: Sequence[Item], heading: Heading, *, media: bool = True) -> Content:
    """Objects as a bundle."""
    ids = sorted({each for item in items for each in _uploads(item)}) if media else []
    uploads = [found for found in (upload(tx, each) for each in ids) if found]
    return content_of(items, heading, [Upload(id=each.id, name=each.name, digest=each.digest) for each in uploads])


def content_of(items: Sequence[Item], heading: Heading, uploads: Iterable[Upload]) -> Content:
    """The same without a store; `uploads` are the files that are known."""
    media, names = _media(uploads)
    slugs = called(items, heading.id)
    view = View(pack=heading.id, items={item.id: item for item in items}, slugs=slugs, files=names)
    sections: dict[str, dict[str, Written]] = {section: {} for section in (*SECTIONS.values(), "prices")}
    for item in sorted(items, key=lambda each: slugs[each.id]):
        if not isinstance(item.content, Price):
            sections[SECTIONS[item.kind]][slugs[item.id]] = _WRITERS[type(item.content)](item, view, item.content)
    sections["prices"] = _prices(items, slugs)
    ids = {(SECTIONS.get(item.kind, "prices"), slugs[item.id]): item.id for item in items}
    return Content(heading=heading, sections=sections, ids=ids, media=media)


def files_of(content: Content) -> Mapping[str, str]:
    """The YAML files of a bundle by their names."""
    found = {"pack.yaml": document({"pack": _pack(content.heading)})}
    for section, objects in content.sections.items():
        for number, text in enumerate(_parts(section, objects), 1):
            found[f"{section}.yaml" if number == 1 else f"{section}-{number}.yaml"] = text
    return found


def yaml_of(content: Content) -> str:
    """A whole bundle as one YAML text."""
    parts = [document({"pack": _pack(content.heading)})]
    for section, objects in content.sections.items():
        if objects:
            parts.append(document({section: unwrapped(objects)}))
    return "".join(parts)


def _taken(tx: Tx, ids: Iterable[str]) -> tuple[Item, ...]:
    items = shelf.with_needs(tx, ids)
    if len(items) > ITEMS_MAX:
        raise Refusal("too_large", f"A bundle has at most {ITEMS_MAX} objects.")
    return items


def _heading(tx: Tx, pack: str, name: str) -> Heading:
    known = shelf.pack_of(tx, pack)
    if known is None:
        return Heading(id=pack, name=name)
    return Heading(id=pack, name=known.name, description=known.description)


def _pack(heading: Heading) -> Written:
    given = {"id": heading.id, "name": heading.name, "description": heading.description}
    return members(PackSource, given)


def _parts(section: str, objects: Mapping[str, Written]) -> Iterable[str]:
    """The objects of a section as one file, or as several if they are too many for one."""
    lines: list[str] = []
    size = 0
    for slug, each in objects.items():
        text = member(slug, unwrapped(each), 2)
        if lines and (size + len(text) > FILE_CHARACTERS_MAX or len(lines) > FILE_ITEMS_MAX):
            yield "".join(lines)
            lines, size = [], 0
        if not lines:
            lines.append(f"{section}:\n")
        lines.append(text)
        size += len(text)
    if lines:
        yield "".join(lines)


def _prices(items: Iterable[Item], slugs: Mapping[str, str]) -> dict[str, Written]:
    known = sorted((item for item in items if isinstance(item.content, Price)), key=lambda each: slugs[each.id])
    taken = {slugs[item.id] for item in known}
    found: dict[str, Written] = {}
    for item in known:
        lines = prices(item.content) if isinstance(item.content, Price) else []
        for number, line in enumerate(lines):
            slug = slugs[item.id] if number == 0 else distinct(slugs[item.id], taken)
            taken.add(slug)
            found[slug] = line
    return dict(sorted(found.items()))


def _uploads(item: Item) -> Iterable[str]:
    match item.content:
        case Scenario() as scenario:
            shown = (*scenario.images, *scenario.videos)
        case Document() as paper:
            shown = paper.images
        case _:
            shown = ()
    for media in shown:
        yield from media.upload_ids


def _media(uploads: Iterable[Upload]) -> tuple[dict[str, str], dict[str, str]]:
    """The digest of each file by its path, and the path of each upload by its id."""
    paths: dict[str, str] = {}
    names: dict[str, str] = {}
    for each in sorted(uploads, key=lambda each: (each.digest, each.name, each.id)):
        if each.digest not in paths:
            name = _NAME.sub("-", PurePosixPath(each.name).name).strip(" .-") or "file"
            taken = {path.casefold() for path in paths.values()}
            if f"{MEDIA}/{name}".casefold() in taken:
                name = f"{each.digest[:12]}-{name}"
            paths[each.digest] = f"{MEDIA}/{name}"
        names[each.id] = paths[each.digest]
    return {path: digest for digest, path in paths.items()}, names

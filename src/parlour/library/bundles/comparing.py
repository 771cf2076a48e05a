"""What two bundles differ in, or a bundle and the store: objects by their ids, members by their names."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, cast

from parlour.catalog import shelf
from parlour.catalog.entities import Cohort, Kind
from parlour.catalog.shelf import Item
from parlour.catalog.sources import Bundle, CohortDraft
from parlour.kernel.dataclass import dataclass
from parlour.library.bundles.exporting import Content, Heading, Upload, content_of, written
from parlour.library.bundles.written import Raw
from parlour.storage.tx import Tx

SHOWN_CHARACTERS = 72
LEAD_CHARACTERS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberChange:
    """A member that is not the same; `path` like `groups.exploring.standards.2.name`, None for what is not there."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """An object that one side has and the other has not, or not so."""

    kind: Literal["added", "removed", "changed"]
    section: str
    slug: str
    members: tuple[MemberChange, ...] = ()


def of_bundle(bundle: Bundle) -> Content:
    """A bundle that was read, as it would be exported: without people."""
    heading = Heading(id=bundle.pack, name=bundle.name, description=bundle.description)
    uploads = [Upload(id=each.upload_id, name=each.name, digest=each.digest) for each in bundle.assets]
    return content_of(_items(bundle), heading, uploads)


def of_store(tx: Tx, bundle: Bundle) -> Content:
    """What the store has of a bundle, and what else is of its pack, in the names of the bundle."""
    names = {name.id: name for name in bundle.names}
    wanted = {*names, *shelf.ids_of_pack(tx, bundle.pack)}
    items = [
        replace(item, pack=bundle.pack, slug=names[item.id].slug) if item.id in names else item
        for item in shelf.with_needs(tx, wanted)
    ]
    known = shelf.pack_of(tx, bundle.pack)
    name, description = (known.name, known.description) if known else (bundle.name, bundle.description)
    content = written(tx, items, Heading(id=bundle.pack, name=name, description=description))
    kept = {place: content_id for place, content_id in content.ids.items() if content_id in wanted}
    return replace(content, ids=kept)


def differences(before: Content, after: Content) -> tuple[Difference, ...]:
    """What is in `after` and not in `before`, or the other way round, or not the same; in the order of sections."""
    there, here = _by_id(before), _by_id(after)
    found: list[tuple[int, Difference]] = []
    order = {section: number for number, section in enumerate(after.sections)}
    for content_id in {**there, **here}:
        old, new = there.get(content_id), here.get(content_id)
        section, slug, value = new or old or ("", "", {})
        if old is None or new is None:
            kind = "added" if old is None else "removed"
            found.append((order[section], Difference(kind=kind, section=section, slug=slug)))
            continue
        changes = tuple(_changes("", old[2], value))
        if changes:
            found.append((order[section], Difference(kind="changed", section=section, slug=slug, members=changes)))
    return tuple(each for _, each in sorted(found, key=lambda pair: (pair[0], pair[1].slug)))


def _by_id(content: Content) -> dict[str, tuple[str, str, object]]:
    found = {
        content_id: (section, slug, cast("object", content.sections[section].get(slug, {})))
        for (section, slug), content_id in content.ids.items()
    }
    for slug, price in content.sections.get("prices", {}).items():
        found[f"prices/{slug}"] = ("prices", slug, price)
    return found


def _changes(path: str, before: object, after: object) -> Iterable[MemberChange]:
    before, after = _opened(before), _opened(after)
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = cast("dict[str, object]", before), cast("dict[str, object]", after)
        for name in {**old, **new}:
            yield from _changes(f"{path}.{name}" if path else name, old.get(name), new.get(name))
    elif isinstance(before, list) and isinstance(after, list):
        first, second = cast("list[object]", before), cast("list[object]", after)
        for number in range(max(len(first), len(second))):
            yield from _changes(f"{path}.{number + 1}", _at(first, number), _at(second, number))
    else:
        old_text, new_text = _text(cast("object", before)), _text(after)
        start = _start(old_text or "", new_text or "")
        yield MemberChange(path=path, before=_shown(old_text, start), after=_shown(new_text, start))


def _opened(value: object) -> object:
    return value.value if isinstance(value, Raw) else value


def _at(items: list[object], number: int) -> object:
    return items[number] if number < len(items) else None


def _text(value: object) -> str | None:
    return None if value is None else " ".join(str(value).split())


def _start(before: str, after: str) -> int:
    """Where a cut text begins, so that what is different can be seen: at a word shortly before the first difference."""
    if max(len(before), len(after)) <= SHOWN_CHARACTERS:
        return 0
    same = next((at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), len(before))
    return before.rfind(" ", 0, same - LEAD_CHARACTERS) + 1 if same > LEAD_CHARACTERS else 0


def _shown(text: str | None, start: int) -> str | None:
    if text is None:
        return None
    led = f"...{text[start:]}" if start else text
    return led if len(led) <= SHOWN_CHARACTERS else f"{led[: SHOWN_CHARACTERS - 3]}..."


def _items(bundle: Bundle) -> list[Item]:
    names = {name.id: name for name in bundle.names}
    anchors = {each.rubric_id: each for each in bundle.anchors}
    found: list[Item] = []

    def add(kind: Kind, content_id: str, name: str, content: object) -> None:
        called = names[content_id]
        item = Item(
            id=content_id,
            kind=kind,
            name=name,
            content=content,
            pack=bundle.pack,
            slug=called.slug,
            anchors=anchors.get(content_id),
        )
        found.append(item)

    named: Sequence[tuple[Kind, Sequence[object]]] = (
        ("document", bundle.documents),
        ("persona", bundle.personas),
        ("scenario", bundle.scenarios),
        ("rubric", bundle.rubrics),
        ("simulation", bundle.simulations),
        ("record", bundle.records),
        ("eval", bundle.evals),
        ("benchmark", [draft.benchmark for draft in bundle.benchmarks]),
        ("cohort", [_cohort(draft) for draft in bundle.cohorts]),
    )
    for kind, contents in named:
        for content in contents:
            add(kind, getattr(content, "id"), getattr(content, "name"), content)  # noqa: B009
    for dialogue in bundle.dialogues:
        add("dialogue", dialogue.id, dialogue.name, dialogue.dialogue)
    for entry in bundle.entries:
        add(entry.kind, entry.id, entry.name, entry)
    for price in bundle.prices:
        add("price", price.id, price.model, price)
    for recording in bundle.recordings:
        add("recording", recording.id, recording.title, recording)
    return found


def _cohort(draft: CohortDraft) -> Cohort:
    return Cohort(id=draft.id, name=draft.name, description=draft.description, simulation_ids=draft.simulation_ids)

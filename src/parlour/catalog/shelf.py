"""Content as it is now, taken off the shelf with everything that it needs: what exports and comparisons read."""

from collections.abc import Iterable, Mapping

from parlour.catalog import store
from parlour.catalog.anchors import Anchors, anchors_id
from parlour.catalog.benchmarks import Benchmark, Eval, Recording
from parlour.catalog.dialogues import Dialogue
from parlour.catalog.entities import Cohort, Document, Entry, Kind, Pack, Persona, Rubric, Scenario, Simulation
from parlour.catalog.prices import Price
from parlour.catalog.records import Record
from parlour.catalog.trainings import TRIAL_PACK
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import named_id
from parlour.storage.tx import Tx

TYPES: Mapping[Kind, type[object]] = {
    "document": Document,
    "dialogue": Dialogue,
    "persona": Persona,
    "scenario": Scenario,
    "rubric": Rubric,
    "simulation": Simulation,
    "cohort": Cohort,
    "home": Entry,
    "practice": Entry,
    "record": Record,
    "price": Price,
    "eval": Eval,
    "recording": Recording,
    "benchmark": Benchmark,
}
# These may be inactive and are content all the same; anything else that is not active was archived.
_MAY_REST: tuple[Kind, ...] = ("home", "practice", "eval", "benchmark")


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """An object as it is now. `pack` and `slug`: what its bundle calls it, None for what was made in the house.

    `content` is of the type that `TYPES` has for its kind; `anchors` are those of a rubric.
    """

    id: str
    kind: Kind
    name: str
    content: object
    pack: str | None = None
    slug: str | None = None
    anchors: Anchors | None = None


def item_of(tx: Tx, content_id: str) -> Item | None:
    """An object of a kind that bundles know, active or not; None if there is none, or its words were erased."""
    row = store.current_row(tx, content_id)
    if row is None or row.kind not in TYPES:
        return None
    content = row.read(TYPES[row.kind])
    if isinstance(content, Recording) and content.erased_at is not None:
        return None
    anchors = store.current(tx, "anchors", anchors_id(row.id)) if row.kind == "rubric" else None
    return Item(
        id=row.id,
        kind=row.kind,
        name=row.name,
        content=content,
        pack=row.pack,
        slug=row.slug,
        anchors=anchors.read(Anchors) if anchors else None,
    )


def with_needs(tx: Tx, content_ids: Iterable[str]) -> tuple[Item, ...]:
    """These objects and all that they name, and what that names, each once, in the order of their ids."""
    found: dict[str, Item] = {}
    waiting = list(content_ids)
    while waiting:
        content_id = waiting.pop()
        item = item_of(tx, content_id) if content_id not in found else None
        if item is not None:
            found[content_id] = item
            waiting += needs(item)
    return tuple(found[each] for each in sorted(found))


def ids_of_pack(tx: Tx, pack: str | None) -> list[str]:
    """The objects of a pack (None: of all, and of the house) that are neither archived nor of a try."""
    return [each for each in store.ids_of(tx, tuple(TYPES), pack) if not _is_left_out(tx, each)]


def companions(tx: Tx, item: Item) -> list[str]:
    """What belongs to an object without being named by it: an evaluation's benchmarks, a cohort's training."""
    if isinstance(item.content, Eval):
        rows = store.rows_naming(tx, ("benchmark",), item.id)
        return [row.id for row in rows if row.read(Benchmark).eval_id == item.id]
    if isinstance(item.content, Cohort):
        rows = store.rows_naming(tx, ("home", "practice"), item.id)
        return [row.id for row in rows if row.read(Entry).cohort_ids == (item.id,)]
    return []


def pack_of(tx: Tx, pack: str) -> Pack | None:
    """What the last import of a pack brought; None if there was none."""
    stored = store.current(tx, "pack", named_id(pack, "pack"))
    return stored.read(Pack) if stored else None


def needs(item: Item) -> list[str]:
    """The objects that an object names."""
    match item.content:
        case Persona() as persona:
            named = [persona.dialogue_id]
        case Scenario() as scenario:
            castings = (casting.dialogue_id for casting in scenario.castings)
            named = [*scenario.persona_ids, *scenario.document_ids, *castings]
        case Simulation() as simulation:
            named = [each for part in simulation.parts for each in (part.scenario_id, part.rubric_id)]
        case Cohort() as cohort:
            named = [*cohort.simulation_ids]
        case Entry() as entry:
            named = [entry.simulation_id, *entry.cohort_ids]
        case Recording() as recording:
            pins = (recording.scenario, recording.grade.rubric if recording.grade else None)
            named = [*recording.persona_ids, *(pin.id for pin in pins if pin)]
        case Benchmark() as benchmark:
            pins = (pin for each in benchmark.candidates for pin in (each.rubric, each.dialogue))
            named = [benchmark.eval_id, *(pin.id for pin in (*benchmark.recordings, *pins) if pin)]
        case _:
            named = []
    return [each for each in named if each is not None]


def _is_left_out(tx: Tx, content_id: str) -> bool:
    row = store.current_row(tx, content_id)
    return row is None or row.pack == TRIAL_PACK or (not row.active and row.kind not in _MAY_REST)

"""How content is written down: the sections of a bundle file and their members; at the end, `Bundle`.

Objects are named by slugs and refer to each other by them (`Ref`); the reader fills in `place`. See `entities.py`, too.
"""

from collections.abc import Mapping
from dataclasses import field, fields
from pathlib import Path

from parlour.catalog.anchors import Anchors
from parlour.catalog.benchmark_sources import BenchmarkSource, EvalSource, RecordingSource
from parlour.catalog.benchmarks import Benchmark, Eval, Recording
from parlour.catalog.dialogues import Dialogue
from parlour.catalog.entities import ChatSettings, Document, Entry, Kind, Persona, Rubric, Scenario, Signals, Simulation
from parlour.catalog.prices import Price
from parlour.catalog.records import Record
from parlour.catalog.yaml_reader import Given, Place, Ref
from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class PackSource:
    """`pack:` names the pack; it stands in exactly one file of a bundle."""

    id: str
    name: str
    description: str = ""
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaSource:
    """An image. `file` is relative to the folder of the bundle; `upload_id` names what is uploaded already."""

    name: str
    description: str = ""
    upload_id: str | None = None
    file: Ref | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentSource:
    id: str | None = None
    name: str
    description: str = ""
    text: str = ""
    upload_id: str | None = None
    template: bool = False
    department_ids: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    images: tuple[MediaSource, ...] = ()
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class FlagSource:
    name: str
    description: str = ""
    value: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonaSource:
    id: str | None = None
    name: str
    description: str = ""
    icon: str = ""
    color: str = ""
    department_ids: tuple[str, ...] = ()
    instructions: str
    examples: tuple[str, ...] = ()
    voice: str = ""
    dialogue: Ref | None = None
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    flags: tuple[FlagSource, ...] = ()
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionSource:
    """A WebVTT file of a video."""

    file: Ref
    language: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoSource(MediaSource):
    """A video."""

    captions: tuple[CaptionSource, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OptionSource:
    text: str
    correct: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionSource:
    text: str
    allow_multiple: bool = False
    times: tuple[int, ...] = ()
    options: tuple[OptionSource, ...]
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioSource:
    """`dialogues` gives a persona (by slug) another dialogue than its own in this scenario."""

    id: str | None = None
    name: str
    description: str = ""
    department_ids: tuple[str, ...] = ()
    problem_statements: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    personas: tuple[Ref, ...]
    documents: tuple[Ref, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    images: tuple[MediaSource, ...] = ()
    videos: tuple[VideoSource, ...] = ()
    questions: tuple[QuestionSource, ...] = ()
    dialogues: Mapping[str, Ref] = field(default_factory=dict[str, Ref])
    problem_statement_enabled: bool = False
    objectives_enabled: bool = False
    video_enabled: bool = False
    images_enabled: bool = False
    questions_enabled: bool = False
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class StandardSource:
    name: str
    description: str = ""
    points: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupSource:
    name: str
    short_name: str = ""
    description: str = ""
    points: int
    pass_points: int
    standards: tuple[StandardSource, ...]
    signals: Signals | None = None
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class AnchorsSource:
    """Example conversations by how good the learner is: texts whose lines begin with "Learner:" or "Persona:"."""

    weak: tuple[str, ...] = ()
    middling: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class RubricSource:
    id: str | None = None
    name: str
    description: str = ""
    department_ids: tuple[str, ...] = ()
    total_points: int
    pass_points: int
    simulation_rubric: bool = True
    video_rubric: bool = False
    groups: Mapping[str, GroupSource]
    anchors: AnchorsSource | None = None
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class PartSource:
    scenario: Ref
    rubric: Ref | None = None
    settings: Given[ChatSettings] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulationSource:
    id: str | None = None
    name: str
    description: str = ""
    department_ids: tuple[str, ...] = ()
    practice: bool = False
    scenarios: tuple[PartSource, ...]
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortSource:
    """People by their `user_id`; `personas`: who plays whom. Without `learners` or `instructors` these stay."""

    id: str | None = None
    name: str
    description: str = ""
    simulations: tuple[Ref, ...] = ()
    learners: tuple[Ref, ...] | None = None
    instructors: tuple[Ref, ...] | None = None
    personas: Mapping[str, Ref] = field(default_factory=dict[str, Ref])
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class EntrySource:
    """`settings` hold for every chat, `chats` (by scenario slug) for one. Times are RFC 3339.

    Who may: learners of its `cohorts`, `learners` of its own by user id, or `everyone` with an account.
    `personas` says which persona one of these plays here. Without `learners` who is named in it stays as it is.
    """

    id: str | None = None
    name: str
    description: str = ""
    simulation: Ref
    cohorts: tuple[Ref, ...] = ()
    learners: tuple[Ref, ...] | None = None
    personas: Mapping[str, Ref] = field(default_factory=dict[str, Ref])
    everyone: bool = False
    start_time: str | None = None
    end_time: str | None = None
    position: int = 0
    active: bool = True
    settings: Given[ChatSettings] | None = None
    chats: Mapping[str, Given[ChatSettings]] = field(default_factory=dict[str, Given[ChatSettings]])
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordValueSource:
    """A value of a record; `link` is the id of the artifact that it names."""

    link: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordSource:
    """An artifact that the server keeps and does nothing with: its values by resource type."""

    id: str | None = None
    type: str
    name: str
    description: str = ""
    department_ids: tuple[str, ...] = ()
    values: Mapping[str, tuple[RecordValueSource, ...]] = field(
        default_factory=dict[str, tuple[RecordValueSource, ...]]
    )
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceSource:
    """What a model (named as in the settings) costs from a time on, in `currency` per million tokens."""

    model: str
    currency: str
    input_per_million: float
    output_per_million: float
    valid_from: str | None = None
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenDialogue(Dialogue):
    """A dialogue as it is written down: with an id, if it does not follow from its slug."""

    id: str | None = None

    def bare(self) -> Dialogue:
        """The dialogue alone."""
        return Dialogue(**{each.name: getattr(self, each.name) for each in fields(Dialogue)})


@dataclass(frozen=True, kw_only=True, slots=True)
class DialogueSource:
    """A dialogue and where it begins."""

    id: str | None = None
    dialogue: Dialogue
    place: Place


@dataclass(kw_only=True, slots=True)
class Sources:
    """Everything that the files of a bundle hold, by slug, not yet checked against each other.

    `broken` are the slugs of objects with errors of their own; a reference to one is no second error.
    """

    packs: list[PackSource] = field(default_factory=list[PackSource])
    documents: dict[str, DocumentSource] = field(default_factory=dict[str, DocumentSource])
    personas: dict[str, PersonaSource] = field(default_factory=dict[str, PersonaSource])
    dialogues: dict[str, DialogueSource] = field(default_factory=dict[str, DialogueSource])
    scenarios: dict[str, ScenarioSource] = field(default_factory=dict[str, ScenarioSource])
    rubrics: dict[str, RubricSource] = field(default_factory=dict[str, RubricSource])
    simulations: dict[str, SimulationSource] = field(default_factory=dict[str, SimulationSource])
    cohorts: dict[str, CohortSource] = field(default_factory=dict[str, CohortSource])
    home: dict[str, EntrySource] = field(default_factory=dict[str, EntrySource])
    practice: dict[str, EntrySource] = field(default_factory=dict[str, EntrySource])
    records: dict[str, RecordSource] = field(default_factory=dict[str, RecordSource])
    prices: dict[str, PriceSource] = field(default_factory=dict[str, PriceSource])
    evals: dict[str, EvalSource] = field(default_factory=dict[str, EvalSource])
    recordings: dict[str, RecordingSource] = field(default_factory=dict[str, RecordingSource])
    benchmarks: dict[str, BenchmarkSource] = field(default_factory=dict[str, BenchmarkSource])
    broken: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, kw_only=True, slots=True)
class ContentName:
    """What an object of a bundle is called. `place`: where its id is written down, None if it follows from its name."""

    kind: Kind
    slug: str
    id: str
    place: Place | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedDialogue:
    """A dialogue with its id."""

    id: str
    name: str
    dialogue: Dialogue


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortDraft:
    """A cohort whose people are still user ids, each with the place where it stands."""

    id: str
    name: str
    description: str
    simulation_ids: tuple[str, ...]
    learners: tuple[Ref, ...] | None
    instructors: tuple[Ref, ...] | None
    persona_ids: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seating:
    """The people whom an entry names itself, still as user ids, and who plays which persona in it."""

    entry_id: str
    learners: tuple[Ref, ...] | None = None
    persona_ids: tuple[tuple[Ref, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchmarkDraft:
    """A benchmark whose people are still user ids, each with the place where it stands."""

    benchmark: Benchmark
    people: tuple[Ref, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Asset:
    """A checked file of a bundle. `digest` is its SHA-256; the same bytes always have the same `upload_id`."""

    upload_id: str
    path: Path
    name: str
    mime_type: str
    bytes: int
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    """A checked bundle. Versions and pins in it are 0: publishing gives them."""

    pack: str
    name: str
    description: str = ""
    names: tuple[ContentName, ...] = ()
    documents: tuple[Document, ...]
    personas: tuple[Persona, ...]
    dialogues: tuple[NamedDialogue, ...]
    scenarios: tuple[Scenario, ...]
    rubrics: tuple[Rubric, ...]
    simulations: tuple[Simulation, ...]
    cohorts: tuple[CohortDraft, ...]
    entries: tuple[Entry, ...]
    seatings: tuple[Seating, ...] = ()
    anchors: tuple[Anchors, ...] = ()
    records: tuple[Record, ...] = ()
    prices: tuple[Price, ...] = ()
    assets: tuple[Asset, ...] = ()
    evals: tuple[Eval, ...] = ()
    recordings: tuple[Recording, ...] = ()
    benchmarks: tuple[BenchmarkDraft, ...] = ()

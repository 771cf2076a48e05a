"""Authored objects and their rules (Glow 1.2). Everything here is plain, frozen data.

Ids are those of `kernel.ids.named_id(pack, kind, slug)`, so importing a bundle again updates.
`version` is 0 until the object is published.
"""

from collections.abc import Mapping
from typing import Literal

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, EntryId, TemplateId

ACTIVE = "active"
EntryKind = Literal["home", "practice"]
Kind = Literal[
    "document", "persona", "dialogue", "scenario", "rubric", "simulation", "cohort", "home", "practice", "price",
    "pack", "eval", "recording", "benchmark", "record", "anchors",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A version of a published thing. Versions never change, so this is as good as a copy."""

    id: str
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """What a placeholder becomes: in one scenario, or where that says nothing about it."""

    id: str
    name: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Caption:
    """What is said in a video, as WebVTT. `language` as in BCP 47, `label` for people to choose by."""

    upload_id: str
    language: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """An image or a video of a scenario, or an image of a document. `mime_type` is "" while its file is not known."""

    id: str
    name: str
    description: str = ""
    upload_id: str | None = None
    mime_type: str = ""
    captions: tuple[Caption, ...] = ()

    @property
    def upload_ids(self) -> frozenset[str]:
        """Every file that it needs."""
        return frozenset(filter(None, (self.upload_id, *(caption.upload_id for caption in self.captions))))


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A text that learner and persona may consult. `upload_id`: a file of it; `fields` fill its placeholders."""

    id: str
    name: str
    description: str = ""
    text: str = ""
    upload_id: str | None = None
    template: bool = False
    department_ids: tuple[str, ...] = ()
    fields: tuple[Parameter, ...] = ()
    images: tuple[Media, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """Something that holds of a persona, or does not; `ACTIVE` off: it is not to be chosen any more."""

    id: str
    name: str
    description: str = ""
    value: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Persona:
    """A character. `instructions` may hold `{{placeholders}}` that a scenario's parameters fill, or its own."""

    id: str
    name: str
    description: str = ""
    icon: str = ""
    color: str = ""
    department_ids: tuple[str, ...] = ()
    instructions: str = ""
    examples: tuple[str, ...] = ()
    voice: str = ""
    dialogue_id: str | None = None
    parameters: tuple[Parameter, ...] = ()
    flags: tuple[Flag, ...] = ()

    @property
    def may_be_chosen(self) -> bool:
        """Whether nobody has switched it off for what is made from now on."""
        return all(each.value for each in self.flags if each.name == ACTIVE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """A problem statement or an objective, with an id of its own for the read models (Glow 10.2)."""

    id: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One answer to a quiz question."""

    id: str
    question_id: str
    option_text: str
    is_correct: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A quiz question; `times` are the seconds at which the video pauses for it."""

    id: str
    question_text: str
    allow_multiple: bool = False
    times: tuple[int, ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Casting:
    """The dialogue (and its version) that the offline model plays for a persona in a scenario."""

    persona_id: str
    dialogue_id: str
    dialogue_version: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """A situation to practise: who is met, what the matter is, what the learner should reach."""

    id: str
    version: int = 0
    name: str
    description: str = ""
    department_ids: tuple[str, ...] = ()
    problem_statements: tuple[Statement, ...] = ()
    objectives: tuple[Statement, ...] = ()
    persona_ids: tuple[str, ...]
    document_ids: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    images: tuple[Media, ...] = ()
    videos: tuple[Media, ...] = ()
    questions: tuple[Question, ...] = ()
    castings: tuple[Casting, ...] = ()
    problem_statement_enabled: bool = False
    objectives_enabled: bool = False
    video_enabled: bool = False
    images_enabled: bool = False
    questions_enabled: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """What a chat plays with: its scenario, and the personas and documents of that in full."""

    scenario: Scenario
    personas: tuple[Persona, ...]
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Signals:
    """What the rule grader looks for in a learner's words; no other grader sees it.

    `good_moves` and `bad_moves` name moves (see `dialogues.MOVE_NAMES`), `good` and `bad` are phrases
    (see `phrases`). `enough` is in how many messages something good must show for the best level.
    """

    good_moves: tuple[str, ...] = ()
    bad_moves: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    enough: int = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Standard:
    """One level of a criterion."""

    id: str
    standard_group_id: str
    name: str
    description: str = ""
    points: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StandardGroup:
    """One criterion; `points` is the best that its standards give."""

    id: str
    name: str
    short_name: str = ""
    description: str = ""
    points: int
    pass_points: int
    standards: tuple[Standard, ...]
    signals: Signals | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rubric:
    """What a chat is graded by: criteria with levels."""

    id: str
    version: int = 0
    name: str
    description: str = ""
    department_ids: tuple[str, ...] = ()
    total_points: int
    pass_points: int
    simulation_rubric: bool = True
    video_rubric: bool = False
    groups: tuple[StandardGroup, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatSettings:
    """Flags and limits of a chat template. `copy_paste_allowed` and `show_*` bind clients only.

    `time_limit` is in whole seconds; `negative_time` lets the clock run on below zero.
    """

    text_enabled: bool = True
    audio_enabled: bool = True
    hints_enabled: bool = True
    copy_paste_allowed: bool = True
    show_images: bool = True
    show_objectives: bool = True
    show_problem_statement: bool = True
    strengths_enabled: bool = True
    improvements_enabled: bool = True
    replacements_enabled: bool = True
    analyses_enabled: bool = True
    problem_statement_enabled: bool = False
    objectives_enabled: bool = False
    video_enabled: bool = False
    images_enabled: bool = False
    questions_enabled: bool = False
    use_custom: bool = False
    use_previous: bool = False
    time_limit: int | None = None
    negative_time: bool = False
    generate_names: bool = False
    generate_descriptions: bool = False
    generate_personas: bool = False
    generate_documents: bool = False
    generate_problem_statements: bool = False
    generate_objectives: bool = False
    generate_images: bool = False
    generate_videos: bool = False
    generate_questions: bool = False
    generate_options: bool = False
    generate_parameter_fields: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatTemplate(ChatSettings):
    """One chat of an entry (`chat_entry_id` on the wire), with pinned scenario and rubric versions."""

    id: TemplateId
    name: str
    description: str = ""
    position: int = 0
    scenario_id: str
    scenario_version: int = 0
    rubric_id: str | None = None
    rubric_version: int | None = None
    department_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulationPart:
    """A scenario's place in a simulation. `settings` are the template members it sets itself."""

    scenario_id: str
    rubric_id: str | None = None
    position: int
    settings: Mapping[str, bool | int | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulation:
    """Scenarios in order, each with its rubric."""

    id: str
    name: str
    description: str = ""
    department_ids: tuple[str, ...] = ()
    practice: bool = False
    parts: tuple[SimulationPart, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfilePersona:
    """The persona that a learner plays."""

    profile_id: AccountId
    persona_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Cohort:
    """People who learn together, and who teaches them."""

    id: str
    name: str
    description: str = ""
    simulation_ids: tuple[str, ...] = ()
    profile_ids: tuple[AccountId, ...] = ()
    instructor_ids: tuple[AccountId, ...] = ()
    profile_personas: tuple[ProfilePersona, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Assigned training (`home`) or self-directed practice. Times are milliseconds, `None` = no bound.

    A seat in it has who learns in one of its cohorts now, who is named in it, or, if `everyone`, each account.
    """

    id: EntryId
    kind: EntryKind
    name: str
    description: str = ""
    simulation_id: str
    cohort_ids: tuple[str, ...] = ()
    profile_personas: tuple[ProfilePersona, ...] = ()
    start_time: int | None = None
    end_time: int | None = None
    position: int = 0
    active: bool = True
    everyone: bool = False
    templates: tuple[ChatTemplate, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pack:
    """What the last import of a bundle brought, so that the next one knows what is gone.

    `benchmarks` and `brought` (all else) in the versions that the import left: newer ones were made in the house.
    """

    name: str
    description: str = ""
    home_ids: tuple[str, ...] = ()
    practice_ids: tuple[str, ...] = ()
    eval_ids: tuple[str, ...] = ()
    benchmarks: tuple[Reference, ...] = ()
    brought: tuple[Reference, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Seat:
    """That an account may use an entry, and the persona it plays there."""

    entry_id: EntryId
    account_id: AccountId
    persona_id: str | None = None

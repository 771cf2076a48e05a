"""The authored things that an attempt shows, as maps by id (Glow 10.2)."""

from collections.abc import Iterable, Mapping, Sequence

from parlour.attempts.detail_media import Image, Video, shown_image, shown_video
from parlour.attempts.detail_quiz import Option, Question, shown_question
from parlour.attempts.detail_shapes import GroupMapping, RubricStructure, StandardMapping
from parlour.catalog import actions as catalog
from parlour.catalog import entities
from parlour.catalog.entities import ChatTemplate, Reference
from parlour.catalog.filling import filled_document, filled_scenario
from parlour.conversations.entities import Chat
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """The situation of a chat."""

    scenario_id: str
    name: str
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Persona:
    """Who is met. `instructions` and `examples` are null for the owner of the attempt."""

    id: str
    name: str
    icon: str
    color: str
    instructions: str | None
    examples: Sequence[str] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """What the learner may consult: a text, a file, or both. `images` are its pictures."""

    document_id: str
    upload_id: str | None
    name: str
    description: str
    template: bool
    text: str
    images: Sequence[Image]


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """What the learner should reach."""

    objective_id: str
    objective: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemStatement:
    """What the matter is."""

    problem_statement_id: str
    problem_statement: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rubric:
    """What chats are graded by."""

    rubric_id: str
    name: str
    description: str
    total_points: int
    pass_points: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StandardGroup:
    """A criterion."""

    standard_group_id: str
    name: str
    description: str
    points: int
    pass_points: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Standard:
    """A level of a criterion."""

    standard_id: str
    standard_group_id: str
    name: str
    description: str
    points: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Resources:
    """Everything that the chats of an attempt refer to."""

    scenarios: Mapping[str, Scenario]
    personas: Mapping[str, Persona]
    documents: Mapping[str, Document]
    images: Mapping[str, Image]
    videos: Mapping[str, Video]
    objectives: Mapping[str, Objective]
    questions: Mapping[str, Question]
    options: Mapping[str, Option]
    problem_statements: Mapping[str, ProblemStatement]
    rubrics: Mapping[str, Rubric]
    standard_groups: Mapping[str, StandardGroup]
    standards: Mapping[str, Standard]


@dataclass(frozen=True, kw_only=True, slots=True)
class Linked:
    """What one chat was opened with, as it was published then. Kinds that the template switches off are empty."""

    scenario: entities.Scenario | None
    rubric: entities.Rubric | None
    personas: Mapping[str, entities.Persona]
    documents: Sequence[entities.Document]
    problem_statements: Sequence[entities.Statement]
    objectives: Sequence[entities.Statement]
    images: Sequence[entities.Media]
    videos: Sequence[entities.Media]
    questions: Sequence[entities.Question]


class Library:
    """Published versions, each read once for a whole attempt."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._scenarios: dict[Reference, entities.Scenario | None] = {}
        self._rubrics: dict[Reference, entities.Rubric | None] = {}
        self._personas: dict[Reference, entities.Persona | None] = {}
        self._documents: dict[Reference, entities.Document | None] = {}

    def scenario(self, which: Reference) -> entities.Scenario | None:
        """A scenario in a version, as it is played: its placeholders filled."""
        if which not in self._scenarios:
            found = catalog.scenario_version(self._tx, which.id, which.version)
            self._scenarios[which] = filled_scenario(found) if found else None
        return self._scenarios[which]

    def scenario_of(self, template: ChatTemplate) -> entities.Scenario | None:
        """The scenario that a template pins."""
        return self.scenario(Reference(id=template.scenario_id, version=template.scenario_version))

    def rubric(self, which: Reference) -> entities.Rubric | None:
        """A rubric in a version."""
        if which not in self._rubrics:
            self._rubrics[which] = catalog.rubric_version(self._tx, which.id, which.version)
        return self._rubrics[which]

    def linked(self, chat: Chat) -> Linked:
        """What a chat was opened with."""
        flags, own = chat.snapshot.template, chat.snapshot.material
        scenario = filled_scenario(own.scenario) if own else self.scenario(chat.snapshot.scenario)
        personas = own.personas if own else [self._persona(which) for which in chat.snapshot.personas]
        documents = own.documents if own else [self._document(which) for which in chat.snapshot.documents]
        return Linked(
            scenario=scenario,
            rubric=self.rubric(chat.snapshot.rubric) if chat.snapshot.rubric else None,
            personas={persona.id: persona for persona in personas if persona},
            documents=[filled_document(each, scenario) if scenario else each for each in documents if each],
            problem_statements=scenario.problem_statements if scenario and flags.problem_statement_enabled else (),
            objectives=scenario.objectives if scenario and flags.objectives_enabled else (),
            images=scenario.images if scenario and flags.images_enabled else (),
            videos=scenario.videos if scenario and flags.video_enabled else (),
            questions=scenario.questions if scenario and flags.questions_enabled else (),
        )

    def _persona(self, which: Reference) -> entities.Persona | None:
        if which not in self._personas:
            self._personas[which] = catalog.persona_version(self._tx, which.id, which.version)
        return self._personas[which]

    def _document(self, which: Reference) -> entities.Document | None:
        if which not in self._documents:
            self._documents[which] = catalog.document_version(self._tx, which.id, which.version)
        return self._documents[which]


@dataclass(frozen=True, kw_only=True, slots=True)
class Secrets:
    """What the reader may not see: `owned`, as owner of the attempt; `keys`, of questions that wait for an answer."""

    owned: bool
    keys: frozenset[str]


def resources(linked: Sequence[Linked], scenarios: Iterable[entities.Scenario], secrets: Secrets) -> Resources:
    """What the chats refer to, and `scenarios` besides."""
    owned = secrets.owned
    known = {scenario.id: scenario for scenario in scenarios}
    known |= {each.scenario.id: each.scenario for each in linked if each.scenario}
    questions = [
        shown_question(question, with_key=not owned or question.id not in secrets.keys)
        for each in linked
        for question in each.questions
    ]
    rubrics = _rubrics(linked)
    groups = [group for rubric in rubrics.values() for group in rubric.groups]
    return Resources(
        scenarios={
            key: Scenario(scenario_id=key, name=scenario.name, description=scenario.description)
            for key, scenario in known.items()
        },
        personas={key: _persona(each, owned=owned) for one in linked for key, each in one.personas.items()},
        documents={each.id: _document(each) for one in linked for each in one.documents},
        images={each.id: shown_image(each) for one in linked for each in one.images},
        videos={each.id: shown_video(each) for one in linked for each in one.videos},
        objectives={
            each.id: Objective(objective_id=each.id, objective=each.text) for one in linked for each in one.objectives
        },
        questions={question.question_id: question for question in questions},
        options={option.option_id: option for question in questions for option in question.options},
        problem_statements={
            each.id: ProblemStatement(problem_statement_id=each.id, problem_statement=each.text)
            for one in linked
            for each in one.problem_statements
        },
        rubrics={key: _rubric(rubric) for key, rubric in rubrics.items()},
        standard_groups={group.id: shown_group(group) for group in groups},
        standards={standard.id: shown_standard(standard) for group in groups for standard in group.standards},
    )


def rubric_structure(linked: Sequence[Linked]) -> RubricStructure | None:
    """The criteria and levels of every rubric of the attempt; None without a rubric."""
    groups = [group for rubric in _rubrics(linked).values() for group in rubric.groups]
    if not groups:
        return None
    return RubricStructure(
        standard_groups={group.id: [standard.id for standard in group.standards] for group in groups},
        standard_groups_mapping={
            group.id: GroupMapping(
                name=group.name, description=group.description, points=group.points, pass_points=group.pass_points
            )
            for group in groups
        },
        standards_mapping={
            standard.id: StandardMapping(name=standard.name, description=standard.description, points=standard.points)
            for group in groups
            for standard in group.standards
        },
    )


def shown_group(group: entities.StandardGroup) -> StandardGroup:
    """A criterion without what only the grader looks for."""
    return StandardGroup(
        standard_group_id=group.id,
        name=group.name,
        description=group.description,
        points=group.points,
        pass_points=group.pass_points,
    )


def shown_standard(standard: entities.Standard) -> Standard:
    """A level."""
    return Standard(
        standard_id=standard.id,
        standard_group_id=standard.standard_group_id,
        name=standard.name,
        description=standard.description,
        points=standard.points,
    )


def _rubrics(linked: Sequence[Linked]) -> dict[str, entities.Rubric]:
    return {each.rubric.id: each.rubric for each in linked if each.rubric}


def _rubric(rubric: entities.Rubric) -> Rubric:
    return Rubric(
        rubric_id=rubric.id,
        name=rubric.name,
        description=rubric.description,
        total_points=rubric.total_points,
        pass_points=rubric.pass_points,
    )


def _persona(persona: entities.Persona, *, owned: bool) -> Persona:
    return Persona(
        id=persona.id,
        name=persona.name,
        icon=persona.icon,
        color=persona.color,
        instructions=None if owned else persona.instructions,
        examples=None if owned else persona.examples,
    )


def _document(document: entities.Document) -> Document:
    return Document(
        document_id=document.id,
        upload_id=document.upload_id,
        name=document.name,
        description=document.description,
        template=document.template,
        text=document.text,
        images=[shown_image(each) for each in document.images],
    )

"""Drafts and choices as they are shown: no instructions, no answers to those who learn (Glow 6.5)."""

from collections.abc import Sequence

from parlour.attempts.customising import Choices
from parlour.catalog.entities import Document, Media, Persona, Question
from parlour.catalog.filling import needed_by
from parlour.drafts.entities import ChatValues, Draft
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonaShown:
    """A persona; `parameters` are those that its texts need. `instructions` and `examples` only for staff."""

    persona_id: str
    name: str
    description: str
    icon: str
    color: str
    parameters: Sequence[str]
    instructions: str | None = None
    examples: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentShown:
    """A document by its name."""

    document_id: str
    name: str
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaShown:
    """An image or a video by its name."""

    id: str
    name: str
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ParameterShown:
    """The value of a parameter."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OptionShown:
    """An option; `is_correct` only for staff."""

    option_id: str
    option_text: str
    is_correct: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionShown:
    """A question with its options."""

    question_id: str
    question_text: str
    allow_multiple: bool
    times: Sequence[int]
    options: Sequence[OptionShown]


@dataclass(frozen=True, kw_only=True, slots=True)
class ValuesShown:
    """What a draft changes; null: as the scenario has it."""

    name: str | None
    description: str | None
    personas: Sequence[PersonaShown] | None
    documents: Sequence[DocumentShown] | None
    parameter_fields: Sequence[ParameterShown] | None
    problem_statements: Sequence[str] | None
    objectives: Sequence[str] | None
    questions: Sequence[QuestionShown] | None
    images: Sequence[MediaShown] | None
    videos: Sequence[MediaShown] | None


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class DraftShown:
    """A draft. `used_at`: when a chat was last opened with it; it may be used again."""

    draft_id: str
    artifact_type: str
    artifact_id: str
    version: int
    created_at: str
    updated_at: str
    used_at: str | None
    values: ValuesShown


@dataclass(frozen=True, kw_only=True, slots=True)
class ParameterOffered:
    """A parameter with its value, and the values that scenarios within reach give it."""

    name: str
    value: str | None
    values: Sequence[str]


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class ChoicesShown:
    """What may be chosen. `chosen` lists what the chat has if nothing is changed; `generated` names
    the types that are made anew for each chat, and cannot be chosen."""

    attempt_id: str
    chat_entry_id: str
    use_custom: bool
    generated: Sequence[str]
    name: str
    description: str
    personas: Sequence[PersonaShown]
    documents: Sequence[DocumentShown]
    parameter_fields: Sequence[ParameterOffered]
    problem_statements: Sequence[str]
    objectives: Sequence[str]
    questions: Sequence[QuestionShown]
    images: Sequence[MediaShown]
    videos: Sequence[MediaShown]
    chosen: Sequence[str]


def shown_draft(draft: Draft, *, teaches: bool) -> DraftShown:
    """A draft for its owner, who sees secrets only if they teach what it is about."""
    return DraftShown(
        draft_id=draft.id,
        artifact_type=draft.artifact_type,
        artifact_id=draft.chat.basis.template_id,
        version=draft.version,
        created_at=rfc3339(draft.created_at),
        updated_at=rfc3339(draft.updated_at),
        used_at=None if draft.used_at is None else rfc3339(draft.used_at),
        values=_values(draft.chat.values, secrets=teaches),
    )


def shown_choices(found: Choices) -> ChoicesShown:
    """What is offered, by name."""
    offer = found.offer
    scenario = offer.material.scenario
    given = {parameter.name: parameter.value for parameter in scenario.parameters}
    media = (*scenario.images, *scenario.videos)
    return ChoicesShown(
        attempt_id=found.attempt.id,
        chat_entry_id=offer.template.id,
        use_custom=found.customisable,
        generated=offer.generated,
        name=scenario.name,
        description=scenario.description,
        personas=[_persona(each, secrets=False) for each in offer.personas],
        documents=[_document(each) for each in offer.documents],
        parameter_fields=[
            ParameterOffered(name=name, value=given.get(name), values=values) for name, values in offer.values.items()
        ],
        problem_statements=[each.text for each in scenario.problem_statements],
        objectives=[each.text for each in scenario.objectives],
        questions=[_question(each, secrets=False) for each in scenario.questions],
        images=[_media(each) for each in offer.images],
        videos=[_media(each) for each in offer.videos],
        chosen=[*scenario.persona_ids, *scenario.document_ids, *(each.id for each in media)],
    )


def _values(values: ChatValues, *, secrets: bool) -> ValuesShown:
    personas, documents, questions = values.personas, values.documents, values.questions
    parameters, statements, objectives = values.parameters, values.problem_statements, values.objectives
    return ValuesShown(
        name=values.name,
        description=values.description,
        personas=None if personas is None else [_persona(each, secrets=secrets) for each in personas],
        documents=None if documents is None else [_document(each) for each in documents],
        parameter_fields=None
        if parameters is None
        else [ParameterShown(name=each.name, value=each.value) for each in parameters],
        problem_statements=None if statements is None else [each.text for each in statements],
        objectives=None if objectives is None else [each.text for each in objectives],
        questions=None if questions is None else [_question(each, secrets=secrets) for each in questions],
        images=None if values.images is None else [_media(each) for each in values.images],
        videos=None if values.videos is None else [_media(each) for each in values.videos],
    )


def _persona(persona: Persona, *, secrets: bool) -> PersonaShown:
    return PersonaShown(
        persona_id=persona.id,
        name=persona.name,
        description=persona.description,
        icon=persona.icon,
        color=persona.color,
        parameters=sorted(needed_by(persona)),
        instructions=persona.instructions if secrets else None,
        examples=persona.examples if secrets else None,
    )


def _document(document: Document) -> DocumentShown:
    return DocumentShown(document_id=document.id, name=document.name, description=document.description)


def _media(media: Media) -> MediaShown:
    return MediaShown(id=media.id, name=media.name, description=media.description)


def _question(question: Question, *, secrets: bool) -> QuestionShown:
    return QuestionShown(
        question_id=question.id,
        question_text=question.question_text,
        allow_multiple=question.allow_multiple,
        times=question.times,
        options=[
            OptionShown(
                option_id=each.id,
                option_text=each.option_text,
                is_correct=each.is_correct if secrets else None,
            )
            for each in question.options
        ],
    )

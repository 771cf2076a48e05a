"""What may be chosen for a chat, and what a person's choice makes of a draft (Glow 1.5).

An account may choose what it can meet anyway: what the scenarios of this entry, and of the entries in
which it has a seat, play with. Texts may be its own, within bounds. Types that are generated for each
chat of the template are not to be chosen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from parlour.catalog import actions as catalog
from parlour.catalog.entities import (
    Casting,
    ChatTemplate,
    Document,
    Entry,
    Material,
    Media,
    Option,
    Parameter,
    Persona,
    Question,
    Scenario,
    Statement,
)
from parlour.drafts import actions
from parlour.drafts.chats.kinds import is_clean
from parlour.drafts.chats.material import apply, faults, generated_types, published_of, template_of
from parlour.drafts.entities import ChatValues, Draft, VersionConflictError
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, invalid, not_found
from parlour.storage.tx import Tx

SCENARIOS_MAX = 60

T = TypeVar("T", Persona, Document, Media)


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What may be chosen. `values`: for each parameter the values that scenarios give it.

    `generated`: the types that are made anew for each chat, so that nobody chooses them.
    """

    template: ChatTemplate
    material: Material
    personas: tuple[Persona, ...]
    documents: tuple[Document, ...]
    images: tuple[Media, ...]
    videos: tuple[Media, ...]
    values: Mapping[str, tuple[str, ...]]
    generated: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonaChoice:
    """An offered persona, or one of the draft; `name` and `description` may be one's own."""

    persona_id: str
    name: str | None = None
    description: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OptionChoice:
    """One answer of a question of one's own."""

    option_text: str
    is_correct: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionChoice:
    """A question of the scenario or the draft by its id, or one of one's own."""

    question_id: str | None = None
    question_text: str = ""
    allow_multiple: bool = False
    times: tuple[int, ...] = ()
    options: tuple[OptionChoice, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatChange:
    """What a person writes into a draft. Only the members in `given` change; None there: as the scenario has it."""

    given: frozenset[str]
    name: str | None = None
    description: str | None = None
    personas: tuple[PersonaChoice, ...] | None = None
    document_ids: tuple[str, ...] | None = None
    parameter_fields: tuple[tuple[str, str], ...] | None = None
    problem_statements: tuple[str, ...] | None = None
    objectives: tuple[str, ...] | None = None
    questions: tuple[QuestionChoice, ...] | None = None
    image_ids: tuple[str, ...] | None = None
    video_ids: tuple[str, ...] | None = None


TYPE_OF_MEMBER: Mapping[str, str] = {
    "name": "names",
    "description": "descriptions",
    "personas": "personas",
    "document_ids": "documents",
    "parameter_fields": "parameter_fields",
    "problem_statements": "problem_statements",
    "objectives": "objectives",
    "questions": "questions",
    "image_ids": "images",
    "video_ids": "videos",
}


def offer_for(tx: Tx, actor: Actor, entry: Entry, template: ChatTemplate) -> Offer:
    """What an account may choose for a chat of a template. Raises `not_found` if its scenario is gone."""
    material = published_of(tx, template)
    if material is None:
        raise not_found("Scenario")
    scenarios = _scenarios(tx, actor, entry, template)
    persona_ids = dict.fromkeys(each for scenario in scenarios for each in scenario.persona_ids)
    document_ids = dict.fromkeys(each for scenario in scenarios for each in scenario.document_ids)
    met = (each for each in (catalog.persona(tx, key) for key in persona_ids) if each)
    own = material.scenario.persona_ids
    personas = {each.id: each for each in met if each.may_be_chosen or each.id in own}
    documents = {each.id: each for each in (catalog.document(tx, key) for key in document_ids) if each}
    values: dict[str, dict[str, None]] = {}
    for scenario in scenarios:
        for parameter in scenario.parameters:
            values.setdefault(parameter.name, {})[parameter.value] = None
    return Offer(
        template=template,
        material=material,
        personas=tuple(personas.values()),
        documents=tuple(documents.values()),
        images=tuple({each.id: each for scenario in scenarios for each in scenario.images}.values()),
        videos=tuple({each.id: each for scenario in scenarios for each in scenario.videos}.values()),
        values={name: tuple(found) for name, found in values.items()},
        generated=generated_types(template),
    )


def _scenarios(tx: Tx, actor: Actor, entry: Entry, template: ChatTemplate) -> list[Scenario]:
    """The scenarios whose material is offered, that of the template first."""
    own = [each for kind in ("home", "practice") for each in catalog.entries_for_account(tx, actor.account_id, kind)]
    templates = [template, *entry.templates, *(each for met in own for each in met.templates)]
    found: dict[str, Scenario] = {}
    for each in templates:
        if each.scenario_id not in found and len(found) < SCENARIOS_MAX:
            scenario = catalog.scenario_version(tx, each.scenario_id, each.scenario_version)
            if scenario is not None:
                found[each.scenario_id] = scenario
    return list(found.values())


def change(tx: Tx, actor: Actor, draft_id: str, expected_version: int, wanted: ChatChange) -> Draft:
    """Write a person's choice into their draft; the draft as it is then.

    Raises `not_found`, `VersionConflictError`, `custom_not_allowed`, and `invalid_request` for what is not
    offered, or would leave a persona with a gap in its texts.
    """
    draft = actions.own_draft(tx, actor, draft_id, lock=True)
    if draft.version != expected_version:
        raise VersionConflictError(draft)
    basis = draft.chat.basis
    template = template_of(tx, basis)
    entry = catalog.entry_for(tx, basis.kind, basis.entry_id)
    if template is None or entry is None:
        raise not_found("Draft")
    if not template.use_custom:  # it may be the draft of a chat that is being generated
        raise Refusal("custom_not_allowed", "This scenario cannot be customised.")
    offer = offer_for(tx, actor, entry, template)
    for member in sorted(wanted.given):
        if TYPE_OF_MEMBER[member] in offer.generated:
            raise invalid(f"/values/{member}", f"{member} is generated for each chat of this scenario")
    values = _Chooser(tx, offer, draft.chat.values).chosen(wanted)
    check_usable(values, template, offer.material, pointer="/values")
    touched = tuple(TYPE_OF_MEMBER[member] for member in sorted(wanted.given))
    return actions.write(tx, draft, values, touched)


def check_usable(values: ChatValues, template: ChatTemplate, published: Material, *, pointer: str | None) -> None:
    """Raise unless a chat can open with these values; what will be generated is taken as it was published."""
    wrong = faults(apply(values, published))
    if wrong and pointer is not None:
        raise invalid(pointer, wrong[0])
    if wrong:
        raise Refusal(
            "draft_unusable", f"The draft does not fit {template.name or 'this scenario'} any more: {wrong[0]}."
        )


class _Chooser:
    """One change on its way into the values of a draft."""

    def __init__(self, tx: Tx, offer: Offer, before: ChatValues) -> None:
        self._tx = tx
        self._offer = offer
        self._before = before

    def chosen(self, wanted: ChatChange) -> ChatValues:
        values = self._before
        given = wanted.given
        if "name" in given:
            values = replace(values, name=_text("name", wanted.name))
        if "description" in given:
            values = replace(values, description=_text("description", wanted.description))
        if "personas" in given:
            values = self._with_personas(values, wanted.personas)
        if "document_ids" in given:
            documents = (*self._offer.documents, *(self._before.documents or ()))
            values = replace(values, documents=_picked("document_ids", wanted.document_ids, documents))
        if "image_ids" in given:
            values = replace(values, images=_picked("image_ids", wanted.image_ids, self._offer.images))
        if "video_ids" in given:
            values = replace(values, videos=_picked("video_ids", wanted.video_ids, self._offer.videos))
        if "parameter_fields" in given:
            values = replace(values, parameters=self._parameters(wanted.parameter_fields))
        if "problem_statements" in given:
            made = self._statements("problem_statements", wanted.problem_statements)
            values = replace(values, problem_statements=made)
        if "objectives" in given:
            values = replace(values, objectives=self._statements("objectives", wanted.objectives))
        if "questions" in given:
            values = replace(values, questions=self._questions(wanted.questions))
        return values

    def _with_personas(self, values: ChatValues, choices: Sequence[PersonaChoice] | None) -> ChatValues:
        if choices is None:
            return replace(values, personas=None, castings=())
        _check_once("personas", [choice.persona_id for choice in choices])
        known = {each.id: each for each in (*(self._before.personas or ()), *self._offer.personas)}
        played = {each.persona_id: each for each in (*self._before.castings, *self._offer.material.scenario.castings)}
        personas: list[Persona] = []
        castings: list[Casting] = []
        for index, choice in enumerate(choices):
            persona = known.get(choice.persona_id)
            if persona is None:
                raise invalid(f"/values/personas/{index}/persona_id", "this persona is not offered")
            casting = played.get(persona.id) or self._casting(persona)
            castings += [casting] if casting else []
            name = _text(f"personas/{index}/name", choice.name)
            description = _text(f"personas/{index}/description", choice.description)
            personas.append(
                replace(
                    persona,
                    name=persona.name if name is None else name,
                    description=persona.description if description is None else description,
                )
            )
        return replace(values, personas=tuple(personas), castings=tuple(castings))

    def _casting(self, persona: Persona) -> Casting | None:
        """The dialogue that a persona brings along, in its newest version."""
        newest = catalog.newest(self._tx, [persona.dialogue_id] if persona.dialogue_id else [])
        if not newest:
            return None
        return Casting(persona_id=persona.id, dialogue_id=newest[0].id, dialogue_version=newest[0].version)

    def _parameters(self, pairs: Sequence[tuple[str, str]] | None) -> tuple[Parameter, ...] | None:
        if pairs is None:
            return None
        _check_once("parameter_fields", [name for name, _ in pairs])
        known = {each.name: each.id for each in self._offer.material.scenario.parameters}
        made: list[Parameter] = []
        for index, (name, value) in enumerate(pairs):
            if name not in self._offer.values:
                raise invalid(f"/values/parameter_fields/{index}/name", "there is no such parameter")
            text = _text(f"parameter_fields/{index}/value", value)
            made.append(Parameter(id=known.get(name) or self._tx.new_id(), name=name, value=text or ""))
        return tuple(made)

    def _statements(self, member: str, texts: Sequence[str] | None) -> tuple[Statement, ...] | None:
        """Texts as statements; one that is there already keeps its id."""
        if texts is None:
            return None
        scenario, before = self._offer.material.scenario, self._before
        if member == "objectives":
            there = (*scenario.objectives, *(before.objectives or ()))
        else:
            there = (*scenario.problem_statements, *(before.problem_statements or ()))
        known = {each.text: each.id for each in there}
        _check_once(member, [text.strip() for text in texts])
        cleaned = [_text(f"{member}/{index}", text) or "" for index, text in enumerate(texts)]
        return tuple(Statement(id=known.get(text) or self._tx.new_id(), text=text) for text in cleaned)

    def _questions(self, choices: Sequence[QuestionChoice] | None) -> tuple[Question, ...] | None:
        if choices is None:
            return None
        scenario = self._offer.material.scenario
        known = {each.id: each for each in (*scenario.questions, *(self._before.questions or ()))}
        _check_once("questions", [choice.question_id for choice in choices if choice.question_id])
        made: list[Question] = []
        for index, choice in enumerate(choices):
            if choice.question_id is None:
                made.append(self._question(index, choice))
            elif choice.question_id in known:
                made.append(known[choice.question_id])
            else:
                raise invalid(f"/values/questions/{index}/question_id", "this question is not offered")
        return tuple(made)

    def _question(self, index: int, choice: QuestionChoice) -> Question:
        if len(choice.options) < 2:
            raise invalid(f"/values/questions/{index}/options", "a question needs two options or more")
        question_id = self._tx.new_id()
        options = [
            Option(
                id=self._tx.new_id(),
                question_id=question_id,
                option_text=_text(f"questions/{index}/options/{place}/option_text", each.option_text) or "",
                is_correct=each.is_correct,
            )
            for place, each in enumerate(choice.options)
        ]
        return Question(
            id=question_id,
            question_text=_text(f"questions/{index}/question_text", choice.question_text) or "",
            allow_multiple=choice.allow_multiple,
            times=choice.times,
            options=tuple(options),
        )


def _text(place: str, text: str | None) -> str | None:
    """A text without white space around it; it must say something."""
    if text is None:
        return None
    if not is_clean(text):
        raise invalid(f"/values/{place}", "it has control characters")
    if not text.strip():
        raise invalid(f"/values/{place}", "it is empty")
    return text.strip()


def _check_once(member: str, names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        raise invalid(f"/values/{member}", "something is listed twice")


def _picked(member: str, wanted: Sequence[str] | None, offered: Iterable[T]) -> tuple[T, ...] | None:
    if wanted is None:
        return None
    _check_once(member, wanted)
    known = {each.id: each for each in offered}
    for index, each in enumerate(wanted):
        if each not in known:
            raise invalid(f"/values/{member}/{index}", "this is not offered")
    return tuple(known[each] for each in wanted)

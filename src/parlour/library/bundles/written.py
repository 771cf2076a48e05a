"""What is written down of each object: the members of its source in `catalog.sources`, what is as usual left out."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import cast

from parlour.catalog import sources as said
from parlour.catalog.anchors import Anchors
from parlour.catalog.dialogues import Dialogue
from parlour.catalog.entities import (
    ChatSettings,
    Cohort,
    Document,
    Entry,
    Media,
    Parameter,
    Persona,
    Question,
    Rubric,
    Scenario,
    Simulation,
    StandardGroup,
)
from parlour.catalog.prices import Price
from parlour.catalog.records import Record
from parlour.catalog.shelf import Item
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import named_id
from parlour.library.bundles.calling import group_keys

Written = dict[str, object]
FLAGS = (
    "problem_statement_enabled", "objectives_enabled", "video_enabled", "images_enabled", "questions_enabled",
)  # fmt: skip
_NOTHING: tuple[object, ...] = (None, "", (), [], {})
_MEMBERS = tuple(each.name for each in dataclasses.fields(ChatSettings))


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What is known while objects are written: what each is called, and which file an upload is."""

    pack: str
    items: Mapping[str, Item]
    slugs: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict[str, str])

    def slug(self, content_id: str | None) -> str | None:
        """What an object of the bundle is called; None for none, and for what is not in it."""
        return self.slugs.get(content_id) if content_id else None

    def slugs_of(self, content_ids: Sequence[str]) -> list[str]:
        """The same for several; what is not in the bundle is left out."""
        return [slug for slug in map(self.slug, content_ids) if slug is not None]

    def explicit(self, item: Item) -> str | None:
        """The id of an object, if it does not follow from what it is called."""
        return None if item.id == named_id(self.pack, item.kind, self.slugs[item.id]) else item.id

    def keys(self, rubric: Rubric) -> Mapping[str, str]:
        """What the criteria of a rubric are called."""
        explicit = self.explicit(self.items[rubric.id])
        scope = (explicit, "standard_group") if explicit else (self.pack, "standard_group", self.slugs[rubric.id])
        return group_keys(rubric, scope)


@dataclass(frozen=True, slots=True)
class Raw:
    """A value that is written as it is, JSON of somebody else's."""

    value: object


def unwrapped(value: object) -> object:
    """A value with everything in it that is written as it is."""
    match value:
        case Raw(value=inner):
            return inner
        case dict():
            return {name: unwrapped(each) for name, each in cast("dict[str, object]", value).items()}
        case list():
            return [unwrapped(each) for each in cast("list[object]", value)]
        case _:
            return value


def members(source: type[object], given: Mapping[str, object]) -> Written:
    """What is written of a source: its members in their order, without those that are as usual."""
    found: Written = {}
    for each in dataclasses.fields(source):  # pyright: ignore[reportArgumentType]
        if each.name == "place" or each.name not in given:
            continue
        value = plain(given[each.name])
        bare = value.value if isinstance(value, Raw) else value
        if each.default is not dataclasses.MISSING:
            usual = each.default
        elif each.default_factory is not dataclasses.MISSING:
            usual = each.default_factory()
        else:
            found[each.name] = value
            continue
        if bare != plain(usual) and not (bare in _NOTHING and usual in _NOTHING):
            found[each.name] = value
    return found


def plain(value: object) -> object:
    """A value as it is written: texts without the spaces around them, no empty ones in lists."""
    match value:
        case Raw():
            return value
        case str():
            return value.strip()
        case Mapping():
            return {name: plain(each) for name, each in cast("Mapping[str, object]", value).items()}
        case list() | tuple():
            return [each for each in map(plain, cast("Sequence[object]", value)) if each != ""]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            given = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
            return members(type(value), given)
        case _:
            return value


def _shared(item: Item, view: View, content: object) -> dict[str, object]:
    """What many kinds of objects have, under the names that they have in both."""
    names = {each.name for each in dataclasses.fields(content)} - {"id"}  # pyright: ignore[reportArgumentType]
    return {"id": view.explicit(item), **{name: getattr(content, name) for name in names}}


def _document(item: Item, view: View, content: Document) -> Written:
    given = {
        **_shared(item, view, content),
        "fields": _values(content.fields),
        "images": [_media(said.MediaSource, each, view) for each in content.images],
    }
    return members(said.DocumentSource, given)


def _dialogue(item: Item, view: View, content: Dialogue) -> Written:
    return members(said.WrittenDialogue, _shared(item, view, content))


def _persona(item: Item, view: View, content: Persona) -> Written:
    given = {
        **_shared(item, view, content),
        "dialogue": view.slug(content.dialogue_id),
        "parameters": _values(content.parameters),
        "flags": [
            members(said.FlagSource, {"name": each.name, "description": each.description, "value": each.value})
            for each in content.flags
        ],
    }
    return members(said.PersonaSource, given)


def _values(parameters: Sequence[Parameter]) -> Written:
    return {each.name: each.value for each in parameters if each.value.strip()}


def _scenario(item: Item, view: View, content: Scenario) -> Written:
    dialogues: dict[str, object] = {}
    for casting in content.castings:
        persona = view.items.get(casting.persona_id)
        usual = persona.content.dialogue_id if persona and isinstance(persona.content, Persona) else None
        if casting.dialogue_id != usual and persona is not None and casting.persona_id in content.persona_ids:
            dialogues[view.slugs[casting.persona_id]] = view.slug(casting.dialogue_id)
    given = {
        **_shared(item, view, content),
        "problem_statements": [each.text for each in content.problem_statements],
        "objectives": [each.text for each in content.objectives],
        "personas": view.slugs_of(content.persona_ids),
        "documents": view.slugs_of(content.document_ids),
        "parameters": _values(content.parameters),
        "images": [_media(said.MediaSource, each, view) for each in content.images],
        "videos": [_media(said.VideoSource, each, view) for each in content.videos],
        "questions": [_question(each) for each in content.questions],
        "dialogues": dialogues,
    }
    return members(said.ScenarioSource, given)


def _media(source: type[said.MediaSource], media: Media, view: View) -> Written:
    file = view.files.get(media.upload_id or "")
    captions = [
        {"file": view.files[each.upload_id], "language": each.language, "label": each.label}
        for each in media.captions
        if each.upload_id in view.files
    ]
    return members(
        source,
        {
            "name": media.name,
            "description": media.description,
            "upload_id": None if file else media.upload_id,
            "file": file,
            "captions": captions,
        },
    )


def _question(question: Question) -> Written:
    options = [
        members(said.OptionSource, {"text": option.option_text, "correct": option.is_correct})
        for option in question.options
    ]
    given = {
        "text": question.question_text,
        "allow_multiple": question.allow_multiple,
        "times": question.times,
        "options": options,
    }
    return members(said.QuestionSource, given)


def _rubric(item: Item, view: View, content: Rubric) -> Written:
    keys = view.keys(content)
    given = {
        **_shared(item, view, content),
        "groups": {keys[group.id]: _group(group) for group in content.groups},
        "anchors": _anchors(item.anchors) if item.anchors else None,
    }
    return members(said.RubricSource, given)


def _group(group: StandardGroup) -> Written:
    standards = [
        {"points": each.points, "name": each.name, **({"description": each.description} if each.description else {})}
        for each in group.standards
    ]
    names = ("name", "short_name", "description", "points", "pass_points", "signals")
    return members(said.GroupSource, {**{name: getattr(group, name) for name in names}, "standards": standards})


def _anchors(anchors: Anchors) -> Written:
    return members(said.AnchorsSource, {name: getattr(anchors, name) for name in ("weak", "middling", "strong")})


def _simulation(item: Item, view: View, content: Simulation) -> Written:
    parts = [
        members(
            said.PartSource,
            {
                "scenario": view.slug(part.scenario_id),
                "rubric": view.slug(part.rubric_id),
                "settings": _in_order(part.settings),
            },
        )
        for part in sorted(content.parts, key=lambda part: part.position)
        if view.slug(part.scenario_id)
    ]
    return members(said.SimulationSource, {**_shared(item, view, content), "scenarios": parts})


def _in_order(settings: Mapping[str, object]) -> Written:
    return {name: settings[name] for name in _MEMBERS if name in settings}


def _cohort(item: Item, view: View, content: Cohort) -> Written:
    given = {
        "id": view.explicit(item),
        "name": content.name,
        "description": content.description,
        "simulations": view.slugs_of(content.simulation_ids),
    }
    return members(said.CohortSource, given)


def _entry(item: Item, view: View, content: Entry) -> Written:
    settings, chats = _chat_settings(view, content)
    given = {
        "id": view.explicit(item),
        **{name: getattr(content, name) for name in ("name", "description", "everyone", "position", "active")},
        "simulation": view.slug(content.simulation_id),
        "cohorts": view.slugs_of(content.cohort_ids),
        "start_time": rfc3339(content.start_time) if content.start_time is not None else None,
        "end_time": rfc3339(content.end_time) if content.end_time is not None else None,
        "settings": settings or None,
        "chats": chats,
    }
    return members(said.EntrySource, given)


def _chat_settings(view: View, entry: Entry) -> tuple[Written, Written]:
    """What the chats of an entry have otherwise than their scenarios and their simulation say: all, and single ones."""
    simulation = view.items.get(entry.simulation_id)
    parts = simulation.content.parts if simulation and isinstance(simulation.content, Simulation) else ()
    by_scenario = {each.scenario_id: each for each in entry.templates}
    usual = ChatSettings()
    pairs: list[tuple[str, Written, Written]] = []
    for part in parts:
        scenario, template = view.items.get(part.scenario_id), by_scenario.get(part.scenario_id)
        if template is None or scenario is None:
            continue
        start: Written = {name: getattr(usual, name) for name in _MEMBERS}
        start |= {name: getattr(scenario.content, name) for name in FLAGS}
        start |= _in_order(part.settings)
        pairs.append((view.slugs[part.scenario_id], start, {name: getattr(template, name) for name in _MEMBERS}))
    everywhere: Written = {}
    single: dict[str, Written] = {}
    for name in _MEMBERS:
        changed = [(slug, mine[name]) for slug, start, mine in pairs if mine[name] != start[name]]
        if changed and all(mine[name] == changed[0][1] for _, _, mine in pairs):
            everywhere[name] = changed[0][1]
        else:
            for slug, value in changed:
                single.setdefault(slug, {})[name] = value
    return everywhere, dict(single)


def _record(item: Item, view: View, content: Record) -> Written:
    values = {
        name: [
            members(
                said.RecordValueSource,
                {"link": value.id if value.linked else None, "fields": Raw(value.fields)},
            )
            for value in values
        ]
        for name, values in content.values.items()
    }
    return members(said.RecordSource, {**_shared(item, view, content), "type": content.artifact_type, "values": values})


def prices(price: Price) -> list[Written]:
    """A line for each rate of a model, the oldest first."""
    return [
        members(
            said.PriceSource,
            {
                "model": price.model,
                "currency": rate.currency,
                "input_per_million": rate.input_per_million,
                "output_per_million": rate.output_per_million,
                "valid_from": rfc3339(rate.valid_from) if rate.valid_from is not None else None,
            },
        )
        for rate in price.rates
    ]


def writers() -> Mapping[type[object], Callable[..., Written]]:
    """What writes the objects that people practise with; `written_tests` has those that models are tested with."""
    return {
        Document: _document,
        Dialogue: _dialogue,
        Persona: _persona,
        Scenario: _scenario,
        Rubric: _rubric,
        Simulation: _simulation,
        Cohort: _cohort,
        Entry: _entry,
        Record: _record,
    }

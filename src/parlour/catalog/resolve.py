"""From what is written down to entities: ids for slugs, and every rule that spans objects."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from parlour.catalog.assets import Assets
from parlour.catalog.benchmark_rules import Bounds
from parlour.catalog.dialogues import dialogue_faults
from parlour.catalog.entities import (
    Casting,
    ChatSettings,
    ChatTemplate,
    Document,
    Entry,
    EntryKind,
    Flag,
    Media,
    Option,
    Parameter,
    Persona,
    Question,
    Scenario,
    Simulation,
    SimulationPart,
    Statement,
)
from parlour.catalog.filling import placeholders
from parlour.catalog.naming import Naming
from parlour.catalog.price_list import resolve_prices
from parlour.catalog.resolve_benchmarks import Resolved, resolve_for_tests
from parlour.catalog.resolve_records import resolve_records
from parlour.catalog.resolve_rubrics import resolve_anchors, resolve_rubrics
from parlour.catalog.sources import (
    Bundle,
    CohortDraft,
    EntrySource,
    MediaSource,
    NamedDialogue,
    QuestionSource,
    ScenarioSource,
    Seating,
    Sources,
)
from parlour.catalog.yaml_reader import Errors, Given, Place, Ref
from parlour.files.entities import MediaKind
from parlour.kernel.clock import instant
from parlour.kernel.ids import EntryId, TemplateId

TIME_LIMIT_SECONDS_MAX = 86_400

T = TypeVar("T")
Settings = Mapping[str, bool | int | None]


def resolve(sources: Sources, root: Path, errors: Errors, bounds: Bounds) -> Bundle:
    """The bundle that the sources in a folder describe. What is wrong is noted; then the result is not used."""
    bundle = _Resolver(sources, root, errors).bundle()
    naming = Naming(bundle.pack, sources)
    resolved = Resolved(scenarios=bundle.scenarios, personas=bundle.personas, rubrics=bundle.rubrics, naming=naming)
    tests = resolve_for_tests(sources, resolved, errors, bounds)
    return dataclasses.replace(bundle, evals=tests.evals, recordings=tests.recordings, benchmarks=tests.benchmarks)


class _Resolver:
    def __init__(self, sources: Sources, root: Path, errors: Errors) -> None:
        self._from = sources
        self._errors = errors
        self._pack = sources.packs[0]
        self._naming = Naming(self._pack.id, sources)
        self._naming.check(errors)
        self._assets = Assets(root, self._pack.id, errors)

    def bundle(self) -> Bundle:
        source = self._from
        home = [self._entry("home", slug, entry) for slug, entry in source.home.items()]
        practice = [self._entry("practice", slug, entry) for slug, entry in source.practice.items()]
        scenarios = tuple(self._scenario(slug, scenario) for slug, scenario in source.scenarios.items())
        return Bundle(
            pack=self._pack.id,
            name=self._pack.name,
            description=self._pack.description,
            names=tuple(self._naming.names()),
            documents=tuple(self._documents()),
            personas=tuple(self._personas()),
            dialogues=tuple(self._dialogues()),
            scenarios=scenarios,
            rubrics=resolve_rubrics(source.rubrics, self._naming, self._errors),
            anchors=resolve_anchors(source.rubrics, self._naming, self._errors),
            records=resolve_records(source.records, self._naming, self._errors),
            simulations=tuple(self._simulations()),
            cohorts=tuple(self._cohorts()),
            entries=tuple(home + practice),
            seatings=(*self._seatings("home", source.home), *self._seatings("practice", source.practice)),
            prices=resolve_prices(source.prices, self._errors),
            assets=self._assets.taken,
        )

    def _id(self, kind: str, *slugs: str) -> str:
        return self._naming.id(kind, *slugs)

    def _look_up(self, kind: str, ref: Ref, among: Mapping[str, T]) -> str:
        if ref.slug not in among and ref.slug not in self._from.broken:
            self._errors.add(ref.place, f"there is no {kind} '{ref.slug}'")
        return self._id(kind, ref.slug)

    def _look_up_all(self, kind: str, refs: Iterable[Ref], among: Mapping[str, T]) -> tuple[str, ...]:
        ids = [self._look_up(kind, ref, among) for ref in refs]
        if len(set(ids)) < len(ids):
            self._errors.add(next(iter(refs)).place, f"a {kind} is listed twice")
        return tuple(ids)

    def _note(self, place: Place, messages: Iterable[str]) -> None:
        for message in messages:
            self._errors.add(place, message)

    def _documents(self) -> Iterable[Document]:
        for slug, source in self._from.documents.items():
            yield Document(
                id=self._id("document", slug),
                name=source.name,
                description=source.description,
                text=source.text,
                upload_id=source.upload_id,
                template=source.template,
                department_ids=source.department_ids,
                fields=self._values("field", slug, source.fields),
                images=self._media("picture", slug, source.images),
            )

    def _personas(self) -> Iterable[Persona]:
        for slug, source in self._from.personas.items():
            dialogue = source.dialogue
            yield Persona(
                id=self._id("persona", slug),
                name=source.name,
                description=source.description,
                icon=source.icon,
                color=source.color,
                department_ids=source.department_ids,
                instructions=source.instructions,
                examples=source.examples,
                voice=source.voice,
                dialogue_id=self._look_up("dialogue", dialogue, self._from.dialogues) if dialogue else None,
                parameters=self._values("own_parameter", slug, source.parameters),
                flags=tuple(
                    Flag(
                        id=self._id("flag", slug, str(index)),
                        name=each.name,
                        description=each.description,
                        value=each.value,
                    )
                    for index, each in enumerate(source.flags)
                ),
            )

    def _dialogues(self) -> Iterable[NamedDialogue]:
        for slug, source in self._from.dialogues.items():
            self._note(source.place, (f"dialogue '{slug}': {fault}" for fault in dialogue_faults(source.dialogue)))
            yield NamedDialogue(id=self._id("dialogue", slug), name=slug, dialogue=source.dialogue)

    def _scenario(self, slug: str, source: ScenarioSource) -> Scenario:
        if not source.personas:
            self._errors.add(source.place, "a scenario needs at least one persona")
        return Scenario(
            id=self._id("scenario", slug),
            name=source.name,
            description=source.description,
            department_ids=source.department_ids,
            problem_statements=self._statements("problem_statement", slug, source.problem_statements),
            objectives=self._statements("objective", slug, source.objectives),
            persona_ids=self._look_up_all("persona", source.personas, self._from.personas),
            document_ids=self._look_up_all("document", source.documents, self._from.documents),
            parameters=self._values("parameter", slug, source.parameters),
            images=self._media("image", slug, source.images),
            videos=self._media("video", slug, source.videos),
            questions=tuple(self._question(slug, index, item) for index, item in enumerate(source.questions)),
            castings=tuple(self._castings(source)),
            problem_statement_enabled=source.problem_statement_enabled,
            objectives_enabled=source.objectives_enabled,
            video_enabled=source.video_enabled,
            images_enabled=source.images_enabled,
            questions_enabled=source.questions_enabled,
        )

    def _statements(self, kind: str, slug: str, texts: tuple[str, ...]) -> tuple[Statement, ...]:
        return tuple(Statement(id=self._id(kind, slug, str(index)), text=text) for index, text in enumerate(texts))

    def _values(self, kind: str, slug: str, given: Mapping[str, str]) -> tuple[Parameter, ...]:
        named = ((self._id(kind, slug, name), name, value) for name, value in given.items())
        return tuple(Parameter(id=value_id, name=name, value=value) for value_id, name, value in named)

    def _media(self, named: str, slug: str, sources: Sequence[MediaSource]) -> tuple[Media, ...]:
        kind: MediaKind = "video" if named == "video" else "image"
        numbered = ((self._id(named, slug, str(index)), source) for index, source in enumerate(sources))
        return tuple(self._assets.media(kind, media_id, source) for media_id, source in numbered)

    def _question(self, slug: str, index: int, source: QuestionSource) -> Question:
        if not any(option.correct for option in source.options):
            self._errors.add(source.place, "a question needs at least one correct option")
        if sum(option.correct for option in source.options) > 1 and not source.allow_multiple:
            self._errors.add(source.place, "more than one correct option needs 'allow_multiple: true'")
        if any(time < 0 for time in source.times):
            self._errors.add(source.place, "times must not be negative")
        question_id = self._id("question", slug, str(index))
        return Question(
            id=question_id,
            question_text=source.text,
            allow_multiple=source.allow_multiple,
            times=source.times,
            options=tuple(
                Option(
                    id=self._id("option", slug, str(index), str(number)),
                    question_id=question_id,
                    option_text=option.text,
                    is_correct=option.correct,
                )
                for number, option in enumerate(source.options)
            ),
        )

    def _castings(self, source: ScenarioSource) -> Iterable[Casting]:
        slugs = {ref.slug for ref in source.personas}
        self._note(
            source.place, (f"dialogues: '{slug}' is no persona of it" for slug in source.dialogues if slug not in slugs)
        )
        for ref in source.personas:
            persona = self._from.personas.get(ref.slug)
            if persona is None:
                continue
            missing = placeholders(persona.instructions) - {*source.parameters, *persona.parameters}
            self._note(source.place, (f"parameters: '{ref.slug}' needs '{name}'" for name in sorted(missing)))
            dialogue = source.dialogues.get(ref.slug, persona.dialogue)
            if dialogue is not None:
                dialogue_id = self._look_up("dialogue", dialogue, self._from.dialogues)
                yield Casting(persona_id=self._id("persona", ref.slug), dialogue_id=dialogue_id)

    def _simulations(self) -> Iterable[Simulation]:
        for slug, source in self._from.simulations.items():
            if not source.scenarios:
                self._errors.add(source.place, "a simulation needs at least one scenario")
            refs = [part.scenario for part in source.scenarios]
            scenario_ids = self._look_up_all("scenario", refs, self._from.scenarios)
            yield Simulation(
                id=self._id("simulation", slug),
                name=source.name,
                description=source.description,
                department_ids=source.department_ids,
                practice=source.practice,
                parts=tuple(
                    SimulationPart(
                        scenario_id=scenario_id,
                        rubric_id=self._look_up("rubric", part.rubric, self._from.rubrics) if part.rubric else None,
                        position=position,
                        settings=self._settings(part.settings),
                    )
                    for position, (part, scenario_id) in enumerate(zip(source.scenarios, scenario_ids, strict=True))
                ),
            )

    def _cohorts(self) -> Iterable[CohortDraft]:
        for slug, source in self._from.cohorts.items():
            learners = {ref.slug for ref in source.learners or ()}
            strangers = (name for name in source.personas if name not in learners)
            self._note(source.place, (f"personas: '{name}' is no learner of it" for name in strangers))
            yield CohortDraft(
                id=self._id("cohort", slug),
                name=source.name,
                description=source.description,
                simulation_ids=self._look_up_all("simulation", source.simulations, self._from.simulations),
                learners=source.learners,
                instructors=source.instructors,
                persona_ids=tuple(
                    (name, self._look_up("persona", ref, self._from.personas)) for name, ref in source.personas.items()
                ),
            )

    def _entry(self, kind: EntryKind, slug: str, source: EntrySource) -> Entry:
        start, end = self._instant(source.start_time, source.place), self._instant(source.end_time, source.place)
        if start is not None and end is not None and end <= start:
            self._errors.add(source.place, "end_time must be after start_time")
        return Entry(
            id=EntryId(self._id(kind, slug)),
            kind=kind,
            name=source.name,
            description=source.description,
            simulation_id=self._look_up("simulation", source.simulation, self._from.simulations),
            cohort_ids=self._look_up_all("cohort", source.cohorts, self._from.cohorts),
            start_time=start,
            end_time=end,
            position=source.position,
            active=source.active,
            everyone=source.everyone,
            templates=tuple(self._templates(kind, slug, source)),
        )

    def _seatings(self, kind: EntryKind, sources: Mapping[str, EntrySource]) -> Iterable[Seating]:
        for slug, source in sources.items():
            cohorts = [self._from.cohorts[ref.slug] for ref in source.cohorts if ref.slug in self._from.cohorts]
            named = (source.learners, *(cohort.learners or () for cohort in cohorts))
            known = {ref.slug for refs in named for ref in refs or ()}
            listed = source.learners is not None or not source.personas or bool(cohorts)
            if listed and not source.everyone and all(cohort.learners is not None for cohort in cohorts):
                strangers = (name for name in source.personas if name not in known)
                self._note(source.place, (f"personas: '{name}' has no seat in it" for name in strangers))
            yield Seating(
                entry_id=self._id(kind, slug),
                learners=source.learners,
                persona_ids=tuple(
                    (Ref(name, source.place), self._look_up("persona", ref, self._from.personas))
                    for name, ref in source.personas.items()
                ),
            )

    def _templates(self, kind: EntryKind, slug: str, source: EntrySource) -> Iterable[ChatTemplate]:
        simulation = self._from.simulations.get(source.simulation.slug)
        parts = simulation.scenarios if simulation else ()
        known = {part.scenario.slug for part in parts}
        strangers = (name for name in source.chats if simulation and name not in known)
        self._note(source.place, (f"chats: scenario '{name}' is not in the simulation" for name in strangers))
        for position, part in enumerate(parts):
            scenario = self._from.scenarios.get(part.scenario.slug)
            if scenario is None:
                continue
            inherited = {name: getattr(scenario, name) for name in _SCENARIO_FLAGS}
            own = source.chats.get(part.scenario.slug)
            layers = (part.settings, source.settings, own)
            settings = {**inherited, **{key: value for layer in layers for key, value in self._settings(layer).items()}}
            if settings.get("generate_questions") and not settings.get("generate_options"):
                self._errors.add(source.place, "generate_questions needs generate_options: questions need answers")
            yield _template(
                ChatTemplate(
                    id=TemplateId(self._id("chat", kind, slug, part.scenario.slug)),
                    name=scenario.name,
                    description=scenario.description,
                    position=position,
                    scenario_id=self._id("scenario", part.scenario.slug),
                    rubric_id=self._id("rubric", part.rubric.slug) if part.rubric else None,
                    department_ids=scenario.department_ids,
                ),
                settings,
            )

    def _settings(self, given: Given[ChatSettings] | None) -> Settings:
        if given is None:
            return {}
        limit = given.values.get("time_limit")
        if isinstance(limit, int) and not 1 <= limit <= TIME_LIMIT_SECONDS_MAX:
            self._errors.add(given.place, f"time_limit must be between 1 and {TIME_LIMIT_SECONDS_MAX} seconds")
        for name in ("generate_images", "generate_videos"):
            if given.values.get(name):
                self._errors.add(given.place, f"{name}: there is no image model that could make them")
        return {name: value for name, value in given.values.items() if value is None or isinstance(value, int)}

    def _instant(self, text: str | None, place: Place) -> int | None:
        if text is None:
            return None
        try:
            return instant(text)
        except ValueError:
            self._errors.add(place, f"'{text}' is no time; write it like 2026-01-31T09:00:00Z")
            return None


_SCENARIO_FLAGS = (
    "problem_statement_enabled", "objectives_enabled", "video_enabled", "images_enabled", "questions_enabled",
)  # fmt: skip


def _template(template: ChatTemplate, settings: Settings) -> ChatTemplate:
    return dataclasses.replace(template, **settings)  # pyright: ignore[reportArgumentType]

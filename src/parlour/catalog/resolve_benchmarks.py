"""From the sections `evals`, `recordings` and `benchmarks` to entities, with every rule that they must keep."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import TypeVar

from parlour.catalog.benchmark_rules import (
    Bounds,
    arguments_text,
    benchmark_faults,
    candidate_faults,
    check_faults,
    live_fault,
    message_faults,
    recording_faults,
)
from parlour.catalog.benchmark_sources import (
    BenchmarkSource,
    CandidateSource,
    CheckSource,
    ConsentSource,
    MessageSource,
    RecordedGradeSource,
    RecordingSource,
)
from parlour.catalog.benchmark_wording import opening
from parlour.catalog.benchmarks import (
    Benchmark,
    Candidate,
    CandidateTool,
    Check,
    Consent,
    Eval,
    RecordedCall,
    RecordedGrade,
    RecordedMessage,
    RecordedRole,
    Recording,
)
from parlour.catalog.entities import Persona, Reference, Rubric, Scenario
from parlour.catalog.naming import Naming
from parlour.catalog.sources import BenchmarkDraft, Sources
from parlour.catalog.yaml_reader import Errors, Place, Ref
from parlour.kernel.clock import instant
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import is_id, named_id

T = TypeVar("T")
_ROLES: tuple[RecordedRole, ...] = ("system", "developer", "user", "assistant", "tool")
_CHECK_MEMBERS = tuple(field.name for field in fields(Check))


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """What of a bundle was resolved before: recordings and candidates refer to it."""

    scenarios: Sequence[Scenario]
    personas: Sequence[Persona]
    rubrics: Sequence[Rubric]
    naming: Naming


@dataclass(frozen=True, kw_only=True, slots=True)
class ForTests:
    """What a bundle brings for tests of models."""

    evals: tuple[Eval, ...]
    recordings: tuple[Recording, ...]
    benchmarks: tuple[BenchmarkDraft, ...]


def resolve_for_tests(sources: Sources, resolved: Resolved, errors: Errors, bounds: Bounds) -> ForTests:
    """The three sections. What is wrong is noted; then the result is not used. Pins are 0: publishing gives them."""
    return _Resolver(sources, resolved, errors, bounds).all()


class _Resolver:
    def __init__(self, sources: Sources, resolved: Resolved, errors: Errors, bounds: Bounds) -> None:
        self._from = sources
        self._errors = errors
        self._bounds = bounds
        self._naming = resolved.naming
        self._scenarios = {each.id: each for each in resolved.scenarios}
        self._personas = {each.id: each for each in resolved.personas}
        self._rubrics = {each.id: each for each in resolved.rubrics}

    def all(self) -> ForTests:
        source = self._from
        recordings = tuple(self._recording(slug, each) for slug, each in source.recordings.items())
        by_id = {each.id: each for each in recordings}
        benchmarks = tuple(self._benchmark(slug, each, by_id) for slug, each in source.benchmarks.items())
        return ForTests(evals=tuple(self._evals(benchmarks)), recordings=recordings, benchmarks=benchmarks)

    def _evals(self, benchmarks: Sequence[BenchmarkDraft]) -> Iterable[Eval]:
        """The evals; the models and rubrics of each are those of its benchmarks' candidates."""
        for slug, source in self._from.evals.items():
            eval_id = self._id("eval", slug)
            own = [draft.benchmark for draft in benchmarks if draft.benchmark.eval_id == eval_id]
            candidates = [candidate for benchmark in own for candidate in benchmark.candidates]
            rubrics = (candidate.rubric.id for candidate in candidates if candidate.rubric)
            yield Eval(
                id=eval_id,
                name=source.name,
                description=source.description,
                model_ids=tuple(dict.fromkeys(named_id("models", candidate.model) for candidate in candidates)),
                rubric_ids=tuple(dict.fromkeys(rubrics)),
                department_ids=source.department_ids,
                active=source.active,
            )

    def _id(self, kind: str, *slugs: str) -> str:
        return self._naming.id(kind, *slugs)

    def _note(self, place: Place, messages: Iterable[str]) -> None:
        for message in messages:
            self._errors.add(place, message)

    def _look_up(self, kind: str, ref: Ref, among: Mapping[str, T]) -> str:
        if ref.slug not in among and ref.slug not in self._from.broken:
            self._errors.add(ref.place, f"there is no {kind} '{ref.slug}'")
        return self._id(kind, ref.slug)

    def _look_up_all(self, kind: str, refs: Sequence[Ref], among: Mapping[str, T]) -> tuple[str, ...]:
        ids = [self._look_up(kind, ref, among) for ref in refs]
        for number, ref in enumerate(refs):
            if ids[number] in ids[:number]:
                self._errors.add(ref.place, f"the {kind} '{ref.slug}' is listed twice")
        return tuple(ids)

    def _pinned(self, kind: str, ref: Ref | None, among: Mapping[str, T]) -> Reference | None:
        return Reference(id=self._look_up(kind, ref, among), version=0) if ref else None

    def _recording(self, slug: str, source: RecordingSource) -> Recording:
        recording_id = self._id("recording", slug)
        pinned = self._pinned("scenario", source.scenario, self._from.scenarios)
        scenario = self._scenarios.get(pinned.id) if pinned else None
        persona_ids = self._look_up_all("persona", source.personas, self._from.personas)
        if scenario is not None:
            for ref, persona_id in zip(source.personas, persona_ids, strict=True):
                if persona_id not in scenario.persona_ids and ref.slug in self._from.personas:
                    self._errors.add(ref.place, f"'{ref.slug}' is no persona of '{scenario.name}'")
            persona_ids = persona_ids or scenario.persona_ids
        cast_known = pinned is None or scenario is not None
        messages = [
            self._message(slug, index, each, persona_ids if cast_known else None)
            for index, each in enumerate(source.messages)
        ]
        for index, fault in message_faults(messages):
            if _said(source.messages[index]):
                self._errors.add(source.messages[index].place, fault)
        if scenario is not None and not any(each.role in ("system", "developer") for each in messages):
            cast = [self._personas[each] for each in persona_ids if each in self._personas]
            told = opening(scenario, cast, source.part)
            messages.insert(0, RecordedMessage(id=self._id("recorded", slug, "opening"), role="system", content=told))
        recording = Recording(
            id=recording_id,
            title=source.title,
            part=source.part,
            cluster=pinned.id if pinned else recording_id,
            scenario=pinned,
            persona_ids=persona_ids,
            messages=tuple(messages),
            checks=self._checks(source.checks),
            grade=self._grade(source.grade) if source.grade else None,
            model=source.model,
            seconds=source.seconds,
            consent=self._consent(source.consent) if source.consent else None,
            department_ids=source.department_ids,
        )
        self._note(
            source.place, (f"recording '{slug}': {fault}" for fault in recording_faults(recording, self._bounds))
        )
        return recording

    def _message(
        self, slug: str, index: int, source: MessageSource, persona_ids: Sequence[str] | None
    ) -> RecordedMessage:
        said = _said(source)
        if len(said) > 1:
            self._errors.add(source.place, f"one message, one role: this has {' and '.join(said)}")
        if not said:
            self._errors.add(source.place, f"a message needs one of {', '.join(_ROLES)}")
        role = said[0] if said else "assistant"
        text = getattr(source, role) if said else None
        persona_id = self._look_up("persona", source.persona, self._from.personas) if source.persona else None
        known = source.persona is not None and source.persona.slug in self._from.personas
        if source.persona and known and persona_ids is not None and persona_id not in persona_ids:
            self._errors.add(source.place, f"'{source.persona.slug}' is no persona of this recording")
        return RecordedMessage(
            id=self._id("recorded", slug, str(index)),
            role=role,
            content=text or "",
            persona_id=persona_id,
            tool_calls=tuple(
                RecordedCall(call_id=call.id, name=call.name, arguments=arguments_text(call.arguments))
                for call in source.tool_calls
            ),
            tool_call_id=source.call,
        )

    def _checks(self, sources: Iterable[CheckSource]) -> tuple[Check, ...]:
        made: list[Check] = []
        for source in sources:
            check = Check(**{name: getattr(source, name) for name in _CHECK_MEMBERS})
            self._note(source.place, check_faults(check))
            made.append(check)
        return tuple(made)

    def _grade(self, source: RecordedGradeSource) -> RecordedGrade | None:
        rubric = self._rubrics.get(self._look_up("rubric", source.rubric, self._from.rubrics))
        slugs = self._from.rubrics.get(source.rubric.slug)
        if rubric is None or slugs is None:
            return None
        ids = {key: self._id("standard_group", source.rubric.slug, key) for key in slugs.groups}
        self._note(source.place, (f"levels: '{each}' is no group of it" for each in source.levels if each not in ids))
        self._note(source.place, (f"levels: '{each}' is missing" for each in ids if each not in source.levels))
        totals = {ids[key]: points for key, points in source.levels.items() if key in ids}
        for key, group in slugs.groups.items():
            if key in source.levels and all(level.points != source.levels[key] for level in group.standards):
                self._errors.add(source.place, f"levels: no standard of '{key}' has {source.levels[key]} points")
        return RecordedGrade(
            rubric=Reference(id=rubric.id, version=0),
            source=source.source,
            score=sum(totals.values()),
            total_points=rubric.total_points,
            pass_points=rubric.pass_points,
            totals=totals,
        )

    def _consent(self, source: ConsentSource) -> Consent:
        at = 0
        if source.at is not None:
            try:
                at = instant(source.at)
            except ValueError:
                self._errors.add(source.place, f"'{source.at}' is no time; write it like 2026-01-31T09:00:00Z")
        return Consent(account_id="", recorded_by="", at=at, statement=source.statement)

    def _benchmark(self, slug: str, source: BenchmarkSource, recordings: Mapping[str, Recording]) -> BenchmarkDraft:
        named = source.recordings
        if isinstance(named, str):
            recording_ids = tuple(recordings)
        else:
            recording_ids = self._look_up_all("recording", named, self._from.recordings)
        baseline = source.baseline
        if baseline and baseline.slug not in source.candidates:
            self._errors.add(baseline.place, f"baseline: there is no candidate '{baseline.slug}'")
        benchmark = Benchmark(
            id=self._id("benchmark", slug),
            eval_id=self._look_up("eval", source.eval, self._from.evals),
            name=source.name,
            description=source.description,
            department_ids=source.department_ids,
            active=source.active,
            recordings=tuple(Reference(id=each, version=0) for each in recording_ids),
            candidates=tuple(self._candidates(slug, source.candidates)),
            replay_mode=source.replay_mode,
            auto_advance=source.auto_advance,
            use_groups=source.use_groups,
            dynamic=source.dynamic,
            repeats=source.repeats,
            checks=self._checks(source.checks),
            judges=source.judges,
            prefer=source.prefer,
            baseline=self._baseline(slug, source),
            smallest_worthwhile=source.smallest_worthwhile,
            live=source.live,
        )
        self._note(
            source.place, (f"benchmark '{slug}': {fault}" for fault in benchmark_faults(benchmark, self._bounds))
        )
        if source.replay_mode == "live":
            found = (live_fault(recordings[each]) for each in recording_ids if each in recordings)
            self._note(source.place, _of(f"benchmark '{slug}'", filter(None, found)))
        return BenchmarkDraft(benchmark=benchmark, people=source.people)

    def _baseline(self, slug: str, source: BenchmarkSource) -> str | None:
        candidate = source.candidates.get(source.baseline.slug) if source.baseline else None
        if source.baseline is None or candidate is None:
            return None
        return candidate.id or self._id("candidate", slug, source.baseline.slug)

    def _candidates(self, slug: str, sources: Mapping[str, CandidateSource]) -> Iterable[Candidate]:
        for position, (name, source) in enumerate(sources.items()):
            candidate = Candidate(
                id=source.id or self._id("candidate", slug, name),
                position=position,
                title=source.title or name,
                model=source.model,
                prompt=source.prompt,
                instructions=source.instructions,
                tools=tuple(
                    CandidateTool(name=tool.name, description=tool.description, parameters=tool.parameters)
                    for tool in source.tools
                ),
                temperature=source.temperature,
                reasoning=source.reasoning,
                quality=source.quality,
                voice=source.voice,
                modalities=source.modalities,
                output_tokens_max=source.output_tokens_max,
                rubric=self._pinned("rubric", source.rubric, self._from.rubrics),
                dialogue=self._pinned("dialogue", source.dialogue, self._from.dialogues),
                use_custom=source.use_custom,
            )
            self._note(source.place, _of(f"candidate '{name}'", candidate_faults(candidate)))
            if source.id is not None and not is_id(source.id):
                self._errors.add(source.place, f"candidate '{name}': '{source.id}' is no id")
            yield candidate


def _of(thing: str, faults: Iterable[str]) -> Iterable[str]:
    return (f"{thing}: {fault}" for fault in faults)


def _said(source: MessageSource) -> list[RecordedRole]:
    """The roles that a message bears words of; calls alone are an assistant's."""
    found: list[RecordedRole] = [role for role in _ROLES if getattr(source, role) is not None]
    return found or (["assistant"] if source.tool_calls else [])

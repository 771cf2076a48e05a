"""Trying a draft: a practice entry of one person alone, made of what the draft says at this moment.

Its parts are content of their own, with ids that belong to the draft and the person, in no list of the library. So a
draft has at most one try a person, and trying it again after a change is a new version of the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from parlour.accounts import actions as accounts
from parlour.catalog import actions as catalog
from parlour.catalog import authored, trainings
from parlour.catalog.entities import (
    Casting,
    ChatTemplate,
    Document,
    Entry,
    Kind,
    Persona,
    Rubric,
    Scenario,
    Signals,
    Simulation,
    SimulationPart,
    Standard,
    StandardGroup,
)
from parlour.catalog.rubric_rules import rubric_faults
from parlour.catalog.trainings import Trial, Tried
from parlour.drafts import actions as drafts
from parlour.drafts.entities import Draft
from parlour.drafts.values import Values
from parlour.files.authored import actions as files
from parlour.files.authored.entities import MediaUser
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import EntryId, named_id
from parlour.kernel.refusals import Fault, Refusal, not_found
from parlour.library import access, media
from parlour.library.checks.findings import FAULTS_MAX, Finding, errors, faults_of
from parlour.library.checks.trials.subjects import stand_in
from parlour.library.drafting.holding import check_open, held_draft, may_read
from parlour.library.forms import Compiled, Compiling, Nested, compiled
from parlour.library.seen import as_seen
from parlour.library.trainings.templates import newest_scenario, templates_for
from parlour.storage.tx import Tx

TRIABLE = ("persona", "scenario", "rubric", "simulation", "document")
NAME = "Try: {}"
UNNAMED = "untitled"
PRACTICE = "practice"
# Where something may be named that is not there for the actor: it is left out.
_LEFT_OUT = frozenset((("personas", None), ("documents", None), ("scenarios", None), ("scenario_rubrics", "rubric_id")))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Trying:
    """Who tries which draft."""

    tx: Tx
    actor: Actor
    draft: Draft
    trial: Trial

    def id(self, *names: str) -> str:
        """The id of a part of this try."""
        return named_id("try", self.draft.id, self.actor.account_id, *names)

    def put(self, kind: Kind, content: Tried) -> None:
        """Keep a part of it."""
        trainings.put_tried(self.tx, kind, content, self.trial)
        of_try = MediaUser(kind="try", id=self.id(PRACTICE))
        media.note_built(self.tx, self.actor, of_try, self.draft.id, authored.body_of(content))


def start_try(tx: Tx, actor: Actor, draft_id: str) -> str:
    """Make a draft that the actor may read into a practice entry of the actor's alone; its id.

    What it lacks for a conversation is filled with a plain scenario, persona or rubric, and so is what the actor may
    not read. Raises `not_found`, `unsupported_artifact`, and `draft_invalid` with pointers for what cannot be built.
    """
    draft = held_draft(tx, actor, draft_id, lock=True)
    check_open(draft)
    if draft.artifact_type not in TRIABLE:
        text = f"A {draft.artifact_type} cannot be tried. Valid: {', '.join(TRIABLE)}."
        raise Refusal("unsupported_artifact", text)
    trying = _Trying(tx=tx, actor=actor, draft=draft, trial=Trial(draft_id=draft.id, account_id=actor.account_id))
    values = draft.artifact.values
    built = _compiled(trying, draft.artifact_type, draft.artifact_id or draft.id, values)
    name = NAME.format(built.name.strip() or UNNAMED)
    simulation = Simulation(
        id=trying.id("simulation"),
        name=name,
        department_ids=_departments(actor, built),
        practice=True,
        parts=_parts(trying, built, name),
    )
    trying.put("simulation", simulation)
    entry_id = EntryId(trying.id(PRACTICE))
    entry = Entry(
        id=entry_id,
        kind="practice",
        name=name,
        simulation_id=simulation.id,
        templates=templates_for(tx, entry_id, simulation.parts),
    )
    trainings.put_trial(tx, entry, trying.trial)
    return entry_id


def simulation_of_try(tx: Tx, actor: Actor, draft_id: str) -> tuple[str, int]:
    """The id of the simulation in which the actor tries a draft that the actor may read, be it there yet or not, and
    when the draft was changed for the last time, in milliseconds. Raises `not_found`."""
    draft = held_draft(tx, actor, draft_id)
    trial = Trial(draft_id=draft.id, account_id=actor.account_id)
    return _Trying(tx=tx, actor=actor, draft=draft, trial=trial).id("simulation"), draft.updated_at


def check_try(tx: Tx, actor: Actor, entry_id: str) -> None:
    """Refuses an attempt in a try whose draft the actor may not read any more, or something that is played in it:
    `not_found`. Trying the draft again leaves that out. Other entries are none of its business."""
    draft_id = trainings.draft_of_try(tx, entry_id)
    if draft_id is None:
        return
    draft, entry = drafts.draft(tx, draft_id), catalog.entry_for(tx, "practice", EntryId(entry_id))
    if draft is None or entry is None or not may_read(tx, actor, draft):
        raise not_found("Practice entry")
    if not all(_is_seen(tx, actor, each) for each in entry.templates):
        raise not_found("Practice entry")


def _is_seen(tx: Tx, actor: Actor, template: ChatTemplate) -> bool:
    """Whether an actor may read all that a chat of a try is made of, besides what belongs to the try itself."""
    scenario = catalog.scenario_version(tx, template.scenario_id, template.scenario_version)
    if scenario is None:
        return False
    named = [("scenario", scenario.id), *(("persona", each) for each in scenario.persona_ids)]
    named += [("document", each) for each in scenario.document_ids]
    named += [("rubric", template.rubric_id)] if template.rubric_id is not None else []
    return all(_is_of_try(tx, of_id) or access.may_be_named(tx, actor, kind, of_id) for kind, of_id in named)


def _is_of_try(tx: Tx, content_id: str) -> bool:
    row = authored.current(tx, content_id)
    return row is not None and row.pack == trainings.TRIAL_PACK


def close_tries(tx: Tx, draft_id: str) -> None:
    """Nobody begins a try of this draft any more; what was begun goes on. For drafts that are published or deleted."""
    for entry, trial in trainings.trials_of(tx, draft_id):
        if entry.active:
            trainings.put_trial(tx, replace(entry, active=False), trial)


def close_lost_tries(tx: Tx, draft: Draft) -> None:
    """Who may not read a draft any more does not begin a try of it."""
    for entry, trial in trainings.trials_of(tx, draft.id):
        actor = accounts.actor_by_id(tx, trial.account_id)
        if entry.active and (actor is None or not may_read(tx, actor, draft)):
            trainings.put_trial(tx, replace(entry, active=False), trial)


def closed_tries(tx: Tx) -> list[str]:
    """The practice entries of those tries that name files of authors and are closed."""
    rows = ((each, authored.current(tx, each)) for each in files.all_users(tx, "try"))
    return [entry_id for entry_id, row in rows if row is None or not row.active]


def forget_tries(tx: Tx, entry_ids: Iterable[str]) -> None:
    """Closed tries name no files any more, for there is no chat of them that shows one."""
    for entry_id in entry_ids:
        files.forget(tx, MediaUser(kind="try", id=entry_id))


def _compiled(trying: _Trying, artifact_type: str, artifact_id: str, values: Values) -> Compiled:
    wanted = Compiling(
        actor=trying.actor,
        artifact_type=artifact_type,
        artifact_id=artifact_id,
        values=values,
        draft_id=trying.draft.id,
    )
    built = compiled(trying.tx, wanted)
    found = [each for each in errors(built.findings) if not _is_left_out(each)]
    if found:
        text = f"This draft cannot be tried yet: {found[0].message}"
        raise Refusal("draft_invalid", text, faults=faults_of(found, values))
    return built


def _is_left_out(finding: Finding) -> bool:
    """Whether it is about something that is not there for the actor, and is not played either."""
    return finding.code == "form.unknown_link" and (finding.type, finding.field) in _LEFT_OUT


def _may_read(trying: _Trying, artifact_type: str, artifact_id: str) -> bool:
    return access.may_be_named(trying.tx, trying.actor, artifact_type, artifact_id)


def _departments(actor: Actor, built: Compiled) -> tuple[str, ...]:
    """Whose staff may see the attempt: that of the draft's departments which are the actor's too, else the actor's."""
    shared = tuple(each for each in built.department_ids if each in actor.department_ids)
    return shared or tuple(sorted(actor.department_ids))


def _parts(trying: _Trying, built: Compiled, name: str) -> tuple[SimulationPart, ...]:
    """The scenarios of a try, each with its rubric."""
    rubric_id: str | None = None
    match built.content:
        case Simulation() as simulation:
            parts = tuple(_part_as_seen(trying, each) for each in simulation.parts if _is_there(trying, each))
            if parts:
                return parts
            scenario = _plain_scenario(trying, name)
        case Scenario() as drafted:
            scenario = _scenario(trying, drafted, built.nested, name)
            rubric_id = _rubric_in_use(trying, trying.draft.artifact_id)
        case Persona() as drafted:
            persona = replace(drafted, id=trying.id("persona"), name=drafted.name or UNNAMED)
            trying.put("persona", persona)
            scenario = _with_dialogue(trying, _plain_scenario(trying, name, persona), persona)
        case Document() as drafted:
            document = replace(drafted, id=trying.id("document"), name=drafted.name or UNNAMED)
            trying.put("document", document)
            scenario = replace(_plain_scenario(trying, name), document_ids=(document.id,))
        case Rubric() as drafted:
            scenario, rubric_id = _plain_scenario(trying, name), _rubric(trying, drafted)
        case _:
            raise TypeError(f"a {built.kind} cannot be tried")
    trying.put("scenario", scenario)
    part = SimulationPart(
        scenario_id=scenario.id, rubric_id=rubric_id or _plain_rubric(trying), position=0, settings={}
    )
    return (part,)


def _is_there(trying: _Trying, part: SimulationPart) -> bool:
    return _may_read(trying, "scenario", part.scenario_id)


def _part_as_seen(trying: _Trying, part: SimulationPart) -> SimulationPart:
    """A published scenario and its rubric, as far as the actor may read them and what is in them."""
    published = newest_scenario(trying.tx, part.scenario_id)
    if published is not None:
        seen = as_seen(trying.tx, trying.actor, published)
        if seen != published:
            personas = seen.persona_ids or (_plain_persona(trying).id,)
            copy = replace(seen, id=trying.id("scenario", published.id), persona_ids=personas)
            trying.put("scenario", copy)
            part = replace(part, scenario_id=copy.id)
    if part.rubric_id is not None and not _may_read(trying, "rubric", part.rubric_id):
        part = replace(part, rubric_id=_plain_rubric(trying))
    return part


def _scenario(trying: _Trying, drafted: Scenario, nested: Sequence[Nested], name: str) -> Scenario:
    """The drafted scenario, with the personas and documents that are written in it."""
    own: dict[str, str] = {}
    for each in nested:
        built = _compiled(trying, each.artifact_type, each.artifact_id, each.values)
        content = cast("Persona | Document", built.content)
        own[each.artifact_id] = trying.id(each.artifact_type, each.artifact_id)
        trying.put(built.kind, replace(content, id=own[each.artifact_id], name=content.name or UNNAMED))
    drafted = as_seen(trying.tx, trying.actor, drafted, own)
    personas = tuple(own.get(each, each) for each in drafted.persona_ids)
    castings = tuple(replace(each, persona_id=own.get(each.persona_id, each.persona_id)) for each in drafted.castings)
    return replace(
        drafted,
        id=trying.id("scenario"),
        name=drafted.name or name,
        persona_ids=personas or (_plain_persona(trying).id,),
        document_ids=tuple(own.get(each, each) for each in drafted.document_ids),
        castings=castings,
    )


def _with_dialogue(trying: _Trying, scenario: Scenario, persona: Persona) -> Scenario:
    """A scenario in which the persona plays its dialogue, if it has one."""
    newest = catalog.newest(trying.tx, (persona.dialogue_id,)) if persona.dialogue_id else ()
    castings = tuple(
        Casting(persona_id=persona.id, dialogue_id=each.id, dialogue_version=each.version) for each in newest
    )
    return replace(scenario, castings=castings)


def _plain_scenario(trying: _Trying, name: str, persona: Persona | None = None) -> Scenario:
    met = persona or _plain_persona(trying)
    return Scenario(
        id=trying.id("scenario"),
        name=name,
        description="A plain conversation, to try a draft.",
        persona_ids=(met.id,),
        parameters=stand_in(met).parameters,
    )


def _plain_persona(trying: _Trying) -> Persona:
    """A person to talk with, where a draft has none."""
    persona = Persona(
        id=trying.id("persona", "plain"),
        name="Sam",
        description="Somebody to talk with while a draft is tried.",
        instructions="You are Sam, a friendly person who answers briefly and honestly.",
    )
    trying.put("persona", persona)
    return persona


def _rubric(trying: _Trying, drafted: Rubric) -> str:
    """The drafted rubric, if one can grade by it."""
    if not drafted.groups:
        raise Refusal(
            "draft_invalid",
            "This draft cannot be tried yet: the rubric has no criterion.",
            faults=(Fault("/values/standard_groups", "the rubric has no criterion"),),
        )
    faults = rubric_faults(drafted)
    if faults:
        pointers = tuple(Fault("/values/standard_groups", fault) for fault in faults[:FAULTS_MAX])
        raise Refusal("draft_invalid", f"This draft cannot be tried yet: {faults[0]}.", faults=pointers)
    rubric = replace(drafted, id=trying.id("rubric"), version=0, name=drafted.name or UNNAMED)
    trying.put("rubric", rubric)
    return rubric.id


def _rubric_in_use(trying: _Trying, scenario_id: str | None) -> str | None:
    """A rubric by which the published scenario is graded somewhere, and which the actor may read."""
    rows = authored.naming(trying.tx, ("simulation",), scenario_id) if scenario_id else []
    for row in rows:
        for part in row.read(Simulation).parts:
            if part.scenario_id != scenario_id or part.rubric_id is None or row.pack == trainings.TRIAL_PACK:
                continue
            held = access.held(trying.tx, "rubric", part.rubric_id)
            if held is not None and access.may_read(trying.actor, held):
                return part.rubric_id
    return None


def _plain_rubric(trying: _Trying) -> str:
    """A plain rubric, so that a try can be graded."""
    group_id = trying.id("rubric", "plain", "group")
    levels: Mapping[str, int] = {"Not yet": 0, "Partly": 1, "Clearly": 2}
    standards = tuple(
        Standard(id=named_id("standard", group_id, str(points)), standard_group_id=group_id, name=level, points=points)
        for level, points in levels.items()
    )
    rubric = Rubric(
        id=trying.id("rubric", "plain"),
        name="Plain rubric",
        description="Stands in while a draft is tried.",
        total_points=2,
        pass_points=1,
        groups=(
            StandardGroup(
                id=group_id,
                name="Asks and listens",
                short_name="Listens",
                description="The learner asks open questions and goes into the answers.",
                points=2,
                pass_points=1,
                standards=standards,
                signals=Signals(good_moves=("open-question", "asks-tried", "empathy", "checks-understanding")),
            ),
        ),
    )
    trying.put("rubric", rubric)
    return rubric.id

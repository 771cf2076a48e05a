"""`generate` (Glow 7.3): what a request names, held against Appendix B, then its draft, its group and its run.

`plan_of` knows no database: names, operations and modality, refused in the words of 7.3. `begin` is for artifacts;
`begin_in` for a draft that its caller has found (that of a chat, whose rights are those of an attempt).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import cast, get_args

from parlour.accounts import actions as accounts
from parlour.conversations.rooms import person_room
from parlour.drafts import actions as drafts
from parlour.drafts.actions import Follow, Generating
from parlour.drafts.artifacts import (
    ARTIFACT_OPERATIONS,
    ARTIFACTS,
    ENTRY_OPERATIONS,
    PRODUCING,
    RESOURCE_OPERATIONS,
    Artifact,
)
from parlour.drafts.chats.kinds import MADE_TYPES
from parlour.drafts.entities import Context, Draft, Grant, ItemKind, Modality, Order, RunId
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AttemptId, is_id
from parlour.kernel.refusals import Refusal, forbidden, not_found
from parlour.library import access
from parlour.library.drafting.creating import NewDraft, create
from parlour.library.drafting.holding import draft_to_write
from parlour.library.drafting.rules import DraftRules
from parlour.library.making.planning import ordered
from parlour.library.making.tools import is_tool
from parlour.storage.tx import Tx

CHAT = "chat"
NOTHING = "Name at least one resource type or entry type."
BUSY = "Slow down and try again."
BUSY_SECONDS = 5
TOLD_NAMES_MAX = 10
_KEPT_ANYWAY = ("draft", "save")  # what a run does with its primary artifact, whether it is asked for or not
_LATER = "{} cannot be generated here. Use it after the first place of artifact_types."
_OPERATIONS: Mapping[ItemKind, Sequence[str]] = {
    "artifact": ARTIFACT_OPERATIONS,
    "resource": RESOURCE_OPERATIONS,
    "entry": ENTRY_OPERATIONS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A name of a request, with its operation."""

    name: str
    operation: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """What a request names; the first artifact is the primary one."""

    artifacts: Sequence[Item]
    resources: Sequence[Item]
    entries: Sequence[Item]


@dataclass(frozen=True, kw_only=True, slots=True)
class GenerateRules:
    """What a deployment decides. `timezone_name`: where days begin for limits; `modalities`: those it has."""

    timezone_name: str = "UTC"
    drafts: DraftRules = field(default_factory=DraftRules)
    runs_parallel_max: int = 5
    modalities: tuple[str, ...] = ("call", "text")


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What holds of a request: the types to make in order, those of them to be chosen, and what the model may use.

    `ignored` names the grants that there is no tool for.
    """

    artifact_type: str
    types: tuple[str, ...]
    links: tuple[str, ...]
    grants: tuple[Grant, ...]
    modality: Modality
    ignored: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request for a generation; the ids as they came."""

    plan: Plan
    artifact_id: str | None = None
    draft_id: str | None = None
    run_id: str | None = None
    group_id: str | None = None
    save: bool = False
    instructions: tuple[str, ...] = ()
    extra: tuple[Context, ...] = ()
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def attempt_id(self) -> str | None:
        """`metadata.attempt_id`, if that is an id."""
        return _id_in(self.metadata, "attempt_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """The draft that is written into. `redacted`: the one who asks must not see secrets (6.5); `follow`: what comes
    after the run, whichever way it ends."""

    draft: Draft
    redacted: bool = False
    attempt_id: AttemptId | None = None
    follow: Callable[[RunId], Follow | None] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """What a generation says at its beginning."""

    group_id: str
    run_id: str
    draft_id: str
    artifact_type: str
    resource_types: tuple[str, ...]
    ignored: tuple[str, ...]


def plan_of(named: Named, modality: str, rules: GenerateRules) -> Plan:
    """What a request asks for. Raises the refusals of 7.3 that need no database, in their order."""
    artifact_type = named.artifacts[0].name
    unknown = [item.name for item in named.artifacts if item.name not in ARTIFACTS]
    if unknown:
        raise _refusal("unknown_artifact_type", f"Unknown artifact type: {_some(unknown)}", ARTIFACTS)
    row = ARTIFACTS[artifact_type]
    if row.level != "made":
        text = f"{artifact_type} cannot be generated here. Use {' or '.join(row.made_by)}."
        raise Refusal("unsupported_artifact", text if row.made_by else _LATER.format(artifact_type))
    if not named.resources and not named.entries:
        raise Refusal("nothing_to_generate", NOTHING)
    later = frozenset(name for item in named.artifacts[1:] for name in ARTIFACTS[item.name].types)
    _check_types(artifact_type, row, (*named.resources, *named.entries), later)
    sorts: tuple[tuple[ItemKind, Sequence[Item]], ...] = (
        ("artifact", named.artifacts),
        ("resource", named.resources),
        ("entry", named.entries),
    )
    for kind, items in sorts:
        _check_operations(items, _OPERATIONS[kind])
    made = [item for item in (*named.resources, *named.entries) if item.operation in PRODUCING]
    if not made:
        raise Refusal("nothing_to_generate", NOTHING)
    if modality not in rules.modalities:
        raise _refusal("unsupported_modality", f'Modality "{modality[:40]}" is not available', rules.modalities)
    grants, ignored = _grants(artifact_type, sorts)
    return Plan(
        artifact_type=artifact_type,
        types=tuple(dict.fromkeys(item.name for item in made)),
        links=tuple(dict.fromkeys(item.name for item in made if item.operation == "link")),
        grants=grants,
        modality=cast("Modality", modality),
        ignored=ignored,
    )


def modalities(made: Sequence[str]) -> tuple[str, ...]:
    """The modalities of a deployment with engines for these kinds of media."""
    return ("call", "text", *(name for name in get_args(Modality) if name in made))


def begin(tx: Tx, actor: Actor, asked: Asked, rules: GenerateRules) -> Begun:
    """Begin to generate into a draft of an artifact (7.3), which is made if none is named.

    Raises `forbidden`, `not_found` (artifact, draft, group, run), `run_started`, `too_many_requests`,
    `rate_limited`, and what making a draft raises.
    """
    return begin_in(tx, actor, asked, Where(draft=_draft(tx, actor, asked, rules)), rules)


def begin_in(tx: Tx, actor: Actor, asked: Asked, where: Where, rules: GenerateRules) -> Begun:
    """The same, into a draft that the actor may write."""
    plan, follow = asked.plan, where.follow
    if any(each.role in ("developer", "system") for each in asked.extra) and not actor.is_operator:
        raise forbidden()
    group_id = drafts.own_group(tx, actor, asked.group_id) if asked.group_id else None
    prepared = drafts.own_run(tx, actor, asked.run_id) if asked.run_id else None
    if prepared is not None and prepared.state != "prepared":
        raise Refusal("run_started", "This run has already been started.")
    if drafts.running_of(tx, actor.account_id) >= rules.runs_parallel_max:
        raise Refusal("too_many_requests", BUSY, retry_after_seconds=BUSY_SECONDS)
    accounts.take_request(tx, actor.account_id, rules.timezone_name)
    if prepared is None and follow is not None:
        prepared = drafts.prepare_generation(tx, actor.account_id)
    if group_id is None:
        group_id = prepared.group_id if prepared else tx.new_id()
    run = drafts.begin_generation(
        tx,
        Generating(
            draft_id=where.draft.id,
            account_id=actor.account_id,
            group_id=group_id,
            order=_ordered(actor, asked, where),
            follow=follow(prepared.id) if follow and prepared else None,
            run_id=prepared.id if prepared else None,
            instructions=asked.instructions,
        ),
    )
    return Begun(
        group_id=group_id,
        run_id=run.id,
        draft_id=where.draft.id,
        artifact_type=plan.artifact_type,
        resource_types=plan.types,
        ignored=plan.ignored,
    )


def _ordered(actor: Actor, asked: Asked, where: Where) -> Order:
    plan = asked.plan
    return Order(
        types=_in_order(plan),
        rooms=(person_room(actor.account_id),),
        redacted=where.redacted,
        attempt_id=where.attempt_id,
        links=plan.links,
        grants=plan.grants,
        extra=asked.extra,
        modality=plan.modality,
        save=asked.save,
        value_id=_id_in(asked.metadata, "value_id") if len(plan.types) == 1 else None,
        metadata=asked.metadata,
    )


def _draft(tx: Tx, actor: Actor, asked: Asked, rules: GenerateRules) -> Draft:
    """The draft that is named, or a new one about what is named."""
    artifact_type = asked.plan.artifact_type
    if not access.may_author(actor):
        raise forbidden()
    if asked.draft_id is None:
        if asked.artifact_id is not None:
            access.artifact_to_edit(tx, actor, asked.artifact_id, artifact_type)
        elif not access.may_create(actor, artifact_type):
            raise forbidden()
        return create(tx, actor, NewDraft(artifact_type=artifact_type, artifact_id=asked.artifact_id), rules.drafts)
    found = draft_to_write(tx, actor, asked.draft_id)
    if found.artifact_type != artifact_type or asked.artifact_id not in (None, found.artifact_id):
        raise not_found("Draft")
    return found


def _check_types(artifact_type: str, row: Artifact, items: Sequence[Item], later: frozenset[str]) -> None:
    """A type is one of the primary artifact; what is only looked at may be one of the others."""
    wrong = [
        item.name
        for item in items
        if item.name not in row.types and (item.operation in PRODUCING or item.name not in later)
    ]
    if wrong:
        text = f"Not a resource type of {artifact_type}: {_some(wrong)}"
        raise _refusal("unknown_resource_type", text, (*row.resources, *row.entries))


def _check_operations(items: Sequence[Item], valid: Sequence[str]) -> None:
    for item in items:
        if item.operation not in valid:
            raise _refusal("unknown_operation", f'Unknown operation "{item.operation[:40]}" for {item.name}', valid)


def _grants(
    artifact_type: str, sorts: Sequence[tuple[ItemKind, Sequence[Item]]]
) -> tuple[tuple[Grant, ...], tuple[str, ...]]:
    """What the model may use, and what there is no tool for. Chats are made without tools."""
    usable: dict[Grant, None] = {}
    ignored: dict[str, None] = {}
    for kind, items in sorts:
        for item in items:
            if item.operation in PRODUCING and kind != "artifact":
                continue
            if kind == "artifact" and item.name == artifact_type and item.operation in _KEPT_ANYWAY:
                continue
            grant = Grant(kind=kind, name=item.name, operation=item.operation)
            if artifact_type != CHAT and is_tool(grant):
                usable[grant] = None
            else:
                ignored[f"{item.operation}_{item.name}"] = None
    return tuple(usable), tuple(ignored)


def _in_order(plan: Plan) -> tuple[str, ...]:
    """What needs other types comes after them."""
    if plan.artifact_type != CHAT:
        return tuple(ordered(plan.types))
    last = len(MADE_TYPES)
    return tuple(sorted(plan.types, key=lambda each: MADE_TYPES.index(each) if each in MADE_TYPES else last))


def _refusal(code: str, text: str, valid: Sequence[str] | Mapping[str, object]) -> Refusal:
    return Refusal(code, f"{text}. Valid: {', '.join(valid)}.")


def _some(names: Sequence[str]) -> str:
    """Names that somebody sent, so few and so short that a text can have them."""
    return ", ".join(name[:40] for name in dict.fromkeys(names[:TOLD_NAMES_MAX]))


def _id_in(metadata: Mapping[str, object], name: str) -> str | None:
    found = metadata.get(name)
    return found if isinstance(found, str) and is_id(found) else None

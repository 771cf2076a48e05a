"""Publishing: the values of a draft become a version of an artifact, which never changes again (Glow 1.2, 1.5).

Everything is checked before anything is written, so that a refusal leaves nothing behind in a transaction that goes
on. Versions that attempts began with stay what they were.

Locks are taken in this order by everything that authoring does, so that servers do not wait for each other in a
circle: the job, the run, the draft, the artifact, trainings by their ids, accounts and cohorts. Of one class only one
is held, or several in the order of their ids.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from parlour.accounts.people.managing import present
from parlour.audit import actions as audit
from parlour.audit.entities import Entry
from parlour.catalog import actions as catalog
from parlour.catalog import authored
from parlour.catalog.benchmarks import Eval
from parlour.catalog.entities import Cohort
from parlour.drafts import actions as drafts
from parlour.drafts.artifacts import draft_types
from parlour.drafts.values import Value, Values, Written
from parlour.files.authored.entities import MediaUser
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, forbidden
from parlour.library import access, forms, media
from parlour.library.applying import apply_department, apply_profile, check_profile
from parlour.library.checks.findings import Finding, errors, faults_of
from parlour.library.checks.gathering import surroundings_of
from parlour.library.checks.linting import lint
from parlour.library.differences import are_same
from parlour.library.drafting.holding import draft_to_write
from parlour.library.drafting.reviewing import is_approved
from parlour.library.forms import Compiled, Compiling
from parlour.library.trainings.adopting import PlayedIn, adopt
from parlour.library.trainings.settling import settle_cohort
from parlour.library.trying import close_tries
from parlour.storage.tx import Tx

ROUTE = "generate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Publishing:
    """That a draft is to be published, as it was at `expected_version` (`None`: as it is).

    `two_person`: somebody else than its writers must have approved it. `update_trainings`: trainings that the actor
    may edit go on with the new version. `note`: what changed, in the author's words. `route`: for the audit.
    """

    draft_id: str
    expected_version: int | None = None
    two_person: bool = False
    update_trainings: bool = False
    note: str = ""
    route: str = ROUTE


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """Values that are to become a version: the one after `base_version`, 0 for something new.

    `artifact_id` None for something new.
    """

    artifact_type: str
    values: Values
    artifact_id: str | None = None
    base_version: int = 0
    note: str = ""
    route: str = ROUTE
    draft_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """What was published. `written`: whether it is a new version; values that say the same make none."""

    artifact_id: str
    artifact_type: str
    version: int
    written: bool
    trainings: tuple[PlayedIn, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ready:
    """One artifact that may be written."""

    writing: Writing
    artifact_id: str
    compiled: Compiled
    is_new: bool


def publish(tx: Tx, actor: Actor, wanted: Publishing) -> Published:
    """Publish what a draft says, and close the draft.

    Raises `not_found`, `forbidden`, `draft_closed`, `VersionConflictError`, `approval_needed`, `base_conflict`, and
    `draft_invalid` with a fault for each error, at `/values/{type}/{index}/{field}`.
    """
    draft = draft_to_write(tx, actor, wanted.draft_id, wanted.expected_version)
    body = draft.artifact
    if wanted.two_person and not is_approved(tx, draft):
        raise Refusal("approval_needed", "Somebody else must approve this draft, as it is now, before it is published.")
    writing = Writing(
        artifact_type=draft.artifact_type,
        artifact_id=draft.artifact_id,
        values=body.values,
        base_version=body.base_version,
        note=wanted.note,
        route=wanted.route,
        draft_id=draft.id,
    )
    published = publish_values(tx, actor, writing)
    drafts.set_artifact(tx, draft.id, published.artifact_id)
    drafts.mark_used(tx, draft.id)
    media.note_closed(tx, draft.id)
    close_tries(tx, draft.id)
    if not wanted.update_trainings:
        return published
    return replace(published, trainings=adopt(tx, actor, published.artifact_id, wanted.route))


def publish_values(tx: Tx, actor: Actor, writing: Writing) -> Published:
    """Publish values without a draft. Raises as `publish`."""
    if writing.artifact_id is not None:
        catalog.lock(tx, writing.artifact_id)
    actor = present(tx, actor)
    main, *nested = _ready(tx, actor, writing)
    for inner in nested:
        _write(tx, actor, inner)
    artifact_id, written = main.artifact_id, main.is_new or not _says_the_same(tx, main)
    if written:
        artifact_id, version = _write(tx, actor, main)
    else:
        version = access.newest_version(tx, writing.artifact_type, main.artifact_id)
    return Published(artifact_id=artifact_id, artifact_type=writing.artifact_type, version=version, written=written)


def _ready(tx: Tx, actor: Actor, writing: Writing) -> Sequence[_Ready]:
    """The artifact and those that are written inside it, all checked; the artifact first."""
    _check_rights(tx, actor, writing)
    artifact_id = writing.artifact_id or tx.new_id()
    values = _with_departments(tx, actor, writing)
    compiled = forms.compiled(
        tx,
        Compiling(
            actor=actor,
            artifact_type=writing.artifact_type,
            artifact_id=artifact_id,
            values=values,
            draft_id=writing.draft_id,
        ),
    )
    linted = lint(
        writing.artifact_type, values, surroundings_of(tx, writing.artifact_type, values, writing.artifact_id, actor)
    )
    found = [*compiled.findings, *linted, *_inside(compiled)]
    found += [*_taken(tx, compiled), *_taken_away(tx, actor, writing, values)]
    if writing.artifact_type == "profile":
        found += check_profile(tx, actor, writing.artifact_id, values)
    _refuse(errors(found), values)
    main = _Ready(
        writing=writing,
        artifact_id=artifact_id,
        compiled=replace(compiled, values=_kept(compiled.values)),
        is_new=writing.artifact_id is None,
    )
    return (main, *_inner(tx, actor, main))


def _inside(compiled: Compiled) -> Iterator[Finding]:
    """What is wrong with the artifacts that are written inside, at the value that each of them is."""
    for nested in compiled.nested:
        for finding in lint(nested.artifact_type, nested.values):
            yield replace(finding, type=f"{nested.artifact_type}s", value_id=nested.artifact_id)


def _inner(tx: Tx, actor: Actor, main: _Ready) -> Iterator[_Ready]:
    for nested in main.compiled.nested:
        if not access.may_create(actor, nested.artifact_type):
            raise forbidden()
        writing = replace(main.writing, artifact_type=nested.artifact_type, artifact_id=None, values=nested.values)
        compiling = Compiling(
            actor=actor,
            artifact_type=nested.artifact_type,
            artifact_id=nested.artifact_id,
            values=nested.values,
            draft_id=writing.draft_id,
        )
        compiled = forms.compiled(tx, compiling)
        yield _Ready(writing=writing, artifact_id=nested.artifact_id, compiled=compiled, is_new=True)


def _refuse(findings: Sequence[Finding], values: Values) -> None:
    """Refuse values with errors: `draft_invalid`."""
    if not findings:
        return
    more = f" ({len(findings)} faults in all)" if len(findings) > 1 else ""
    raise Refusal(
        "draft_invalid",
        f"This cannot be published yet: {findings[0].message}{more}",
        faults=faults_of(findings, values),
    )


def _check_rights(tx: Tx, actor: Actor, writing: Writing) -> None:
    if writing.artifact_id is None:
        if not access.may_create(actor, writing.artifact_type):
            raise forbidden()
        return
    access.artifact_to_edit(tx, actor, writing.artifact_id, writing.artifact_type)
    newest = access.newest_version(tx, writing.artifact_type, writing.artifact_id)
    if newest != writing.base_version:
        raise Refusal(
            "base_conflict",
            f"Version {newest} has been published meanwhile; this draft was made from version {writing.base_version}.",
        )


def _with_departments(tx: Tx, actor: Actor, writing: Writing) -> Values:
    """The values with the departments of the author, where the draft names none and may not do without."""
    if writing.values.get("departments") or "departments" not in draft_types(writing.artifact_type):
        return writing.values
    if writing.artifact_id is not None and not _departments_before(tx, writing):
        return writing.values
    if writing.artifact_id is not None and actor.role == "superadmin":
        return writing.values
    own = sorted(actor.department_ids)[: 1 if writing.artifact_type == "cohort" else None]
    named = tuple(Value(id=each, fields={}, linked=True) for each in own)
    return {**writing.values, "departments": named} if named else writing.values


def _departments_before(tx: Tx, writing: Writing) -> frozenset[str]:
    held = access.held(tx, writing.artifact_type, writing.artifact_id or "")
    return held.department_ids if held is not None else frozenset()


def _taken_away(tx: Tx, actor: Actor, writing: Writing, values: Values) -> Iterator[Finding]:
    """Nobody but a superadmin takes an artifact away from departments of others, or from everybody: who is in the
    department of a simulation may read attempts with it."""
    if writing.artifact_id is None or actor.role == "superadmin" or writing.artifact_type in access.OF_ACCOUNTS:
        return
    left = {value.id for value in values.get("departments", ())}
    before = _departments_before(tx, writing)
    if left and not before and writing.artifact_type != "cohort":
        message = "This is for all departments; only a superadmin gives it to some."
        yield Finding(code="form.department", severity="error", message=message, type="departments")
    elif before - left - actor.department_ids:
        message = "You may not take this away from a department that is not your own."
        yield Finding(code="form.department", severity="error", message=message, type="departments")


def _taken(tx: Tx, compiled: Compiled) -> Iterator[Finding]:
    """Artifacts that are written inside must be new."""
    for nested in compiled.nested:
        if authored.current(tx, nested.artifact_id) is not None:
            type_name = f"{nested.artifact_type}s"
            message = "This has been published already. Link it instead."
            yield Finding(
                code="form.taken", severity="error", message=message, type=type_name, value_id=nested.artifact_id
            )


def _kept(values: Values) -> Values:
    """Values as a published version has them: accepted, and what was written inside as links."""
    return {type_name: tuple(_settled(type_name, value) for value in found) for type_name, found in values.items()}


def _settled(type_name: str, value: Value) -> Value:
    value = replace(value, state="accepted", borrowed=False)
    if type_name not in forms.NESTED or value.linked:
        return value
    fields = {name: each for name, each in value.fields.items() if name == "dialogue_id" and each}
    return replace(
        value, linked=True, fields=fields, by={name: who for name, who in value.by.items() if name in fields}
    )


def _says_the_same(tx: Tx, ready: _Ready) -> bool:
    before = forms.values_of(tx, ready.writing.artifact_type, ready.artifact_id)
    if ready.writing.artifact_type in access.OF_ACCOUNTS:
        return are_same(before, ready.compiled.values)
    row = authored.current(tx, ready.artifact_id)
    same = row is not None and row.body == authored.body_of(ready.compiled.content)
    return same and are_same(forms.without_user_ids(before), ready.compiled.values)


def _write(tx: Tx, actor: Actor, ready: _Ready) -> tuple[str, int]:
    """Store a version; the artifact's id and the number."""
    writing, compiled = ready.writing, ready.compiled
    artifact_id = ready.artifact_id
    if compiled.plan is not None and isinstance(compiled.content, Cohort):
        settle_cohort(tx, actor, compiled.content, compiled.plan, writing.route)
    match writing.artifact_type:
        case "profile":
            artifact_id = apply_profile(tx, actor, None if ready.is_new else artifact_id, writing)
            version = 0
        case "department":
            apply_department(tx, actor, (artifact_id, ready.is_new), writing)
            version = _save(tx, actor, ready)
        case _:
            version = _save(tx, actor, ready)
    detail: dict[str, object] = {"type": writing.artifact_type, "version": version}
    if writing.draft_id is not None:
        detail["draft"] = writing.draft_id
    done = Entry(
        actor=actor.account_id, action="artifact.publish", subject=artifact_id, route=writing.route, detail=detail
    )
    audit.record(tx, done)
    return artifact_id, version


def _save(tx: Tx, actor: Actor, ready: _Ready) -> int:
    compiled = ready.compiled
    before = authored.current(tx, ready.artifact_id)
    content = compiled.content
    active = content.active if isinstance(content, Eval) else before is None or before.active
    written = Written(values=compiled.values, note=ready.writing.note)
    new = authored.NewContent(
        id=ready.artifact_id,
        kind=compiled.kind,
        name=compiled.name,
        body=authored.body_of(content),
        active=active,
        account_id=actor.account_id,
        search=compiled.search,
        always=True,
    )
    values = msgspec.json.encode(written).decode()
    version, _ = authored.save(tx, new, values)
    named_by = MediaUser(kind="content", id=ready.artifact_id)
    media.note_built(tx, actor, named_by, ready.writing.draft_id, new.body, values)
    if compiled.anchors is not None:
        _save_anchors(tx, actor, ready)
    return version


def _save_anchors(tx: Tx, actor: Actor, ready: _Ready) -> None:
    anchors = ready.compiled.anchors
    if anchors is None or (anchors.is_empty and authored.current(tx, anchors.id) is None):
        return
    body = authored.body_of(anchors)
    new = authored.NewContent(
        id=anchors.id, kind="anchors", name=ready.compiled.name, body=body, account_id=actor.account_id
    )
    authored.save(tx, new, None)

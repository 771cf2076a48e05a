"""Drafts of artifacts as they are asked for and shown (Glow 1.5)."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from parlour.accounts import actions as accounts
from parlour.drafts import actions as drafts
from parlour.drafts.entities import Draft, Run, RunState
from parlour.drafts.values import Approval, Review
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.library import access, forms
from parlour.library.drafting import reviewing
from parlour.library.drafting.comparing import published_version
from parlour.library.drafting.holding import may_write
from parlour.library.drafting.rules import DraftRules
from parlour.library.drafting.sheet import Operation, OperationKind
from parlour.storage.tx import Tx
from parlour.wire.http.problems import Problem
from parlour.wire.http.texts import NoNul
from parlour.wire.rest.authoring.values import ValueShown, shown_values
from parlour.wire.rest.bodies import Given, Id, Version

CHANGES_MAX = 200
NOTE_CHARS_MAX = 2_000
RUNS_SHOWN_MAX = 20

Name = Annotated[str, StringConstraints(min_length=1, max_length=200), NoNul]
TypeName = Annotated[str, StringConstraints(max_length=60), NoNul]
Note = Annotated[str, StringConstraints(max_length=NOTE_CHARS_MAX), NoNul]


class NewArtifactDraft(Given):
    """What a draft is to be about: something new, or an artifact; `version`: begin from that older version of it."""

    artifact_type: TypeName
    artifact_id: Id | None = None
    version: Version | None = None


class GivenOperation(Given):
    """One change. `put` writes the one value of a type; `set` some fields of a value, null removes one; `accept` and
    `refuse` without `value_id` are about the whole type."""

    op: OperationKind
    type: TypeName
    value_id: Annotated[str, StringConstraints(max_length=100), NoNul] | None = None
    fields: Annotated[dict[str, object], Field(max_length=100)] | None = None
    artifact_id: Id | None = None
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None

    def operation(self) -> Operation:
        """The same as a value."""
        return Operation(
            op=self.op,
            type=self.type,
            value_id=self.value_id,
            fields=self.fields,
            artifact_id=self.artifact_id,
            position=self.position,
        )


class ArtifactDraftChange(Given):
    """Changes, all or none of which are done, for the version that their writer has read."""

    expected_version: Version
    changes: Annotated[list[GivenOperation], Field(min_length=1, max_length=CHANGES_MAX)]


class ForVersion(Given):
    """Something that is done to the version that was read."""

    expected_version: Version


class ReviewAsked(ForVersion):
    """That others are asked to look, with a note for them."""

    note: Note = ""


class DraftPublished(ForVersion):
    """That a draft is published. `update_trainings`: those that use the artifact take the new version."""

    update_trainings: bool = False
    note: Note = ""


class NewEditor(Given):
    """Who may write into a draft from now on."""

    user_id: Name


class SourceGiven(Given):
    """What is attached to a draft: a document of the library, an upload of one's own, or a chat."""

    kind: Annotated[str, StringConstraints(pattern=r"^(document|upload|chat)$")]
    id: Annotated[str, StringConstraints(min_length=1, max_length=100), NoNul]


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonShown:
    """Somebody who works on a draft; a person that is gone has no name."""

    profile_id: str
    user_id: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceShown:
    """A source without its text. `cut`: it was longer than a source may be."""

    id: str
    kind: str
    of_id: str
    name: str
    characters: int
    cut: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRead:
    """A source with its text, as the model reads it."""

    id: str
    kind: str
    name: str
    text: str
    cut: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalShown:
    """That somebody agrees to a version."""

    profile_id: str
    name: str
    version: int
    at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewShown:
    """That others are asked to look. `approved`: somebody who wrote nothing of it agrees to the draft as it is now."""

    asked_by: str
    asked_at: str
    version: int
    note: str
    approvals: Sequence[ApprovalShown]
    approved: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RunErrorShown:
    """Why a run failed."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunShown:
    """A run: what was asked for, how many types are made, and which could not be. `draft_id` null: not begun."""

    run_id: str
    group_id: str
    draft_id: str | None
    artifact_type: str | None
    state: RunState
    types: Sequence[str]
    completed: int
    failed: Sequence[str]
    created_at: str
    error: RunErrorShown | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MayShown:
    """What the caller may do with a draft now."""

    edit: bool
    publish: bool
    approve: bool


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactDraftShown:
    """A draft. `replaced`: the types of which refusing a proposal brings something back; `closed`: it was published.

    `base_version` is the version that it follows, `published_version` the newest one; 0: there is none.
    """

    id: str
    artifact_type: str
    artifact_id: str | None
    name: str
    version: int
    base_version: int
    published_version: int
    owner: PersonShown
    editors: Sequence[PersonShown]
    values: Mapping[str, Sequence[ValueShown]]
    replaced: Sequence[str]
    sources: Sequence[SourceShown]
    review: ReviewShown | None
    needs_approval: bool
    runs: Sequence[RunShown]
    may: MayShown
    closed: bool
    created_at: str
    updated_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftListed:
    """A draft in the list. `mine`: the caller owns it; `review`: somebody is asked to look at it."""

    id: str
    artifact_type: str
    artifact_id: str | None
    name: str
    version: int
    updated_at: str
    owner: PersonShown
    mine: bool
    review: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftsListed:
    """The open drafts that the caller may read, the newest first."""

    items: Sequence[DraftListed]


class ArtifactDraftProblem(Problem, total=False):
    """The problem of an outdated version carries the draft as it is now."""

    draft: ArtifactDraftShown


def shown_draft(tx: Tx, actor: Actor, draft: Draft, rules: DraftRules) -> ArtifactDraftShown:
    """A draft for somebody who may read it."""
    body = draft.artifact
    editable = draft.used_at is None and may_write(actor, draft)
    return ArtifactDraftShown(
        id=draft.id,
        artifact_type=draft.artifact_type,
        artifact_id=draft.artifact_id,
        name=forms.title(body.values),
        version=draft.version,
        base_version=body.base_version,
        published_version=published_version(tx, draft),
        owner=_person(tx, draft.account_id),
        editors=[_person(tx, each) for each in body.editors],
        values=shown_values(tx, actor, draft.artifact_type, body.values),
        replaced=sorted(body.replaced),
        sources=[
            SourceShown(
                id=each.id, kind=each.kind, of_id=each.of_id, name=each.name, characters=len(each.text), cut=each.cut
            )
            for each in body.sources
        ],
        review=_review(tx, draft, body.review) if body.review is not None else None,
        needs_approval=reviewing.needs_approval(tx, draft, rules),
        runs=[shown_run(each) for each in drafts.runs_of_draft(tx, draft.id)[:RUNS_SHOWN_MAX]],
        may=MayShown(
            edit=editable,
            publish=editable and _may_publish(tx, actor, draft),
            approve=reviewing.may_approve(tx, actor, draft),
        ),
        closed=draft.used_at is not None,
        created_at=rfc3339(draft.created_at),
        updated_at=rfc3339(draft.updated_at),
    )


def listed_draft(tx: Tx, actor: Actor, draft: Draft) -> DraftListed:
    """A draft in the list of somebody who may read it."""
    return DraftListed(
        id=draft.id,
        artifact_type=draft.artifact_type,
        artifact_id=draft.artifact_id,
        name=forms.title(draft.artifact.values),
        version=draft.version,
        updated_at=rfc3339(draft.updated_at),
        owner=_person(tx, draft.account_id),
        mine=draft.account_id == actor.account_id,
        review=draft.artifact.review is not None,
    )


def _may_publish(tx: Tx, actor: Actor, draft: Draft) -> bool:
    if draft.artifact_id is None:
        return access.may_create(actor, draft.artifact_type)
    found = access.held(tx, draft.artifact_type, draft.artifact_id)
    return found is not None and access.may_edit(actor, found)


def _person(tx: Tx, account_id: str) -> PersonShown:
    account = accounts.account_by_id(tx, account_id)
    return PersonShown(
        profile_id=account_id, user_id=account.user_id if account else "", name=account.name if account else ""
    )


def _review(tx: Tx, draft: Draft, review: Review) -> ReviewShown:
    return ReviewShown(
        asked_by=review.asked_by,
        asked_at=rfc3339(review.asked_at),
        version=review.version,
        note=review.note,
        approvals=[_approval(tx, each) for each in review.approvals],
        approved=reviewing.is_approved(tx, draft),
    )


def _approval(tx: Tx, approval: Approval) -> ApprovalShown:
    name = _person(tx, approval.account_id).name
    return ApprovalShown(profile_id=approval.account_id, name=name, version=approval.version, at=rfc3339(approval.at))


def shown_run(run: Run) -> RunShown:
    """A run as it is told."""
    return RunShown(
        run_id=run.id,
        group_id=run.group_id,
        draft_id=run.draft_id or None,
        artifact_type=run.artifact_type or None,
        state=run.state,
        types=run.order.types,
        completed=run.progress.completed,
        failed=run.progress.failed,
        created_at=rfc3339(run.created_at),
        error=RunErrorShown(code=run.error.code, message=run.error.text) if run.error else None,
    )

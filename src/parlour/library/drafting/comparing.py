"""A draft beside what is published: what it changes, and bringing it on top of a newer version."""

from dataclasses import replace

from parlour.drafts.entities import Draft
from parlour.drafts.values import Values
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal
from parlour.library import access, forms
from parlour.library.differences import Change, differences
from parlour.library.drafting.holding import draft_to_write, held_draft, written
from parlour.library.drafting.merging import Conflict, merged
from parlour.library.drafting.rules import DraftRules
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """What a draft changes about the version that it was copied from. `stale`: there is a newer one."""

    base_version: int
    published_version: int
    stale: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rebased:
    """A draft on top of the newest version, and the fields of which it kept its own."""

    draft: Draft
    conflicts: tuple[Conflict, ...]


def compared(tx: Tx, actor: Actor, draft_id: str) -> Compared:
    """What a draft changes. `not_found`."""
    draft = held_draft(tx, actor, draft_id)
    body, published = draft.artifact, published_version(tx, draft)
    return Compared(
        base_version=body.base_version,
        published_version=published,
        stale=published != body.base_version,
        changes=differences(_published(tx, draft, body.base_version), body.values),
    )


def rebase(tx: Tx, actor: Actor, asked: tuple[str, int], rules: DraftRules) -> Rebased:
    """Bring into a draft, `asked` by its id and the version that was read, what others published meanwhile.

    Raises as `holding.draft_to_write`; `not_found` if the artifact is gone, also for this actor; `draft_too_large`.
    """
    draft = draft_to_write(tx, actor, *asked)
    if draft.artifact_id is not None:
        access.artifact_to_read(tx, actor, draft.artifact_id, draft.artifact_type)
    body, newest = draft.artifact, published_version(tx, draft)
    if newest == body.base_version:
        return Rebased(draft=draft, conflicts=())
    base, theirs = _published(tx, draft, body.base_version), _published(tx, draft, newest)
    values, conflicts = merged(base, theirs, body.values, draft.version + 1)
    over = next((name for name, found in values.items() if len(found) > rules.values_max), None)
    if over is not None:
        raise Refusal("draft_too_large", f"There would be more than {rules.values_max} values of {over}.")
    changed = {name for name in (*values, *body.values) if values.get(name) != body.values.get(name)}
    touched = dict(body.touched) | dict.fromkeys(changed, draft.version + 1)
    after = replace(body, values=values, touched=touched, base_version=newest)
    return Rebased(draft=written(tx, actor, draft, after, rules), conflicts=conflicts)


def published_version(tx: Tx, draft: Draft) -> int:
    """The newest version of what a draft is about; 0 if it has none."""
    if draft.artifact_id is None:
        return 0
    return access.newest_version(tx, draft.artifact_type, draft.artifact_id)


def _published(tx: Tx, draft: Draft, version: int) -> Values:
    if draft.artifact_id is None:
        return {}
    return forms.values_of(tx, draft.artifact_type, draft.artifact_id, version or None)

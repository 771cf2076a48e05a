"""Who may read and write a draft of an artifact. Somebody else's is answered like one that does not exist."""

from dataclasses import replace

import msgspec

from parlour.drafts import actions as drafts
from parlour.drafts.entities import Draft, VersionConflictError
from parlour.drafts.values import ArtifactBody, Review
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import Refusal, forbidden, not_found
from parlour.library import access, media
from parlour.library.drafting.rules import DraftRules
from parlour.library.drafting.vouching import vouched
from parlour.storage.tx import Tx


def held_draft(tx: Tx, actor: Actor, draft_id: str, *, lock: bool = False) -> Draft:
    """A draft that the actor may read: its owner, its editors, and, while a review is asked, who may approve it.

    Raises `not_found`. A draft that was published is closed, and still there for its writers.
    """
    found = drafts.draft(tx, draft_id, lock=lock)
    if found is None or not may_read(tx, actor, found):
        raise not_found("Draft")
    return found


def draft_to_write(tx: Tx, actor: Actor, draft_id: str, expected_version: int | None = None) -> Draft:
    """A draft that the actor may write into, locked until the transaction ends.

    Raises `not_found`; `forbidden` for who may only read it; `draft_closed` for one that was published;
    `VersionConflictError` when it is at another version than the writer has read.
    """
    found = held_draft(tx, actor, draft_id, lock=True)
    if not may_write(actor, found):
        raise forbidden()
    check_open(found)
    check_version(found, expected_version)
    return found


def own_draft(tx: Tx, actor: Actor, draft_id: str) -> Draft:
    """A draft that the actor owns, locked. `not_found`; `forbidden` for others who may read it."""
    found = held_draft(tx, actor, draft_id, lock=True)
    if found.account_id != actor.account_id:
        raise forbidden()
    return found


def may_read(tx: Tx, actor: Actor, draft: Draft) -> bool:
    """Whether the actor may read a draft; nobody may read one of a chat here."""
    if not isinstance(draft.body, ArtifactBody) or not access.may_author(actor):
        return False
    return may_write(actor, draft) or (draft.body.review is not None and access.may_approve(tx, actor, draft))


def may_write(actor: Actor, draft: Draft) -> bool:
    """Whether the actor may write into a draft as long as it is open."""
    return access.may_author(actor) and actor.account_id in (draft.account_id, *draft.artifact.editors)


def check_open(draft: Draft) -> None:
    """Refuses a draft that was published: `draft_closed`."""
    if draft.used_at is not None:
        raise Refusal("draft_closed", "This draft has been published.")


def check_version(draft: Draft, expected_version: int | None) -> None:
    """Refuses a write for another version of a locked draft: `VersionConflictError`."""
    if expected_version is not None and expected_version != draft.version:
        raise VersionConflictError(draft)


def written(tx: Tx, actor: Actor, draft: Draft, body: ArtifactBody, rules: DraftRules) -> Draft:
    """Store what the actor changed in the content of a locked draft: its version goes up, approvals are void.

    Raises `draft_too_large`.
    """
    writers = tuple(dict.fromkeys((*body.writers, actor.account_id)))
    before = draft.artifact
    values = vouched(tx, actor, draft.artifact_type, (before.values, before.replaced), body.values)
    after = _put(tx, draft, replace(body, values=values, writers=writers), rules)
    media.note_drafted(tx, actor, after, before)
    return after


def note_written(tx: Tx, draft: Draft, body: ArtifactBody, rules: DraftRules) -> Draft:
    """Store a change beside the content of a locked draft: its version goes up, and valid approvals go along."""
    if body.review is not None:
        body = replace(body, review=carried(body.review, draft.version))
    return _put(tx, draft, body, rules)


def carried(review: Review, version: int) -> Review:
    """A review whose approvals of this version are of the next one, which has the same content."""
    moved = (replace(each, version=version + 1) if each.version == version else each for each in review.approvals)
    return replace(review, approvals=tuple(moved))


def weight(body: ArtifactBody) -> int:
    """How many bytes a draft has, the text of its sources aside."""
    return len(msgspec.json.encode(replace(body, sources=())))


def _put(tx: Tx, draft: Draft, body: ArtifactBody, rules: DraftRules) -> Draft:
    if weight(body) > rules.bytes_max:
        raise Refusal("draft_too_large", f"A draft has at most {rules.bytes_max} bytes. Take something out of it.")
    return drafts.put_body(tx, draft, body)

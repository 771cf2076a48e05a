"""Asking a second person to look at a draft, and what that person says (the two-person rule)."""

from dataclasses import replace

from parlour.accounts import actions as accounts
from parlour.drafts.entities import Draft
from parlour.drafts.values import Approval, Review
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import Refusal, forbidden
from parlour.library import access
from parlour.library.drafting.holding import check_open, check_version, draft_to_write, held_draft, note_written
from parlour.library.drafting.rules import DraftRules
from parlour.library.trying import close_lost_tries
from parlour.storage.tx import Tx


def ask(tx: Tx, actor: Actor, asked: tuple[str, int], note: str, rules: DraftRules) -> Draft:
    """Ask others to look at a draft, `asked` by its id and the version that was read. They may read it from now on.

    Raises as `holding.draft_to_write`.
    """
    draft = draft_to_write(tx, actor, *asked)
    before = draft.artifact.review
    review = Review(
        asked_by=actor.account_id,
        asked_at=tx.now_ms,
        version=draft.version + 1,
        note=note,
        approvals=before.approvals if before is not None else (),
    )
    return note_written(tx, draft, replace(draft.artifact, review=review), rules)


def withdraw(tx: Tx, actor: Actor, draft_id: str, rules: DraftRules) -> Draft:
    """Nobody is asked any more, and what was approved is forgotten. Repeating it changes nothing."""
    draft = draft_to_write(tx, actor, draft_id)
    if draft.artifact.review is None:
        return draft
    left = note_written(tx, draft, replace(draft.artifact, review=None), rules)
    close_lost_tries(tx, left)
    return left


def approve(tx: Tx, actor: Actor, approved: tuple[str, int], rules: DraftRules) -> Draft:
    """Agree to a draft, `approved` by its id and the version that was read.

    Raises `not_found`; `forbidden` for its writers and for who may not edit the artifact; `no_review`;
    `draft_closed`; `VersionConflictError`.
    """
    draft = held_draft(tx, actor, approved[0], lock=True)
    if is_writer(actor, draft) or not access.may_approve(tx, actor, draft):
        raise forbidden()
    check_open(draft)
    body = draft.artifact
    if body.review is None:
        raise Refusal("no_review", "Nobody is asked to look at this draft.")
    check_version(draft, approved[1])
    others = tuple(each for each in body.review.approvals if each.account_id != actor.account_id)
    agreed = Approval(account_id=actor.account_id, version=draft.version, at=tx.now_ms)
    return note_written(tx, draft, replace(body, review=replace(body.review, approvals=(*others, agreed))), rules)


def is_writer(actor: Actor, draft: Draft) -> bool:
    """Whether the actor owns a draft or has changed it."""
    return actor.account_id == draft.account_id or actor.account_id in draft.artifact.writers


def may_approve(tx: Tx, actor: Actor, draft: Draft) -> bool:
    """Whether the actor may agree to a draft now."""
    asked = draft.used_at is None and draft.artifact.review is not None
    return asked and not is_writer(actor, draft) and access.may_approve(tx, actor, draft)


def is_approved(tx: Tx, draft: Draft) -> bool:
    """Whether somebody agrees to a draft as it is now who wrote nothing of it, and who might still agree to it now."""
    review = draft.artifact.review
    agreed = [each.account_id for each in review.approvals if each.version == draft.version] if review else []
    present = (accounts.actor_by_id(tx, each) for each in agreed)
    return any(each and not is_writer(each, draft) and access.may_approve(tx, each, draft) for each in present)


def needs_approval(tx: Tx, draft: Draft, rules: DraftRules) -> bool:
    """Whether somebody must agree before a draft is published."""
    return rules.two_person and not is_approved(tx, draft)

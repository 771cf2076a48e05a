"""Who may write into a draft besides its owner, whose drafts these are, and their end."""

from dataclasses import replace

from parlour.accounts import actions as accounts
from parlour.drafts import actions as drafts
from parlour.drafts.entities import Draft
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import Refusal, forbidden, not_found
from parlour.library import access
from parlour.library.checks.running import forget
from parlour.library.drafting.holding import check_open, held_draft, may_read, note_written, own_draft
from parlour.library.drafting.rules import DraftRules
from parlour.library.trying import close_lost_tries, close_tries
from parlour.storage.tx import Tx

EDITORS_MAX = 20


def add_editor(tx: Tx, actor: Actor, draft_id: str, user_id: str, rules: DraftRules) -> Draft:
    """Let a colleague write into a draft of the actor's. Repeating it changes nothing.

    Raises `not_found`, also for an account that might not make what the draft is about; `forbidden` for who does
    not own the draft; `draft_closed`; `too_many_editors`.
    """
    draft = own_draft(tx, actor, draft_id)
    check_open(draft)
    account = accounts.account_by_user_id(tx, user_id)
    person = accounts.actor_by_id(tx, account.account_id) if account is not None else None
    if person is None or not access.may_approve(tx, person, draft):
        raise not_found("Account")
    body = draft.artifact
    if person.account_id in (draft.account_id, *body.editors):
        return draft
    if len(body.editors) >= EDITORS_MAX:
        raise Refusal("too_many_editors", f"A draft has at most {EDITORS_MAX} editors.")
    editors = (*body.editors, person.account_id)
    drafts.note_editors(tx, draft.id, editors)
    return note_written(tx, draft, replace(body, editors=editors), rules)


def remove_editor(tx: Tx, actor: Actor, draft_id: str, account_id: str, rules: DraftRules) -> Draft | None:
    """Take an editor out, by its owner or by the editor, whose tries are closed; None if the actor may not read it now.

    Raises `not_found` for who is no editor; `forbidden`; `draft_closed`.
    """
    draft = held_draft(tx, actor, draft_id, lock=True)
    if actor.account_id not in (draft.account_id, account_id):
        raise forbidden()
    check_open(draft)
    body = draft.artifact
    if account_id not in body.editors:
        raise not_found("Editor")
    editors = tuple(each for each in body.editors if each != account_id)
    drafts.note_editors(tx, draft.id, editors)
    left = note_written(tx, draft, replace(body, editors=editors), rules)
    close_lost_tries(tx, left)
    return left if may_read(tx, actor, left) else None


def drafts_to_show(tx: Tx, actor: Actor) -> list[Draft]:
    """The open drafts that the actor may read, the newest first: own ones, those that are shared with the actor, and
    those that somebody is asked to look at."""
    found = [*drafts.drafts_of(tx, actor.account_id), *drafts.drafts_edited_by(tx, actor.account_id)]
    found += drafts.waiting_for_review(tx)
    mine = {draft.id: draft for draft in found if may_read(tx, actor, draft)}
    return sorted(mine.values(), key=lambda draft: (-draft.updated_at, draft.id))


def discard(tx: Tx, actor: Actor, draft_id: str) -> None:
    """Delete a draft of the actor's, its tries and its tests. What was published from it stays.

    Raises `not_found`; `forbidden` for an editor.
    """
    found = own_draft(tx, actor, draft_id)
    close_tries(tx, found.id)
    forget(tx, found.id)
    drafts.delete(tx, found.id)

"""Making a draft for the chat that waits in the lobby, and what may be chosen for it (Glow 1.5, 7.3, 7.5)."""

from collections.abc import Sequence

from parlour.accounts import actions as accounts
from parlour.accounts.access import shares_department
from parlour.attempts import access, store
from parlour.attempts.advance import Open, next_step
from parlour.attempts.entities import Attempt
from parlour.attempts.preparing import check_not_preparing
from parlour.catalog import actions as catalog
from parlour.catalog.entities import ChatTemplate, Entry
from parlour.conversations import actions as conversations
from parlour.drafts import actions as drafts
from parlour.drafts.chats.choosing import Offer, offer_for
from parlour.drafts.entities import Basis, Draft
from parlour.kernel.actor import RANKS, Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, AttemptId
from parlour.kernel.refusals import Refusal, forbidden, invalid, not_found
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The chat template that somebody wants a draft for, and the attempt in whose lobby it waits."""

    template_id: str
    attempt_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatAsked:
    """What a generation is wanted for: a template, a draft, or whatever waits in the lobby of an attempt."""

    template_id: str | None = None
    draft_id: str | None = None
    attempt_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatFound:
    """The draft to generate into; whether who asks teaches it; the attempt of theirs that waits for it, if named."""

    draft: Draft
    teaches: bool
    attempt_id: AttemptId | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What may be chosen for the template that waits. `customisable`: whether it may be customised at all."""

    attempt: Attempt
    customisable: bool
    offer: Offer


def create_draft(tx: Tx, actor: Actor, asked: Asked) -> Draft:
    """A draft for a chat template, by the owner of an attempt in whose lobby it waits, or by teaching staff.

    Raises `not_found` for what is out of reach, `not_in_lobby`, `template_mismatch` and
    `generation_running` for an attempt that is elsewhere, `custom_not_allowed`.
    """
    if asked.attempt_id is not None:
        entry, template = check_waits(tx, actor, asked.attempt_id, asked.template_id)
    else:
        entry, template = _reached(tx, actor, asked.template_id)
    if not template.use_custom:
        raise Refusal("custom_not_allowed", "This scenario cannot be customised.")
    basis = Basis(kind=entry.kind, entry_id=entry.id, template_id=template.id)
    return drafts.create(tx, actor.account_id, basis)


def check_waits(tx: Tx, actor: Actor, attempt_id: str, template_id: str | None = None) -> tuple[Entry, ChatTemplate]:
    """What waits in the lobby of an attempt of the actor; with `template_id` it must be that one.

    Raises `not_found`, `forbidden`, `attempt_over`, `not_in_lobby`, `generation_running`, `template_mismatch`.
    """
    entry, template = _waiting(tx, access.own_attempt_to_change(tx, actor, attempt_id))
    if template_id not in (None, template.id):
        raise Refusal("template_mismatch", "Another scenario is next in this attempt.")
    return entry, template


def draft_to_generate(tx: Tx, actor: Actor, asked: ChatAsked) -> ChatFound:
    """The draft of a chat that a generation writes into: the one that is named, or a new one (7.3).

    For teaching staff, and for the owner of an attempt in whose lobby it waits; else `not_found`, `forbidden`, and
    what `create_draft` and `check_waits` raise.
    """
    waiting = check_waits(tx, actor, asked.attempt_id, asked.template_id) if asked.attempt_id else None
    attempt_id = AttemptId(asked.attempt_id) if asked.attempt_id else None
    if asked.draft_id is None:
        template_id = waiting[1].id if waiting else asked.template_id
        if template_id is None:
            raise invalid("/artifact_id", "a chat needs artifact_id, draft_id or metadata.attempt_id")
        made = create_draft(tx, actor, Asked(template_id=template_id, attempt_id=asked.attempt_id))
        entry = catalog.entry_for(tx, made.chat.basis.kind, made.chat.basis.entry_id)
        return ChatFound(draft=made, teaches=entry is not None and _teaches(tx, actor, entry), attempt_id=attempt_id)
    draft, teaches = held_draft(tx, actor, asked.draft_id)
    basis = draft.chat.basis
    wanted = waiting[1].id if waiting else asked.template_id
    if wanted not in (None, basis.template_id) or (waiting and waiting[0].id != basis.entry_id):
        raise not_found("Draft")
    if not teaches and waiting is None:
        entry = catalog.entry_for(tx, basis.kind, basis.entry_id)
        template = next((each for each in entry.templates if each.id == basis.template_id), None) if entry else None
        if entry is None or template is None or not _waits(tx, actor, entry, template):
            raise forbidden()
    return ChatFound(draft=draft, teaches=teaches, attempt_id=attempt_id)


def held_draft(tx: Tx, actor: Actor, draft_id: str) -> tuple[Draft, bool]:
    """A draft of the actor about an entry that is still in their reach, and whether they teach it.

    Who teaches it no more, and has neither a seat nor an attempt there, is told that there is no such draft.
    """
    draft = drafts.own_draft(tx, actor, draft_id)
    basis = draft.chat.basis
    entry = catalog.entry_for(tx, basis.kind, basis.entry_id)
    teaches = entry is not None and _teaches(tx, actor, entry)
    if not teaches and not store.of_entries(tx, [basis.entry_id], actor.account_id):
        seats = catalog.entries_for_account(tx, actor.account_id, basis.kind)
        if all(seat.id != basis.entry_id for seat in seats):
            raise not_found("Draft")
    return draft, teaches


def may_see(tx: Tx, account_id: AccountId, basis: Basis) -> bool:
    """Whether an account teaches a chat template now, and so sees what its learners do not (6.5)."""
    actor = accounts.actor_by_id(tx, account_id)
    entry = catalog.entry_for(tx, basis.kind, basis.entry_id)
    return actor is not None and entry is not None and _teaches(tx, actor, entry)


def choices(tx: Tx, actor: Actor, attempt_id: str) -> Choices:
    """What the owner of an attempt may choose for the template that waits in its lobby."""
    attempt = access.attempt_to_read(tx, actor, attempt_id)
    if attempt.account_id != actor.account_id:
        raise forbidden()
    entry, template = _waiting(tx, attempt)
    return Choices(attempt=attempt, customisable=template.use_custom, offer=offer_for(tx, actor, entry, template))


def _waiting(tx: Tx, attempt: Attempt) -> tuple[Entry, ChatTemplate]:
    """The template that waits in the lobby of an attempt."""
    if attempt.state == "ended":
        raise Refusal("attempt_over", "This attempt has ended.")
    check_not_preparing(tx, attempt)
    entry = catalog.entry_for(tx, attempt.entry_kind, attempt.entry_id)
    if entry is None:
        raise not_found("Attempt")
    template = _next(tx, attempt, entry)
    if template is None:
        raise Refusal("not_in_lobby", "No chat waits in the lobby of this attempt.")
    return entry, template


def _next(tx: Tx, attempt: Attempt, entry: Entry) -> ChatTemplate | None:
    chats = conversations.chats_of(tx, attempt.id)
    if attempt.state != "active" or any(chat.state == "open" for chat in chats):
        return None
    step = next_step(entry, attempt, chats, now_ms=tx.now_ms, force=True)
    return step.template if isinstance(step, Open) else None


def _reached(tx: Tx, actor: Actor, template_id: str) -> tuple[Entry, ChatTemplate]:
    """A template of an active entry, for the staff in whose reach it is and for those who wait for it."""
    entries = [entry for kind in ("home", "practice") for entry in catalog.all_entries(tx, kind)]
    for entry in entries:
        template = next((each for each in entry.templates if each.id == template_id), None)
        if template is not None and (_teaches(tx, actor, entry) or _waits(tx, actor, entry, template)):
            return entry, template
    raise not_found("Chat template")


def _teaches(tx: Tx, actor: Actor, entry: Entry) -> bool:
    """The staff rule for attempts (1.1), for an entry: nobody's work, so no rank but one's own counts."""
    if actor.rank < RANKS["instructional"]:
        return False
    if actor.role == "superadmin" or not actor.taught_cohort_ids.isdisjoint(entry.cohort_ids):
        return True
    simulation = catalog.simulation(tx, entry.simulation_id)
    departments = frozenset(simulation.department_ids if simulation else ())
    return (actor.role == "admin" or not entry.cohort_ids) and shares_department(actor.department_ids, departments)


def _waits(tx: Tx, actor: Actor, entry: Entry, template: ChatTemplate) -> bool:
    attempts: Sequence[Attempt] = store.of_entries(tx, [entry.id], actor.account_id)
    waiting = (each for each in attempts if each.state == "active" and store.waiting(tx, each.id) is None)
    return any(found is not None and found.id == template.id for found in (_next(tx, each, entry) for each in waiting))

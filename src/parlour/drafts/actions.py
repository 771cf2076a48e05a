"""What happens to drafts and generations. Whether somebody may make a draft is asked before, by its capability."""

from dataclasses import dataclass, replace

import msgspec

from parlour.drafts import store, telling
from parlour.drafts.entities import (
    Basis,
    ChatValues,
    Draft,
    DraftBody,
    DraftId,
    ErrorStage,
    Failure,
    Order,
    Progress,
    Run,
    RunId,
)
from parlour.drafts.store import Then
from parlour.kernel.actor import Actor
from parlour.kernel.ids import AccountId, AttemptId
from parlour.kernel.refusals import Refusal, not_found
from parlour.storage.tx import Tx

GENERATE = "drafts.generate"
UNUSED_DRAFTS_MAX = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The job that makes the next value of a run."""

    run_id: RunId


@dataclass(frozen=True, kw_only=True, slots=True)
class Follow:
    """The job that the end of a run enqueues, whichever end it is."""

    kind: str
    body: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Generating:
    """A generation that is to begin; see `entities.Order` for the flags."""

    draft_id: DraftId
    account_id: AccountId
    group_id: str
    types: tuple[str, ...]
    rooms: tuple[str, ...]
    redacted: bool
    charge: bool = False
    attempt_id: AttemptId | None = None
    follow: Follow | None = None


def create(tx: Tx, account_id: AccountId, basis: Basis, values: ChatValues | None = None) -> Draft:
    """A new draft about a chat, at version 1. An account has at most 100 that were never used."""
    if store.unused_of(tx, account_id) >= UNUSED_DRAFTS_MAX:
        raise Refusal("too_many_drafts", f"You have {UNUSED_DRAFTS_MAX} drafts already. Use or delete one first.")
    return _insert(tx, account_id, basis, values or ChatValues())


def create_for_chat(tx: Tx, account_id: AccountId, basis: Basis, values: ChatValues) -> Draft:
    """The draft that a generated chat is made in: it counts as used from the beginning."""
    made = _insert(tx, account_id, basis, values)
    store.mark_used(tx, made.id)
    return made


def own_draft(tx: Tx, actor: Actor, draft_id: str, *, lock: bool = False) -> Draft:
    """A draft of the actor. Another's is answered like one that does not exist: `not_found`."""
    found = store.draft(tx, draft_id, lock=lock)
    if found is None or found.account_id != actor.account_id:
        raise not_found("Draft")
    return found


def draft(tx: Tx, draft_id: DraftId) -> Draft | None:
    """A draft, without asking who wants it."""
    return store.draft(tx, draft_id)


def write(tx: Tx, found: Draft, values: ChatValues, touched: tuple[str, ...]) -> Draft:
    """Store what a person changed in a locked draft, and the types that it concerns."""
    marks = dict(found.body.touched) | dict.fromkeys(touched, found.version + 1)
    body = replace(found.body, values=values, touched=marks)
    store.write(tx, found.id, body)
    return replace(found, version=found.version + 1, body=body, updated_at=tx.now_ms)


def discard(tx: Tx, actor: Actor, draft_id: str) -> None:
    """Delete a draft; a generation that is writing into it ends as failed. Chats keep what they were opened with."""
    store.delete(tx, own_draft(tx, actor, draft_id, lock=True).id)


def mark_used(tx: Tx, draft_id: DraftId) -> None:
    """A chat has been opened with a draft. It may be used again: for the next pass, or another attempt."""
    store.mark_used(tx, draft_id)


def begin_generation(tx: Tx, wanted: Generating) -> Run:
    """Start to make these types of values for a draft, in this order."""
    found = store.draft(tx, wanted.draft_id)
    if found is None:
        raise not_found("Draft")
    run = Run(
        id=RunId(tx.new_id()),
        group_id=wanted.group_id,
        account_id=wanted.account_id,
        draft_id=found.id,
        artifact_type=found.artifact_type,
        state="running",
        order=Order(
            types=wanted.types,
            rooms=tuple(dict.fromkeys(wanted.rooms)),
            redacted=wanted.redacted,
            charge=wanted.charge,
            draft_version=found.version,
            attempt_id=wanted.attempt_id,
        ),
        progress=Progress(),
        error=None,
    )
    follow = wanted.follow
    then = Then(kind=follow.kind, body=msgspec.json.encode(follow.body).decode()) if follow else None
    store.insert_run(tx, run, then)
    tx.enqueue(GENERATE, Step(run_id=run.id))
    return run


def run_of(tx: Tx, run_id: str) -> Run | None:
    """A run, without asking who wants it."""
    return store.run(tx, run_id)


def cancel_generation(tx: Tx, run_id: str, text: str) -> None:
    """Nobody wants the outcome of a run any more: it ends, and what a model still says is not used."""
    run = store.run(tx, run_id, lock=True)
    if run is None or run.state != "running":
        return
    failure = Failure(code="cancelled", text=text)
    telling.ended(tx, orphan_call(tx, run, "stopped", text), None, failure)
    store.end_run(tx, run.id, "cancelled", failure)


def forget_attempt(tx: Tx, attempt_id: AttemptId) -> None:
    """Delete the runs for an attempt and the drafts they made; a run that is at work ends without a word."""
    store.delete_of_attempt(tx, attempt_id)


def orphan_call(tx: Tx, run: Run, stage: ErrorStage, text: str) -> Run:
    """End the tool call that is open, if one is; the run as it is then."""
    call_id = run.progress.call_id
    if call_id is None:
        return run
    telling.broken(tx, run, call_id, stage, text)
    return replace(run, progress=replace(run.progress, call_id=None))


def abort_generation(tx: Tx, run: Run, failure: Failure, stage: ErrorStage) -> None:
    """End a run with everything that is not made yet as failed."""
    run = orphan_call(tx, run, stage, failure.text)
    failed = (*run.progress.failed, *run.order.types[run.progress.index :])
    run = replace(run, progress=replace(run.progress, failed=failed))
    store.set_progress(tx, run.id, run.progress)
    finish_generation(tx, run, failure)


def finish_generation(tx: Tx, run: Run, failure: Failure | None) -> None:
    """The end of a run: told once, and whoever waits for it gets to work."""
    found = store.draft(tx, run.draft_id)
    telling.ended(tx, run, found.artifact_id if found and failure is None else None, failure)
    then = store.end_run(tx, run.id, "failed" if failure else "done", failure)
    if then is not None:
        tx.enqueue(then.kind, msgspec.Raw(then.body.encode()))


def _insert(tx: Tx, account_id: AccountId, basis: Basis, values: ChatValues) -> Draft:
    made = Draft(
        id=DraftId(tx.new_id()),
        artifact_type="chat",
        artifact_id=basis.template_id,
        account_id=account_id,
        version=1,
        body=DraftBody(basis=basis, values=values),
        created_at=tx.now_ms,
        updated_at=tx.now_ms,
        used_at=None,
    )
    store.insert(tx, made)
    return made

"""What happens to drafts and generations. Whether somebody may make a draft is asked before, by its capability."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from parlour.accounts import actions as accounts
from parlour.drafts import store, telling
from parlour.drafts.entities import (
    Basis,
    Body,
    ChatBody,
    ChatValues,
    Draft,
    DraftId,
    ErrorStage,
    Failure,
    Order,
    Progress,
    Run,
    RunId,
)
from parlour.drafts.making import Conclusion
from parlour.drafts.store import Then
from parlour.drafts.values import ArtifactBody
from parlour.files.authored import actions as authored
from parlour.files.authored.entities import MediaUser
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
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
    """A generation that is to begin.

    `run_id`: a prepared run that becomes this one. `instructions` are kept as messages of the run.
    """

    draft_id: DraftId
    account_id: AccountId
    group_id: str
    order: Order
    follow: Follow | None = None
    run_id: RunId | None = None
    instructions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupMessage:
    """What was asked for, or made, in a group of runs. `at` in milliseconds."""

    run_id: str
    role: str
    content: str
    at: int


def create(tx: Tx, account_id: AccountId, basis: Basis, values: ChatValues | None = None) -> Draft:
    """A new draft about a chat, at version 1. An account has at most 100 that were never used."""
    check_room(tx, account_id, UNUSED_DRAFTS_MAX, chats=True)
    return _of_chat(tx, account_id, basis, values or ChatValues())


def create_of_artifact(
    tx: Tx, account_id: AccountId, artifact_type: str, artifact_id: str | None, body: ArtifactBody
) -> Draft:
    """A new draft of an artifact, at version 1. Whether the account has room for it is asked before."""
    return _insert(tx, account_id, (artifact_type, artifact_id), body)


def check_room(tx: Tx, account_id: AccountId, most: int, *, chats: bool) -> None:
    """Refuses the draft that would be one too many: `too_many_drafts`. Nobody makes another before the commit."""
    accounts.lock(tx, account_id)
    if store.unused_of(tx, account_id, chats=chats) >= most:
        raise Refusal("too_many_drafts", f"You have {most} drafts already. Use or delete one first.")


def create_for_chat(tx: Tx, account_id: AccountId, basis: Basis, values: ChatValues) -> Draft:
    """The draft that a generated chat is made in: it counts as used from the beginning."""
    made = _of_chat(tx, account_id, basis, values)
    store.mark_used(tx, made.id)
    return made


def own_draft(tx: Tx, actor: Actor, draft_id: str, *, lock: bool = False) -> Draft:
    """A draft of a chat of the actor. Another's is answered like one that does not exist: `not_found`."""
    found = store.draft(tx, draft_id, lock=lock)
    if found is None or found.account_id != actor.account_id or not isinstance(found.body, ChatBody):
        raise not_found("Draft")
    return found


def draft(tx: Tx, draft_id: str, *, lock: bool = False) -> Draft | None:
    """A draft, without asking who wants it."""
    return store.draft(tx, draft_id, lock=lock)


def drafts_of(tx: Tx, account_id: AccountId) -> list[Draft]:
    """The drafts of artifacts that an account owns and has not published, the newest first."""
    return store.drafts_of(tx, account_id)


def drafts_edited_by(tx: Tx, account_id: AccountId) -> list[Draft]:
    """The unpublished drafts of others that an account may write into, the newest first."""
    return store.drafts_edited_by(tx, account_id)


def note_editors(tx: Tx, draft_id: DraftId, account_ids: Sequence[AccountId]) -> None:
    """Note down who may write into a draft besides its owner, as its body says."""
    store.set_editors(tx, draft_id, account_ids)


def open_drafts(tx: Tx, account_id: AccountId) -> dict[str, DraftId]:
    """For each artifact the newest unpublished draft about it into which an account may write."""
    return store.open_drafts(tx, account_id)


def waiting_for_review(tx: Tx) -> list[Draft]:
    """The unpublished drafts that a second person is asked to look at."""
    return store.waiting_for_review(tx)


def write(tx: Tx, found: Draft, values: ChatValues, touched: tuple[str, ...]) -> Draft:
    """Store what a person changed in a locked draft of a chat, and the types that it concerns."""
    marks = dict(found.chat.touched) | dict.fromkeys(touched, found.version + 1)
    return put_body(tx, found, replace(found.chat, values=values, touched=marks))


def put_body(tx: Tx, found: Draft, body: Body) -> Draft:
    """Store what a locked draft holds from now on; its version goes up by one."""
    store.write(tx, found.id, body)
    return replace(found, version=found.version + 1, body=body, updated_at=tx.now_ms)


def set_artifact(tx: Tx, draft_id: DraftId, artifact_id: str) -> None:
    """A draft of something new is about that artifact from now on."""
    store.set_artifact(tx, draft_id, artifact_id)


def delete(tx: Tx, draft_id: DraftId) -> None:
    """Delete a draft; a generation that is writing into it ends as failed."""
    store.delete(tx, draft_id)
    authored.forget(tx, MediaUser(kind="draft", id=draft_id))


def discard(tx: Tx, actor: Actor, draft_id: str) -> None:
    """Delete a draft; a generation that is writing into it ends as failed. Chats keep what they were opened with."""
    store.delete(tx, own_draft(tx, actor, draft_id, lock=True).id)


def mark_used(tx: Tx, draft_id: DraftId) -> None:
    """A chat has been opened with a draft, or it was published. That of a chat may be used again."""
    store.mark_used(tx, draft_id)


def prepare_generation(tx: Tx, account_id: AccountId) -> Run:
    """A run that may be started later by its id (`run_id` of 7.3), with a group of its own."""
    run = Run(
        id=RunId(tx.new_id()),
        group_id=tx.new_id(),
        account_id=account_id,
        draft_id=DraftId(""),
        artifact_type="",
        state="prepared",
        order=Order(),
        progress=Progress(),
        error=None,
    )
    store.insert_run(tx, run, None)
    return run


def prepared_of(tx: Tx, account_id: AccountId) -> int:
    """How many runs of an account wait to be started, until the commit."""
    accounts.lock(tx, account_id)
    return store.prepared_of(tx, account_id)


def begin_generation(tx: Tx, wanted: Generating) -> Run:
    """Start to make the types of values that are ordered for a draft. `run_started` for a run that is not prepared."""
    found = store.draft(tx, wanted.draft_id)
    if found is None:
        raise not_found("Draft")
    run = Run(
        id=wanted.run_id or RunId(tx.new_id()),
        group_id=wanted.group_id,
        account_id=wanted.account_id,
        draft_id=found.id,
        artifact_type=found.artifact_type,
        state="running",
        order=replace(wanted.order, rooms=tuple(dict.fromkeys(wanted.order.rooms)), draft_version=found.version),
        progress=Progress(),
        error=None,
    )
    follow = wanted.follow
    then = Then(kind=follow.kind, body=msgspec.json.encode(follow.body).decode()) if follow else None
    if wanted.run_id is None:
        store.insert_run(tx, run, then)
    else:
        _start(tx, run, then)
    for instruction in wanted.instructions:
        store.say(tx, run, "user", instruction)
    tx.enqueue(GENERATE, Step(run_id=run.id))
    return run


def _start(tx: Tx, run: Run, then: Then | None) -> None:
    prepared = store.run(tx, run.id, lock=True)
    if prepared is None or prepared.account_id != run.account_id:
        raise not_found("Run")
    if prepared.state != "prepared":
        raise Refusal("run_started", "This run has already been started.")
    store.start_prepared(tx, run, then)


def own_group(tx: Tx, actor: Actor, group_id: str) -> str:
    """A group of runs of the actor; another's is answered like one that does not exist."""
    if store.group_owner(tx, group_id) != actor.account_id:
        raise not_found("Group")
    return group_id


def own_run(tx: Tx, actor: Actor, run_id: str) -> Run:
    """A run of the actor; another's is answered like one that does not exist."""
    found = store.run(tx, run_id)
    if found is None or found.account_id != actor.account_id:
        raise not_found("Run")
    return found


def runs_of_draft(tx: Tx, draft_id: str) -> list[Run]:
    """The runs that wrote or write into a draft, the newest first."""
    return store.runs_of_draft(tx, draft_id)


def running_of(tx: Tx, account_id: AccountId) -> int:
    """How many runs of an account are at work; until the commit nobody else begins one."""
    accounts.lock(tx, account_id)
    return store.running_of(tx, account_id)


def note_made(tx: Tx, run: Run, content: str) -> None:
    """Keep what a run made as a message of its group (role `assistant`)."""
    store.say(tx, run, "assistant", content)


def said_in(tx: Tx, group_id: str, most: int) -> list[GroupMessage]:
    """The newest messages of a group of runs, in order; at most `most`."""
    return [
        GroupMessage(run_id=row["run_id"], role=row["role"], content=row["content"], at=row["created_at"])
        for row in store.said_in(tx, group_id, most)
    ]


def run_of(tx: Tx, run_id: str) -> Run | None:
    """A run, without asking who wants it."""
    return store.run(tx, run_id)


def cancel_generation(tx: Tx, run_id: str, text: str) -> None:
    """Nobody wants the outcome of a run any more: it ends, and what a model still says is not used. Whoever waits for
    it is told as of every end."""
    run = store.run(tx, run_id, lock=True)
    if run is None or run.state != "running":
        return
    failure = Failure(code="cancelled", text=text)
    telling.ended(tx, orphan_call(tx, run, "stopped", text), None, failure)
    _forget_extra(tx, run)
    _follow(tx, store.end_run(tx, run.id, "cancelled", failure))


def forget_attempt(tx: Tx, attempt_id: AttemptId) -> None:
    """Delete the runs for an attempt and the drafts they made; a run that is at work ends without a word."""
    store.delete_of_attempt(tx, attempt_id)


def open_call(tx: Tx, run: Run) -> Run:
    """Begin a tool call for the type at work; the run as it is then."""
    call_id = tx.new_id()
    run = replace(run, progress=replace(run.progress, call_id=call_id, rounds=run.progress.rounds + 1))
    telling.started(tx, run, call_id)
    return run


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


def finish_generation(tx: Tx, run: Run, failure: Failure | None, conclusion: Conclusion | None = None) -> None:
    """The end of a run: told once, and whoever waits for it gets to work."""
    failure = failure or (conclusion.failure if conclusion else None)
    _forget_extra(tx, run)
    artifact_id = conclusion.artifact_id if conclusion and failure is None else None
    if conclusion is not None and conclusion.saved and artifact_id is not None and failure is None:
        telling.saved(tx, run, artifact_id)
    telling.ended(tx, run, artifact_id, failure)
    _follow(tx, store.end_run(tx, run.id, "failed" if failure else "done", failure))


def _follow(tx: Tx, then: Then | None) -> None:
    """Whoever waits for the end of a run gets to work, whichever end it is."""
    if then is not None:
        tx.enqueue(then.kind, msgspec.Raw(then.body.encode()))


def _forget_extra(tx: Tx, run: Run) -> None:
    """What was only there to be read (`extra_messages`) is gone with the end of the run."""
    if run.order.extra:
        store.set_order(tx, run.id, replace(run.order, extra=()))


def _of_chat(tx: Tx, account_id: AccountId, basis: Basis, values: ChatValues) -> Draft:
    return _insert(tx, account_id, (store.CHAT, basis.template_id), ChatBody(basis=basis, values=values))


def _insert(tx: Tx, account_id: AccountId, about: tuple[str, str | None], body: Body) -> Draft:
    made = Draft(
        id=DraftId(tx.new_id()),
        artifact_type=about[0],
        artifact_id=about[1],
        account_id=account_id,
        version=1,
        body=body,
        created_at=tx.now_ms,
        updated_at=tx.now_ms,
        used_at=None,
    )
    store.insert(tx, made)
    return made

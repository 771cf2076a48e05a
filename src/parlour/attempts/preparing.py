"""A chat that is generated before it opens (Glow 6.1.6 to 6.1.8), and one that a draft changes.

Between the command that leads to it and its opening the chat is nowhere but in `attempts.waiting`.
The generation is a run of its own; the job here takes up its end, whichever it is: the chat opens, or
the attempt is in the lobby and an error is told.
"""

from collections.abc import Sequence

from parlour.accounts import actions as accounts
from parlour.attempts import store
from parlour.attempts.advance import Open
from parlour.attempts.entities import Attempt, Waiting
from parlour.attempts.facts import ChatStarted, PreparationFailed
from parlour.attempts.opening import OwnMaterial, open_chat
from parlour.catalog import actions as catalog
from parlour.conversations.entities import Chat
from parlour.drafts import actions as drafts
from parlour.drafts.actions import Follow, Generating
from parlour.drafts.chats.choosing import check_usable
from parlour.drafts.chats.material import apply, faults, generated_types, published_of, without
from parlour.drafts.entities import Basis, ChatValues, Draft, DraftId, Failure, Order, Run
from parlour.jobs.queue import Job, Kind
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.ids import AttemptId
from parlour.kernel.refusals import Refusal, not_found
from parlour.storage.database import Database
from parlour.storage.tx import Tx

PREPARED = "attempts.prepared"
NOT_PREPARED = "The next chat could not be prepared."
NOT_WANTED = "The attempt has been ended."


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """The job that takes up the end of a generation."""

    attempt_id: AttemptId


@dataclass(frozen=True, kw_only=True, slots=True)
class How:
    """How a chat is to be opened. `error_type`: that of the calling operation, for what fails later.

    `timezone_name`: a generated chat is charged at once, or the command is refused (4.7). Without it
    the chat is charged when its generation begins, so that what led here is not refused.
    """

    error_type: str
    draft: Draft | None = None
    timezone_name: str | None = None


def draft_for(tx: Tx, actor: Actor, attempt: Attempt, step: object, draft_id: str) -> Draft:
    """The actor's own draft for the chat that comes next; raises `custom_not_allowed`, `not_found`."""
    if not isinstance(step, Open) or not step.template.use_custom:
        raise Refusal("custom_not_allowed", "This scenario cannot be customised.")
    draft = drafts.own_draft(tx, actor, draft_id)
    published = published_of(tx, step.template)
    basis = draft.chat.basis
    if (basis.entry_id, basis.template_id) != (attempt.entry_id, step.template.id) or published is None:
        raise not_found("Draft")
    check_usable(draft.chat.values, step.template, published, pointer=None)
    return draft


def check_not_preparing(tx: Tx, attempt: Attempt) -> None:
    """Refuses while the next chat is being generated."""
    if store.waiting(tx, attempt.id) is not None:
        raise Refusal("generation_running", "The next chat is still being prepared.")


def open_or_prepare(tx: Tx, attempt: Attempt, step: Open, how: How, rooms: Sequence[str]) -> Chat | None:
    """Open the chat and say so in `rooms`; or begin to generate what it needs, then None."""
    types = generated_types(step.template)
    if not types:
        return _open(tx, attempt, step, _own_material(tx, step, how.draft), rooms)
    if how.timezone_name is not None:
        accounts.take_request(tx, attempt.account_id, how.timezone_name)
    values = how.draft.chat.values if how.draft else ChatValues()
    basis = Basis(kind=attempt.entry_kind, entry_id=attempt.entry_id, template_id=step.template.id)
    inner = drafts.create_for_chat(tx, attempt.account_id, basis, values)
    wanted = Generating(
        draft_id=inner.id,
        account_id=attempt.account_id,
        group_id=tx.new_id(),
        order=Order(
            types=types,
            rooms=tuple(room for room in rooms if room.startswith("person:")),
            redacted=True,
            charge=how.timezone_name is None,
            attempt_id=attempt.id,
        ),
        follow=Follow(kind=PREPARED, body=Prepared(attempt_id=attempt.id)),
    )
    run = drafts.begin_generation(tx, wanted)
    waiting = Waiting(
        run_id=run.id,
        template_id=step.template.id,
        pass_number=step.pass_number,
        error_type=how.error_type,
        rooms=tuple(dict.fromkeys(rooms)),
        draft_id=how.draft.id if how.draft else None,
    )
    store.set_waiting(tx, attempt.id, waiting)
    return None


def give_up_preparing(tx: Tx, attempt: Attempt) -> None:
    """The attempt is ended: a generation for its next chat ends without effect."""
    waiting = store.waiting(tx, attempt.id)
    if waiting is not None:
        store.set_waiting(tx, attempt.id, None)
        drafts.cancel_generation(tx, waiting.run_id, NOT_WANTED)


class Preparer:
    """Opens chats whose material is ready."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=PREPARED, step=self._step, stuck=_stuck)

    async def _step(self, job: Job) -> None:
        def take_up(tx: Tx) -> None:
            job.finish(tx)
            _take_up(tx, job.read(Prepared).attempt_id)

        await self._database.write(take_up)


def _take_up(tx: Tx, attempt_id: AttemptId) -> None:
    attempt = store.attempt(tx, attempt_id, lock=True)
    waiting = store.waiting(tx, attempt_id)
    run = drafts.run_of(tx, waiting.run_id) if waiting else None
    if attempt is None or waiting is None or run is None or run.state == "running":
        return
    store.set_waiting(tx, attempt_id, None)
    found = _generated(tx, attempt, waiting, run) if run.state == "done" else None
    if found is None:
        _tell_failure(tx, attempt, waiting, run.error)
        return
    step, own = found
    if waiting.draft_id is not None:
        drafts.mark_used(tx, DraftId(waiting.draft_id))
    _open(tx, attempt, step, own, waiting.rooms)


def _generated(tx: Tx, attempt: Attempt, waiting: Waiting, run: Run) -> tuple[Open, OwnMaterial] | None:
    """What the chat opens with; None if it cannot be opened with what was made."""
    entry = catalog.entry_for(tx, attempt.entry_kind, attempt.entry_id)
    templates = entry.templates if entry else ()
    template = next((each for each in templates if each.id == waiting.template_id), None)
    published = published_of(tx, template) if template else None
    draft = drafts.draft(tx, run.draft_id)
    if template is None or published is None or draft is None:
        return None
    material = apply(draft.chat.values, without(published, run.order.types))
    if faults(material):
        return None
    step = Open(template=template, pass_number=waiting.pass_number)
    return step, OwnMaterial(material=material, group_id=run.group_id)


def _open(tx: Tx, attempt: Attempt, step: Open, own: OwnMaterial | None, rooms: Sequence[str]) -> Chat:
    if step.pass_number != attempt.pass_number:
        store.set_pass(tx, attempt.id, step.pass_number)
    chat = open_chat(tx, attempt, step, own)
    tx.announce(
        rooms,
        ChatStarted(
            attempt_id=attempt.id,
            chat_id=chat.id,
            chat_entry_id=step.template.id,
            position=chat.position,
        ),
    )
    return chat


def _own_material(tx: Tx, step: Open, draft: Draft | None) -> OwnMaterial | None:
    if draft is None:
        return None
    published = published_of(tx, step.template)
    if published is None:
        raise not_found("Scenario")
    drafts.mark_used(tx, draft.id)
    return OwnMaterial(material=apply(draft.chat.values, published), group_id=None)


def _tell_failure(tx: Tx, attempt: Attempt, waiting: Waiting, failure: Failure | None) -> None:
    limited = failure is not None and failure.code == "rate_limited"
    told = PreparationFailed(
        attempt_id=attempt.id,
        type="rate_limit" if limited else waiting.error_type,
        text=failure.text if failure and limited else NOT_PREPARED,
        code="rate_limited" if limited else "generation_failed",
    )
    tx.announce([room for room in waiting.rooms if room.startswith("person:")], told)


def _stuck(tx: Tx, body: bytes, _reason: str) -> None:
    """The chat could not be opened, however often it was tried: the attempt is in the lobby."""
    attempt_id = decode(body, Prepared).attempt_id
    attempt = store.attempt(tx, attempt_id, lock=True)
    waiting = store.waiting(tx, attempt_id)
    if attempt is not None and waiting is not None:
        store.set_waiting(tx, attempt_id, None)
        _tell_failure(tx, attempt, waiting, None)

"""The chat that opens when its draft has been generated: `generate` with `save` for an attempt in the lobby (7.3.8)."""

from parlour.accounts import actions as accounts
from parlour.attempts import actions, customising
from parlour.attempts.facts import PreparationFailed
from parlour.conversations.rooms import person_room
from parlour.drafts import actions as drafts
from parlour.drafts.entities import Run, RunId
from parlour.jobs.queue import Job, Kind
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.ids import AttemptId
from parlour.kernel.refusals import Refusal
from parlour.storage.database import Database
from parlour.storage.tx import Tx

CONTINUED = "attempts.continued"
NOT_OPENED = "The chat could not be opened."
# The attempt has gone on without the draft: what was wanted cannot be any more, and nobody needs to be told.
_MOOT = frozenset({"not_found", "not_in_lobby", "attempt_over", "generation_running", "template_mismatch"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Continued:
    """The job that takes up the end of a run, whichever end it is."""

    run_id: RunId
    attempt_id: AttemptId


class Continuer:
    """Opens chats whose drafts are ready. `timezone_name`: where days begin for limits."""

    def __init__(self, database: Database, *, timezone_name: str) -> None:
        self._database = database
        self._timezone_name = timezone_name

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=CONTINUED, step=self._step, stuck=_stuck)

    async def _step(self, job: Job) -> None:
        def go_on(tx: Tx) -> None:
            job.finish(tx)
            _go_on(tx, job.read(Continued), self._timezone_name)

        await self._database.write(go_on)


def _go_on(tx: Tx, body: Continued, timezone_name: str) -> None:
    run = drafts.run_of(tx, body.run_id)
    actor = accounts.actor_by_id(tx, run.account_id) if run else None
    if run is None or actor is None or run.state != "done":
        return
    try:
        with tx.savepoint():
            _open(tx, actor, run, body.attempt_id, timezone_name)
    except Refusal as refusal:
        if refusal.code not in _MOOT:
            kind = "rate_limit" if refusal.code == "rate_limited" else "next"
            _tell(tx, run, body.attempt_id, (kind, refusal.text, refusal.code))


def _open(tx: Tx, actor: Actor, run: Run, attempt_id: AttemptId, timezone_name: str) -> None:
    """As the owner would do it, if the attempt is still in the lobby on the template of the draft."""
    draft = drafts.own_draft(tx, actor, run.draft_id)
    customising.check_waits(tx, actor, attempt_id, draft.chat.basis.template_id)
    actions.advance_by_hand(tx, actor, attempt_id, draft.id, timezone_name)


def _tell(tx: Tx, run: Run, attempt_id: AttemptId, said: tuple[str, str, str]) -> None:
    kind, text, code = said
    told = PreparationFailed(attempt_id=attempt_id, type=kind, text=text, code=code)
    tx.announce([person_room(run.account_id)], told)


def _stuck(tx: Tx, body: bytes, _reason: str) -> None:
    """It could not be opened, however often it was tried: the attempt is in the lobby as before."""
    found = decode(body, Continued)
    run = drafts.run_of(tx, found.run_id)
    if run is not None:
        _tell(tx, run, found.attempt_id, ("next", NOT_OPENED, "internal"))

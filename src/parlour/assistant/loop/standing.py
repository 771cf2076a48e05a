"""Where a turn stands when a job begins, and the only way to store what the job did.

Every transaction of the loop first locks the account, then makes sure that this worker still holds
the job and that the turn still runs. So a worker that was presumed dead, or a turn that was
cancelled meanwhile, stores nothing: not a step, not a piece of text.
"""

from collections.abc import Callable
from dataclasses import field
from typing import TypeVar

from parlour.assistant.entities import LabMessage, Member, Turn, TurnId
from parlour.assistant.loop import journal
from parlour.assistant.loop import progress as progresses
from parlour.assistant.loop.journal import Journal
from parlour.assistant.loop.progress import Progress
from parlour.assistant.messages import members, reading, turns
from parlour.assistant.messages.turns import STEP, Saved, StepOn
from parlour.files import actions as files
from parlour.files.entities import StoredFile
from parlour.files.handles import parse
from parlour.jobs.queue import Job, LeaseLostError
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.ports import Request
from parlour.turns.usage import Meter, Payer, Used

T = TypeVar("T")


class StoppedError(Exception):
    """The turn has ended elsewhere: cancelled, or its history was cleared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A turn with all it is made of. `files` are those that the person sent in it and that still exist."""

    turn: Turn
    member: Member
    progress: Progress
    journal: Journal
    said: LabMessage
    files: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])


def load(tx: Tx, turn_id: TurnId) -> Standing | None:
    """Where a turn stands; None if it does not run."""
    turn = turns.turn(tx, turn_id)
    said = reading.message(tx, turn.started_by) if turn else None
    if turn is None or said is None or turn.state != "running":
        return None
    return Standing(
        turn=turn,
        member=members.member(tx, turn.account_id),
        progress=progresses.read(turn.progress),
        journal=journal.journal(tx, turn_id),
        said=said,
        files=_files(tx, turn),
    )


def _files(tx: Tx, turn: Turn) -> dict[str, StoredFile]:
    found: dict[str, StoredFile] = {}
    for handle in reading.files_of_turn(tx, turn.id):
        place = parse(handle)
        file = files.by_id(tx, place[0]) if place else None
        if file is not None and file.account_id == turn.account_id:
            found[handle] = file
    return found


class Held:
    """This worker's hold on a turn for one job."""

    def __init__(self, database: Database, clock: Clock, job: Job, standing: Standing) -> None:
        self._database = database
        self._clock = clock
        self._job = job
        self._began = clock.monotonic()
        self._meters: list[Meter] = []
        self.standing = standing

    @property
    def running_ms(self) -> int:
        """For how long the turn has run, without the time it waited for people."""
        return self.standing.turn.running_ms + round((self._clock.monotonic() - self._began) * 1000)

    def measure(self, request: Request) -> Meter:
        """A meter for a request to a model; what it used is kept with the step, or when the turn was stopped."""
        self._meters.append(Meter(request))
        return self._meters[-1]

    @property
    def tokens(self) -> int:
        """What the requests of this step used."""
        return sum(used.input_tokens + used.output_tokens for used in self._used() if used is not None)

    async def note(self, change: Callable[[Tx], T]) -> T:
        """Store something while the step goes on."""

        def act(tx: Tx) -> T:
            self._hold(tx)
            self._job.hold(tx)
            return change(tx)

        return await self._database.write(act)

    async def read(self, find: Callable[[Tx], T]) -> T:
        """Look something up."""
        return await self._database.read(find)

    async def commit(self, change: Callable[[Tx, Turn], None]) -> None:
        """Store what the step did; the job ends with it. `change` sees the turn as it is then."""

        def act(tx: Tx) -> None:
            turn = self._hold(tx)
            self._job.finish(tx)
            usage.note_all(tx, self._used())
            change(tx, turn)

        await self._database.write(act)

    async def drop(self) -> None:
        """The turn has ended elsewhere: keep what the step cost, and end the job if it is still ours."""

        def act(tx: Tx) -> None:
            usage.note_all(tx, self._used())
            try:
                self._job.finish(tx)
            except LeaseLostError:
                return

        await self._database.write(act)

    def save(self, tx: Tx, turn: Turn, now: Progress) -> None:
        """Keep where the turn is; a step was made, so it counts as recovered no more."""
        saved = Saved(
            progress=progresses.written(now), flags=turn.flags, running_ms=self.running_ms, recoveries=0, fence=None
        )
        if not turns.save(tx, turn.id, saved):
            raise StoppedError

    def go_on(self, tx: Tx, turn: Turn, now: Progress) -> None:
        """Keep where the turn is, and have the next step done."""
        self.save(tx, turn, now)
        tx.enqueue(STEP, StepOn(turn_id=turn.id), unique=f"{STEP}:{turn.id}")

    def _used(self) -> list[Used | None]:
        turn = self.standing.turn
        payer = Payer(account_id=turn.account_id, subject_id=turn.id)
        return [meter.used(payer) for meter in self._meters]

    def _hold(self, tx: Tx) -> Turn:
        members.lock(tx, self.standing.turn.account_id)
        turn = turns.turn(tx, self.standing.turn.id)
        if turn is None or turn.state != "running":
            raise StoppedError
        return turn

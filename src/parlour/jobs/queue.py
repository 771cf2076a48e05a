"""A claimed job, and what may be done with it inside a transaction."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, TypeVar

from parlour.jobs import store
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.ids import JobId
from parlour.storage.tx import StartedJob, Tx

T = TypeVar("T")
Outcome = Literal["done", "retried", "stuck", "lost", "cancelled"]

CLAIMS_MAX = 5


class LeaseLostError(Exception):
    """Another worker has this job now: what was done must not be stored."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A job this process holds. Its outcome is stored only while it does (P9)."""

    job_id: JobId
    kind: str
    owner: str
    claims: int
    body: bytes

    def read(self, kind: type[T]) -> T:
        """The body as it was enqueued."""
        return decode(self.body, kind)

    def hold(self, tx: Tx) -> None:
        """Make sure that the lease is still ours; raises `LeaseLostError`."""
        if not store.hold(tx, self.job_id, self.owner, self.claims):
            raise LeaseLostError

    def finish(self, tx: Tx) -> None:
        """In the transaction of the outcome: the job is done. Raises `LeaseLostError`."""
        if not store.remove(tx, self.job_id, self.owner, self.claims):
            raise LeaseLostError


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """How a kind of job is done, and what is said when it can never be done.

    `step` does one outside effect and stores its outcome with `Job.finish`. `stuck` runs in the
    transaction that gives the job up; it must tell whoever waits.
    """

    name: str
    step: Callable[[Job], Awaitable[None]]
    stuck: Callable[[Tx, bytes, str], None]


def job_of(started: StartedJob, owner: str) -> Job:
    """The job of a claimed row."""
    return Job(job_id=started.job_id, kind=started.kind, owner=owner, claims=started.claims, body=started.body)


def cancel(tx: Tx, job_id: JobId) -> bool:
    """Forget a job; a worker that holds it will lose its lease."""
    return store.cancel(tx, job_id)


def states(tx: Tx) -> Sequence[tuple[str, str, int]]:
    """`(kind, state, count)` of everything in the queue, for operators."""
    return store.states(tx)

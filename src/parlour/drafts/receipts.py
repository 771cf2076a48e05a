"""What was ordered elsewhere for the value at hand, kept with its run until the value is kept or given up.

A service that makes a film is paid when it is asked. So what it calls the order is stored, with the answer that was
ordered, before anybody waits for it: after a crash the same film is waited for.
"""

from dataclasses import replace

from parlour.drafts import store
from parlour.drafts.entities import Ordered, Run
from parlour.drafts.making import TaskError
from parlour.jobs.queue import Job
from parlour.storage.database import Database
from parlour.storage.tx import Tx

GONE = "What was to be generated is not there any more."


class RunReceipt:
    """A `making.Receipt` of a run for the value at hand; `answer` is what the model said of it."""

    def __init__(self, database: Database, job: Job, run: Run, answer: str) -> None:
        self._database = database
        self._job = job
        self._run = run
        self._answer = answer

    @property
    def number(self) -> str | None:
        """See `making.Receipt`."""
        ordered = self._run.progress.ordered
        return ordered.number if ordered is not None else None

    async def keep(self, number: str) -> None:
        """See `making.Receipt`."""
        ordered = Ordered(number=number, answer=self._answer)
        if not await self._database.write(lambda tx: _keep(tx, self._job, self._run, ordered)):
            raise TaskError("stopped", GONE)


def _keep(tx: Tx, job: Job, run: Run, ordered: Ordered) -> bool:
    job.hold(tx)
    now = store.run(tx, run.id, lock=True)
    if now is None or now.state != "running" or now.progress.call_id != run.progress.call_id:
        return False
    store.set_progress(tx, run.id, replace(now.progress, ordered=ordered))
    return True

"""The job that looks whether a test is decided (sequential stopping, `Plan.looks`)."""

from collections.abc import Callable

from parlour.benchmarks import store
from parlour.benchmarks.entities import Test
from parlour.benchmarks.running import halting, settling
from parlour.benchmarks.running import store as marks
from parlour.benchmarks.running.filling import LOOK, LookAt
from parlour.benchmarks.running.rules import RunRules
from parlour.jobs.queue import Job, Kind
from parlour.kernel.decoding import decode
from parlour.storage.database import Database
from parlour.storage.tx import Tx

Decided = Callable[[Tx, Test, int], bool]
"""Whether the first so many repetitions of a test decide all its comparisons. It only reads."""


class Looker:
    """Looks at a test after a share of its repetitions; it goes on, or is halted as decided."""

    def __init__(self, database: Database, decided: Decided, rules: RunRules) -> None:
        self._database = database
        self._decided = decided
        self._rules = rules

    def kind(self) -> Kind:
        """How the worker does it."""
        return Kind(name=LOOK, step=self._look, stuck=self._stuck)

    async def _look(self, job: Job) -> None:
        order = job.read(LookAt)
        decided = await self._database.read(lambda tx: self._is_decided(tx, order))

        def act(tx: Tx) -> None:
            job.finish(tx)
            self.keep(tx, order, decided=decided)

        await self._database.write(act)

    def _is_decided(self, tx: Tx, order: LookAt) -> bool:
        test = store.test(tx, order.test_id)
        return test is not None and test.halted is None and self._decided(tx, test, order.repetitions)

    def keep(self, tx: Tx, order: LookAt, *, decided: bool) -> None:
        """Remember that it was looked, and halt the test or let it go on. One that is halted is looked at again when it
        goes on."""
        test = store.test(tx, order.test_id, lock=True)
        if test is None or test.state == "completed" or test.halted is not None or test.looked >= order.repetitions:
            return
        marks.set_looked(tx, test.id, order.repetitions)
        if decided:
            halting.halt(tx, test, "decided")
        settling.advance(tx, test.id, self._rules)

    def _stuck(self, tx: Tx, body: bytes, _reason: str) -> None:
        """Looking only saves requests: a test that cannot be looked at goes on to its end."""
        self.keep(tx, decode(body, LookAt), decided=False)

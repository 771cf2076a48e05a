"""Results as they were last computed, kept in this process until the test changes; computed off the event loop.

One computation runs at a time: whoever else asks waits for it, so a busy page cannot take all of the machine.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from parlour.benchmarks import access
from parlour.benchmarks.entities import Test
from parlour.benchmarks.results import assembling, store
from parlour.benchmarks.results.data import Data, read
from parlour.benchmarks.results.shapes import Results
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.storage.database import Database
from parlour.storage.tx import Tx

KEPT_MAX = 8


@dataclass(kw_only=True, slots=True)
class _Kept:
    stamp: str
    data: Data
    results: Results | None = None


class ResultsKeeper:
    """Reads and computes the results of tests for those who may read them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._turn = asyncio.Lock()

    async def results(self, actor: Actor, test_id: str) -> Results:
        """The results of a test now; raises `not_found`."""
        async with self._turn:
            kept = await self._current(actor, test_id)
            if kept.results is None:
                kept.results = await asyncio.to_thread(assembling.results_of, kept.data)
            return kept.results

    async def data(self, actor: Actor, test_id: str) -> Data:
        """The cells of a test now; raises `not_found`."""
        async with self._turn:
            return (await self._current(actor, test_id)).data

    async def _current(self, actor: Actor, test_id: str) -> _Kept:
        known = self._kept.get(test_id)
        stamp, data = await self._database.read(_reading(actor, test_id, known.stamp if known else None))
        if known is None or data is not None:
            if data is None:
                raise LookupError(f"test {test_id} was not read")
            known = self._kept[test_id] = _Kept(stamp=stamp, data=data)
        self._kept.move_to_end(test_id)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        return known


def _reading(actor: Actor, test_id: str, known: str | None) -> Callable[[Tx], tuple[str, Data | None]]:
    def act(tx: Tx) -> tuple[str, Data | None]:
        test: Test = access.test_to_read(tx, actor, test_id)
        stamp = store.stamp(tx, test_id)
        return stamp, None if stamp == known else read(tx, test)

    return act

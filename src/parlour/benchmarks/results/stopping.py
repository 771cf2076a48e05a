"""What the job that looks at a running test asks (`running.work.Looker`)."""

from dataclasses import replace

from parlour.benchmarks.entities import Test
from parlour.benchmarks.results.data import read_scores
from parlour.benchmarks.results.looking import is_decided
from parlour.storage.tx import Tx


def decided(tx: Tx, test: Test, repetitions: int) -> bool:
    """Whether the first so many repetitions of a test decide all its comparisons. It only reads."""
    data = read_scores(tx, test)
    first = tuple(cell for cell in data.cells if cell.repetition <= repetitions)
    return is_decided(replace(data, cells=first), repetitions)

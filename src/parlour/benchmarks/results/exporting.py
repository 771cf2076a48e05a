"""All cells of a test for a report, read some at a time."""

from parlour.benchmarks.results.cells import cell_page
from parlour.benchmarks.results.data import Data
from parlour.benchmarks.results.list_shapes import CellShown
from parlour.storage.tx import Tx

CELLS_AT_ONCE = 500


def all_cells(tx: Tx, data: Data) -> list[CellShown]:
    """Every cell of a test in order."""
    found: list[CellShown] = []
    for start in range(0, len(data.cells), CELLS_AT_ONCE):
        found += cell_page(tx, data, data.cells[start : start + CELLS_AT_ONCE], None).items
    return found

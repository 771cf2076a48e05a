"""What counts as independent in a test, and with which settings its numbers are computed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from parlour.benchmarks.results.data import Cell, Data
from parlour.benchmarks.results.shapes import Range, Unit

if TYPE_CHECKING:
    from parlour.benchmarks.statistics.intervals import Interval, Options

SCENARIOS_MIN = 6
"""With fewer no test of scenarios can reach 0.05, so recordings are taken as independent, and less is claimed."""


def unit_of(data: Data) -> Unit:
    """What counts as independent in this test."""
    return "scenario" if len(set(data.clusters.values())) >= SCENARIOS_MIN else "recording"


def labels(data: Data, cells: Sequence[Cell]) -> list[str]:
    """The independent unit that each of these cells belongs to."""
    by_scenario = unit_of(data) == "scenario"
    return [cell.cluster if by_scenario else cell.recording_id for cell in cells]


def options(data: Data, level: float | None = None) -> "Options":
    """How to resample: the seed and the confidence of the plan."""
    from parlour.benchmarks.statistics.intervals import Options  # noqa: PLC0415 (numpy costs 30 MiB)

    plan = data.test.plan
    return Options(
        level=plan.confidence if level is None else level,
        seed=plan.seed,
        unit="cluster" if unit_of(data) == "scenario" else "case",
    )


def shown(interval: "Interval | None") -> Range | None:
    """An interval as it is told."""
    return Range(low=interval.low, high=interval.high, level=interval.level) if interval else None

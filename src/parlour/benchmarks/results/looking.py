"""Sequential stopping (`Plan.looks`): at which level a test is looked at, and whether it is decided."""

from dataclasses import replace

from parlour.benchmarks.entities import Test
from parlour.benchmarks.results.comparing import comparisons
from parlour.benchmarks.results.data import read_scores
from parlour.storage.tx import Tx


def ends_of(test: Test) -> tuple[int, ...]:
    """After how many repetitions it is looked; the last is all of them. Without looks only that."""
    repeats, looks = test.snapshot.repeats, test.plan.looks
    if looks <= 0 or test.infinite_mode:
        return (repeats,)
    return tuple(dict.fromkeys(-(-repeats * look // looks) for look in range(1, looks + 1)))


def level_at(test: Test, repetitions: int) -> float:
    """What adjusted p-values are set against after so many repetitions. All levels sum to 1 - confidence."""
    from parlour.benchmarks.statistics.sequential import Boundary  # noqa: PLC0415 (numpy costs 30 MiB)

    ends = ends_of(test)
    boundary = Boundary(looks=tuple(end / ends[-1] for end in ends), alpha=1 - test.plan.confidence)
    look = next((number for number, end in enumerate(ends, 1) if end >= repetitions), len(ends))
    return boundary.level(look)


def alpha_of(test: Test) -> float:
    """What the verdicts of a test as it is now are set against: the level of the look at which it stands."""
    if test.plan.looks <= 0 or test.infinite_mode:
        return 1 - test.plan.confidence
    if test.state == "completed":
        return level_at(test, test.snapshot.repeats)
    if test.halted == "decided":
        return level_at(test, test.looked)
    return level_at(test, min(test.looked + 1, test.snapshot.repeats))


def is_decided(tx: Tx, test: Test, repetitions: int) -> bool:
    """Whether in the first so many repetitions every comparison comes out better or worse, at the level of that look.

    It only reads. This is what the job asks that looks at a running test (`running.work.Looker`).
    """
    data = read_scores(tx, test)
    first = tuple(cell for cell in data.cells if cell.repetition <= repetitions)
    found = comparisons(replace(data, cells=first), alpha=level_at(test, repetitions))
    return bool(found) and all(each.word in ("better", "worse") for each in found)

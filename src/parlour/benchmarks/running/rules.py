"""What a deployment decides about running tests."""

from collections.abc import Callable

from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRules:
    """In which time zone a day ends (Glow 4.7); how many replays of a test run at once when clients ask for them, how
    many an infinite test may have, how many cells and candidates a test may have; how many
    tests of one account go on by themselves at once; which models can be asked."""

    timezone_name: str = "UTC"
    parallel_max: int = 2
    runs_max: int = 1_000
    cells_max: int = 20_000
    candidates_max: int = 20
    running_max: int = 20
    usable: Callable[[str], bool] = bool

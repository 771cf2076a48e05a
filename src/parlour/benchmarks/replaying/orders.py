"""The job that replays: it goes on at the first turn that is not finished."""

from parlour.benchmarks.entities import ReplayId
from parlour.kernel.dataclass import dataclass

REPLAY = "benchmarks.replay"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayOn:
    """A running replay."""

    replay_id: ReplayId

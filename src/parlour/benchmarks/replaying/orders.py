"""The job that replays: one step is one turn."""

from dataclasses import dataclass

from parlour.benchmarks.entities import ReplayId

REPLAY = "benchmarks.replay"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayOn:
    """The next turn of a running replay."""

    replay_id: ReplayId

"""The bounds of a replay."""

from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayLimits:
    """Seconds and sizes of a turn, and how often a turn whose model failed for a moment is begun."""

    first_token_seconds_max: float = 60.0
    turn_seconds_max: float = 180.0
    reply_characters_max: int = 64_000
    claims_max: int = 3

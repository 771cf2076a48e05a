"""The limits of a provider of models, and when a failed request is tried again."""

from parlour.kernel.dataclass import dataclass
from parlour.kernel.dice import Dice
from parlour.kernel.refusals import ProviderFault


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelLimits:
    """What one provider may use."""

    connect_seconds_max: float = 10.0
    silence_seconds_max: float = 120.0
    """The longest wait for the next bytes, also for the first."""
    trailing_seconds_max: float = 2.0
    """How long the usage may come after the answer's end."""
    line_bytes_max: int = 1024 * 1024
    answer_bytes_max: int = 32 * 1024 * 1024
    error_bytes_max: int = 16 * 1024
    tool_calls_max: int = 64
    attempts_max: int = 3
    retry_seconds_first: float = 0.5
    retry_seconds_max: float = 8.0
    connections_max: int = 1000
    models_max: int = 1000
    """Names of models that a provider remembers something about."""


class UpstreamFault(ProviderFault):
    """A `ProviderFault` whose server said when to come back."""

    def __init__(self, text: str, *, retryable: bool, retry_after_seconds: float | None = None) -> None:
        super().__init__(text, retryable=retryable)
        self.retry_after_seconds = retry_after_seconds


def status_fault(status: int, retry_after_seconds: float | None = None) -> UpstreamFault:
    """The fault for an HTTP status that is not success; what the server wrote is not passed on."""
    return UpstreamFault(
        f"The model service answered with status {status}.",
        retryable=status in (408, 409, 429) or status >= 500,
        retry_after_seconds=retry_after_seconds,
    )


def pause_seconds(limits: ModelLimits, dice: Dice, attempt: int, fault: ProviderFault) -> float | None:
    """How long to wait after the `attempt`th failure, with jitter; `None`: do not try again.

    A server's `Retry-After` is kept to; one longer than `retry_seconds_max` ends the attempts.
    """
    if not fault.retryable or attempt >= limits.attempts_max:
        return None
    longest = min(limits.retry_seconds_max, limits.retry_seconds_first * 2.0 ** (attempt - 1))
    pause = dice.between(longest / 2, longest)
    if isinstance(fault, UpstreamFault) and fault.retry_after_seconds is not None:
        pause = max(pause, fault.retry_after_seconds)
    return pause if pause <= limits.retry_seconds_max else None

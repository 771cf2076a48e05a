"""Looking early, and stopping, without more false verdicts."""

import math

from parlour.benchmarks.statistics.intervals import NORMAL
from parlour.kernel.dataclass import dataclass


def spent(fraction: float, alpha: float = 0.05) -> float:
    """How much of alpha may have been used when this share of the data is there: 2 - 2Φ(z(α/2)/√t).

    Lan & DeMets (1983), α₁* of sec. 2 in its two-sided form (as in DeMets & Lan 1994, eq. 3): close to the boundaries
    of O'Brien & Fleming (1979), very strict at first and nearly alpha at the end.
    """
    if not 0 < alpha < 1 or not 0 <= fraction <= 1:
        raise ValueError("alpha lies between 0 and 1, and the share from 0 to 1")
    if fraction == 0:
        return 0.0
    if fraction == 1:
        return alpha
    return 2 * NORMAL.cdf(NORMAL.inv_cdf(alpha / 2) / math.sqrt(fraction))


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """The p-values at which a run may stop, fixed before it starts.

    `looks` is how many there will be, evenly spaced, or the share of all cells that is there at each one, ascending
    and ending with 1. At each look the test may use what `spent` adds since the last one. By the union bound the
    chance of any false rejection is then at most alpha, whatever the test and however the looks depend on each other;
    so it holds for permutation p-values of few scenarios, where the normal theory of the usual boundaries does not,
    and for p-values adjusted by Holm. The price is small: the last of four looks has a level of 0.026 instead of 0.044.
    """

    looks: int | tuple[float, ...]
    alpha: float = 0.05

    def __post_init__(self) -> None:
        shares = self._shares
        ascending = all(one < other for one, other in zip((0.0, *shares), shares, strict=False))
        if not shares or not ascending or shares[-1] != 1.0:
            raise ValueError("looks are ascending shares that end with 1, or how many there are")
        if not 0 < self.alpha < 1:
            raise ValueError("alpha lies between 0 and 1")

    @property
    def count(self) -> int:
        """How many looks there are."""
        return len(self._shares)

    def level(self, look: int) -> float:
        """The level of this look, counted from 1: a p-value of at most that stops the run. All levels sum to alpha."""
        if not 1 <= look <= self.count:
            raise ValueError("there is no such look")
        shares = (0.0, *self._shares)
        return spent(shares[look], self.alpha) - spent(shares[look - 1], self.alpha)

    @property
    def _shares(self) -> tuple[float, ...]:
        if isinstance(self.looks, tuple):
            return self.looks
        return tuple(look / self.looks for look in range(1, self.looks + 1))

"""Splits of clusters by coin tosses: what both the tests and the intervals of this package are made of."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from parlour.kernel.dataclass import dataclass

EXACT_CLUSTERS_MAX = 15
INTERPOLATED_CLUSTERS_MAX = 8
CHUNK_CELLS = 4_000_000
CLOSE = 1e-9

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Per cluster the sum of its values and how many they are."""

    sums: Floats
    sizes: Floats

    @property
    def mean(self) -> float:
        """Over all values."""
        return float(self.sums.sum() / self.sizes.sum())

    @property
    def alike(self) -> bool:
        """Whether every cluster has the same mean."""
        means = self.sums / self.sizes
        return bool(np.ptp(means) <= CLOSE * max(1.0, float(np.abs(means).max())))


def totals_of(values: Sequence[float] | Floats, clusters: Sequence[str]) -> Totals:
    """Per cluster, in order of first appearance."""
    if len(values) != len(clusters):
        raise ValueError("each value needs its cluster")
    array = np.asarray(values, dtype=np.float64)
    if not bool(np.isfinite(array).all()):
        raise ValueError("a value is not a finite number")
    places: dict[str, int] = {}
    index = np.fromiter((places.setdefault(name, len(places)) for name in clusters), dtype=np.intp, count=len(array))
    sums = np.bincount(index, weights=array, minlength=len(places)).astype(np.float64)
    return Totals(sums=sums, sizes=np.bincount(index, minlength=len(places)).astype(np.float64))


@dataclass(frozen=True, kw_only=True)
class Flipped:
    """The lower and the higher mean of the two parts of each split, sorted; `total` counts the undivided one too.

    Flipping the signs of (sum - value x size) in one part leaves the total at least as far from 0 exactly if `value`
    lies between the means of the two parts. So the share of splits whose parts enclose a value is its p-value.
    """

    lows: Floats
    highs: Floats
    total: int

    def p_value(self, value: float) -> float:
        """Two-sided, for the true mean being `value`; the undivided split always counts, so it is never 0."""
        enclosing = np.count_nonzero((self.lows <= value + CLOSE) & (self.highs >= value - CLOSE))
        return (1 + int(enclosing) + self._trivial) / self.total

    @property
    def _trivial(self) -> int:
        return self.total - 1 - self.lows.size

    def limits(self, level: float, *, interpolated: bool = False) -> tuple[float, float] | None:
        """The least and greatest value with p > 1 - level; `None` if there are too few splits to reject any."""
        rank = (1 - level) * self.total - self._trivial
        whole = math.floor(rank + CLOSE)
        if whole < 1:
            return None
        low, high = float(self.lows[whole - 1]), float(self.highs[-whole])
        part = rank - whole
        if interpolated and self.total <= 1 << (INTERPOLATED_CLUSTERS_MAX - 1) and part > 0:
            low += part * (float(self.lows[whole]) - low)
            high += part * (float(self.highs[-whole - 1]) - high)
        return low, high


def flipped(given: Totals, seed: int, resamples: int) -> Flipped:
    """All splits if there are at most 15 clusters, else `resamples` drawn ones.

    With drawn ones p is (b + 1)/(m + 1): Davison & Hinkley (1997), eq. 4.11; Phipson & Smyth (2010).
    """
    count = given.sizes.size
    exact = count <= EXACT_CLUSTERS_MAX
    total = 1 << (count - 1) if exact else resamples + 1
    pair = np.stack((given.sums, given.sizes), axis=1)
    whole = pair.sum(axis=0)
    lows: list[Floats] = []
    highs: list[Floats] = []
    for coins in (all_splits(count),) if exact else _drawn_splits(count, seed, resamples):
        part = coins @ pair
        rest = whole - part
        divided = (part[:, 1] > 0) & (rest[:, 1] > 0)
        one, other = part[divided], rest[divided]
        means, others = one[:, 0] / one[:, 1], other[:, 0] / other[:, 1]
        lows.append(np.minimum(means, others))
        highs.append(np.maximum(means, others))
    return Flipped(lows=_sorted(lows), highs=_sorted(highs), total=total)


def _sorted(parts: Sequence[Floats]) -> Floats:
    """In ascending order; what differs from 0 by rounding only is 0, so that limits agree with p-values."""
    joined = np.concatenate(parts)
    joined[np.abs(joined) <= CLOSE] = 0.0
    joined.sort()
    return joined


def all_splits(count: int) -> Floats:
    """Each division in two once; the last cluster stays where it is. The undivided one is left out."""
    numbers = np.arange(1, 1 << (count - 1), dtype=np.int64)
    return ((numbers[:, None] >> np.arange(count, dtype=np.int64)) & 1).astype(np.float64)


def _drawn_splits(count: int, seed: int, resamples: int) -> Iterator[Floats]:
    generator = np.random.default_rng(seed)
    rows = max(1, CHUNK_CELLS // count)
    for first in range(0, resamples, rows):
        yield _tossed(generator, min(rows, resamples - first), count)


def _tossed(generator: np.random.Generator, rows: int, count: int) -> Floats:
    """Coin tosses: eight to a random byte."""
    octets = generator.integers(0, 256, size=(rows, (count + 7) // 8), dtype=np.uint8)
    return np.unpackbits(octets, axis=1, count=count).astype(np.float64)


def student_arm(given: Totals, level: float) -> float:
    """Student's t times the standard error of a ratio of sums: Cochran (1977), sec. 6.4, without finite correction."""
    count = given.sizes.size
    residuals = given.sums - given.mean * given.sizes
    variance = float((residuals**2).sum()) * count / (count - 1)
    error = math.sqrt(variance) / float(given.sizes.sum())
    return float(special.stdtrit(count - 1, (1 + level) / 2)) * error

"""Chance: jitter for retries. Never used for secrets."""

import random
from typing import Protocol


class Dice(Protocol):
    """A source of chance that a test can fix."""

    def between(self, low: float, high: float) -> float:
        """A number in [low, high]."""
        ...


class SeededDice:
    """Chance from a seed; without a seed, from the operating system."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 (no secret depends on it)

    def between(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

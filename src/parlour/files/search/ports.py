"""Embeddings, if there are any: they only change the order of what was found by words (9.4)."""

from collections.abc import Sequence
from typing import Protocol


class Embedder(Protocol):
    """Turns texts into vectors. `model` is its name: vectors of different models are never compared."""

    @property
    def model(self) -> str: ...

    async def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """A vector for each text, in order. Raises `ProviderFault`."""
        ...

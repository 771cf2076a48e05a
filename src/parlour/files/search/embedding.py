"""Vectors of passages: kept beside their text, used only to re-rank what words have found (9.4)."""

import base64
import binascii
import logging
import math
import struct

from parlour.files.search import store
from parlour.files.search.entities import QUERY_CHARS_MAX, Vector
from parlour.files.search.ports import Embedder
from parlour.kernel.refusals import ProviderFault
from parlour.storage.database import Database

BATCH_MAX = 32

logger = logging.getLogger("parlour.files")


class Embeddings:
    """Gives passages their vectors, a batch at a time, and questions theirs."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._embedder = embedder

    async def vector_of(self, text: str) -> Vector | None:
        """The vector of a question; None if the service fails, since search works without."""
        try:
            (values,) = await self._embedder.embed([text[:QUERY_CHARS_MAX]])
        except ProviderFault:
            logger.warning("embedding_failed")
            return None
        return Vector(model=self._embedder.model, values=values)

    async def embed_pending(self) -> int:
        """Give up to a batch of passages without a vector one; how many. Raises `ProviderFault`."""
        pending = await self._database.read(lambda tx: store.without_embedding(tx, BATCH_MAX))
        if not pending:
            return 0
        vectors = await self._embedder.embed([text for _, text in pending])
        kept = [
            (chunk_id, encoded(Vector(model=self._embedder.model, values=values)))
            for (chunk_id, _), values in zip(pending, vectors, strict=True)
        ]
        await self._database.write(lambda tx: store.set_embeddings(tx, kept))
        return len(kept)


def encoded(vector: Vector) -> str:
    """A vector as it is stored: the model's name, and numbers of four bytes in base64."""
    numbers = struct.pack(f"<{len(vector.values)}f", *vector.values)
    return f"{vector.model}\n{base64.b64encode(numbers).decode()}"


def decoded(stored: str) -> Vector | None:
    """A vector as `encoded` wrote it; None if it is damaged."""
    model, _, numbers = stored.partition("\n")
    try:
        raw = base64.b64decode(numbers, validate=True)
        values = struct.unpack(f"<{len(raw) // 4}f", raw)
    except (binascii.Error, struct.error):
        return None
    return Vector(model=model, values=values)


def nearness(vector: Vector, stored: str) -> float | None:
    """How near two texts are, from 0 to 1; None if their vectors cannot be compared."""
    found = decoded(stored)
    if found is None or found.model != vector.model or len(found.values) != len(vector.values):
        return None
    other = found.values
    length = math.hypot(*vector.values) * math.hypot(*other)
    if not length:
        return None
    return max(0.0, min(1.0, sum(a * b for a, b in zip(vector.values, other, strict=True)) / length))

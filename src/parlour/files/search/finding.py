"""Finding passages: candidates by the store's rank, then one order for both stores.

A passage counts by how many of the asked words it has, the rare ones among the candidates more, and
by how near they stand to each other. Which passages may be read is a condition of the query (9.4).
"""

import math
from collections.abc import Mapping, Sequence

from parlour.files.search import store
from parlour.files.search.embedding import nearness
from parlour.files.search.entities import QUERY_CHARS_MAX, Candidate, Hit, Query
from parlour.files.search.quoting import quote_of
from parlour.files.search.tokens import query_terms
from parlour.storage.tx import Tx

__all__ = ["Hit", "Query", "search"]

CANDIDATES_MAX = 64
NEAR_WORDS = 24
"""Words within so many others count as near each other."""
COVERED_LEAST = 0.4
"""The share of the asked words that a passage must have."""
VECTOR_WEIGHT = 0.5


def search(tx: Tx, query: Query) -> list[Hit]:
    """The passages that fit best, best first; ties by chunk id. Empty if nothing fits."""
    terms = query_terms(query.text[:QUERY_CHARS_MAX])
    if not terms or query.limit < 1:
        return []
    found = store.candidates(tx, query, terms, CANDIDATES_MAX)
    weights = _weights(terms, found)
    least = max(1, round(len(terms) * COVERED_LEAST))
    scored = [(_score(query, each, weights), each) for each in found if len(each.places) >= least]
    scored.sort(key=lambda each: (-each[0], each[1].chunk_id))
    best = scored[: query.limit]
    texts = store.texts_of(tx, [each.chunk_id for _, each in best])
    return [
        Hit(
            chunk_id=each.chunk_id,
            source_kind=each.source_kind,
            source_id=each.source_id,
            page=each.page,
            text=texts[each.chunk_id],
            quote=quote_of(texts[each.chunk_id], weights),
            score=score,
        )
        for score, each in best
    ]


def _weights(terms: Sequence[str], found: Sequence[Candidate]) -> dict[str, float]:
    """How telling each word is: rarer among the candidates, more. Nothing else is counted, so that a
    score says nothing about texts that the account may not read."""
    return {
        term: math.log1p((len(found) + 1) / (sum(1 for each in found if term in each.places) + 0.5)) for term in terms
    }


def _score(query: Query, candidate: Candidate, weights: Mapping[str, float]) -> float:
    places = candidate.places
    total = sum(weights.values())
    covered = sum(weights[term] for term in places) / total
    often = sum(weights[term] * (1 - 1 / (1 + len(at))) for term, at in places.items()) / total
    near = _nearness(places, weights) / total
    words = 0.6 * covered + 0.15 * often + 0.25 * near
    close = nearness(query.vector, candidate.embedding) if query.vector and candidate.embedding else None
    return round(words if close is None else (1 - VECTOR_WEIGHT) * words + VECTOR_WEIGHT * close, 4)


def _nearness(places: Mapping[str, Sequence[int]], weights: Mapping[str, float]) -> float:
    """The weight of the words in the best stretch of `NEAR_WORDS`."""
    line = sorted((at, term) for term, all_at in places.items() for at in all_at)
    counts: dict[str, int] = {}
    best = here = 0.0
    begin = 0
    for at, term in line:
        counts[term] = counts.get(term, 0) + 1
        here += weights[term] if counts[term] == 1 else 0
        while at - line[begin][0] >= NEAR_WORDS:
            gone = line[begin][1]
            counts[gone] -= 1
            here -= weights[gone] if counts[gone] == 0 else 0
            begin += 1
        best = max(best, here)
    return best

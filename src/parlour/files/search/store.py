"""SQL over chunks and their words. `chunk_terms` is an FTS5 table on SQLite, a `tsvector` on PostgreSQL.

Both are given our own words (`tokens.py`), so no tokenizer or dictionary of a store matters. On SQLite
the row of a chunk's words is found by a number made of the chunk's id, without a scan.
"""

import contextlib
import hashlib
import re
from collections.abc import Mapping, Sequence

import msgspec

from parlour.files.search.entities import Candidate, ChunkText, Prepared, Query, Source
from parlour.files.search.tokens import ascii_form, is_single
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Row, Tx

LOOKED_AT = (128, 2_048, 2**31)
"""How many of a store's best are looked at, one after the other until there are enough."""
COMMON = "CAST(10000 AS double precision)"
"""The number of chunks with a word from which on it says little; as a `numeric`, sums would take longer."""
PLACES_MAX = 255
"""Places of one word in a passage that PostgreSQL keeps."""


def insert(tx: Tx, source: Source, chunks: Sequence[tuple[str, Prepared]]) -> None:
    """Store chunks under their ids; those that are there stay as they are."""
    tx.many(
        "INSERT INTO chunks (id, source_kind, source_id, account_id, page, position, text, digest, created_at)"
        " VALUES (:id, :kind, :source, :account, :page, :position, :text, :digest, :now) ON CONFLICT (id) DO NOTHING",
        [
            {
                "id": chunk_id,
                "kind": source.kind,
                "source": source.id,
                "account": source.account_id,
                "page": chunk.page,
                "position": chunk.position,
                "text": chunk.text,
                "digest": chunk.digest,
                "now": tx.now_ms,
            }
            for chunk_id, chunk in chunks
        ],
    )
    kind = _kind_form(source.kind)
    if tx.store_name == "sqlite":
        tx.many(
            "INSERT OR REPLACE INTO chunk_terms (rowid, chunk_id, terms) VALUES (:number, :id, :terms)",
            [{"number": _number(one), "id": one, "terms": " ".join((*chunk.terms, kind))} for one, chunk in chunks],
        )
    else:
        tx.many(
            "INSERT INTO chunk_terms (chunk_id, terms) VALUES (:id, CAST(:terms AS tsvector))"
            " ON CONFLICT (chunk_id) DO NOTHING",
            [{"id": one, "terms": _vector((*chunk.terms, kind))} for one, chunk in chunks],
        )


def remove(tx: Tx, kind: str, source_id: str) -> None:
    """Forget the chunks of a source, and their words."""
    rows = tx.all(
        "DELETE FROM chunks WHERE source_kind = :kind AND source_id = :source RETURNING id", kind=kind, source=source_id
    )
    if tx.store_name == "sqlite":
        numbers = [{"number": _number(row["id"])} for row in rows]
        tx.many("DELETE FROM chunk_terms WHERE rowid = :number", numbers)
    else:
        tx.many("DELETE FROM chunk_terms WHERE chunk_id = :id", [{"id": row["id"]} for row in rows])


def set_shared(tx: Tx, kind: str, source_id: str) -> None:
    tx.run(
        "UPDATE chunks SET account_id = NULL WHERE source_kind = :kind AND source_id = :source",
        kind=kind,
        source=source_id,
    )


def texts(tx: Tx, kind: str, source_id: str) -> list[ChunkText]:
    """The chunks of a source in order."""
    rows = tx.all(
        "SELECT id, page, position, text, digest FROM chunks WHERE source_kind = :kind AND source_id = :source"
        " ORDER BY position, id",
        kind=kind,
        source=source_id,
    )
    return [
        ChunkText(
            chunk_id=row["id"], page=row["page"], position=row["position"], text=row["text"], digest=row["digest"]
        )
        for row in rows
    ]


def without_embedding(tx: Tx, limit: int) -> list[tuple[str, str]]:
    """Chunks that have no vector yet, with their texts, the oldest first."""
    rows = tx.all("SELECT id, text FROM chunks WHERE embedding IS NULL ORDER BY id LIMIT :limit", limit=limit)
    return [(row["id"], row["text"]) for row in rows]


def set_embeddings(tx: Tx, kept: Sequence[tuple[str, str]]) -> None:
    tx.many("UPDATE chunks SET embedding = :vector WHERE id = :id", [{"id": one, "vector": each} for one, each in kept])


def candidates(tx: Tx, query: Query, terms: Sequence[str], limit: int) -> list[Candidate]:
    """The passages with any of the words that the account may read, the most promising `limit` of them.

    First only the store's best are looked at; if too few of them may be read or are meant, more, then all.
    """
    if tx.store_name != "sqlite":
        _by_index(tx)
    rank = _ranked_by_sqlite if tx.store_name == "sqlite" else _ranked_by_postgresql
    ranked = rank(terms, [_kind_form(kind) for kind in query.kinds])
    rows: list[Row] = []
    for most in LOOKED_AT:
        rows = _best(tx, query, ranked, (most, limit))
        if len(rows) == limit:
            break
    words = _words_of(tx, [row["id"] for row in rows])
    places_of = _places_in_words if tx.store_name == "sqlite" else _places_in_vector
    return [
        Candidate(
            chunk_id=row["id"],
            source_kind=row["source_kind"],
            source_id=row["source_id"],
            page=row["page"],
            places=places_of(words[row["id"]], terms),
            embedding=row["embedding"],
        )
        for row in rows
    ]


def _by_index(tx: Tx) -> None:
    """Let PostgreSQL find words by their index until the transaction ends.

    It would rather read every row, and does not count that long `tsvector`s are then unpacked one by one.
    """
    tx.one("SELECT set_config('enable_seqscan', 'off', true) AS told")


def _best(tx: Tx, query: Query, ranked: "_Ranked", bounds: tuple[int, int]) -> list[Row]:
    """The best `bounds[1]` that may be read of the best `bounds[0]` that there are."""
    conditions, params = _conditions(tx, query)
    return tx.all(
        "SELECT c.id, c.source_kind, c.source_id, c.page, c.embedding"  # noqa: S608 (values are parameters)
        f" FROM {ranked.source} WHERE {conditions} ORDER BY best.rank, c.id LIMIT :limit",
        **ranked.params,
        **params,
        most=bounds[0],
        limit=bounds[1],
    )


def texts_of(tx: Tx, chunk_ids: Sequence[str]) -> dict[str, str]:
    """The texts of a few chunks."""
    listed, names = _listed(chunk_ids)
    return {row["id"]: row["text"] for row in tx.all(f"SELECT id, text FROM chunks WHERE id IN ({listed})", **names)}  # noqa: S608


def _words_of(tx: Tx, chunk_ids: Sequence[str]) -> dict[str, str]:
    """The words of chunks in the store's own way of writing; read apart, so that ranking carries little."""
    if tx.store_name == "sqlite":
        listed, names = _listed([_number(chunk_id) for chunk_id in chunk_ids])
        sql = f"SELECT chunk_id, terms FROM chunk_terms WHERE rowid IN ({listed})"  # noqa: S608 (names of parameters)
    else:
        listed, names = _listed(chunk_ids)
        sql = f"SELECT chunk_id, CAST(terms AS text) AS terms FROM chunk_terms WHERE chunk_id IN ({listed})"  # noqa: S608
    return {row["chunk_id"]: row["terms"] for row in tx.all(sql, **names)}


def _listed(values: Sequence[object]) -> tuple[str, dict[str, object]]:
    """A list of parameters, and their values; NULL if there are none."""
    names = {f"i{n}": value for n, value in enumerate(values)}
    return ", ".join(f":{name}" for name in names) or "NULL", names


@dataclass(frozen=True, slots=True)
class _Ranked:
    """How a store finds and ranks words: `best` (the lower its rank, the better) with the chunks `c`.

    Neither store reads the texts for that, only its own index.
    """

    source: str
    params: Mapping[str, object]


def _ranked_by_sqlite(terms: Sequence[str], kinds: Sequence[str]) -> _Ranked:
    forms = (ascii_form(term) + ("*" if is_single(term) else "") for term in terms)
    source = (
        "(SELECT rowid AS n, rank FROM chunk_terms WHERE chunk_terms MATCH :wanted ORDER BY rank LIMIT :most) best"
        " CROSS JOIN chunk_terms ON chunk_terms.rowid = best.n CROSS JOIN chunks c ON c.id = chunk_terms.chunk_id"
    )
    wanted = f"({' OR '.join(forms)})"
    return _Ranked(source, {"wanted": f"{wanted} AND ({' OR '.join(kinds)})" if kinds else wanted})


def _ranked_by_postgresql(terms: Sequence[str], kinds: Sequence[str]) -> _Ranked:
    """By the rarity of the words that a passage has: `ts_rank` knows nothing of rarity."""
    kind = f" & ({' | '.join(kinds)})" if kinds else ""
    forms = (f"'{ascii_form(term)}'" + (":*" if is_single(term) else "") for term in terms)
    words = {f"t{n}": form + kind for n, form in enumerate(forms)}
    hits = " UNION ALL ".join(
        f"SELECT chunk_id, {n} AS n FROM chunk_terms WHERE terms @@ CAST(:t{n} AS tsquery)"  # noqa: S608 (numbers)
        for n in range(len(terms))
    )
    source = (
        f"(WITH hits AS ({hits}), weights AS (SELECT n, ln(1 + {COMMON} / count(*)) AS weight FROM hits GROUP BY n)"  # noqa: S608 (a constant)
        " SELECT chunk_id, -sum(weight) AS rank FROM hits JOIN weights ON weights.n = hits.n GROUP BY chunk_id"
        " ORDER BY rank, chunk_id LIMIT :most) best JOIN chunks c ON c.id = best.chunk_id"
    )
    return _Ranked(source, words)


def _places_in_words(words: str, terms: Sequence[str]) -> dict[str, list[int]]:
    """Where terms stand among words with spaces between them."""
    said = words.split(" ")
    places: dict[str, list[int]] = {}
    for term in terms:
        form = ascii_form(term)
        if is_single(term):
            found = [at for at, word in enumerate(said) if word.startswith(form)]
        else:
            found = _all_of(said, form)
        if found:
            places[term] = found[:PLACES_MAX]
    return places


def _all_of(said: Sequence[str], form: str) -> list[int]:
    """Where a word stands: by `index`, which is many times as fast as a loop."""
    found: list[int] = []
    with contextlib.suppress(ValueError):
        while True:
            found.append(said.index(form, found[-1] + 1 if found else 0))
    return found


def _places_in_vector(vector: str, terms: Sequence[str]) -> dict[str, list[int]]:
    """Where terms stand in a `tsvector` as PostgreSQL writes it."""
    places: dict[str, list[int]] = {}
    for term in terms:
        end = "[0-9a-f]*'" if is_single(term) else "'"
        found = re.findall(rf"'{ascii_form(term)}{end}:([\d,]+)", vector)
        if found:
            places[term] = sorted(int(at) - 1 for each in found for at in each.split(","))[:PLACES_MAX]
    return places


def _conditions(tx: Tx, query: Query) -> tuple[str, dict[str, object]]:
    """What the account may read and what is asked for, as conditions on `c`."""
    parts = [
        "c.account_id IS NULL" if query.account_id is None else "(c.account_id IS NULL OR c.account_id = :account)"
    ]
    params: dict[str, object] = {} if query.account_id is None else {"account": query.account_id}
    if query.kinds:
        names = {f"k{n}": kind for n, kind in enumerate(query.kinds)}
        parts.append(f"c.source_kind IN ({', '.join(f':{name}' for name in names)})")
        params |= names
    if query.source_ids is not None:
        listed = (
            "json_each(:sources)" if tx.store_name == "sqlite" else "json_array_elements_text(CAST(:sources AS json))"
        )
        parts.append(f"c.source_id IN (SELECT value FROM {listed})")  # noqa: S608 (one of two texts of ours)
        params["sources"] = msgspec.json.encode(list(query.source_ids)).decode()
    if query.created_from is not None:
        parts.append("c.created_at >= :from_ms")
        params["from_ms"] = query.created_from
    if query.created_until is not None:
        parts.append("c.created_at < :until_ms")
        params["until_ms"] = query.created_until
    return " AND ".join(parts), params


def _kind_form(kind: str) -> str:
    """The kind of a source as a word: one that no text has, since letters never follow a digit in one."""
    return "0k" + "".join(each for each in kind.lower() if each.isascii() and each.isalnum())


def _number(chunk_id: str) -> int:
    """The number of a chunk's row in the FTS5 table: 63 bits, so that two chunks do not meet."""
    return int.from_bytes(hashlib.sha256(chunk_id.encode()).digest()[:8]) >> 1


def _vector(terms: Sequence[str]) -> str:
    """Words with their places as PostgreSQL writes a `tsvector`."""
    places: dict[str, list[str]] = {}
    for at, term in enumerate(terms, start=1):
        places.setdefault(term, []).append(str(at))
    return " ".join(f"'{term}':{','.join(found[:PLACES_MAX])}" for term, found in places.items())

"""Putting text into the index and taking it out. Whose text it is stands on the chunks themselves."""

import hashlib
from collections.abc import Sequence

from parlour.files.search import store
from parlour.files.search.chunking import pieces_of
from parlour.files.search.entities import ChunkText, NewChunk, Prepared, Source
from parlour.files.search.tokens import ascii_form, terms_of
from parlour.kernel.ids import named_id
from parlour.storage.tx import Tx

__all__ = ["NewChunk", "Source", "add", "prepare", "put", "remove", "share", "texts"]


def put(tx: Tx, source: Source, chunks: Sequence[NewChunk]) -> None:
    """Index the text of a source in place of what it had. A chunk that is too long is split (9.4)."""
    store.remove(tx, source.kind, source.id)
    add(tx, source, prepare(chunks))


def prepare(chunks: Sequence[NewChunk]) -> list[Prepared]:
    """The passages of a text and their words: what takes long with a long text, and needs no transaction."""
    pieces = [(chunk.page, piece) for chunk in chunks for piece in pieces_of(cleaned(chunk.text))]
    return [
        Prepared(
            page=page,
            position=position,
            text=piece,
            digest=hashlib.sha256(piece.encode()).hexdigest(),
            terms=tuple(ascii_form(term) for term in terms_of(piece)),
        )
        for position, (page, piece) in enumerate(pieces)
    ]


def add(tx: Tx, source: Source, prepared: Sequence[Prepared]) -> None:
    """Index prepared passages. Their ids come from what they are, so that adding them again changes nothing."""
    named = [(named_id("chunk", source.kind, source.id, str(each.position), each.digest), each) for each in prepared]
    store.insert(tx, source, named)


def cleaned(text: str) -> str:
    """Text that every store can keep: without NUL and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def remove(tx: Tx, kind: str, source_id: str) -> None:
    """Forget the text of a source; one that has none is as well."""
    store.remove(tx, kind, source_id)


def share(tx: Tx, kind: str, source_id: str) -> None:
    """Let every member find the text from now on."""
    store.set_shared(tx, kind, source_id)


def texts(tx: Tx, kind: str, source_id: str) -> list[ChunkText]:
    """The text of a source in order, as pieces with their pages. Who may see it, the caller has asked."""
    return store.texts(tx, kind, source_id)

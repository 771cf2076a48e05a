"""Verbs on notes. Each runs in an open transaction and never commits."""

from collections.abc import Iterable

from parlour.assistant.notes import store
from parlour.assistant.notes.entities import NewNote, Note, NoteId
from parlour.assistant.papers import actions as papers
from parlour.assistant.papers.about import bare_doi
from parlour.files.search import index
from parlour.files.search.entities import NewChunk, Source
from parlour.kernel.ids import digest_of
from parlour.storage.tx import Tx


def add(tx: Tx, new: NewNote) -> Note | None:
    """Store a note, found by search at once; None, and nothing stored, if its author does not know the DOI.

    If a shared paper and a recent one have the DOI it is about the shared one, so everybody sees it.
    """
    known = papers.with_doi(tx, new.author_id, new.doi)
    if not known:
        return None
    paper = known[0]
    made = Note(
        id=NoteId(tx.new_id()),
        paper_id=paper.id,
        doi=bare_doi(new.doi),
        author_id=new.author_id,
        page_label=new.page_label,
        passage=new.passage,
        note=new.note,
        passage_digest=digest_of(new.passage),
        created_at=tx.now_ms,
    )
    store.insert(tx, made)
    source = Source(kind="note", id=made.id, account_id=None if paper.scope == "shared" else new.author_id)
    index.put(tx, source, [NewChunk(page=made.page_label, position=0, text=f"{made.note}\n\n{made.passage}")])
    return made


def notes_of(tx: Tx, account_id: str, doi: str) -> list[Note]:
    """The notes on a DOI that the member may see, oldest first."""
    return store.of_doi(tx, account_id, doi)


def passages_of(notes: Iterable[Note]) -> dict[str, str]:
    """The passages that notes are about, each once, by digest."""
    return {note.passage_digest: note.passage for note in notes}


def note(tx: Tx, note_id: str) -> Note | None:
    """A note, without asking who wants it: what the search found may be read."""
    return store.note(tx, note_id)


def of_papers(tx: Tx, account_id: str, paper_ids: Iterable[str]) -> list[NoteId]:
    """The notes on these papers: all those on shared ones, the member's own on recent ones."""
    return [each for paper_id in paper_ids for each in store.of_paper(tx, account_id, paper_id)]


def on_shared_papers(tx: Tx) -> list[str]:
    """The notes on all of the laboratory's papers."""
    return store.of_papers_shared(tx)

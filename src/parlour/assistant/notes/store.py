"""SQL over notes. A passage stands once for each of its notes; readers get it once by its digest."""

from parlour.assistant.notes.entities import Note, NoteId
from parlour.assistant.papers.about import fold_doi
from parlour.assistant.papers.entities import PaperId
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Row, Tx


def insert(tx: Tx, note: Note) -> None:
    tx.run(
        "INSERT INTO notes (id, paper_id, doi, doi_folded, author_id, page_label, chunk_hash, passage, note,"
        " created_at)"
        " VALUES (:id, :paper_id, :doi, :doi_folded, :author_id, :page_label, :digest, :passage, :note, :created_at)",
        id=note.id,
        paper_id=note.paper_id,
        doi=note.doi,
        doi_folded=fold_doi(note.doi),
        author_id=note.author_id,
        page_label=note.page_label,
        digest=note.passage_digest,
        passage=note.passage,
        note=note.note,
        created_at=note.created_at,
    )


def of_doi(tx: Tx, account_id: str, doi: str) -> list[Note]:
    """The notes that a member may see: their own, and those on shared papers; oldest first."""
    rows = tx.all(
        "SELECT n.* FROM notes n LEFT JOIN papers p ON p.id = n.paper_id"
        " WHERE n.doi_folded = :doi AND (n.author_id = :account OR p.scope = 'shared') ORDER BY n.created_at, n.id",
        doi=fold_doi(doi),
        account=account_id,
    )
    return [_note(row) for row in rows]


def of_papers_shared(tx: Tx) -> list[str]:
    """The ids of all notes on shared papers."""
    rows = tx.all("SELECT n.id FROM notes n JOIN papers p ON p.id = n.paper_id WHERE p.scope = 'shared'")
    return [row["id"] for row in rows]


def note(tx: Tx, note_id: str) -> Note | None:
    row = tx.one("SELECT * FROM notes WHERE id = :id", id=note_id)
    return _note(row) if row else None


def of_paper(tx: Tx, account_id: str, paper_id: str) -> list[NoteId]:
    """The notes on a paper: all those on a shared one, the member's own on a recent one."""
    rows = tx.all(
        "SELECT n.id FROM notes n JOIN papers p ON p.id = n.paper_id"
        " WHERE n.paper_id = :paper AND (n.author_id = :account OR p.scope = 'shared') ORDER BY n.created_at, n.id",
        paper=paper_id,
        account=account_id,
    )
    return [NoteId(row["id"]) for row in rows]


def _note(row: Row) -> Note:
    return Note(
        id=NoteId(row["id"]),
        paper_id=PaperId(row["paper_id"]),
        doi=row["doi"],
        author_id=AccountId(row["author_id"]),
        page_label=row["page_label"],
        passage_digest=row["chunk_hash"],
        passage=row["passage"],
        note=row["note"],
        created_at=row["created_at"],
    )

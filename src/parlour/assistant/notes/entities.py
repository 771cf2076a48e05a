"""Notes as values. Times in milliseconds."""

from typing import NewType

from parlour.assistant.papers.entities import PaperId
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

NoteId = NewType("NoteId", str)

PASSAGE_CHARS_MAX = 20_000
NOTE_CHARS_MAX = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class NewNote:
    """What somebody notes about a passage. `page_label` counts from 1."""

    author_id: AccountId
    doi: str
    page_label: int
    passage: str
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Note(NewNote):
    """A note. `passage_digest` is the SHA-256 of the passage in hexadecimal."""

    id: NoteId
    paper_id: PaperId
    passage_digest: str
    created_at: int

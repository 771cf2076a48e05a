"""Verbs on papers. Each runs in an open transaction and never commits.

Not yours and not there are answered alike: the lookups give None for both.
"""

from collections.abc import Sequence
from dataclasses import replace

from parlour.assistant.experiments.entities import folded
from parlour.assistant.papers import store
from parlour.assistant.papers.about import describe, name_words
from parlour.assistant.papers.entities import About, Added, Paper, PaperId, Scope
from parlour.assistant.papers.store import Period
from parlour.files import actions as files
from parlour.files.entities import StoredFile
from parlour.files.search import index
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal, not_found
from parlour.storage.tx import Tx

RECENT_MAX = 10_000
PAPER_TYPES = frozenset(
    {
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "text/plain",
        "text/markdown",
    }
)


def add_recent(tx: Tx, account_id: AccountId, file: StoredFile, about: About | None = None) -> Added:
    """Keep a file as a recent paper of the member; the existing paper if it has the same content.

    `about` is what is known from elsewhere (an arXiv record); otherwise the first pages say it.
    `Refusal` `file_unreadable`: it is no PDF, docx, txt or md, or its text could not be read.
    """
    return _add(tx, account_id, None, file, about)


def add_shared(tx: Tx, possessor: str, file: StoredFile, about: About | None = None) -> Added:
    """Keep a file as a paper of the laboratory, held by `possessor`. As `add_recent`."""
    return _add(tx, None, possessor, file, about)


def content_of(tx: Tx, account_id: str | None, digest: str) -> Paper | None:
    """The member's recent paper (None: the laboratory's paper) of this content."""
    return store.by_content(tx, account_id, digest)


def recent(tx: Tx, account_id: str, period: Period, limit: int) -> list[Paper]:
    """The member's recent papers, newest first."""
    return store.of_account(tx, account_id, period, limit)


def papers_page(tx: Tx, account_id: str, scope: Scope, after: str | None, limit: int) -> tuple[list[Paper], str | None]:
    """A page of the member's recent papers, newest first, or of the laboratory's, by possessor and title.

    `after` is what the page before gave as second member. Raises `not_found` for anything else.
    """
    holder = account_id if scope == "recent" else None
    last = None if after is None else store.paper(tx, after)
    if after is not None and (last is None or last.account_id != holder):
        raise not_found("Paper")
    found = store.listed(tx, holder, last, limit + 1)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def find_recent(tx: Tx, account_id: str, named: str) -> list[Paper]:
    """The member's recent papers that these words can name: id, handle, DOI, file name, or (part of) a title."""
    return _find(tx, account_id, named)


def find_shared(tx: Tx, named: str) -> list[Paper]:
    """The laboratory's papers that these words can name."""
    return _find(tx, None, named)


def shared(tx: Tx) -> list[Paper]:
    """The laboratory's papers, by possessor and title."""
    return store.of_lab(tx)


def shared_files(tx: Tx, possessor: str | None = None) -> list[str]:
    """The files of the laboratory's papers, of all or of one possessor."""
    return store.lab_files(tx, possessor)


def with_doi(tx: Tx, account_id: str, doi: str) -> list[Paper]:
    """The papers of this DOI that the member knows, shared ones first; none: the DOI is not known (11)."""
    return store.with_doi(tx, account_id, doi)


def of_file(tx: Tx, account_id: str, file_id: str) -> Paper | None:
    """The paper that this file is, for a member who may read it."""
    found = store.by_file(tx, file_id)
    return found if found and found.account_id in (None, account_id) else None


def by_id(tx: Tx, paper_id: str) -> Paper | None:
    """A paper, without asking who wants it: what the search found may be read."""
    return store.paper(tx, paper_id)


def pages_of(tx: Tx, paper: Paper) -> list[str]:
    """The text of a paper, page by page, as it is searched."""
    return [chunk.text for chunk in index.texts(tx, "file", paper.file_id)]


def set_summary(tx: Tx, account_id: str, paper_id: str, summary: str) -> None:
    """Store a summary of a paper that the member may read; raises `not_found`."""
    found = [each for each in store.of_holder(tx, account_id, paper_id) if each.id == paper_id]
    if not found:
        raise not_found("Paper")
    store.set_summary(tx, paper_id, summary)


def forget_file(tx: Tx, file_id: str) -> bool:
    """The file of a recent paper is being deleted: delete the paper with it (9.9). False if it was none."""
    return store.delete_of_file(tx, file_id)


def unreadable(file: StoredFile) -> str | None:
    """Why a file cannot be a paper; None if it can."""
    if file.type not in PAPER_TYPES:
        return "only PDF, docx, txt and md files can be read as papers"
    if file.text_status == "ok":
        return None
    reasons = {"no_text": "it holds no text", "pending": "it has not been read yet"}
    return reasons.get(file.text_status, "it could not be read")


def _add(tx: Tx, account_id: AccountId | None, possessor: str | None, file: StoredFile, about: About | None) -> Added:
    known = store.by_content(tx, account_id, file.sha256)
    if known is not None:
        return Added(paper=known, is_new=False)
    why = unreadable(file)
    if why:
        raise Refusal("file_unreadable", f"{file.name}: {why}.")
    made = Paper(
        id=PaperId(tx.new_id()),
        scope="recent" if account_id else "shared",
        account_id=account_id,
        possessor=possessor,
        file_id=file.id,
        digest=file.sha256,
        about=_about(tx, file, about),
        summary=None,
        summary_at=None,
        created_at=tx.now_ms,
    )
    store.insert(tx, made)
    files.use(tx, file.id)
    return Added(paper=made, is_new=True)


def _about(tx: Tx, file: StoredFile, given: About | None) -> About:
    pages: Sequence[str] = [chunk.text for chunk in index.texts(tx, "file", file.id)[:3]]
    found = describe(pages, file.name, files.details(tx, file.id))
    if given is None:
        return found
    return replace(
        given,
        doi=given.doi or found.doi,
        arxiv_id=given.arxiv_id or found.arxiv_id,
        authors=given.authors or found.authors,
        year=given.year or found.year,
        abstract=given.abstract or found.abstract,
        keywords=given.keywords or found.keywords,
    )


def _find(tx: Tx, account_id: str | None, named: str) -> list[Paper]:
    words = " ".join(named.split())
    parts = named.strip().split("/")
    if len(parts) >= 3 and parts[0] == "files":
        words = parts[1]
    if not words:
        return []
    found = store.of_holder(tx, account_id, words) or store.with_title_like(tx, account_id, words)
    told = name_words(named)
    if found or not told:
        return found
    every = store.of_account(tx, account_id, Period(), RECENT_MAX) if account_id else store.of_lab(tx)
    return [each for each in every if all(word in folded(each.about.title) for word in told)]

"""SQL over papers."""

import json

from parlour.assistant.papers.about import fold_doi
from parlour.assistant.papers.entities import About, Paper, PaperId
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Row, Tx

_LAB = "lab"


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """Papers added from (inclusive) until (exclusive), in milliseconds."""

    since: int | None = None
    until: int | None = None


def insert(tx: Tx, paper: Paper) -> bool:
    """Store a paper; False if its holder has one of the same content."""
    about = paper.about
    return (
        tx.run(
            "INSERT INTO papers (id, scope, account_id, holder, possessor, upload_id, digest, title, doi, doi_folded,"
            " arxiv_id, authors, year, abstract, keywords, summary, summary_at, created_at)"
            " VALUES (:id, :scope, :account_id, :holder, :possessor, :upload_id, :digest, :title, :doi, :doi_folded,"
            " :arxiv_id, :authors, :year, :abstract, :keywords, :summary, :summary_at, :created_at)"
            " ON CONFLICT (holder, digest) DO NOTHING",
            id=paper.id,
            scope=paper.scope,
            account_id=paper.account_id,
            holder=paper.account_id or _LAB,
            possessor=paper.possessor,
            upload_id=paper.file_id,
            digest=paper.digest,
            title=about.title,
            doi=about.doi,
            doi_folded=fold_doi(about.doi) if about.doi else None,
            arxiv_id=about.arxiv_id,
            authors=json.dumps(about.authors, ensure_ascii=False),
            year=about.year,
            abstract=about.abstract,
            keywords=json.dumps(about.keywords, ensure_ascii=False),
            summary=paper.summary,
            summary_at=paper.summary_at,
            created_at=paper.created_at,
        )
        > 0
    )


def paper(tx: Tx, paper_id: str) -> Paper | None:
    row = tx.one("SELECT * FROM papers WHERE id = :id", id=paper_id)
    return _paper(row) if row else None


def by_content(tx: Tx, account_id: str | None, digest: str) -> Paper | None:
    row = tx.one(
        "SELECT * FROM papers WHERE holder = :holder AND digest = :digest", holder=account_id or _LAB, digest=digest
    )
    return _paper(row) if row else None


def by_file(tx: Tx, file_id: str) -> Paper | None:
    row = tx.one("SELECT * FROM papers WHERE upload_id = :id", id=file_id)
    return _paper(row) if row else None


def of_account(tx: Tx, account_id: str, period: Period, limit: int) -> list[Paper]:
    rows = tx.all(
        "SELECT * FROM papers WHERE account_id = :account AND created_at >= :since AND created_at < :until"
        " ORDER BY created_at DESC, id DESC LIMIT :limit",
        account=account_id,
        since=period.since or 0,
        until=period.until if period.until is not None else 2**62,
        limit=limit,
    )
    return [_paper(row) for row in rows]


def of_lab(tx: Tx) -> list[Paper]:
    rows = tx.all("SELECT * FROM papers WHERE holder = :lab ORDER BY possessor, title, id", lab=_LAB)
    return [_paper(row) for row in rows]


def listed(tx: Tx, account_id: str | None, after: Paper | None, limit: int) -> list[Paper]:
    """A page of a member's recent papers, newest first; without an account of the laboratory's, by possessor, title."""
    if account_id is None:
        rows = tx.all(
            "SELECT * FROM papers WHERE holder = :lab AND (:first = 1 OR possessor > :possessor OR"
            " (possessor = :possessor AND (title > :title OR (title = :title AND id > :id))))"
            " ORDER BY possessor, title, id LIMIT :limit",
            lab=_LAB,
            first=1 if after is None else 0,
            possessor=(after.possessor or "") if after else "",
            title=after.about.title if after else "",
            id=after.id if after else "",
            limit=limit,
        )
        return [_paper(row) for row in rows]
    rows = tx.all(
        "SELECT * FROM papers WHERE account_id = :account"
        " AND (created_at < :at OR (created_at = :at AND id < :id)) ORDER BY created_at DESC, id DESC LIMIT :limit",
        account=account_id,
        at=after.created_at if after else 2**62,
        id=after.id if after else "",
        limit=limit,
    )
    return [_paper(row) for row in rows]


def lab_files(tx: Tx, possessor: str | None) -> list[str]:
    """The files of shared papers, of all or of one possessor, whatever its case."""
    rows = tx.all(
        "SELECT upload_id FROM papers WHERE holder = :lab AND (:all = 1 OR LOWER(possessor) = LOWER(:possessor))",
        lab=_LAB,
        all=1 if possessor is None else 0,
        possessor=possessor or "",
    )
    return [row["upload_id"] for row in rows]


def of_holder(tx: Tx, account_id: str | None, named: str) -> list[Paper]:
    """Papers of that id, file, DOI or title (whatever its case), newest first."""
    rows = tx.all(
        "SELECT * FROM papers WHERE holder = :holder AND (id = :name OR upload_id = :name OR doi_folded = :doi"
        " OR arxiv_id = :name OR LOWER(title) = :title) ORDER BY created_at DESC, id DESC LIMIT 20",
        holder=account_id or _LAB,
        name=named,
        doi=fold_doi(named),
        title=named.lower(),
    )
    return [_paper(row) for row in rows]


def with_title_like(tx: Tx, account_id: str | None, words: str) -> list[Paper]:
    """Papers in whose title these words stand together, newest first."""
    pattern = words.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    rows = tx.all(
        "SELECT * FROM papers WHERE holder = :holder AND LOWER(title) LIKE :pattern ESCAPE '!'"
        " ORDER BY created_at DESC, id DESC LIMIT 20",
        holder=account_id or _LAB,
        pattern=f"%{pattern}%",
    )
    return [_paper(row) for row in rows]


def with_doi(tx: Tx, account_id: str, doi: str) -> list[Paper]:
    """Papers of that DOI which the member knows: shared ones first."""
    rows = tx.all(
        "SELECT * FROM papers WHERE doi_folded = :doi AND (holder = :lab OR account_id = :account)"
        " ORDER BY CASE WHEN holder = :lab THEN 0 ELSE 1 END, created_at, id",
        doi=fold_doi(doi),
        lab=_LAB,
        account=account_id,
    )
    return [_paper(row) for row in rows]


def set_summary(tx: Tx, paper_id: str, summary: str) -> None:
    tx.run(
        "UPDATE papers SET summary = :summary, summary_at = :now WHERE id = :id",
        summary=summary,
        now=tx.now_ms,
        id=paper_id,
    )


def delete_of_file(tx: Tx, file_id: str) -> bool:
    return tx.run("DELETE FROM papers WHERE upload_id = :id AND account_id IS NOT NULL", id=file_id) > 0


def _paper(row: Row) -> Paper:
    return Paper(
        id=PaperId(row["id"]),
        scope=row["scope"],
        account_id=AccountId(row["account_id"]) if row["account_id"] else None,
        possessor=row["possessor"],
        file_id=row["upload_id"],
        digest=row["digest"],
        about=About(
            title=row["title"],
            doi=row["doi"],
            arxiv_id=row["arxiv_id"],
            authors=tuple(decode(row["authors"], list[str])),
            year=row["year"],
            abstract=row["abstract"],
            keywords=tuple(decode(row["keywords"], list[str])),
        ),
        summary=row["summary"],
        summary_at=row["summary_at"],
        created_at=row["created_at"],
    )

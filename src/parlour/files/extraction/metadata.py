"""What a document says about itself: from its properties, else from its first pages (lab protocol 9.5).

Guesses are only made where a mark makes them likely; what is not found stays None.
"""

import re
from collections.abc import Sequence

from parlour.files.extraction.entities import EndLine, Extracted

TITLE_CHARS_MAX = 300
ABSTRACT_CHARS_MAX = 3_000
AUTHORS_MAX = 50
_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>{}|\\^`\[\]，。；]+)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(19[5-9]\d|20\d\d)(?!\d)")
_ABSTRACT = re.compile(r"(?:^|\n)[ \t]*(?:abstract|summary|摘[ \t]*要)[ \t]*[:：.—-]?[ \t]*\n?", re.IGNORECASE)
_ABSTRACT_END = re.compile(
    r"\n[ \t]*\n[ \t]*\n|\n[ \t]*(?:(?:1|I)\.?[ \t]+)?(?:introduction|keywords?|index terms|引言|关键词|关键字)",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(
    r"^(untitled.*|microsoft word\b.*|.*\.(docx?|pdf|tex|dvi|indd|qxd)|slide \d+|document\d*|\W*)$", re.IGNORECASE
)
_AND = re.compile(r"\s*(?:;|,|、|，|；|\band\b|&|\n)\s*")


def described(end: EndLine, pages: Sequence[str]) -> Extracted:
    """The pages with what is known of the whole document."""
    first = "\n".join(pages[:2])
    doi = _DOI.search(first)
    printed = _YEAR.search(pages[0][:4_000]) if pages else None
    return Extracted(
        status=end.end,
        pages=tuple(pages),
        title=_title(end.title, pages[0] if pages else ""),
        authors=_authors(end.author),
        doi=_doi(doi[1]) if doi else None,
        year=int(printed[1]) if printed else end.year,
        abstract=_abstract(first),
    )


def _title(stated: str | None, first_page: str) -> str | None:
    """The stated title, unless a program made it; else the first line that could be one."""
    if stated and len(stated.strip()) > 3 and not _NO_TITLE.match(stated.strip()):
        return " ".join(stated.split())[:TITLE_CHARS_MAX]
    for line in first_page.splitlines()[:12]:
        plain = " ".join(line.strip("# \t").split())
        letters = sum(each.isalpha() for each in plain)
        if letters >= 6 and letters * 2 > len(plain) and not _DOI.search(plain):
            return plain[:TITLE_CHARS_MAX]
    return None


def _authors(stated: str | None) -> tuple[str, ...]:
    names = (" ".join(each.split()) for each in _AND.split(stated or ""))
    return tuple(name for name in names if len(name) > 1 and any(each.isalpha() for each in name))[:AUTHORS_MAX]


def _doi(found: str) -> str:
    """Without the punctuation of the sentence that it stood in."""
    doi = found.rstrip(".,;:'’”")
    while doi.endswith(")") and doi.count("(") < doi.count(")"):
        doi = doi[:-1].rstrip(".,;:")
    return doi


def _abstract(text: str) -> str | None:
    mark = _ABSTRACT.search(text)
    if mark is None:
        return None
    rest = text[mark.end() :]
    end = _ABSTRACT_END.search(rest, 1)
    found = " ".join(rest[: end.start() if end else ABSTRACT_CHARS_MAX].split())
    return found[:ABSTRACT_CHARS_MAX] or None

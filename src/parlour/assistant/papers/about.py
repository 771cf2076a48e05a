"""What is known of a paper from its file, and how DOIs are written. Pure.

None of it is required (9.5): where nothing is found, the title is the name of the file.
"""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote

from parlour.assistant.papers.entities import About
from parlour.files.entities import Details

TITLE_CHARS_MAX = 300
ABSTRACT_CHARS_MAX = 4_000
DOI_CHARS_MAX = 300
KEYWORDS_MAX = 50
_PREFIX = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi\.org/|doi:)\s*", re.IGNORECASE)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+")
_ARXIV = re.compile(r"\barXiv:\s?(\d{4}\.\d{4,5})(?:v\d+)?", re.IGNORECASE)
_YEAR = re.compile(r"\b(19[5-9]\d|20\d\d)\b")
_KEYWORDS = re.compile(r"^\s*(?:keywords?|key words|关键词)\s*[:：]\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_AUTHORS = re.compile(r"^\s*(?:authors?|作者)\s*[:：]\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_SEPARATORS = re.compile(r"\s*(?:[,;，；、]|\band\b)\s*")
_HEAD_CHARS = 6_000
_POINTING = frozenset(
    {"a", "about", "an", "and", "article", "called", "file", "for", "from", "in", "it", "last", "latest", "my", "named"}
    | {"of", "on", "our", "paper", "recent", "that", "the", "this", "titled", "to", "with"}
)
_POINTING_CJK = re.compile("这篇|那篇|这个|那个|该|我的|我们的|关于|有关|最近|最新|论文|文献|文章|文件|一下|的")
_NAME_WORD = re.compile(r"[\w.-]*\w")


def fold_doi(text: str) -> str:
    """A DOI as it is compared: without `doi:` or address, in lower case (11)."""
    return bare_doi(text).casefold()


def bare_doi(text: str) -> str:
    """A DOI as it is shown: without prefix, in the case it was written."""
    return unquote(_PREFIX.sub("", text.strip())).strip()


def name_words(named: str) -> list[str]:
    """The words that tell a title, without those that only point: none for "this paper"."""
    plain = _POINTING_CJK.sub(" ", unicodedata.normalize("NFKC", named).casefold())
    return [word for word in _NAME_WORD.findall(plain) if word not in _POINTING]


def describe(pages: Sequence[str], file_name: str, details: Details | None) -> About:
    """What the file says about itself; what is missing there, from the begin of its text."""
    stated = details or Details()
    head = "\n".join(pages[:2])[:_HEAD_CHARS]
    arxiv, year, doi = _ARXIV.search(head), _YEAR.search(head), _DOI.search(head)
    found_doi = doi[0].rstrip(".,;:)]}'。，；") if doi else None
    return About(
        title=(stated.title or _heading(head) or PurePosixPath(file_name).stem or file_name)[:TITLE_CHARS_MAX],
        doi=(bare_doi(stated.doi) if stated.doi else found_doi or "")[:DOI_CHARS_MAX] or None,
        arxiv_id=arxiv[1] if arxiv else None,
        authors=stated.authors or _listed(_AUTHORS.search(head)),
        year=stated.year or (int(year[1]) if year else None),
        abstract=(stated.abstract or "")[:ABSTRACT_CHARS_MAX] or None,
        keywords=_listed(_KEYWORDS.search(head))[:KEYWORDS_MAX],
    )


def _heading(head: str) -> str | None:
    """The first line, if it looks like a title."""
    lines = (line.strip().lstrip("#").strip() for line in head.splitlines())
    first = next((line for line in lines if line), "")
    return first if len(first.encode()) >= 8 and len(first) <= TITLE_CHARS_MAX else None


def _listed(found: re.Match[str] | None) -> tuple[str, ...]:
    parts = (" ".join(part.split()).rstrip(".。") for part in _SEPARATORS.split(found[1] if found else ""))
    return tuple(part[:200] for part in parts if part)

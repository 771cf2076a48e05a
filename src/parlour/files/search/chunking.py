"""Cutting text into the passages that are found: a page each, long pages at the ends of paragraphs (9.4)."""

import re

CHUNK_CHARS_MAX = 4_000
OVERLAP_CHARS = 200
_BREAKS = (re.compile(r"\n[ \t]*\n\s*"), re.compile(r"\n"), re.compile(r"[.!?。！？；;]\s*"), re.compile(r"\s"))


def pieces_of(page: str, most: int = CHUNK_CHARS_MAX, overlap: int = OVERLAP_CHARS) -> list[str]:
    """A page in pieces of at most `most` characters; each but the first repeats the end of the one before."""
    pieces: list[str] = []
    begin = 0
    while len(page) - begin > most:
        end = _cut(page, begin, begin + most)
        pieces.append(page[begin:end])
        begin = max(_word_start(page, end - overlap, end), begin + 1)
    pieces.append(page[begin:])
    return [piece for piece in pieces if piece.strip()]


def sections_of(text: str) -> list[str]:
    """A text without pages as sections of at most 4,000 characters, to be numbered like pages."""
    return [section.strip() for section in pieces_of(text, overlap=0)]


def _cut(text: str, begin: int, most: int) -> int:
    """Where a piece ends: after the last paragraph that fits, else line, sentence, word, else anywhere.

    A piece is at least half as long as it may be, so that its number stays in proportion to the text.
    """
    least = begin + (most - begin) // 2
    for each in _BREAKS:
        ends = [match.end() for match in each.finditer(text, least, most)]
        if ends:
            return ends[-1]
    return most


def _word_start(text: str, at: int, end: int) -> int:
    """The next place from `at` on where a word begins, before `end`; `at` if the text has no spaces there."""
    found = re.compile(r"\s\S").search(text, at, end)
    return found.start() + 1 if found else at

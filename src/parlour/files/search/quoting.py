"""The part of a passage that answers best, word for word."""

import re
from collections.abc import Mapping

from parlour.files.search.entities import QUOTE_CHARS_MAX
from parlour.files.search.tokens import folded, terms_of

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])|(?<=[。！？；])|\n[ \t]*\n\s*")
_SHORT_CHARS = 90


def quote_of(text: str, weights: Mapping[str, float]) -> str:
    """At most 500 characters of `text`, exactly as they stand: its best sentence, with the next if it is short."""
    sentences = _sentences(text)
    if not sentences:
        return ""
    worth = [_worth(text[begin:end], weights) for begin, end in sentences]
    best = max(range(len(sentences)), key=lambda n: (worth[n], -n))
    begin, end = sentences[best]
    if end - begin < _SHORT_CHARS and best + 1 < len(sentences) and sentences[best + 1][1] - begin <= QUOTE_CHARS_MAX:
        end = sentences[best + 1][1]
    if end - begin > QUOTE_CHARS_MAX:
        begin, end = _best_part(text, begin, end, weights)
    return text[begin:end].strip()


def _sentences(text: str) -> list[tuple[int, int]]:
    """Where sentences begin and end, without the white space around them."""
    found: list[tuple[int, int]] = []
    begin = 0
    for end, after in [*((match.start(), match.end()) for match in _SENTENCE_END.finditer(text)), (len(text),) * 2]:
        if text[begin:end].strip():
            found.append((begin, end))
        begin = after
    return found


def _worth(sentence: str, weights: Mapping[str, float]) -> float:
    """What its distinct words weigh; among equals a short sentence with a figure says more."""
    plain = folded(sentence)
    if not any(term[: 1 if term[0].isdigit() else 3] in plain for term in weights):
        return -1.0  # none of its words begins like one that was asked for
    said = terms_of(plain)
    singles = (term[0] for term in said if not term.isascii())  # what may be asked for as one CJK character
    terms = {*said, *singles}
    figures = any(term[0].isdigit() for term in terms)
    return sum(weight for term, weight in weights.items() if term in terms) + 0.01 * figures - len(sentence) / 100_000


def _best_part(text: str, begin: int, end: int, weights: Mapping[str, float]) -> tuple[int, int]:
    """The 500 characters of a long sentence that weigh most, cut between words where there are any."""
    step = QUOTE_CHARS_MAX // 4
    starts = range(begin, max(begin + 1, end - QUOTE_CHARS_MAX + step), step)
    start = max(starts, key=lambda at: (_worth(text[at : at + QUOTE_CHARS_MAX], weights), -at))
    start = min(start, end - QUOTE_CHARS_MAX)
    stop = start + QUOTE_CHARS_MAX
    first = re.compile(r"\s\S").search(text, start, stop) if start > begin else None
    last = text.rfind(" ", start + QUOTE_CHARS_MAX // 2, stop) if stop < end else -1
    return (first.end() - 1 if first else start), (last if last > 0 else stop)

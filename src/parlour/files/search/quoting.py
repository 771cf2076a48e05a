"""The part of a passage that answers best, word for word."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from parlour.files.search.entities import QUOTE_CHARS_MAX
from parlour.files.search.tokens import folded, terms_of

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])|(?<=[。！？；])")
_SHORT_CHARS = 90
_LABEL_SHARE = 0.5  # what a heading or a label weighs beside a sentence of the same words
_SHORT_LINE_SHARE = 0.6  # a line of less than this part of a full one was not broken for want of room
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]")
_RULE = re.compile(r"[-=*_]{3,}")
_ITEM = re.compile(r"[ \t]*(?:[-*+•>]|\d{1,3}[.)])[ \t]")
_ENTRY = re.compile(r"[ \t]*\[\d{1,3}\][ \t]")  # of a list of references
_FIGURE = re.compile(r"[+-]?\d[\d.,:%/±]*")
_OPEN_END = (",", ";", ":", "(", "-", "，", "、", "：", "（", "；")
_END = (".", "!", "?", "。", "！", "？", "；", "…", ".”", '."', ".)", "。”", "。）")

Span = tuple[int, int]


def quote_of(text: str, weights: Mapping[str, float]) -> str:
    """At most 500 characters of `text`, exactly as they stand: its best sentence, with the next if it is short.

    Never across a blank line, a heading or a row of a table; a heading gives way to a sentence that says as much.
    """
    sentences = [(span, block) for block, spans in enumerate(_blocks(text)) for span in spans]
    if not sentences:
        return ""
    worth = [_worth(text[begin:end], weights) for (begin, end), _ in sentences]
    best = max(range(len(sentences)), key=lambda n: (worth[n], -n))
    (begin, end), block = sentences[best]
    if end - begin < _SHORT_CHARS and best + 1 < len(sentences):
        (_, after), following = sentences[best + 1]
        end = after if following == block and after - begin <= QUOTE_CHARS_MAX else end
    if end - begin > QUOTE_CHARS_MAX:
        begin, end = _best_part(text, begin, end, weights)
    return text[begin:end].strip()


def _blocks(text: str) -> Iterator[list[Span]]:
    """Runs of lines that belong together, each as its sentences, without the white space around them."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]+", text)]
    full = sorted(end - begin for begin, end in lines)[len(lines) * 3 // 4] if lines else 0
    begin = 0
    ends = [one[1] for one, other in pairwise(lines) if _is_end(text, one, other, full)]
    for end in [*ends, len(text)]:
        found = list(_sentences(text, begin, end))
        if found:
            yield found
        begin = end


def _is_end(text: str, one: Span, other: Span, full: int) -> bool:
    """Whether what stands on a line does not go on in the next."""
    line, following = text[slice(*one)], text[slice(*other)]
    if other[0] - one[1] > 1 or not line.strip() or not following.strip():
        return True
    if any(_HEADING.match(each) or _is_row(each) for each in (line, following)):
        return True
    if _ITEM.match(following) or _ENTRY.match(following):
        return True
    plain = line.rstrip()
    goes_on = plain.endswith(_OPEN_END) or following.lstrip()[0].islower()
    return len(plain) < _SHORT_LINE_SHARE * full and not goes_on


def _is_row(line: str) -> bool:
    """Whether a line is a rule or a row of a table, also of one without rules: figures for the most part."""
    plain = line.strip()
    if plain.startswith("|") or " | " in plain or "\t" in plain or _RULE.fullmatch(plain):
        return True
    words = plain.split()
    return len(words) > 1 and 2 * sum(_FIGURE.fullmatch(word) is not None for word in words) >= len(words)


def _sentences(text: str, begin: int, end: int) -> Iterator[Span]:
    for match in _SENTENCE_END.finditer(text, begin, end):
        if text[begin : match.start()].strip():
            yield begin, match.start()
        begin = match.end()
    if text[begin:end].strip():
        yield begin, end


def _worth(sentence: str, weights: Mapping[str, float]) -> float:
    """What its distinct words weigh; among equals a short sentence with a figure says more."""
    plain = folded(sentence)
    if not any(term[: 1 if term[0].isdigit() else 3] in plain for term in weights):
        return -1.0  # none of its words begins like one that was asked for
    said = terms_of(plain)
    singles = (term[0] for term in said if not term.isascii())  # what may be asked for as one CJK character
    terms = {*said, *singles}
    figures = any(term[0].isdigit() for term in terms)
    share = _LABEL_SHARE if _is_label(sentence) else 1.0
    weight = share * sum(weight for term, weight in weights.items() if term in terms)
    return weight + 0.01 * figures - len(sentence) / 100_000


def _is_label(sentence: str) -> bool:
    """A heading, a work that is only referred to, or a short line that is no sentence, item or row, such as a title."""
    plain = sentence.strip()
    if _HEADING.match(plain) or _ENTRY.match(plain):
        return True
    return len(plain) < _SHORT_CHARS and not plain.endswith(_END) and not _ITEM.match(plain) and not _is_row(plain)


def _best_part(text: str, begin: int, end: int, weights: Mapping[str, float]) -> Span:
    """The 500 characters of a long sentence that weigh most, cut between words where there are any."""
    step = QUOTE_CHARS_MAX // 4
    starts = range(begin, max(begin + 1, end - QUOTE_CHARS_MAX + step), step)
    start = max(starts, key=lambda at: (_worth(text[at : at + QUOTE_CHARS_MAX], weights), -at))
    start = min(start, end - QUOTE_CHARS_MAX)
    stop = start + QUOTE_CHARS_MAX
    first = re.compile(r"\s\S").search(text, start, stop) if start > begin else None
    last = text.rfind(" ", start + QUOTE_CHARS_MAX // 2, stop) if stop < end else -1
    return (first.end() - 1 if first else start), (last if last > 0 else stop)

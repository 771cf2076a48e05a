"""An extractive summary: sentences of the paper itself, chosen by rule. Pure and deterministic.

Every sentence is verbatim, so the summary states nothing that the paper does not say.
"""

import re
from collections import Counter
from collections.abc import Sequence

SENTENCES = 6
FIRST_SENTENCES = 2
SENTENCE_CHARS_MIN, SENTENCE_CHARS_MAX = 25, 500
SENTENCE_CHARS_MIN_CJK = 10
TEXT_CHARS_MAX = 200_000
_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[A-Z0-9])|(?<=[。！？])")
_WORD = re.compile(r"[^\W\d_]{4,}")
_HAN = re.compile(r"[\u3400-\u9fff]")
_REFERENCES = re.compile(r"^\s*(?:references|bibliography|参考文献)\s*$", re.IGNORECASE | re.MULTILINE)
_TELLING = re.compile(
    r"\b(?:we (?:show|find|found|report|measured|propose|conclude)|results?|conclusions?|in summary|measured)\b"
    r"|结果|结论|表明|发现",
    re.IGNORECASE,
)


def summarise(pages: Sequence[str], abstract: str | None) -> str:
    """The abstract's (or the text's) first sentences, then the sentences that say most, in their order."""
    text = "\n".join(pages)[:TEXT_CHARS_MAX]
    ending = _REFERENCES.search(text)
    body = _sentences(text[: ending.start()] if ending else text)
    first = (_sentences(abstract) if abstract else body)[:FIRST_SENTENCES]
    weights = Counter(word for sentence in body for word in set(_words(sentence)))
    ranked = sorted(range(len(body)), key=lambda at: (-_score(body[at], weights), at))
    chosen = sorted([at for at in ranked if body[at] not in first][: SENTENCES - len(first)])
    return "\n".join(f"- {sentence}" for sentence in [*first, *(body[at] for at in chosen)])


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        for sentence in _END.split(" ".join(paragraph.split())):
            least = SENTENCE_CHARS_MIN_CJK if _HAN.search(sentence) else SENTENCE_CHARS_MIN
            if least <= len(sentence.strip()) <= SENTENCE_CHARS_MAX:
                found.append(sentence.strip())
    return list(dict.fromkeys(found))


def _words(sentence: str) -> list[str]:
    words = _WORD.findall(sentence.casefold())
    return [pair for word in words for pair in _pairs(word)]


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word) - 1)] if _HAN.search(word) else [word]


def _score(sentence: str, weights: Counter[str]) -> float:
    words = _words(sentence)
    if not words:
        return 0.0
    usual = sum(weights[word] for word in words) / (len(words) + 8)
    return usual * (1.5 if _TELLING.search(sentence) else 1.0)

"""Phrases: the small, safe pattern language of dialogues and rubric signals.

A phrase is words in a row, matched whole and in any case. Besides words it knows

* `tr*`            a word that begins so;
* `(did|have)`     one of several, each one or more words; `(really)?` the same, or nothing;
* `...`            up to six words in between, at most three times.

So `what ... (did|have) you ... tried` finds "What exactly have you already tried?". There is no
unbounded repetition, so matching cannot be made slow by what a learner writes.
"""

import re
import unicodedata
from functools import lru_cache

PHRASE_CHARACTERS_MAX = 160
GAPS_MAX = 3

_WORD = r"[\w'&%$+-]+\*?"
_SOME_WORDS = rf"{_WORD}(?: {_WORD})*"
_PIECE = re.compile(rf"\.\.\.|\({_SOME_WORDS}(?:\|{_SOME_WORDS})*\)\??|{_WORD}")
_PHRASE = re.compile(rf"(?:{_PIECE.pattern})(?: (?:{_PIECE.pattern}))*")
_BREAK = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\s*\n+\s*")
_BETWEEN = r"\W{1,4}"
_GAP = r"(?:\W{1,4}\w+){0,6}?\W{1,4}"
_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2026": "..."})


def phrase_fault(phrase: str) -> str | None:
    """Why a text is no phrase, or None if it is one."""
    if len(phrase) > PHRASE_CHARACTERS_MAX:
        return f"a phrase has at most {PHRASE_CHARACTERS_MAX} characters"
    if not _PHRASE.fullmatch(phrase):
        return f"'{phrase}' is no phrase: use words, 'begin*', '(one|other)', '(maybe)?' and '...'"
    if phrase.startswith("...") or phrase.endswith("...") or "... ..." in phrase:
        return f"'{phrase}': '...' stands between two words"
    if phrase.count("...") > GAPS_MAX:
        return f"'{phrase}': at most {GAPS_MAX} times '...'"
    return None


def plain(text: str) -> str:
    """Text as phrases see it: composed, case folded, straight quotes."""
    return unicodedata.normalize("NFC", text).translate(_QUOTES).casefold()


def sentences(text: str) -> list[str]:
    """The sentences of a text, each a verbatim piece of it."""
    return [piece for piece in (part.strip() for part in _BREAK.split(text)) if piece]


@lru_cache(maxsize=4096)
def pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """What finds any of the phrases in a `plain` text."""
    return re.compile(rf"(?<![\w'])(?:{'|'.join(_expression(phrase) for phrase in phrases)})(?![\w'])")


def found(phrases: tuple[str, ...], plain_text: str) -> bool:
    """Whether any of the phrases is in a `plain` text."""
    return bool(phrases) and pattern(phrases).search(plain_text) is not None


def _expression(phrase: str) -> str:
    parts: list[str] = []
    separator = ""
    for match in _PIECE.finditer(plain(phrase)):
        piece = match[0]
        if piece == "...":
            separator = _GAP
            continue
        optional = piece.endswith(")?")
        core = "|".join(_words(choice) for choice in piece.rstrip("?").strip("()").split("|"))
        if not optional:
            parts.append(f"{separator}(?:{core})")
            separator = _BETWEEN
        elif separator:
            parts.append(f"(?:{_BETWEEN}(?:{core}))?")
        else:
            parts.append(f"(?:(?:{core}){_BETWEEN})?")
    return "".join(parts)


def _words(choice: str) -> str:
    words = (
        re.escape(word.removesuffix("*")) + (r"[\w']{0,30}" if word.endswith("*") else "") for word in choice.split()
    )
    return _BETWEEN.join(words)

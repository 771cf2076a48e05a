"""Which words of a spoken message were perhaps never said (Glow 6.8). Pure.

Words with low confidence, and all words of a disputed utterance, are *unclear*. They stay in the message; a
grade may be raised by them and never lowered. Where the engine's words cannot be laid on the text one by one,
everything is unclear as soon as one word is: a doubt never falls on the learner.
"""

import unicodedata
from collections.abc import Callable, Sequence

from parlour.conversations.spoken.entities import Utterance
from parlour.speech.ports import Word

Span = tuple[int, int]
MARK = "[unclear]"
_GAP = "\ufffc"  # stands for a character that was not understood; U+FFFC never comes from a recogniser


def unclear_spans(content: str, utterance: Utterance, below: float) -> tuple[Span, ...]:
    """The parts of a message's content that are unclear, in order; `below` is the confidence that words need.

    None if staff decided what was said: accepted words are the learner's own.
    """
    if utterance.replaced_text is not None or not content.strip():
        return ()
    if utterance.dispute == "open":
        return (_whole(content),)
    doubtful = [is_unclear(word, below) for word in utterance.words]
    if not any(doubtful):
        return ()
    places = placed(content, [word.text for word in utterance.words])
    if places is None:
        return (_whole(content),)
    return _joined(content, [place for place, doubt in zip(places, doubtful, strict=True) if doubt])


def is_unclear(word: Word, below: float) -> bool:
    """Whether the engine was not sure of a word; one that gives no confidence never says so."""
    return word.confidence is not None and word.confidence < below


def placed(content: str, words: Sequence[str]) -> list[Span] | None:
    """Where each word stands in the content; None unless they are its words, one after the other.

    Case and punctuation do not count. A word without letters and digits stands nowhere: an empty place.
    """
    letters = [(folded, at) for at, char in enumerate(content) for folded in _letters(char)]
    found: list[Span] = []
    next_letter = 0
    for word in words:
        wanted = [folded for char in word for folded in _letters(char)]
        here = letters[next_letter : next_letter + len(wanted)]
        if [folded for folded, _ in here] != wanted:
            return None
        next_letter += len(wanted)
        found.append((here[0][1], here[-1][1] + 1) if here else (0, 0))
    return found if next_letter == len(letters) else None


def masked(content: str, spans: Sequence[Span]) -> str:
    """The content with a mark for each unclear part."""
    return _replaced(content, spans, lambda _: MARK)


def clear_only(content: str, spans: Sequence[Span]) -> str:
    """The content with each unclear character made one that no quote has: what a quote of clear words occurs in."""
    return _replaced(content, spans, lambda part: _GAP * len(part))


def parts(content: str, spans: Sequence[Span]) -> tuple[str, ...]:
    """The unclear parts themselves."""
    return tuple(content[start:end] for start, end in spans)


def _replaced(content: str, spans: Sequence[Span], change: Callable[[str], str]) -> str:
    made: list[str] = []
    at = 0
    for start, end in spans:
        made += [content[at:start], change(content[start:end])]
        at = end
    return "".join([*made, content[at:]])


def _letters(char: str) -> str:
    """What of a character counts: letters and digits, in one case and form; marks and punctuation do not."""
    return "".join(each for each in unicodedata.normalize("NFKD", char).casefold() if each.isalnum())


def _whole(content: str) -> Span:
    """The content without the white space around it."""
    return (len(content) - len(content.lstrip()), len(content.rstrip()))


def _joined(content: str, places: Sequence[Span]) -> tuple[Span, ...]:
    """Places with nothing but spaces and punctuation between them become one."""
    joined: list[Span] = []
    for start, end in places:
        if start == end:
            continue
        if joined and not any(char.isalnum() for char in content[joined[-1][1] : start]):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)

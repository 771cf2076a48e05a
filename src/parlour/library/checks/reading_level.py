"""How hard a text is to read, by a named formula for its language; where none is known nothing is measured.

English: Flesch-Kincaid grade level (Kincaid et al. 1975). German: first Wiener Sachtextformel (Bamberger & Vanecek
1984). Both say a school year. Chinese: characters a sentence, since grades need word lists.
"""

import re

from parlour.kernel.dataclass import dataclass
from parlour.library.checks.languages import WORD, language_of

WORDS_MIN = 60
"""Below this many words the formulas say nothing that could be relied on."""
HARD_YEAR = 14.0
HARD_CHARACTERS = 60.0

_SENTENCE = re.compile(r"[.!?\u3002\uff01\uff1f:;]+(?:\s|$)|\n+|[\u3002\uff01\uff1f]")
_VOWELS = {"en": re.compile(r"[aeiouy]+"), "de": re.compile(r"[aeiouyäöü]+")}
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadingLevel:
    """`figure` by `formula`; `hard` if it is above what learners at a university read with ease."""

    language: str
    formula: str
    figure: float
    hard: bool


def reading_level(text: str) -> ReadingLevel | None:
    """How hard a text is; None if it is too short, or there is no formula here for its language."""
    language = language_of(text)
    sentences = [part for part in _SENTENCE.split(text) if part and part.strip()]
    if language == "zh":
        return _chinese(text, len(sentences))
    words = [word.casefold() for word in WORD.findall(text)]
    if language not in _VOWELS or len(words) < WORDS_MIN or not sentences:
        return None
    syllables = [_syllables(word, language) for word in words]
    length = len(words) / len(sentences)
    if language == "en":
        year, formula = 0.39 * length + 11.8 * sum(syllables) / len(words) - 15.59, "Flesch-Kincaid grade"
    else:
        share = 100 / len(words)
        many = share * sum(1 for count in syllables if count >= 3)
        long = share * sum(1 for word in words if len(word) > 6)
        single = share * sum(1 for count in syllables if count == 1)
        year = 0.1935 * many + 0.1672 * length + 0.1297 * long - 0.0327 * single - 0.875
        formula = "Wiener Sachtextformel"
    return ReadingLevel(language=language, formula=formula, figure=round(year, 1), hard=year > HARD_YEAR)


def _chinese(text: str, sentences: int) -> ReadingLevel | None:
    characters = len(_HAN.findall(text))
    if characters < WORDS_MIN * 2 or not sentences:
        return None
    figure = characters / sentences
    return ReadingLevel(
        language="zh", formula="characters a sentence", figure=round(figure, 1), hard=figure > HARD_CHARACTERS
    )


def _syllables(word: str, language: str) -> int:
    count = len(_VOWELS[language].findall(word))
    if language == "en" and word.endswith("e") and not word.endswith(("le", "ee", "ye")) and count > 1:
        count -= 1
    return max(1, count)

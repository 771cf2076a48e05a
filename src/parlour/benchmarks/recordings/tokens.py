"""Words of a text as names are compared: without accents, without case, in any script. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from parlour.kernel.dataclass import dataclass

_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_INVISIBLE = {ord(each): "" for each in "\u00ad\u200b\u2060\ufeff\u200e\u200f"}
# Scripts that are written without spaces between words: names are found inside of longer runs.
_MARKS_END = 0xFE30
_SOLID = r"[\u2e80-\u2fdf\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]"


@dataclass(frozen=True, slots=True)
class Token:
    """A word and where it stands."""

    start: int
    end: int
    text: str

    @property
    def capital(self) -> bool:
        """Whether it is written as a name is: not with a small letter at its beginning."""
        return not self.text[0].islower()


def composed(text: str) -> str:
    """The text in NFC, without invisible characters that could split a word."""
    return unicodedata.normalize("NFC", text).translate(_INVISIBLE)


def folded(word: str) -> str:
    """A word without accents and case."""
    apart = unicodedata.normalize("NFKD", word).casefold().translate(_PLAIN)
    return "".join(letter for letter in apart if not unicodedata.category(letter).startswith("M"))


def spellings(word: str) -> tuple[str, ...]:
    """The folded forms of a word: with accents left out, and with German umlauts written as two letters."""
    return tuple(dict.fromkeys((folded(word), folded(unicodedata.normalize("NFC", word).translate(_GERMAN)))))


def words(text: str) -> Iterator[Token]:
    """The runs of letters in a composed text; digits, underscores and apostrophes end a word."""
    for match in _word().finditer(text):
        yield Token(match.start(), match.end(), match[0])


def is_solid(text: str) -> bool:
    """Whether a text is in a script without spaces."""
    return re.search(_SOLID, text) is not None


@cache
def _word() -> re.Pattern[str]:
    codes = (chr(code) for code in range(0x300, _MARKS_END))
    marks = "".join(re.escape(code) for code in codes if unicodedata.category(code).startswith("M"))
    return re.compile(rf"[^\W\d_](?:[^\W\d_]|[{marks}])*")

"""Cutting a text that is still being written into pieces that can be said.

The first piece comes early (a clause is enough), so that a voice can begin; later ones are whole sentences.
"""

import re

from parlour.kernel.dataclass import dataclass

_STOP = re.compile(
    r"(?P<west>[.!?…]++[\"'”’»)\]*_]*+)(?P<space>\s++)(?=(?P<next>\S))"
    r"|[。！？｡]++[”’」』）】]*+(?=.)"
    r"|(?P<line>\n)(?=[^\n])",
    re.DOTALL,
)
_CLAUSE = re.compile(r"[,;:–—](?=\s)|[，；：、]")
_TOKEN = re.compile(r"[^\s\"'“‘«(\[]+\Z")
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_WIDE_WEIGHT = 3  # a Chinese character says as much as three letters
_ORDINAL_DIGITS = 2
_LOOK_BACK = 40
_ABBREVIATED = (
    "mr mrs ms dr prof sr jr st vs etc inc ltd no nos fig figs vol pp ca cf al approx dept est min max tel "
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun gen col sgt capt rev hon "
    "bzw usw ggf evtl inkl exkl bspw sog str nr hr fr abb vgl zzgl mind tgl mme mlle m"
)
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """The characters from `start` to `end` of a text. `text` may be blank: then there is nothing to say."""

    start: int
    end: int
    text: str


class SentenceSplitter:
    """Feed a text as it is written. All pieces joined are the text; none is longer than `characters_max`.

    A Chinese character counts as three towards `first_characters`, the length from which a clause is enough
    for the first piece.
    """

    def __init__(self, *, first_characters: int = 24, characters_max: int = 240) -> None:
        self._first = first_characters
        self._most = characters_max
        self._pending = ""
        self._at = 0  # the place of the pending text in the whole

    def feed(self, text: str) -> list[Piece]:
        """More text: the pieces that are complete now."""
        self._pending += text
        return self._taken()

    def finish(self) -> list[Piece]:
        """There is no more text: the rest."""
        pieces = self._taken()
        while self._pending:
            pieces.append(self._take(0, min(len(self._pending), self._most)))
            self._pending = self._pending[pieces[-1].end - pieces[-1].start :]
        return pieces

    def _taken(self) -> list[Piece]:
        pieces: list[Piece] = []
        begin = 0
        at = self._at
        while (end := self._end(begin, early=at == 0 and not pieces)) is not None:
            pieces.append(self._take(begin, end))
            begin = end
        self._pending = self._pending[begin:]
        return pieces

    def _take(self, begin: int, end: int) -> Piece:
        piece = Piece(start=self._at, end=self._at + end - begin, text=self._pending[begin:end])
        self._at = piece.end
        return piece

    def _end(self, begin: int, *, early: bool) -> int | None:
        """Where the piece that begins there ends; None if that is not known yet."""
        limit = begin + self._most
        stop = self._stop(begin, limit)
        if early:
            for clause in _CLAUSE.finditer(self._pending, begin, limit if stop is None else stop):
                if _weight(self._pending[begin : clause.end()]) >= self._first:
                    return clause.end()
        if stop is not None:
            return stop
        return self._forced(begin, limit) if len(self._pending) > limit else None

    def _stop(self, begin: int, limit: int) -> int | None:
        for found in _STOP.finditer(self._pending, begin, limit + 1):  # one more: the next character decides
            end = found.end()
            if end > limit:
                return None
            if self._pending[begin:end].strip() and not self._goes_on(begin, found):
                return end
        return None

    def _goes_on(self, begin: int, found: re.Match[str]) -> bool:
        """Whether what looks like a sentence's end is none."""
        mark, space, following = found["west"], found["space"], found["next"]
        if mark is None or "\n" in space:
            return False
        if following.islower():
            return True
        if mark != ".":
            return False
        token = _TOKEN.search(self._pending, max(begin, found.start() - _LOOK_BACK), found.start())
        word = token[0] if token else ""
        return (
            word.lower() in _ABBREVIATIONS
            or "." in word.strip(".")
            or (len(word) == 1 and word.isalpha() and word != "I")
            or (word.isdigit() and len(word) <= _ORDINAL_DIGITS)
        )

    def _forced(self, begin: int, limit: int) -> int:
        """A sentence without end is cut at its last clause, else between words, else anywhere."""
        clauses = [found.end() for found in _CLAUSE.finditer(self._pending, begin, limit)]
        if clauses and clauses[-1] - begin > self._most // 4:
            return clauses[-1]
        space = max(self._pending.rfind(each, begin + 1, limit) for each in " \t\n")
        return space + 1 if space > begin else limit


def _weight(text: str) -> int:
    return len(text) + (_WIDE_WEIGHT - 1) * len(_WIDE.findall(text))

"""Which words a moment of sound says: the places of sentences in a reply's text and in its sound. Pure."""

import re
from collections.abc import Sequence
from dataclasses import field

from parlour.conversations.spoken.entities import Segment
from parlour.kernel.dataclass import dataclass

MS_PER_CHARACTER = 65
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff][\u3000-\u303f\uff00-\uff20]*"
    r"|[^\s\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+"
)


@dataclass(slots=True)
class _Sentence:
    start: int
    end: int
    text: str
    places: Sequence[int]
    start_ms: int
    end_ms: int | None = None
    words: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def __post_init__(self) -> None:
        self.words = [match.span() for match in _WORD.finditer(self.text)]

    def lasts_ms(self, made_ms: int) -> int:
        """How long the sentence is; guessed while its sound is still being made."""
        if self.end_ms is not None:
            return self.end_ms - self.start_ms
        return max(made_ms - self.start_ms, len(self.text) * MS_PER_CHARACTER)

    def heard(self, ms: int, made_ms: int) -> int | None:
        """The place after the last word that had begun so long after the sentence began; None if none had."""
        lasts = self.lasts_ms(made_ms)
        last: int | None = None
        for begin, end in self.words:
            if begin * lasts >= ms * len(self.text):
                break
            last = self.places[end - 1] + 1
        return last


class Script:
    """The sentences of one reply, in order. Milliseconds count from the beginning of the reply's sound.

    Words are spread over the sound of their sentence by their place in it. A text that came without sentences
    (`grow`) is one sentence, spread over all sound.
    """

    def __init__(self) -> None:
        self._sentences: list[_Sentence] = []
        self._made_ms = 0
        self._grown = ""

    def sentence(self, start: int, end: int, text: str, places: Sequence[int]) -> None:
        """The sound that is made from here on says this; an empty text says nothing."""
        self._close()
        if text:
            self._sentences.append(_Sentence(start=start, end=end, text=text, places=places, start_ms=self._made_ms))

    def grow(self, text: str) -> None:
        """More text without places: all of it is one sentence."""
        self._grown += text
        whole = self._grown
        self._sentences = [_Sentence(start=0, end=len(whole), text=whole, places=range(len(whole)), start_ms=0)]

    def made(self, made_ms: int) -> None:
        """There is so much sound by now."""
        self._made_ms = made_ms

    def end(self, made_ms: int) -> None:
        """There is no more sound."""
        self._made_ms = made_ms
        self._close()

    def begun(self, sent_ms: int) -> int:
        """How many characters were sent: whole sentences whose sound has begun to be sent."""
        if self._grown:
            return self.heard(sent_ms)
        return max((each.end for each in self._sentences if each.start_ms < sent_ms), default=0)

    def heard(self, heard_ms: int) -> int:
        """How many characters were heard: up to the last word whose sound had begun."""
        heard = 0
        for each in self._sentences:
            if each.start_ms >= heard_ms:
                break
            last = each.heard(heard_ms - each.start_ms, self._made_ms)
            heard = heard if last is None else last
        return heard

    def segments(self) -> tuple[Segment, ...]:
        """The sentences as they stand in the ledger."""
        return tuple(
            Segment(
                start=each.start,
                end=each.end,
                start_ms=each.start_ms,
                end_ms=each.start_ms + each.lasts_ms(self._made_ms),
            )
            for each in self._sentences
        )

    def _close(self) -> None:
        if self._sentences and self._sentences[-1].end_ms is None:
            self._sentences[-1].end_ms = self._made_ms

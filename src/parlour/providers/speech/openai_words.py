"""What an OpenAI-compatible service heard: its answer as a `Transcript`. Pure.

Services differ: some give words with times, some also how sure they are, some only a text. Whisper invents
phrases in silence; its own rule for that (probably no speech, and unsure of the words) is kept here.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import field

import msgspec

from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault
from parlour.speech.ports import Transcript, Word

MALFORMED = "The speech service gave an answer that cannot be read."
TEXT_CHARS_MAX = 100_000
SECONDS_MAX = 100_000.0
NO_SPEECH_ABOVE = 0.6
LOG_PROBABILITY_BELOW = -1.0

_CODE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_LANGUAGES = {
    "arabic": "ar",
    "chinese": "zh",
    "dutch": "nl",
    "english": "en",
    "french": "fr",
    "german": "de",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "polish": "pl",
    "portuguese": "pt",
    "russian": "ru",
    "spanish": "es",
    "turkish": "tr",
    "ukrainian": "uk",
}
_EDGES = re.compile(r"^\W+|\W+$")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Word:
    word: str
    start: float
    end: float
    probability: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Segment:
    text: str = ""
    start: float = 0.0
    end: float = 0.0
    avg_logprob: float | None = None
    no_speech_prob: float | None = None
    words: list[_Word] | None = None

    @property
    def is_invented(self) -> bool:
        """Whether Whisper itself would take this for silence."""
        return (
            self.avg_logprob is not None
            and self.no_speech_prob is not None
            and self.no_speech_prob > NO_SPEECH_ABOVE
            and self.avg_logprob < LOG_PROBABILITY_BELOW
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    text: str
    language: str | None = None
    words: list[_Word] | None = None
    segments: list[_Segment] | None = field(default=None)


def transcript_of(body: bytes) -> Transcript:
    """The words of an answer in the forms `json` and `verbose_json`. Raises `ProviderFault`."""
    try:
        answer = decode(body, _Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProviderFault(MALFORMED, retryable=False) from None
    if len(answer.text) > TEXT_CHARS_MAX:
        raise ProviderFault(MALFORMED, retryable=False)
    segments = answer.segments or []
    heard = [each for each in segments if not each.is_invented]
    text = answer.text
    if len(heard) < len(segments):
        text = "".join(each.text for each in heard)
    text = text.strip()
    words = answer.words if answer.words is not None else [word for each in heard for word in each.words or ()]
    gaps = [each for each in segments if each.is_invented]
    kept = [word for word in words if not any(gap.start <= word.start < gap.end for gap in gaps)]
    found = _words(kept, heard) if text else ()
    return Transcript(text=text, words=_as_written(text, found), language=language_code(answer.language))


def language_code(language: str | None) -> str | None:
    """A language as a code (`en`, `de-CH`); services name it as a code or as an English word."""
    named = (language or "").strip()
    if named.casefold() in _LANGUAGES:
        return _LANGUAGES[named.casefold()]
    return named if _CODE.fullmatch(named) else None


def _words(words: Sequence[_Word], segments: Sequence[_Segment]) -> tuple[Word, ...]:
    """Words in order; none at all if their times cannot be true."""
    found: list[Word] = []
    for each in words:
        text = each.word.strip()
        if not text:
            continue
        if not (0.0 <= each.start <= SECONDS_MAX and 0.0 <= each.end <= SECONDS_MAX):
            return ()
        start = round(each.start * 1000)
        sure = each.probability if each.probability is not None else _sure_of(each, segments)
        if sure is not None:
            sure = min(1.0, max(0.0, sure))
        found.append(Word(text=text, start_ms=start, end_ms=max(start, round(each.end * 1000)), confidence=sure))
    return tuple(found)


def _sure_of(word: _Word, segments: Sequence[_Segment]) -> float | None:
    """How sure the service is of the sentence that the word stands in."""
    for each in segments:
        if each.avg_logprob is not None and each.start <= word.start <= each.end:
            return math.exp(min(0.0, each.avg_logprob))
    return None


def _as_written(text: str, words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words as the text writes them: with its punctuation, when they are the same words."""
    written = text.split()
    if [_bare(each) for each in written] != [_bare(each.text) for each in words]:
        return words
    return tuple(
        Word(text=as_written, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence)
        for as_written, word in zip(written, words, strict=True)
    )


def _bare(word: str) -> str:
    return _EDGES.sub("", word).casefold()

"""The recognisers that a child has: pocketsphinx and faster-whisper. Imported in the child only.

pocketsphinx hears an utterance twice: as it comes, for interim words, and then again, with what it has learnt of
the speaker's sound (its cepstral means), which hears much better. A long utterance is heard once: it learns on the
way, and nobody waits for it.
"""

import importlib
from pathlib import Path
from typing import Any, Protocol

from parlour.providers.speech.recognising_lines import Begin, Said
from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES, Word

_SECOND = HEARD_RATE * SAMPLE_BYTES
_SHORTEST = _SECOND // 10
_TWICE_BYTES_MAX = 12 * _SECOND
_FRAME_MS = 10  # of pocketsphinx
_INTERIM_STATES = 6_000  # how far pocketsphinx looks for interim words


class Ear(Protocol):
    """A recogniser: one utterance at a time."""

    def begin(self, begin: Begin) -> None:
        """An utterance begins; one that was not ended is forgotten."""
        ...

    def hear(self, sound: bytes) -> str:
        """More of it, so far as it is looked at early: the words so far."""
        ...

    def end(self, whole: bytes) -> Said:
        """It is over; `whole` is all of its sound."""
        ...


def ear_of(kind: str, folder: Path | None) -> Ear:
    """The recogniser of a kind. Fails with whatever its library fails with: the child then ends."""
    if kind == "faster_whisper" and folder is not None:
        return WhisperEar(folder)
    return SphinxEar(folder)


class SphinxEar:
    """pocketsphinx with its own English model, or that of a folder."""

    def __init__(self, folder: Path | None) -> None:
        library = importlib.import_module("pocketsphinx")
        places = _model(folder) if folder is not None else {}
        self._decoder: Any = library.Decoder(
            loglevel="FATAL", samprate=HEARD_RATE, fwdflat=False, maxhmmpf=_INTERIM_STATES, **places
        )
        self._means: Any = self._decoder.get_cmn(False)
        self._begun = False
        self._heard = 0
        self._language: str | None = None

    def begin(self, begin: Begin) -> None:
        self._stop()
        self._language = begin.language
        self._heard = 0
        self._decoder.set_cmn(self._means)

    def hear(self, sound: bytes) -> str:
        if not self._begun:
            self._decoder.start_utt()
            self._begun = True
        self._heard += len(sound)
        self._decoder.process_raw(sound)
        found = self._decoder.hyp()
        return found.hypstr if found else ""

    def end(self, whole: bytes) -> Said:
        if len(whole) < _SHORTEST:
            self._stop()
            return Said(kind="final", language=self._language)
        if self._heard < len(whole):
            self.hear(whole[self._heard :])
        self._stop()
        if len(whole) <= _TWICE_BYTES_MAX:
            self._decoder.start_utt()
            self._decoder.process_raw(whole)  # never full_utt: what follows it can crash (pocketsphinx 5.1)
            self._decoder.end_utt()
        words = tuple(_words(self._decoder.seg() or ()))
        return Said(kind="final", text=" ".join(word.text for word in words), words=words, language=self._language)

    def _stop(self) -> None:
        if self._begun:
            self._begun = False
            self._decoder.end_utt()


def _words(segments: Any) -> list[Word]:
    """The words among what pocketsphinx found: silence and noises are `<sil>`, `[NOISE]`, `++UH++`."""
    words: list[Word] = []
    for each in segments:
        text: str = each.word.partition("(")[0]
        if text and text[0] not in "<[+":
            start, end = each.start_frame * _FRAME_MS, (each.end_frame + 1) * _FRAME_MS
            sure = min(1.0, max(0.0, float(each.prob)))
            words.append(Word(text=text, start_ms=start, end_ms=end, confidence=round(sure, 3)))
    return words


def _model(folder: Path) -> dict[str, str]:
    """Where a model's parts are: acoustics (`mdef`), words (`*.dict`, `*.dic`), language (`*.lm.bin`, `*.lm`)."""
    acoustics = sorted(folder.glob("**/mdef"))
    spoken = sorted([*folder.glob("**/*.dict"), *folder.glob("**/*.dic")])
    language = sorted(
        each for each in (*folder.glob("**/*.lm.bin"), *folder.glob("**/*.lm")) if "phone" not in each.name
    )
    if not (acoustics and spoken and language):
        raise ValueError("the folder holds no model of pocketsphinx")
    return {"hmm": str(acoustics[0].parent), "dict": str(spoken[0]), "lm": str(language[0])}


class WhisperEar:
    """faster-whisper with the model of a folder; it knows the words at the end only."""

    def __init__(self, folder: Path) -> None:
        library = importlib.import_module("faster_whisper")
        self._numpy: Any = importlib.import_module("numpy")
        self._model: Any = library.WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)
        self._begin = Begin()

    def begin(self, begin: Begin) -> None:
        self._begin = begin

    def hear(self, sound: bytes) -> str:
        return ""

    def end(self, whole: bytes) -> Said:
        samples = self._numpy.frombuffer(whole, "<i2").astype(self._numpy.float32) / 32_768
        language = (self._begin.language or "").partition("-")[0].lower() or None
        prompt = ", ".join(self._begin.phrases) or None
        segments, about = self._model.transcribe(
            samples, language=language, word_timestamps=True, initial_prompt=prompt, condition_on_previous_text=False
        )
        words: list[Word] = []
        texts: list[str] = []
        for segment in segments:
            texts.append(segment.text)
            words += (
                Word(
                    text=each.word.strip(),
                    start_ms=round(each.start * 1000),
                    end_ms=round(each.end * 1000),
                    confidence=round(float(each.probability), 3),
                )
                for each in segment.words or ()
            )
        return Said(kind="final", text="".join(texts).strip(), words=tuple(words), language=about.language)

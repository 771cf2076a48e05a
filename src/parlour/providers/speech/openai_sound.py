"""The sound that an OpenAI-compatible service sends: raw samples, or a WAV that never says how long it is.

Services are asked for raw samples at 24 kHz; some send a WAV all the same, some at another rate. What is
neither is refused: nothing here guesses at compressed sound.
"""

from parlour.kernel.refusals import ProviderFault
from parlour.speech.pcm import Resampler
from parlour.speech.ports import SAMPLE_BYTES

SPOKEN_RATE = 24_000
HEADER_BYTES_MAX = 64 * 1024
_FORMAT = "The speech service sent sound in a format that was not asked for."
_NOTHING = "The speech service sent no sound."
_PACKED = (b"ID3", b"OggS", b"fLaC", b"\x1aE\xdf\xa3")
_PCM_TAGS = (1, 0xFFFE)


class SoundStream:
    """Bytes of an answer in, whole samples of one channel at `SPOKEN_RATE` out."""

    def __init__(self, content_type: str) -> None:
        self._is_mpeg = content_type in ("audio/mpeg", "audio/mp3")
        self._is_text = content_type.startswith("text/") or content_type.endswith("json")
        self._begin: bytearray | None = bytearray()
        self._resampler: Resampler | None = None
        self._odd = b""
        self._left: int | None = None
        self._any = False

    def feed(self, part: bytes) -> bytes:
        """What these bytes bring; may be empty. Raises `ProviderFault` for what is no such sound."""
        if self._begin is not None:
            self._begin += part
            if len(self._begin) < 12:
                return b""
            first = self._opened(bytes(self._begin))
            if first is None:
                return b""
            self._begin, part = None, first
        return self._samples(part)

    def end(self) -> bytes:
        """What is still held back. Raises `ProviderFault` if there was no sound at all."""
        sound = b""
        if self._begin is not None and not self._begin.startswith(b"RIFF"):
            begin, self._begin = bytes(self._begin), None
            self._check(begin)
            sound = self._samples(begin)
        if self._resampler is not None:
            sound += self._resampler.flush()
        self._any = self._any or bool(sound)
        if not self._any:
            raise ProviderFault(_NOTHING, retryable=False)
        return sound

    def _check(self, begin: bytes) -> None:
        frame = len(begin) > 1 and begin[0] == 0xFF and begin[1] & 0xE0 == 0xE0
        if self._is_text or begin.startswith(_PACKED) or (self._is_mpeg and frame):
            raise ProviderFault(_FORMAT, retryable=False)

    def _opened(self, begin: bytes) -> bytes | None:
        """The first samples; None as long as it is not known where they begin."""
        self._check(begin)
        if not (begin.startswith(b"RIFF") and begin[8:12] == b"WAVE"):
            return begin
        place, form = 12, b""
        while len(begin) >= place + 8:
            kind, size = begin[place : place + 4], int.from_bytes(begin[place + 4 : place + 8], "little")
            if kind == b"data":
                self._take_form(form, size)
                return begin[place + 8 :]
            if kind == b"fmt ":
                form = begin[place + 8 : place + 8 + min(size, 64)]
            place += 8 + size + size % 2
            if place > HEADER_BYTES_MAX:
                raise ProviderFault(_FORMAT, retryable=False)
        return None

    def _take_form(self, form: bytes, size: int) -> None:
        """What the header says. A length of 0, or one near 4 GiB, is what streams write: it says nothing."""
        if len(form) < 16:
            raise ProviderFault(_FORMAT, retryable=False)
        tag, channels = int.from_bytes(form[0:2], "little"), int.from_bytes(form[2:4], "little")
        rate, bits = int.from_bytes(form[4:8], "little"), int.from_bytes(form[14:16], "little")
        if tag not in _PCM_TAGS or channels != 1 or bits != 16 or not 8_000 <= rate <= 192_000:
            raise ProviderFault(_FORMAT, retryable=False)
        if rate != SPOKEN_RATE:
            self._resampler = Resampler(rate, SPOKEN_RATE)
        if 0 < size < 0x7FFFFFFF:
            self._left = size

    def _samples(self, part: bytes) -> bytes:
        if self._left is not None:
            part = part[: self._left]
            self._left -= len(part)
        sound = self._odd + part
        whole = len(sound) - len(sound) % SAMPLE_BYTES
        sound, self._odd = sound[:whole], sound[whole:]
        if self._resampler is not None:
            sound = self._resampler.feed(sound)
        self._any = self._any or bool(sound)
        return sound

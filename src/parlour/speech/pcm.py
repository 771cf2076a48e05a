"""Sound as samples: lengths, loudness, and the change from one rate to another without clicks.

PCM16 everywhere: signed 16-bit little-endian, one channel. numpy is loaded when the first samples are computed.
"""

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    Samples = NDArray[float32]

RATE_MIN, RATE_MAX = 4_000, 384_000
_ZEROS = 12  # zero crossings of the filter on each side
_PASSED = 0.92  # of the lower rate's band; the rest is the filter's slope
_KAISER = 7.0  # about 70 dB of what lies beyond the band is kept out
_PERIOD_MAX = 512  # samples in after which the filter repeats; odder ratios are met to within 5 in 100,000


def duration_ms(sound: bytes | int, rate: int = HEARD_RATE) -> int:
    """How long a sound (or that many bytes of it) lasts, in whole milliseconds, rounded down."""
    length = sound if isinstance(sound, int) else len(sound)
    return length // SAMPLE_BYTES * 1000 // rate


def bytes_of(ms: int, rate: int = HEARD_RATE) -> int:
    """How many bytes so many milliseconds of sound have: always whole samples."""
    return ms * rate // 1000 * SAMPLE_BYTES


def silence(ms: int, rate: int = HEARD_RATE) -> bytes:
    """So many milliseconds of nothing."""
    return bytes(bytes_of(ms, rate))


def level(sound: bytes) -> float:
    """The loudness (RMS) of a sound: 0 is silence, 1 full scale. An empty sound is silent."""
    import numpy as np  # noqa: PLC0415 (numpy costs 30 MiB)

    samples = np.frombuffer(sound, np.dtype("<i2"), count=len(sound) // SAMPLE_BYTES).astype(np.float32)
    return float(np.sqrt(np.dot(samples, samples) / samples.size)) / 32_768 if samples.size else 0.0


class Resampler:
    """A stream of sound at another rate: feed pieces of any length, flush at the end.

    What comes out does not depend (but for rounding) on how the stream was cut into pieces. It lags behind by half
    a filter (1 ms from 24 kHz to 16 kHz) plus at most one period of the ratio; `flush` gives the rest, so that all
    pieces together last as long as what was fed. `ValueError` for a rate beyond `RATE_MIN` to `RATE_MAX`.
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        if not (RATE_MIN <= from_rate <= RATE_MAX and RATE_MIN <= to_rate <= RATE_MAX):
            raise ValueError(f"no sound has {from_rate} or {to_rate} samples a second")
        ratio = Fraction(to_rate, from_rate).limit_denominator(_PERIOD_MAX)
        self._made, self._taken = ratio.numerator, ratio.denominator  # samples out and in, each period
        self._odd = b""
        self._fed = self._given = 0
        self._held: Samples | None = None

    def feed(self, sound: bytes) -> bytes:
        """The next piece; half a sample at its end waits for its other half."""
        if self._odd:
            sound = self._odd + sound
        whole = len(sound) // SAMPLE_BYTES * SAMPLE_BYTES
        self._odd = sound[whole:]
        self._fed += whole // SAMPLE_BYTES
        if self._made == self._taken:
            self._given = self._fed
            return sound if not self._odd else sound[:whole]
        return self._converted(sound[:whole]) if whole else b""

    def flush(self) -> bytes:
        """What is still to come. The next piece begins a new sound."""
        wanted = -(-self._fed * self._made // self._taken) - self._given
        rest = b""
        if wanted > 0:
            table = _table(self._made, self._taken)
            more = len(table) + (wanted // self._made + 1) * self._taken
            rest = self._converted(bytes(more * SAMPLE_BYTES))[: wanted * SAMPLE_BYTES]
        self._odd, self._held = b"", None
        self._fed = self._given = 0
        return rest

    def _converted(self, sound: bytes) -> bytes:
        import numpy as np  # noqa: PLC0415 (numpy costs 30 MiB)

        table = _table(self._made, self._taken)
        width = len(table)
        fresh = np.frombuffer(sound, np.dtype("<i2"))
        held = self._held
        if held is None:
            held = np.zeros(_half(self._made, self._taken) - 1, np.float32)
        samples = np.concatenate((held, fresh), dtype=np.float32)
        periods = (samples.size - width) // self._taken + 1
        if periods <= 0:
            self._held = samples
            return b""
        step = samples.itemsize
        windows = np.ndarray((periods, width), np.float32, samples, 0, (self._taken * step, step))
        made = (windows @ table).reshape(-1)
        np.rint(made, out=made)
        np.clip(made, -32_768, 32_767, out=made)
        self._held = samples[periods * self._taken :].copy()
        self._given += made.size
        return made.astype(np.dtype("<i2")).tobytes()


def resampled(sound: bytes, from_rate: int, to_rate: int) -> bytes:
    """A whole sound at another rate."""
    resampler = Resampler(from_rate, to_rate)
    return resampler.feed(sound) + resampler.flush()


def _half(made: int, taken: int) -> int:
    """How far the filter reaches to each side, in samples in."""
    return -(-_ZEROS * max(made, taken) // made)


@lru_cache(maxsize=8)
def _table(made: int, taken: int) -> "Samples":
    """The filter (a sinc under a Kaiser window), a column for each sample out of a period."""
    import numpy as np  # noqa: PLC0415 (numpy costs 30 MiB)

    half = _half(made, taken)
    width = (made - 1) * taken // made + 2 * half
    band = _PASSED * min(1.0, made / taken)
    at = (np.arange(width) - (half - 1))[:, None] - (np.arange(made) * taken / made)[None, :]
    window = np.i0(_KAISER * np.sqrt(np.clip(1 - (at / half) ** 2, 0, None))) * (np.abs(at) <= half)
    taps = np.sinc(band * at) * window
    return (taps / taps.sum(axis=0)).astype(np.float32)

"""Whether there is a voice in a sound at all: a pitch, which a hiss has not however loud it is.

A detector of speech decides window by window and at once, so a hiss can pass for a consonant; here the whole
recording is known. Whispering has no pitch either and is not told from a hiss.
"""

from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES

_STEP_MS = 20
_STEP = HEARD_RATE * _STEP_MS // 1000
_WINDOW = 2 * _STEP
_LAGS = (HEARD_RATE // 500, HEARD_RATE // 70)  # periods of a pitch between 500 and 70 Hz
_ALIKE = 0.45  # how alike a window and itself, one period later, must be
_AUDIBLE = 15.0  # root of the mean square
_RUMBLE = 0.5  # how much of what is lower than speech is taken out
_WINDOWS_AT_ONCE = 1_000


def voiced_ms(sound: bytes) -> int:
    """For how many milliseconds of a sound (PCM16 at `HEARD_RATE`) there is a pitch. Two minutes take 0.2 s of CPU."""
    import numpy as np  # noqa: PLC0415 (heavy: nothing is heard until somebody speaks)

    samples = np.frombuffer(sound[: len(sound) // SAMPLE_BYTES * SAMPLE_BYTES], dtype="<i2").astype(np.float32)
    if len(samples) <= _WINDOW:
        return 0
    windows = np.lib.stride_tricks.sliding_window_view(samples[1:] - _RUMBLE * samples[:-1], _WINDOW)[::_STEP]
    lags = np.arange(*_LAGS)
    found = 0
    for start in range(0, len(windows), _WINDOWS_AT_ONCE):
        some = windows[start : start + _WINDOWS_AT_ONCE]
        some = some - some.mean(axis=1, keepdims=True)
        some = some[np.sqrt(np.mean(np.square(some), axis=1)) > _AUDIBLE]
        if len(some) == 0:
            continue
        power = np.square(np.abs(np.fft.rfft(some, 2 * _WINDOW, axis=1)))
        alike = np.fft.irfft(power, axis=1)
        share = alike[:, lags] / alike[:, :1] * (_WINDOW / (_WINDOW - lags))
        found += int(np.count_nonzero(share.max(axis=1) > _ALIKE))
    return found * _STEP_MS

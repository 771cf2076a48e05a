"""WAV files, written and read without any decoder.

Written: RIFF, PCM16, mono. Read: what microphones and programs write, believed only as far as the bytes bear it
out: lengths in headers count for nothing beyond the bytes that are there (lab protocol 10.2).
"""

import struct
from typing import TYPE_CHECKING, Literal

from parlour.kernel.dataclass import dataclass
from parlour.speech.pcm import RATE_MAX, RATE_MIN, duration_ms
from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES

if TYPE_CHECKING:
    from numpy import float32, int16
    from numpy.typing import NDArray

HEADER_BYTES = 44
_CHANNELS_MAX = 64
_CHUNKS_MAX = 256
_INTEGERS, _FLOATS, _EXTENSIBLE = 1, 3, 0xFFFE
_UNSAID = frozenset({0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF})  # what writers of streams put for a length
_FORMAT = struct.Struct("<HHIIHH")
_CHUNK = struct.Struct("<4sI")


class WavError(Exception):
    """A file that is no WAV file, or one whose samples are coded in a way that needs a decoder."""

    def __init__(self, reason: Literal["broken", "unsupported"], text: str) -> None:
        super().__init__(text)
        self.reason: Literal["broken", "unsupported"] = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Wav:
    """The sound of a WAV file: PCM16, all channels mixed into one, at the file's rate. `cut`: there was more."""

    rate: int
    sound: bytes
    cut: bool

    @property
    def ms(self) -> int:
        """How long it lasts."""
        return duration_ms(self.sound, self.rate)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Form:
    kind: int
    channels: int
    rate: int
    width: int  # bytes of a sample


def wav_header(sound_bytes: int, rate: int = HEARD_RATE) -> bytes:
    """The first `HEADER_BYTES` bytes of a WAV file of so many bytes of PCM16 sound."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", HEADER_BYTES - 8 + sound_bytes, b"WAVE", b"fmt ", 16, _INTEGERS, 1),
        *(rate, rate * SAMPLE_BYTES, SAMPLE_BYTES, 8 * SAMPLE_BYTES, b"data", sound_bytes),
    )


def wav_bytes(sound: bytes, rate: int = HEARD_RATE) -> bytes:
    """The WAV file of a PCM16 sound."""
    return wav_header(len(sound), rate) + sound


def is_wav(head: bytes) -> bool:
    """Whether a file that begins like this is a WAV file (also a long one, RF64)."""
    return head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE"


def is_plain(head: bytes) -> bool:
    """Whether a WAV file that begins like this has samples that need no decoder, as most have."""
    return head[12:16] == b"fmt " and int.from_bytes(head[20:22], "little") in (_INTEGERS, _FLOATS)


def read_wav(data: bytes, seconds_max: float) -> Wav:
    """The first seconds of a WAV file: integers of 8 to 32 bits or floats, any rate and number of channels.

    Needs memory for what is kept only. `WavError` for anything else.
    """
    if not is_wav(data):
        raise WavError("broken", "no WAV file")
    form, begin, end = _found(data)
    frame = form.width * form.channels
    frames = (end - begin) // frame
    kept = min(frames, int(seconds_max * form.rate))
    sound = _mixed(memoryview(data)[begin : begin + kept * frame], form)
    return Wav(rate=form.rate, sound=sound, cut=kept < frames)


def _found(data: bytes) -> tuple[_Form, int, int]:
    """How samples are written, and from where to where they stand."""
    form: _Form | None = None
    at = 12
    for _ in range(_CHUNKS_MAX):
        if at + _CHUNK.size > len(data):
            break
        name, length = _CHUNK.unpack_from(data, at)
        at += _CHUNK.size
        if name == b"fmt ":
            form = form or _form(data[at : at + min(length, 40)])
        elif name == b"data":
            if form is None:
                raise WavError("broken", "samples before their format")
            return form, at, len(data) if length in _UNSAID else min(at + length, len(data))
        at += length + length % 2
    raise WavError("broken", "no samples")


def _form(body: bytes) -> _Form:
    if len(body) < _FORMAT.size:
        raise WavError("broken", "a format that is cut off")
    kind, channels, rate, _, frame, bits = _FORMAT.unpack_from(body)
    if kind == _EXTENSIBLE and len(body) >= 26:
        (kind,) = struct.unpack_from("<H", body, 24)
    if not (1 <= channels <= _CHANNELS_MAX and RATE_MIN <= rate <= RATE_MAX):
        raise WavError("broken", "a rate or a number of channels that cannot be")
    if kind not in (_INTEGERS, _FLOATS):
        raise WavError("unsupported", "samples that need a decoder")
    width = -(-bits // 8)
    if frame % channels == 0 and frame // channels in (2, 3, 4, 8) and frame // channels > width > 0:
        width = frame // channels  # 20 bits in three bytes, 24 in four
    if width not in ((1, 2, 3, 4) if kind == _INTEGERS else (4, 8)):
        raise WavError("broken", "samples of a width that cannot be")
    return _Form(kind=kind, channels=channels, rate=rate, width=width)


def _mixed(data: memoryview, form: _Form) -> bytes:
    import numpy as np  # noqa: PLC0415 (numpy costs 30 MiB)

    little = np.dtype("<i2")
    if form.kind == _INTEGERS and form.channels == 1 and form.width == SAMPLE_BYTES:
        return data.tobytes()
    pieces: list[bytes] = []
    step = 65_536 * form.width * form.channels  # so that little more than the result is in memory
    for begin in range(0, len(data), step):
        samples = _floats(data[begin : begin + step], form)
        mono = samples.reshape(-1, form.channels).mean(axis=1, dtype=np.float32)
        pieces.append(np.clip(np.rint(mono), -32_768, 32_767).astype(little).tobytes())
    return b"".join(pieces)


def _floats(data: memoryview, form: _Form) -> "NDArray[float32] | NDArray[int16]":
    """Samples on the scale of 16 bits."""
    import numpy as np  # noqa: PLC0415 (numpy costs 30 MiB)

    if form.kind == _FLOATS:
        with np.errstate(all="ignore"):  # whatever bytes a stranger calls numbers
            numbers = np.frombuffer(data, np.dtype(f"<f{form.width}"))
            return np.clip(np.nan_to_num(numbers, posinf=1, neginf=-1), -1, 1).astype(np.float32) * np.float32(32_767)
    if form.width == 1:
        return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) * 256
    parts = np.frombuffer(data, np.uint8).reshape(-1, form.width)
    return np.ascontiguousarray(parts[:, -SAMPLE_BYTES:]).view(np.dtype("<i2"))[:, 0]

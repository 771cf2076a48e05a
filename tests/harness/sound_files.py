"""Sound files in every container that people send, made with PyAV, and what is left of them after accidents."""

import io
import random
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import numpy as np

from parlour.speech.ports import HEARD_RATE
from parlour.speech.wav import wav_bytes

if TYPE_CHECKING:
    from av.audio.stream import AudioStream

# name: (FFmpeg's writer, codec, rate)
_WRITERS = {
    "ogg": ("ogg", "libopus", 48_000),
    "webm": ("webm", "libopus", 48_000),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "mp4": ("mp4", "aac", 44_100),
    "flac": ("flac", "flac", 44_100),
    "wav-24": ("wav", "pcm_s24le", 44_100),
    "wav-float": ("wav", "pcm_f32le", 48_000),
    "wav-alaw": ("wav", "pcm_alaw", 8_000),
}
CONTAINERS = ("wav", *_WRITERS)


def melody(ms: int, *, hertz: float = 440) -> bytes:
    """A tone: PCM16 at `HEARD_RATE`."""
    at = np.arange(HEARD_RATE * ms // 1000) / HEARD_RATE
    return (9_000 * np.sin(2 * np.pi * hertz * at)).astype("<i2").tobytes()


def encoded(container: str, sound: bytes) -> bytes:
    """A file of that kind (of `CONTAINERS`), stereo where the kind can be."""
    if container == "wav":
        return wav_bytes(sound)
    import av

    writer, codec, rate = _WRITERS[container]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=writer) as file:
        track = cast("AudioStream", file.add_stream(codec, rate=rate))
        track.codec_context.layout = "stereo"
        track.codec_context.open()
        samples = np.frombuffer(sound, "<i2").reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = HEARD_RATE
        size = track.codec_context.frame_size or 1_024
        mixer = av.AudioResampler(format=track.codec_context.format, layout="stereo", rate=rate, frame_size=size)
        for mixed in [*mixer.resample(frame), *mixer.resample(None)]:
            file.mux(track.encode(mixed))
        file.mux(track.encode(None))
    return buffer.getvalue()


def broken_files(count: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """So many files that are no good, with what was done to them: cut, torn, overwritten, lying, or never any."""
    dice = random.Random(seed)
    good = {container: encoded(container, melody(400)) for container in CONTAINERS}
    for number in range(count):
        container = CONTAINERS[number % len(CONTAINERS)]
        way = _WAYS[number // len(CONTAINERS) % len(_WAYS)]
        yield f"{container} {way.__name__.strip('_')}", way(good[container], dice)


def _cut(file: bytes, dice: random.Random) -> bytes:
    return file[: dice.randrange(1, len(file))]


def _head_only(file: bytes, dice: random.Random) -> bytes:
    return file[: dice.randrange(4, 64)]


def _torn(file: bytes, dice: random.Random) -> bytes:
    begin = dice.randrange(len(file) // 2)
    return file[:begin] + file[begin + dice.randrange(1, len(file) // 2) :]


def _bits(file: bytes, dice: random.Random) -> bytes:
    data = bytearray(file)
    for _ in range(dice.randrange(1, 60)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


def _head_bits(file: bytes, dice: random.Random) -> bytes:
    data = bytearray(file)
    for _ in range(dice.randrange(1, 20)):
        data[dice.randrange(4, min(400, len(data)))] = dice.randrange(256)
    return bytes(data)


def _huge_numbers(file: bytes, dice: random.Random) -> bytes:
    data = bytearray(file)
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(4, min(200, len(data) - 8))
        data[at : at + 4] = struct.pack("<I", dice.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE)))
    return bytes(data)


def _noise_after_head(file: bytes, dice: random.Random) -> bytes:
    return file[:48] + dice.randbytes(dice.randrange(1, 40_000))


def _zeros_after_head(file: bytes, dice: random.Random) -> bytes:
    return file[:48] + bytes(dice.randrange(1, 400_000))


def _again_and_again(file: bytes, dice: random.Random) -> bytes:
    return b"".join(file[: dice.randrange(20, 600)] for _ in range(400))


def _other_head(file: bytes, dice: random.Random) -> bytes:
    heads = (b"OggS\0\2", b"\x1aE\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff", b"ID3\4\0\0\x7f\x7f\x7f\x7f", b"fLaC\0")
    return dice.choice(heads) + file[6:]


_WAYS = (
    *(_cut, _head_only, _torn, _bits, _head_bits, _huge_numbers),
    *(_noise_after_head, _zeros_after_head, _again_and_again, _other_head),
)

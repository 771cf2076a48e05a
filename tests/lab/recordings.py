"""Recordings in the containers that people send: tone speech, packed by PyAV in the test's own process."""

import io
from fractions import Fraction

from parlour.providers.speech.scripted import silence, tone
from parlour.speech.pcm import resampled
from parlour.speech.wav import wav_bytes

ENCODERS = {"ogg": ("libopus", 48_000), "webm": ("libopus", 48_000), "mp3": ("libmp3lame", 44_100)}


def spoken(text: str, *, rate: int = 16_000, confidence: float = 1.0) -> bytes:
    """A WAV file in which somebody says this."""
    return wav_bytes(sound_of(text, rate, confidence), rate)


def sound_of(text: str, rate: int, confidence: float = 1.0) -> bytes:
    """The samples: PCM16, one channel."""
    return silence(200, rate=rate) + tone(text, rate=rate, confidence=confidence) + silence(300, rate=rate)


def stereo(text: str, rate: int) -> bytes:
    """The same on two channels."""
    left = sound_of(text, rate)
    both = b"".join(left[at : at + 2] * 2 for at in range(0, len(left), 2))
    one = bytearray(wav_bytes(both, rate))
    one[22:24] = (2).to_bytes(2, "little")
    one[28:32] = (rate * 4).to_bytes(4, "little")
    one[32:34] = (4).to_bytes(2, "little")
    return bytes(one)


def packed(text: str, container: str) -> bytes:
    """The same as Ogg, WebM or MP3."""
    import av

    codec, rate = ENCODERS[container]
    sound = resampled(sound_of(text, 16_000), 16_000, rate)
    kept = io.BytesIO()
    with av.open(kept, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        for at in range(0, len(sound), rate):
            piece = sound[at : at + rate]
            frame = av.AudioFrame(format="s16", layout="mono", samples=len(piece) // 2)
            frame.sample_rate = rate
            frame.pts = at // 2
            frame.time_base = Fraction(1, rate)
            frame.planes[0].update(piece + bytes(frame.planes[0].buffer_size - len(piece)))
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return kept.getvalue()

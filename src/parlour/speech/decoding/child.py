"""The program that decodes one file: `python -I -m parlour.speech.decoding.child TYPE LIMITS...`

It is given the bytes on its standard input and answers with a line of JSON and the sound. It looks at the first few
bytes to load what it will need; before it looks at the rest it gives up everything else (`confined.py`).
"""

import io
import sys

import msgspec

from parlour.speech.confined import confine
from parlour.speech.decoding.containers import HEAD_BYTES, container_of
from parlour.speech.decoding.entities import Decoded, DecodingLimits, EndLine, limits_of
from parlour.speech.pcm import bytes_of, resampled, silence
from parlour.speech.ports import HEARD_RATE
from parlour.speech.wav import WavError, is_plain, read_wav, wav_bytes

_BAD_PACKETS_MAX = 1_000
_RATE_MIN, _RATE_MAX = 4_000, 384_000


class _NoDecoderError(Exception):
    """No decoder for what is in the file."""


def main() -> None:
    """Decode what stands on standard input."""
    kind, *numbers = sys.argv[1:]
    limits = limits_of(numbers)
    head = sys.stdin.buffer.read(HEAD_BYTES)
    container = container_of(head, kind)
    _warm(head, container, limits)
    confine(cpu_seconds=limits.cpu_seconds, memory_bytes=limits.memory_bytes)
    try:
        decoded = decoded_of(head + sys.stdin.buffer.read(limits.bytes_max), kind, limits)
    except MemoryError:
        decoded = Decoded(reason="memory")
    _say(decoded)


def _warm(head: bytes, container: str | None, limits: DecodingLimits) -> None:
    """Have everything loaded that is loaded on first use: later no file can be opened."""
    if container is not None and not (container == "wav" and is_plain(head)):
        _by_library(wav_bytes(silence(100)), "wav", limits)
    if container == "wav":
        resampled(silence(100), 2 * HEARD_RATE, HEARD_RATE)


def decoded_of(data: bytes, kind: str, limits: DecodingLimits) -> Decoded:
    """The sound of a file."""
    container = container_of(data[:HEAD_BYTES], kind)
    if container is None:
        return Decoded(reason="unsupported")
    if container != "wav":
        return _by_library(data, container, limits)
    try:
        wav = read_wav(data, limits.seconds_max)
    except WavError as error:
        return _by_library(data, container, limits) if error.reason == "unsupported" else Decoded(reason="broken")
    sound = resampled(wav.sound, wav.rate, HEARD_RATE)[: bytes_of(int(limits.seconds_max * 1000))]
    return Decoded(sound=sound, cut=wav.cut) if sound else Decoded(reason="empty")


def _by_library(data: bytes, container: str, limits: DecodingLimits) -> Decoded:
    try:
        from av import error as faults  # noqa: PLC0415 (an optional extra)
    except ImportError:
        return Decoded(reason="unsupported")
    try:
        sound, cut = _heard(data, container, bytes_of(int(limits.seconds_max * 1000)))
    except (faults.DecoderNotFoundError, _NoDecoderError):
        return Decoded(reason="unsupported")
    except MemoryError:
        return Decoded(reason="memory")
    except (faults.FFmpegError, ValueError, IndexError, OverflowError):
        return Decoded(reason="broken")
    return Decoded(sound=sound, cut=cut) if sound else Decoded(reason="empty")


def _heard(data: bytes, container: str, most: int) -> tuple[bytes, bool]:
    """The first `most` bytes of the first track of sound, and whether there are more."""
    import av  # noqa: PLC0415 (an optional extra)
    from av.error import InvalidDataError  # noqa: PLC0415 (an optional extra)

    sound = bytearray()
    with av.open(io.BytesIO(data), "r", format=container) as file:
        if not file.streams.audio:
            return b"", False
        track = file.streams.audio[0]
        if not track.codec_context:  # FFmpeg knows what it is, and has nothing that could decode it
            raise _NoDecoderError
        track.codec_context.thread_count = 1
        mixer, mixes, bad = None, None, 0
        for packet in file.demux(track):
            try:
                frames = packet.decode()
            except InvalidDataError as error:  # a torn packet: what is around it can be heard
                bad += 1
                if bad > _BAD_PACKETS_MAX:
                    raise ValueError("too many torn packets") from error
                continue
            for frame in frames:
                form = (frame.format.name, frame.layout.name, frame.sample_rate)
                if mixer is None or mixes != form:
                    if not _RATE_MIN <= frame.sample_rate <= _RATE_MAX:
                        raise ValueError("a rate that cannot be")
                    mixer, mixes = av.AudioResampler(format="s16", layout="mono", rate=HEARD_RATE), form
                for mixed in mixer.resample(frame):
                    sound += bytes(mixed.planes[0])[: mixed.samples * 2]
                if len(sound) > most:
                    return bytes(sound[:most]), True
        for mixed in mixer.resample(None) if mixer is not None else ():
            sound += bytes(mixed.planes[0])[: mixed.samples * 2]
        if bad and not sound:
            raise ValueError("nothing but torn packets")
    return bytes(sound[:most]), len(sound) > most


def _say(decoded: Decoded) -> None:
    end = EndLine(reason=decoded.reason, size=len(decoded.sound), cut=decoded.cut)
    sys.stdout.buffer.write(msgspec.json.encode(end) + b"\n" + decoded.sound)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
